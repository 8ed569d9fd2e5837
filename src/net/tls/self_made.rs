//! The self-made certificate: made at the first start, kept, renewed with the same key.
//!
//! Three files in `data_dir/tls`: `key.pem` (0600, made once), `cert.pem`, and `cert.json`, which says for which name it is and when it
//! ends. Each is written to a temporary file and renamed. `cert.json` is written last: a crash before it means one more
//! renewal, nothing else. A folder that cannot be written costs only the keeping: the certificate then lives in memory.

use std::net::{IpAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::{TlsError, certified};
use crate::clock::Wall;
use crate::limits::{CERTIFICATE_DAYS, CERTIFICATE_RENEW_DAYS};
use crate::store::replace_file;

const DAY_S: u64 = 24 * 3600;
/// 2026-01-01. A clock before this date is not set yet (a box without a clock battery boots in 1970); a
/// certificate by such a clock would be expired as soon as the clock is right.
const CLOCK_FLOOR_S: u64 = 1_767_225_600;
/// 2200-01-01. A clock beyond it is wrong, and the date arithmetic of the certificate must not overflow.
const CLOCK_CEILING_S: u64 = 7_258_118_400;

/// What `cert.json` says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    hostname: String,
    /// Seconds since 1970.
    not_after_s: u64,
}

/// The kept certificate if it still fits, else a new one; and when it is to be renewed, in seconds since 1970.
pub(super) fn load_or_make(folder: &Path, hostname: &str, now: Wall) -> Result<(CertifiedKey, u64), TlsError> {
    let now_s = (now.0 / 1000).clamp(CLOCK_FLOOR_S, CLOCK_CEILING_S);
    if let Some(kept) = load(folder, hostname, now_s) {
        return Ok(kept);
    }
    let key = kept_key(folder)?;
    make(folder, hostname, now_s, &key)
}

/// None if anything is missing, unreadable, for another name, or near its end.
fn load(folder: &Path, hostname: &str, now_s: u64) -> Option<(CertifiedKey, u64)> {
    let facts: Facts = serde_json::from_slice(&std::fs::read(folder.join("cert.json")).ok()?).ok()?;
    if facts.hostname != hostname || renew_s(facts.not_after_s) < now_s {
        return None;
    }
    let chain = CertificateDer::from_pem_slice(&std::fs::read(folder.join("cert.pem")).ok()?).ok()?;
    let key = PrivateKeyDer::from_pem_slice(&std::fs::read(folder.join("key.pem")).ok()?).ok()?;
    Some((certified(vec![chain], key).ok()?, renew_s(facts.not_after_s)))
}

/// The kept key, so that a renewed certificate is the same to whoever pinned its key; else a new one, kept.
fn kept_key(folder: &Path) -> Result<KeyPair, TlsError> {
    let path = folder.join("key.pem");
    match std::fs::read_to_string(&path).map(|pem| KeyPair::from_pem(&pem)) {
        Ok(Ok(key)) => return Ok(key),
        Ok(Err(error)) => log::warn!("tls key unusable file={} error={error} action=new-key", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => log::warn!("tls key unreadable file={} error={error} action=new-key", path.display()),
    }
    let key = KeyPair::generate().map_err(|error| TlsError(format!("no key can be made for the certificate: {error}")))?;
    keep(folder, "key.pem", key.serialize_pem().as_bytes());
    Ok(key)
}

fn renew_s(not_after_s: u64) -> u64 {
    not_after_s.saturating_sub(CERTIFICATE_RENEW_DAYS * DAY_S)
}

fn make(folder: &Path, hostname: &str, now_s: u64, key: &KeyPair) -> Result<(CertifiedKey, u64), TlsError> {
    let not_after_s = now_s + CERTIFICATE_DAYS * DAY_S;
    let certificate = sign(hostname, now_s, not_after_s, key)
        .map_err(|error| TlsError(format!("no certificate can be made for server.hostname \"{hostname}\": {error}")))?;
    keep(folder, "cert.pem", certificate.pem().as_bytes());
    let facts = Facts { hostname: hostname.to_owned(), not_after_s };
    keep(folder, "cert.json", serde_json::to_string(&facts).unwrap_or_default().as_bytes());
    log::info!("tls certificate made hostname={hostname} days={CERTIFICATE_DAYS}");
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| TlsError(error.to_owned()))?;
    let certified = certified(vec![certificate.der().clone()], key).map_err(|error| TlsError(error.to_string()))?;
    Ok((certified, renew_s(not_after_s)))
}

pub(super) fn sign(hostname: &str, from_s: u64, until_s: u64, key: &KeyPair) -> Result<rcgen::Certificate, rcgen::Error> {
    let mut params = CertificateParams::new(names(hostname))?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, hostname);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let epoch = date_time_ymd(1970, 1, 1);
    // A day of slack, for clients whose clock is behind.
    params.not_before = epoch + Duration::from_secs(from_s.saturating_sub(DAY_S));
    params.not_after = epoch + Duration::from_secs(until_s);
    params.self_signed(key)
}

/// Host name, this machine's own names, and the address that others see.
fn names(hostname: &str) -> Vec<String> {
    let mut names: Vec<String> = vec![hostname.to_owned()];
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.extend(own_addresses().iter().map(IpAddr::to_string));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// The addresses by which the default routes leave. Connecting a datagram socket only chooses a route and sends nothing; the targets are
/// documentation addresses (RFC 5737, RFC 3849).
fn own_addresses() -> Vec<IpAddr> {
    let address = |local: &str, remote: &str| {
        let socket = UdpSocket::bind(local).ok()?;
        socket.connect(remote).ok()?;
        socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
    };
    [address("0.0.0.0:0", "192.0.2.1:9"), address("[::]:0", "[2001:db8::1]:9")].into_iter().flatten().collect()
}

fn keep(folder: &Path, name: &str, content: &[u8]) {
    if let Err(error) = replace_file(&folder.join(name), content) {
        log::warn!("tls file not kept file={} error={error}", folder.join(name).display());
    }
}
