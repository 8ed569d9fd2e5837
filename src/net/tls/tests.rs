use std::os::unix::fs::PermissionsExt;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;

use super::authority::Authority;
use super::self_made::SelfMade;
use super::*;
use crate::clock::Wall;

/// 2026-06-01, in seconds.
const JUNE_S: u64 = 1_780_272_000;
/// 2099-01-01: a clock that is wrong.
const AHEAD_S: u64 = 4_070_908_800;

fn at(seconds: u64) -> Wall {
    Wall(seconds * 1000)
}

type Chain = Vec<CertificateDer<'static>>;

/// A whole handshake in memory; the client's view of it.
fn handshake(server: &Arc<ServerConfig>, client: Arc<ClientConfig>, name: &str) -> Result<Chain, rustls::Error> {
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
    Ok(client.peer_certificates().unwrap().to_vec())
}

/// Makes or loads in `folder`, and gives the chain that a client sees: the certificate, and the authority's.
fn seen(folder: &Path, hostname: &str, now_s: u64) -> Chain {
    let server = server(None, None, folder, hostname, at(now_s)).unwrap();
    handshake(&server, opportunistic_client(), "localhost").unwrap()
}

#[test]
fn the_self_made_certificate_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tls");
    let first = seen(&path, "box.example", JUNE_S);
    assert_eq!(seen(&path, "box.example", JUNE_S + 700 * DAY_S), first);
    for name in ["key.pem", "ca.key"] {
        let mode = std::fs::metadata(path.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// The files of that name, as they are.
fn files<const N: usize>(folder: &Path, names: [&str; N]) -> [Vec<u8>; N] {
    names.map(|name| std::fs::read(folder.join(name)).unwrap())
}

/// Whoever trusts the second of the chain believes the first for the box's own names, half a year later.
fn holds(chain: &[CertificateDer<'static>], hostname: &str, now_s: u64) {
    assert_eq!(chain.len(), 2);
    for name in [hostname, "localhost", "127.0.0.1", "::1"] {
        assert!(verify::vouches(&chain[1], &chain[0], name, now_s + 180 * DAY_S), "{name}");
    }
}

#[test]
fn who_trusts_the_authority_believes_the_box_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let chain = seen(folder.path(), "box.example", JUNE_S);
    holds(&chain, "box.example", JUNE_S);
    for (name, at_s) in [
        ("other.example", JUNE_S),
        ("www.box.example", JUNE_S),
        ("127.0.0.2", JUNE_S),
        ("box.example", JUNE_S + 826 * DAY_S),
        ("box.example", JUNE_S - 2 * DAY_S),
    ] {
        assert!(!verify::vouches(&chain[1], &chain[0], name, at_s), "{name}");
    }
    let other = seen(&folder.path().join("other"), "box.example", JUNE_S);
    assert!(!verify::vouches(&other[1], &chain[0], "box.example", JUNE_S), "another box of the same name");
}

/// Its key in wrong hands: what that signs for others is refused for its name constraints.
#[test]
fn the_authority_can_sign_for_this_box_alone() {
    let folder = tempfile::tempdir().unwrap();
    let outside = ["203.0.113.7", "2001:db8::7"].map(|ip| ip.parse().unwrap());
    assert!(!Authority::new("box.example", &outside, JUNE_S).unwrap().keep(folder.path()), "nothing was there");
    let authority = Authority::load(folder.path(), "box.example").unwrap().unwrap();
    for name in ["box.example", "www.box.example", "localhost", "10.1.2.3", "192.168.7.7", "fd00::7", "203.0.113.7", "2001:db8::7"] {
        assert!(authority.may_sign(name).unwrap(), "{name}");
    }
    for name in ["bank.example", "example", "thebox.example", "box.example.org", "203.0.113.8", "9.9.9.9", "2001:db8::8"] {
        assert!(!authority.may_sign(name).unwrap(), "{name}");
    }
    // One name too many spoils the others.
    let key = KeyPair::generate().unwrap();
    let sign = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        authority.sign(&names, JUNE_S, JUNE_S + DAY_S, &key).unwrap().der().clone()
    };
    let believed = |leaf: &CertificateDer<'_>| verify::vouches(&authority.certificate, leaf, "box.example", JUNE_S);
    assert!(believed(&sign(&["box.example"])) && !believed(&sign(&["box.example", "bank.example"])));
    // Version 3, then the serial number: 16 octets.
    let number = |leaf: CertificateDer<'_>| leaf[8..31].to_vec();
    let (one, another) = (number(sign(&["box.example"])), number(sign(&["box.example"])));
    assert_eq!(&one[..7], [0xA0, 3, 2, 1, 2, 2, 16]);
    assert_ne!(one, another, "the same key, another number");
}

#[test]
fn an_address_that_the_authority_may_not_sign_for_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    Authority::new("box.example", &[], JUNE_S).unwrap().keep(folder.path());
    let own = ["10.0.0.7", "203.0.113.7"].map(|ip| ip.parse().unwrap());
    let chain = SelfMade::open(folder.path(), "box.example", &own, at(JUNE_S)).unwrap().certified().unwrap().cert;
    for (name, there) in [("box.example", true), ("10.0.0.7", true), ("203.0.113.7", false)] {
        assert_eq!(verify::vouches(&chain[1], &chain[0], name, JUNE_S), there, "{name}");
    }
}

#[test]
fn the_authority_stays_while_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let first = seen(folder.path(), "box.example", JUNE_S);
    let both = files(folder.path(), ["ca.key", "ca.pem"]);
    for days in [796, 2 * 796, 2800] {
        let renewed = seen(folder.path(), "box.example", JUNE_S + days * DAY_S);
        holds(&renewed, "box.example", JUNE_S + days * DAY_S);
        assert_ne!(renewed[0], first[0], "after {days} days");
        assert_eq!((&renewed[1], files(folder.path(), ["ca.key", "ca.pem"])), (&first[1], both.clone()), "after {days} days");
    }
    // Less than the life of a certificate is left of it.
    let late_s = JUNE_S + (2800 + 796) * DAY_S;
    let late = seen(folder.path(), "box.example", late_s);
    holds(&late, "box.example", late_s);
    assert_ne!(late[1], first[1]);
    assert_eq!(files(folder.path(), ["ca.key.old", "ca.pem.old"]), both, "nothing is lost");
}

/// From when to when a certificate counts, both in seconds since 1970 and both still counted: by the verifier.
fn validity(certificate: &CertificateDer<'static>) -> (u64, u64) {
    let trouble = |at_s| given::dates(std::slice::from_ref(certificate), at(at_s));
    // The first second for which it is so.
    let first = |is_so: &dyn Fn(u64) -> bool| {
        let (mut no, mut yes) = (0, 1 << 34);
        while yes - no > 1 {
            let middle = (no + yes) / 2;
            if is_so(middle) { yes = middle } else { no = middle }
        }
        yes
    };
    let from = first(&|at_s| trouble(at_s) != Some(CertificateTrouble::NotYetValid));
    (from, first(&|at_s| trouble(at_s) == Some(CertificateTrouble::Expired)) - 1)
}

/// HT210176: TLS server certificates must have a validity period of 825 days or fewer.
#[test]
fn a_certificate_lives_as_long_as_apple_lets_it() {
    let check = |leaf: &CertificateDer<'static>, clock_s: u64| {
        let (from, until) = validity(leaf);
        assert!(until + 1 - from <= 825 * DAY_S, "{from} to {until} by the clock {clock_s}");
        assert!(until - from > 822 * DAY_S, "{from} to {until} by the clock {clock_s}");
    };
    for clock_s in [0, Wall::FLOOR.0 / 1000, JUNE_S, AHEAD_S, u64::MAX / 1000] {
        let folder = tempfile::tempdir().unwrap();
        check(&seen(folder.path(), "box.example", clock_s)[0], clock_s);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut made = SelfMade::open(folder.path(), "box.example", &[], at(JUNE_S)).unwrap();
    assert_eq!(made.refresh(&["10.0.0.7".parse().unwrap()], at(JUNE_S + 60)), Ok(true));
    check(&made.certified().unwrap().cert[0], JUNE_S + 60);
}

#[test]
fn a_first_start_with_a_clock_that_is_ahead_spoils_nothing() {
    for restarts in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::open(None, None, folder.path(), "box.example", at(AHEAD_S)).unwrap();
        let ours = || handshake(&identity.config(), opportunistic_client(), "localhost").unwrap();
        let first = ours();
        assert!(!verify::vouches(&first[1], &first[0], "box.example", JUNE_S));
        let (from, until) = validity(&first[1]);
        assert_eq!(from, Wall::FLOOR.0 / 1000);
        assert!(until <= AHEAD_S + 3651 * DAY_S);
        // Not set at all is not right.
        assert_eq!(identity.refresh(at(0)), Ok(false));
        let then = match restarts {
            false => {
                assert_eq!(identity.refresh(at(JUNE_S)), Ok(true));
                assert_eq!(identity.refresh(at(JUNE_S + 15)), Ok(false));
                ours()
            }
            true => seen(folder.path(), "box.example", JUNE_S),
        };
        holds(&then, "box.example", JUNE_S);
        assert_eq!(then[1], first[1], "what the office installed");
        assert!(!identity.authority_was_replaced());
    }
}

#[test]
fn a_clock_far_ahead_costs_nothing_that_is_kept() {
    const ALL: [&str; 5] = ["ca.key", "ca.pem", "key.pem", "cert.pem", "cert.json"];
    let folder = tempfile::tempdir().unwrap();
    let first = seen(folder.path(), "box.example", JUNE_S);
    let kept = files(folder.path(), ALL);
    let identity = Identity::open(None, None, folder.path(), "box.example", at(AHEAD_S)).unwrap();
    let ours = || handshake(&identity.config(), opportunistic_client(), "localhost").unwrap();
    assert_eq!(ours(), first, "whose clock is right believes it");
    let error = identity.refresh(at(AHEAD_S)).unwrap_err();
    assert!(error.0.contains("has ended"), "{error}");
    assert_eq!((ours(), files(folder.path(), ALL)), (first.clone(), kept));
    assert_eq!((identity.refresh(at(JUNE_S)), ours()), (Ok(false), first.clone()));
    // Without the certificate, there is at least the authority.
    std::fs::remove_file(folder.path().join("cert.pem")).unwrap();
    assert_eq!(seen(folder.path(), "box.example", AHEAD_S)[1], first[1]);
    let then = seen(folder.path(), "box.example", JUNE_S);
    holds(&then, "box.example", JUNE_S);
    assert_eq!(then[1], first[1]);
    assert!(!folder.path().join("ca.pem.old").exists());
}

#[test]
fn an_authority_that_goes_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let pair = || files(folder.path(), ["ca.key", "ca.pem"]);
    let old = || files(folder.path(), ["ca.key.old", "ca.pem.old"]);
    seen(folder.path(), "box.example", JUNE_S);
    let first = pair();
    let identity = Identity::open(None, None, folder.path(), "other.example", at(JUNE_S)).unwrap();
    assert!(identity.authority_was_replaced());
    assert_eq!(old(), first);
    let second = pair();
    seen(folder.path(), "third.example", JUNE_S);
    assert_eq!(old(), second, "the latest");
    // Crashes: between the two files of a new one, and between the two renames.
    std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
    seen(folder.path(), "third.example", JUNE_S);
    assert_eq!(old(), second, "half a pair takes no place");
    let third = pair();
    std::fs::remove_file(folder.path().join("ca.pem.old")).unwrap();
    std::fs::rename(folder.path().join("ca.key"), folder.path().join("ca.key.old")).unwrap();
    seen(folder.path(), "third.example", JUNE_S);
    assert_eq!(old(), third, "the pair is whole again");
}

/// What cannot be read may be readable again: EISDIR stands for a disk that fails.
#[test]
fn what_cannot_be_read_is_left_alone() {
    for name in ["ca.key", "ca.pem", "key.pem"] {
        let folder = tempfile::tempdir().unwrap();
        let first = seen(folder.path(), "box.example", JUNE_S);
        let there = || {
            let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            let contents: Vec<_> = names.iter().map(|name| std::fs::read(folder.path().join(name)).ok()).collect();
            (names, contents)
        };
        let (file, away) = (folder.path().join(name), folder.path().join("away"));
        std::fs::rename(&file, &away).unwrap();
        std::fs::create_dir(&file).unwrap();
        let before = there();
        let identity = Identity::open(None, None, folder.path(), "box.example", at(JUNE_S)).unwrap();
        let ours = || handshake(&identity.config(), opportunistic_client(), "localhost").unwrap();
        let meanwhile = ours();
        holds(&meanwhile, "box.example", JUNE_S);
        assert_eq!(meanwhile[1] == first[1], name == "key.pem", "{name}");
        let error = identity.refresh(at(JUNE_S)).unwrap_err();
        assert!(error.0.contains(name), "{error}");
        assert_eq!((there(), ours()), (before, meanwhile), "{name}");
        std::fs::remove_dir(&file).unwrap();
        std::fs::rename(&away, &file).unwrap();
        assert_eq!((identity.refresh(at(JUNE_S)), ours()), (Ok(true), first.clone()), "{name}");
        assert_eq!((identity.refresh(at(JUNE_S)), identity.authority_was_replaced()), (Ok(false), false), "{name}");

        // While the box runs it is not even asked for.
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert_eq!(identity.refresh(at(JUNE_S + 796 * DAY_S)), Ok(true), "{name}");
        assert_eq!(ours()[1], first[1], "{name}");
    }
}

#[test]
fn an_address_that_comes_later_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let ip = |text: &str| vec![text.parse().unwrap()];
    let mut made = SelfMade::open(folder.path(), "box.example", &[], at(JUNE_S)).unwrap();
    let first = made.certified().unwrap().cert;
    let now = at(JUNE_S + 100 * DAY_S);
    assert_eq!(made.refresh(&[], now), Ok(false));
    assert_eq!(made.refresh(&ip("10.0.0.7"), at(0)), Ok(false), "a clock that is not set makes nothing anew");
    assert_eq!(made.refresh(&ip("10.0.0.7"), now), Ok(true));
    let second = made.certified().unwrap().cert;
    holds(&second, "box.example", JUNE_S + 100 * DAY_S);
    assert!(verify::vouches(&second[1], &second[0], "10.0.0.7", now.0 / 1000));
    assert_eq!((&second[1], validity(&second[0]).1), (&first[1], validity(&first[0]).1), "the same authority, the same end");
    // It goes, and one comes that the authority may not sign for.
    for own in [ip("10.0.0.7"), vec![], ip("203.0.113.7"), ip("203.0.113.7"), ip("10.0.0.7")] {
        assert_eq!(made.refresh(&own, now), Ok(false), "{own:?}");
    }
    let both = [ip("203.0.113.7"), ip("10.0.0.8")].concat();
    let again = SelfMade::open(folder.path(), "box.example", &both, now).unwrap().certified().unwrap().cert;
    for (name, there) in [("10.0.0.8", true), ("203.0.113.7", false), ("10.0.0.7", false)] {
        assert_eq!(verify::vouches(&again[1], &again[0], name, now.0 / 1000), there, "{name}");
    }
    assert_eq!(again[1], first[1]);
    let kept = SelfMade::open(folder.path(), "box.example", &both, now).unwrap().certified().unwrap().cert;
    assert_eq!(kept, again, "nothing changed");
}

#[test]
fn the_authority_is_called_by_one_name() {
    let long = format!("{}.example.com", "box".repeat(20));
    assert_eq!(authority_name("box.example"), "Lifeboat box.example");
    assert_eq!(authority_name(&long).len(), 64);
    let folder = tempfile::tempdir().unwrap();
    let authority = seen(folder.path(), &long, JUNE_S).remove(1);
    let name = authority_name(&long);
    let in_it = authority.windows(66).filter(|part| part[1] == 64 && part[2..] == *name.as_bytes()).count();
    assert_eq!(in_it, 2, "as issuer and as subject");
}

#[test]
fn another_name_has_another_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = seen(folder.path(), "box.example", JUNE_S);
    for hostname in ["other.example", "www.other.example"] {
        let other = seen(folder.path(), hostname, JUNE_S);
        holds(&other, hostname, JUNE_S);
        assert_ne!(other[1], first[1], "{hostname}");
        assert_eq!(seen(folder.path(), hostname, JUNE_S), other, "{hostname}");
    }
}

/// As a crash may leave them, a restore by hand, or a mix of two boxes.
#[test]
fn what_is_left_of_the_files_becomes_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (here, other) = (folder.path().join("here"), folder.path().join("other"));
    seen(&other, "box.example", JUNE_S);
    seen(&here, "box.example", JUNE_S);
    // An authority without its key goes, since it could not sign the next certificate; whatever else is missing is made by the same one.
    for (name, stays) in [("cert.json", true), ("cert.pem", true), ("key.pem", true), ("ca.key", false), ("ca.pem", false)] {
        for foreign in [false, true] {
            let before = seen(&here, "box.example", JUNE_S);
            match foreign {
                true => std::fs::copy(other.join(name), here.join(name)).map(drop).unwrap(),
                false => std::fs::remove_file(here.join(name)).unwrap(),
            }
            let after = seen(&here, "box.example", JUNE_S);
            holds(&after, "box.example", JUNE_S);
            assert_eq!(before[1] == after[1], stays, "{name} foreign={foreign}");
            assert_eq!(seen(&here, "box.example", JUNE_S), after, "{name} foreign={foreign}");
        }
    }
}

#[test]
fn a_folder_from_before_there_was_an_authority_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = given(folder.path(), JUNE_S);
    std::fs::rename(certificate, folder.path().join("cert.pem")).unwrap();
    std::fs::rename(key, folder.path().join("key.pem")).unwrap();
    let facts = format!("{{\"hostname\":\"mail.example\",\"not_after_s\":{}}}", JUNE_S + 825 * DAY_S);
    std::fs::write(folder.path().join("cert.json"), facts).unwrap();
    let old = files(folder.path(), ["key.pem", "cert.pem"]);
    holds(&seen(folder.path(), "mail.example", JUNE_S), "mail.example", JUNE_S);
    let new = files(folder.path(), ["key.pem", "cert.pem"]);
    assert_eq!(new[0], old[0]);
    assert_ne!(new[1], old[1]);
}

/// A box without a clock battery boots in 1970 each time.
#[test]
fn a_clock_that_is_behind_makes_nothing_anew() {
    let folder = tempfile::tempdir().unwrap();
    let chain = seen(folder.path(), "box.example", JUNE_S + 1000 * DAY_S);
    assert_eq!(seen(folder.path(), "box.example", 0), chain);
    std::fs::remove_file(folder.path().join("cert.pem")).unwrap();
    assert_eq!(seen(folder.path(), "box.example", 0)[1], chain[1], "the authority stays");
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
    for name in ["key.pem", "cert.pem", "cert.json", "ca.key", "ca.pem"] {
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
    let mut params = CertificateParams::new(["mail.example".to_owned()]).unwrap();
    authority::set_dates(&mut params, from_s, from_s + 825 * DAY_S);
    let certificate = params.self_signed(&key).unwrap();
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
    assert_eq!(identity.authority(), None, "whoever gave the certificate knows its authority");
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
    assert_eq!(identity.authority().unwrap(), first[1].to_vec(), "by the same authority");
}
