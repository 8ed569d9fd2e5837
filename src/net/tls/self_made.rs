//! The self-made certificate: made at the first start, kept, renewed by the same [`Authority`] with the same key.
//!
//! Beside the authority's two, three files in `data_dir/tls`: `key.pem` (0600, made once), `cert.pem`, and `cert.json`, which says for
//! which name it is and when it ends. Each is written to a temporary file and renamed, the authority's first. `cert.json` is written
//! last: a crash before it means one more renewal, nothing else. A folder that cannot be written costs only the keeping: the
//! certificate then lives in memory.
//!
//! A folder of a version that had no authority keeps its key and gets an authority and another certificate.

use std::net::{IpAddr, UdpSocket};
use std::path::Path;

use rcgen::KeyPair;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::{TlsError, certified, keep, verify};
use crate::clock::Wall;
use crate::limits::{CERTIFICATE_DAYS, CERTIFICATE_RENEW_DAYS};

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

/// The kept certificate if it still fits, else a new one, with the authority's behind it; and when it is to be renewed, in seconds
/// since 1970.
///
/// The authority stays for as long as it can sign for `hostname`, and a whole life of a certificate is left of it when it signs one.
/// Another one is as good as none to whoever installed the one before, so that is logged.
pub(super) fn load_or_make(folder: &Path, hostname: &str, now: Wall) -> Result<(CertifiedKey, u64), TlsError> {
    let now_s = (now.0 / 1000).clamp(CLOCK_FLOOR_S, CLOCK_CEILING_S);
    let own = own_addresses();
    let names = names(hostname, &own);
    let kept = Authority::load(folder, hostname);
    if let Some(certificate) = kept.as_ref().and_then(|authority| load(folder, authority, &names, now_s)) {
        return Ok(certificate);
    }
    let authority = match kept {
        Some(authority) if !authority.ends_before(now_s + CERTIFICATE_DAYS * DAY_S) => authority,
        Some(_) => {
            log::warn!("tls authority near its end action=new-authority: install it where the old one is");
            Authority::make(folder, hostname, &own, now_s)?
        }
        None => Authority::make(folder, hostname, &own, now_s)?,
    };
    make(folder, &authority, names, now_s)
}

/// None if anything is missing, unreadable, near its end, or not what the authority vouches for: for each of these names that it may.
fn load(folder: &Path, authority: &Authority, names: &[String], now_s: u64) -> Option<(CertifiedKey, u64)> {
    let facts: Facts = serde_json::from_slice(&std::fs::read(folder.join("cert.json")).ok()?).ok()?;
    if Some(&facts.hostname) != names.first() || renew_s(facts.not_after_s) < now_s {
        return None;
    }
    let leaf = CertificateDer::from_pem_slice(&std::fs::read(folder.join("cert.pem")).ok()?).ok()?;
    // At its end, not now: a clock that is behind makes nothing anew.
    let vouches = |name: &String| verify::vouches(&authority.certificate, &leaf, name, facts.not_after_s);
    if !names.iter().all(|name| vouches(name) || !authority.may_sign(name)) {
        return None;
    }
    let key = PrivateKeyDer::from_pem_slice(&std::fs::read(folder.join("key.pem")).ok()?).ok()?;
    Some((certified(vec![leaf, authority.certificate.clone()], key).ok()?, renew_s(facts.not_after_s)))
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

/// An own address outside of the private networks that the box did not have when the authority was made is left out.
pub(super) fn make(folder: &Path, authority: &Authority, names: Vec<String>, now_s: u64) -> Result<(CertifiedKey, u64), TlsError> {
    let hostname = names.first().cloned().unwrap_or_default();
    let (names, left_out): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| authority.may_sign(name));
    if !left_out.is_empty() {
        log::warn!("tls certificate without={} reason=not-permitted-to-the-authority", left_out.join(","));
    }
    let key = kept_key(folder)?;
    let not_after_s = now_s + CERTIFICATE_DAYS * DAY_S;
    let leaf = authority.sign(&names, now_s, not_after_s, &key)?;
    keep(folder, "cert.pem", leaf.pem().as_bytes());
    let facts = Facts { hostname: hostname.clone(), not_after_s };
    keep(folder, "cert.json", serde_json::to_string(&facts).unwrap_or_default().as_bytes());
    log::info!("tls certificate made hostname={hostname} days={CERTIFICATE_DAYS}");
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| TlsError(error.to_owned()))?;
    let chain = vec![leaf.der().clone(), authority.certificate.clone()];
    let certified = certified(chain, key).map_err(|error| TlsError(error.to_string()))?;
    Ok((certified, renew_s(not_after_s)))
}

/// Host name, this machine's own names, and the addresses that others see.
fn names(hostname: &str, own: &[IpAddr]) -> Vec<String> {
    let mut names: Vec<String> = vec![hostname.to_owned()];
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.extend(own.iter().map(IpAddr::to_string));
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
