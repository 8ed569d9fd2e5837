//! The self-made certificate: made at the first start, kept, renewed by the same [`Authority`] with the same key.
//!
//! Beside the authority's two, three files in `data_dir/tls`: `key.pem` (0600, made once), `cert.pem`, and `cert.json`, which says for
//! which name it is and when it ends. Each is written to a temporary file and renamed, the authority's first. `cert.json` is written
//! last: a crash before it means one more renewal, nothing else. A folder that cannot be written costs only the keeping, and one that cannot
//! be read costs nothing that is in it: the certificate then lives in memory.
//!
//! A folder of a version that had no authority keeps its key and gets an authority and another certificate.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::given::{self, CertificateTrouble};
use super::{DAY_S, TlsError, certified, keep, kept, verify};
use crate::clock::Wall;
use crate::limits::{CERTIFICATE_DAYS, CERTIFICATE_RENEW_DAYS};
use crate::net::own_address;

/// A certificate by a clock before it would be expired as soon as the clock is right (a box without a clock battery boots in 1970).
const CLOCK_FLOOR_S: u64 = Wall::FLOOR.0 / 1000;
/// 2200-01-01. A clock beyond it is wrong, and the date arithmetic of the certificate must not overflow.
const CLOCK_CEILING_S: u64 = 7_258_118_400;
/// A certificate counts from that long before it was made, for clients whose clock is behind.
const SLACK_S: u64 = DAY_S;

/// What `cert.json` says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    hostname: String,
    /// Seconds since 1970.
    not_after_s: u64,
}

/// The certificate that is served, and with what the next one is made: a disk that fails meanwhile changes nothing.
#[derive(Debug)]
pub(super) struct SelfMade {
    folder: PathBuf,
    hostname: String,
    authority: Authority,
    key: KeyPair,
    leaf: Option<Leaf>,
    /// Own addresses that the authority may not sign for, as they were told last.
    left_out: Vec<IpAddr>,
    /// What could not be read. While there is something, nothing is written.
    unread: Option<TlsError>,
    /// The authority took the place of another one since the start.
    pub replaced: bool,
}

#[derive(Debug)]
struct Leaf {
    certificate: CertificateDer<'static>,
    /// Seconds since 1970.
    not_after_s: u64,
    /// Own addresses that are known to be in it.
    addresses: Vec<IpAddr>,
}

impl SelfMade {
    /// The kept certificate if it still fits, else a new one. `own` are the addresses that others see.
    ///
    /// What is kept but cannot be read does not stop the box, for it may be needed just now: then the authority, the key or both are made in
    /// memory, nothing is written, and [`SelfMade::refresh`] tries again.
    ///
    /// # Errors
    /// No key or certificate can be made, or `hostname` cannot stand in one.
    pub fn open(folder: &Path, hostname: &str, own: &[IpAddr], now: Wall) -> Result<SelfMade, TlsError> {
        let (mut replaced, mut unread) = (false, None);
        let authority = match Authority::load(folder, hostname) {
            Ok(Some(authority)) => authority,
            Ok(None) => {
                let authority = Authority::new(hostname, own, clamped_s(now))?;
                replaced = authority.keep(folder);
                authority
            }
            Err(why) => {
                unread = Some(why);
                Authority::new(hostname, own, clamped_s(now))?
            }
        };
        let key = match kept_key(folder) {
            Ok(Some(key)) => key,
            there => {
                unread = unread.or(there.err());
                let key = KeyPair::generate().map_err(|error| TlsError(format!("no key can be made for the certificate: {error}")))?;
                if unread.is_none() {
                    keep(folder, "key.pem", key.serialize_pem().as_bytes());
                }
                key
            }
        };
        let (folder, hostname) = (folder.to_owned(), hostname.to_owned());
        let mut made = SelfMade { folder, hostname, authority, key, leaf: None, left_out: Vec::new(), unread, replaced };
        made.leaf = made.kept_leaf();
        match made.renew(own, now) {
            // An old certificate is better than none.
            Err(error) if made.leaf.is_some() => log::warn!("tls certificate not renewed: {error}"),
            done => drop(done?),
        }
        Ok(made)
    }

    /// Makes the certificate anew when it is time. True if it is another one now.
    ///
    /// # Errors
    /// It cannot be done now: the certificate stays. What was not readable at the start is still not readable.
    pub fn refresh(&mut self, own: &[IpAddr], now: Wall) -> Result<bool, TlsError> {
        if self.unread.is_none() {
            return self.renew(own, now);
        }
        let readable = Authority::load(&self.folder, &self.hostname).map(drop).and_then(|()| kept_key(&self.folder).map(drop));
        if let Err(why) = readable {
            return if self.renew(own, now)? { Ok(true) } else { Err(why) };
        }
        let again = SelfMade::open(&self.folder, &self.hostname, own, now)?;
        match again.unread {
            Some(why) => Err(why),
            None => {
                *self = again;
                Ok(true)
            }
        }
    }

    /// With the authority's behind it.
    ///
    /// # Errors
    /// There is none, or rustls has no use for it.
    pub fn certified(&self) -> Result<CertifiedKey, TlsError> {
        let leaf = self.leaf.as_ref().ok_or_else(|| TlsError("there is no certificate".to_owned()))?;
        self.chain(leaf.certificate.clone()).map_err(|error| TlsError(error.to_string()))
    }

    fn chain(&self, leaf: CertificateDer<'static>) -> Result<CertifiedKey, rustls::Error> {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).map_err(|error| rustls::Error::General(error.to_owned()))?;
        certified(vec![leaf, self.authority.certificate.clone()], key)
    }

    /// None if anything is missing, unreadable, or not what the authority vouches for by its name. Its dates are not looked at.
    fn kept_leaf(&self) -> Option<Leaf> {
        let file = |name: &str| kept(&self.folder, name).ok().flatten();
        let facts: Facts = serde_json::from_slice(&file("cert.json")?).ok()?;
        let certificate = CertificateDer::from_pem_slice(&file("cert.pem")?).ok()?;
        let leaf = Leaf { certificate, not_after_s: facts.not_after_s, addresses: Vec::new() };
        let fits = facts.hostname == self.hostname && self.is_in(&leaf, &self.hostname) && self.chain(leaf.certificate.clone()).is_ok();
        fits.then_some(leaf)
    }

    /// Looked at for its last second, not for now: a clock that is behind makes nothing anew.
    fn is_in(&self, leaf: &Leaf, name: &str) -> bool {
        verify::vouches(&self.authority.certificate, &leaf.certificate, name, leaf.not_after_s)
    }

    /// Makes the certificate anew
    /// - for its whole life if there is none, near its end, and if it begins later than a clock that is set: then it was made while the clock was
    ///   ahead, and nobody would believe it;
    /// - until the same end if an own address is missing that the authority may sign for.
    ///
    /// The authority stays for as long as a whole life of a certificate is left of it. One that has ended by the clock stays, too, with the
    /// certificate that it signed last: a box that runs replaces it years before, so the clock is likelier to be wrong. Believing such a
    /// clock would cost what the office installed. Not believing a right one (a box that was off for years) costs a warning that browsers
    /// give for a new authority as well; the admin is told what to do.
    fn renew(&mut self, own: &[IpAddr], now: Wall) -> Result<bool, TlsError> {
        let now_s = clamped_s(now);
        let from_s = now_s.saturating_sub(SLACK_S).max(CLOCK_FLOOR_S);
        let life_s = from_s + CERTIFICATE_DAYS * DAY_S;
        let ended = self.authority.ends_before(now_s);
        let until_s = match &self.leaf {
            None => life_s,
            Some(leaf) if leaf.not_after_s.saturating_sub(CERTIFICATE_RENEW_DAYS * DAY_S) <= now_s => {
                if ended {
                    let folder = self.folder.display();
                    return Err(TlsError(format!(
                        "by the clock of this box its certificate authority has ended. If the clock is right, move ca.pem and ca.key out of {folder} \
                         and restart the box"
                    )));
                }
                life_s
            }
            Some(leaf) if leaf.is_ahead_of(now_s) => {
                if now < Wall::FLOOR {
                    return Ok(false);
                }
                life_s
            }
            Some(leaf) => {
                let not_after_s = leaf.not_after_s;
                if !self.misses(own)? {
                    return Ok(false);
                }
                not_after_s.min(life_s)
            }
        };
        let successor = match until_s == life_s && !ended && self.authority.ends_before(until_s) {
            true => Some(Authority::new(&self.hostname, own, now_s)?),
            false => None,
        };
        let (leaf, pem) = self.sign(successor.as_ref().unwrap_or(&self.authority), own, from_s, until_s)?;
        if let Some(authority) = successor {
            self.replaced |= self.unread.is_none() && authority.keep(&self.folder);
            self.authority = authority;
        }
        self.leave_out(own.iter().copied().filter(|ip| !leaf.addresses.contains(ip)).collect());
        self.keep_leaf(&leaf, &pem);
        self.leaf = Some(leaf);
        Ok(true)
    }

    /// A certificate, and the same in PEM. An own address that the authority may not sign for is left out: one name too many spoils the others.
    fn sign(&self, authority: &Authority, own: &[IpAddr], from_s: u64, until_s: u64) -> Result<(Leaf, String), TlsError> {
        let mut names: Vec<String> = [&self.hostname, "localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let mut addresses = Vec::new();
        for ip in own {
            if authority.may_sign(&ip.to_string())? {
                addresses.push(*ip);
                names.push(ip.to_string());
            }
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let certificate = authority.sign(&names, from_s, until_s, &self.key)?;
        Ok((Leaf { certificate: certificate.der().clone(), not_after_s: until_s, addresses }, certificate.pem()))
    }

    /// Whether an own address is not in the certificate that the authority may sign for. Cheap while nothing changes.
    fn misses(&mut self, own: &[IpAddr]) -> Result<bool, TlsError> {
        let Some(leaf) = &self.leaf else { return Ok(true) };
        let unknown = |ip: &&IpAddr| !leaf.addresses.contains(ip) && !self.left_out.contains(ip);
        let (mut found, mut refused) = (Vec::new(), Vec::new());
        for ip in own.iter().filter(unknown) {
            match self.is_in(leaf, &ip.to_string()) {
                true => found.push(*ip),
                false if self.authority.may_sign(&ip.to_string())? => return Ok(true),
                false => refused.push(*ip),
            }
        }
        if let Some(leaf) = &mut self.leaf {
            leaf.addresses.extend(found);
        }
        self.leave_out(refused);
        Ok(false)
    }

    /// Says which addresses stay out, once.
    fn leave_out(&mut self, refused: Vec<IpAddr>) {
        if refused.iter().any(|ip| !self.left_out.contains(ip)) {
            let addresses: Vec<String> = refused.iter().map(IpAddr::to_string).collect();
            log::warn!("tls certificate without={} reason=not-permitted-to-the-authority", addresses.join(","));
            self.left_out = refused;
        }
    }

    fn keep_leaf(&self, leaf: &Leaf, pem: &str) {
        if let Some(why) = &self.unread {
            log::warn!("tls certificate made in memory hostname={}: {why}", self.hostname);
            return;
        }
        keep(&self.folder, "cert.pem", pem.as_bytes());
        let facts = Facts { hostname: self.hostname.clone(), not_after_s: leaf.not_after_s };
        keep(&self.folder, "cert.json", serde_json::to_string(&facts).unwrap_or_default().as_bytes());
        log::info!("tls certificate made hostname={} days={CERTIFICATE_DAYS}", self.hostname);
    }
}

impl Leaf {
    fn is_ahead_of(&self, now_s: u64) -> bool {
        given::dates(std::slice::from_ref(&self.certificate), Wall(now_s * 1000)) == Some(CertificateTrouble::NotYetValid)
    }
}

/// The kept key, so that a renewed certificate is the same to whoever pinned its key. None if there is none, or, logged, if it is broken.
///
/// # Errors
/// It cannot be read.
fn kept_key(folder: &Path) -> Result<Option<KeyPair>, TlsError> {
    let Some(pem) = kept(folder, "key.pem")? else { return Ok(None) };
    let key = KeyPair::from_pem(&String::from_utf8_lossy(&pem));
    if let Err(error) = &key {
        log::warn!("tls key unusable file={} error={error} action=new-key", folder.join("key.pem").display());
    }
    Ok(key.ok())
}

/// Seconds since 1970, within what a certificate's date may be.
fn clamped_s(now: Wall) -> u64 {
    (now.0 / 1000).clamp(CLOCK_FLOOR_S, CLOCK_CEILING_S)
}

/// The addresses by which the default routes leave, towards documentation addresses (RFC 5737, RFC 3849).
pub(super) fn own_addresses() -> Vec<IpAddr> {
    let elsewhere: [IpAddr; 2] = [Ipv4Addr::new(192, 0, 2, 1).into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()];
    elsewhere.into_iter().filter_map(|ip| own_address::toward((ip, 9).into())).collect()
}
