use std::os::unix::fs::PermissionsExt;

use rcgen::KeyPair;
use rustls::pki_types::ServerName;

use super::*;
use crate::clock::Wall;

/// 2026-06-01, in seconds.
const JUNE_S: u64 = 1_780_272_000;
const DAY_S: u64 = 24 * 3600;

fn at(seconds: u64) -> Wall {
    Wall(seconds * 1000)
}

/// A whole handshake in memory; the client's view of it.
fn handshake(server: &Arc<ServerConfig>, client: Arc<ClientConfig>, name: &str) -> Result<Vec<u8>, rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(client, name).unwrap();
    let mut server = rustls::ServerConnection::new(server.clone()).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        // The client's own error is what counts; the server's is its echo.
        let _ = server.process_new_packets();
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(client.peer_certificates().unwrap()[0].to_vec())
}

/// Makes or loads in `folder`, and gives the certificate that a client sees.
fn seen(folder: &Path, hostname: &str, now_s: u64) -> Vec<u8> {
    let server = server(None, None, folder, hostname, at(now_s)).unwrap();
    handshake(&server, opportunistic_client(), "localhost").unwrap()
}

#[test]
fn the_self_made_certificate_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tls");
    let first = seen(&path, "box.example", JUNE_S);
    assert_eq!(seen(&path, "box.example", JUNE_S + 700 * DAY_S), first);
    let mode = std::fs::metadata(path.join("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_renewed_certificate_has_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let first = seen(folder.path(), "box.example", JUNE_S);
    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    for (hostname, now_s) in [("box.example", JUNE_S + 796 * DAY_S), ("other.example", JUNE_S + 796 * DAY_S)] {
        assert_ne!(seen(folder.path(), hostname, now_s), first, "{hostname} at {now_s}");
        assert_eq!(std::fs::read(folder.path().join("key.pem")).unwrap(), key);
    }
}

#[test]
fn damaged_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["key.pem", "cert.pem", "cert.json"] {
        seen(folder.path(), "box.example", JUNE_S);
        std::fs::write(folder.path().join(name), "rubbish").unwrap();
        seen(folder.path(), "box.example", JUNE_S);
        assert_ne!(std::fs::read(folder.path().join(name)).unwrap(), b"rubbish", "{name}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_costs_only_the_keeping() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    seen(&file.join("tls"), "box.example", JUNE_S);
}

#[test]
fn a_clock_of_1970_makes_no_expired_certificate() {
    let folder = tempfile::tempdir().unwrap();
    seen(folder.path(), "box.example", 0);
    assert_eq!(trouble(&folder.path().join("cert.pem"), at(JUNE_S)), None);
    seen(folder.path(), "box.example", u64::MAX / 1000);
}

/// Writes a certificate valid for 825 days from `from_s`, and its key.
fn given(folder: &Path, from_s: u64) -> (std::path::PathBuf, std::path::PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate = self_made::sign("mail.example", from_s, from_s + 825 * DAY_S, &key).unwrap();
    let (certificate_path, key_path) = (folder.join(format!("{from_s}.crt")), folder.join(format!("{from_s}.key")));
    std::fs::write(&certificate_path, certificate.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    (certificate_path, key_path)
}

#[test]
fn a_given_certificate_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = given(folder.path(), JUNE_S);
    let server = server(Some(&certificate), Some(&key), folder.path(), "mail.example", at(JUNE_S)).unwrap();
    handshake(&server, opportunistic_client(), "mail.example").unwrap();
}

#[test]
fn dates_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = given(folder.path(), JUNE_S);
    assert_eq!(trouble(&certificate, at(JUNE_S)), None);
    assert_eq!(trouble(&certificate, at(JUNE_S + 826 * DAY_S)), Some(CertificateTrouble::Expired));
    assert_eq!(trouble(&certificate, at(JUNE_S - 10 * DAY_S)), Some(CertificateTrouble::NotYetValid));
    // An expired one is served all the same.
    server(Some(&certificate), Some(&key), folder.path(), "mail.example", at(JUNE_S + 826 * DAY_S)).unwrap();
}

fn check_error(certificate: Option<&Path>, key: Option<&Path>, expected: &str) {
    let error = server(certificate, key, Path::new("/nowhere"), "mail.example", at(JUNE_S)).expect_err("an error");
    assert!(error.0.contains(expected), "{error} lacks {expected:?}");
}

#[test]
fn errors_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = given(folder.path(), JUNE_S);
    let (_, other_key) = given(folder.path(), JUNE_S + 1);
    let missing = folder.path().join("missing.pem");
    check_error(Some(&certificate), Some(&other_key), "do not belong together");
    check_error(Some(&missing), Some(&key), "missing.pem: cannot be read");
    check_error(Some(&certificate), Some(&missing), "missing.pem: cannot be read");
    check_error(Some(&key), Some(&key), "no certificate in PEM form");
    check_error(Some(&certificate), Some(&certificate), "no private key in PEM form");
    check_error(Some(&certificate), None, "without web.key");
    check_error(None, Some(&key), "without web.certificate");
}

#[test]
fn a_strict_client_refuses_a_self_made_certificate_and_the_verdict_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(None, None, folder.path(), "box.example", at(JUNE_S)).unwrap();
    let (client, verdict) = recording_client();
    assert_eq!(verdict.refused(), None);
    handshake(&server, client, "localhost").unwrap();
    // Without roots on the system there is nothing to judge by.
    if let Ok(strict) = verifying_client() {
        assert!(matches!(handshake(&server, strict, "localhost"), Err(rustls::Error::InvalidCertificate(_))));
        assert!(matches!(verdict.refused(), Some(rustls::Error::InvalidCertificate(_))));
    }
}

#[test]
fn a_new_certificate_is_taken_while_the_box_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let put = |from: &str| {
        let other = folder.path().join(from);
        super::server(None, None, &other, "box.example", at(JUNE_S)).unwrap();
        std::fs::copy(other.join("cert.pem"), &certificate).unwrap();
        std::fs::copy(other.join("key.pem"), &key).unwrap();
    };
    put("one");
    let identity = Identity::open(Some(&certificate), Some(&key), folder.path(), "box.example", at(JUNE_S)).unwrap();
    let seen = || handshake(&identity.config(), opportunistic_client(), "localhost").unwrap();
    let first = seen();
    assert_eq!(identity.refresh(at(JUNE_S)), Ok(false));

    // What cannot be used changes nothing, and is said until it can.
    std::fs::write(&key, "no key").unwrap();
    assert!(identity.refresh(at(JUNE_S)).is_err() && identity.refresh(at(JUNE_S)).is_err());
    assert_eq!(seen(), first);
    put("two");
    assert_eq!(identity.refresh(at(JUNE_S)), Ok(true));
    assert_ne!(seen(), first);
    assert_eq!(identity.refresh(at(JUNE_S)), Ok(false));
}

#[test]
fn the_self_made_certificate_is_renewed_while_the_box_runs() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::open(None, None, folder.path(), "box.example", at(JUNE_S)).unwrap();
    let seen = || handshake(&identity.config(), opportunistic_client(), "localhost").unwrap();
    let first = seen();
    assert_eq!((identity.refresh(at(JUNE_S + 700 * DAY_S)), seen()), (Ok(false), first.clone()));
    assert_eq!(identity.refresh(at(JUNE_S + 796 * DAY_S)), Ok(true));
    assert_ne!(seen(), first);
    assert_eq!(identity.refresh(at(JUNE_S + 797 * DAY_S)), Ok(false), "once");
}
