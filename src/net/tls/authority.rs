//! The box's own certificate authority, which an office installs once so that its browsers believe the self-made certificate.
//!
//! Two files in `data_dir/tls`: `ca.key` (0600) and `ca.pem`, made once. Name constraints (RFC 5280 section 4.2.1.10, critical) keep it
//! to what the box is: its own name and what is below it, `localhost`, private addresses, and the addresses that the box had when it was
//! made; and it is for servers only. Whoever trusts it trusts it for nothing else, also if its key is stolen.
//!
//! What was installed must not be lost. Only files that are missing, broken, not of one pair or for another name lead to another
//! authority, never a fault in reading; and a pair that goes stays beside the new one as `ca.key.old` and `ca.pem.old`, the latest of them.
//! `ca.key` is written first: after a crash before `ca.pem` there is no pair, and another authority is made; of the one before nobody
//! has heard yet.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::given::{self, CertificateTrouble};
use super::{DAY_S, TlsError, keep, kept, verify};
use crate::clock::Wall;
use crate::config::{Network, NetworkSet};
use crate::limits::AUTHORITY_DAYS;

/// RFC 5280 appendix A.1: `ub-common-name`.
const COMMON_NAME_MAX_CHARS: usize = 64;
const FILES: [&str; 2] = ["ca.key", "ca.pem"];

/// The authority: its certificate and the key that signs.
#[derive(Debug)]
pub(super) struct Authority {
    pub certificate: CertificateDer<'static>,
    key: KeyPair,
    /// In PEM, as it is kept.
    pem: String,
    /// Its common name says for which box it is.
    hostname: String,
}

impl Authority {
    /// The kept one. None if there is none; also, and logged, if its files are broken, do not belong together, or are for another name.
    ///
    /// # Errors
    /// Whether it fits cannot be told now: a file cannot be read, or there are no random numbers to try it.
    pub fn load(folder: &Path, hostname: &str) -> Result<Option<Authority>, TlsError> {
        let [key, certificate] = FILES.map(|name| kept(folder, name));
        let parsed = match (key?, certificate?) {
            (None, None) => return Ok(None),
            (Some(key), Some(certificate)) => Authority::parse(key, certificate, hostname),
            (None, Some(_)) => Err("ca.key is missing".to_owned()),
            (Some(_), None) => Err("ca.pem is missing".to_owned()),
        };
        let why = match parsed {
            // One question for all of it: what it signs is believed by whoever trusts it.
            Ok(authority) if authority.may_sign(hostname)? => return Ok(Some(authority)),
            Ok(_) => format!("it is not for {hostname}, or ca.key is not its key"),
            Err(why) => why,
        };
        log::warn!("tls authority unusable folder={} reason=\"{why}\"", folder.display());
        Ok(None)
    }

    fn parse(key: Vec<u8>, certificate: Vec<u8>, hostname: &str) -> Result<Authority, String> {
        let text = |name: &str, content: Vec<u8>| String::from_utf8(content).map_err(|error| format!("{name}: {error}"));
        let key = KeyPair::from_pem(&text("ca.key", key)?).map_err(|error| format!("ca.key: {error}"))?;
        let pem = text("ca.pem", certificate)?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| format!("ca.pem: {error}"))?;
        Ok(Authority { certificate, key, pem, hostname: hostname.to_owned() })
    }

    /// A new one, from [`Wall::FLOOR`] until [`AUTHORITY_DAYS`] after `now_s` (seconds since 1970). It is in memory: see [`Authority::keep`].
    ///
    /// Its beginning is not by the clock: one made while the clock is ahead counts as soon as the clock is right. Its end is, so that one lasts
    /// longer by as much as the clock was ahead; its constraints bound what that may cost.
    ///
    /// # Errors
    /// No key can be made, or `hostname` cannot stand in a certificate.
    pub fn new(hostname: &str, addresses: &[IpAddr], now_s: u64) -> Result<Authority, TlsError> {
        let fault = |error: rcgen::Error| TlsError(format!("no authority can be made for server.hostname \"{hostname}\": {error}"));
        let key = KeyPair::generate().map_err(fault)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(hostname);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.name_constraints = Some(constraints(hostname, addresses));
        set_dates(&mut params, Wall::FLOOR.0 / 1000, now_s + AUTHORITY_DAYS * DAY_S);
        let certificate = params.self_signed(&key).map_err(fault)?;
        Ok(Authority { certificate: certificate.der().clone(), key, pem: certificate.pem(), hostname: hostname.to_owned() })
    }

    /// Writes it to `folder` if that can be done; what is there is put aside. True if something was there, so that the office has to be told.
    pub fn keep(&self, folder: &Path) -> bool {
        let replaces = match put_aside(folder) {
            Ok(replaces) => replaces,
            Err(error) => {
                log::warn!("tls authority not kept folder={} error=\"the one before cannot be renamed: {error}\"", folder.display());
                return true;
            }
        };
        keep(folder, "ca.key", self.key.serialize_pem().as_bytes());
        keep(folder, "ca.pem", self.pem.as_bytes());
        match replaces {
            true => log::warn!("tls authority made hostname={}: install it where the old one is, which is in ca.pem.old", self.hostname),
            false => log::info!("tls authority made hostname={} days={AUTHORITY_DAYS}: it counts where it is installed", self.hostname),
        }
        replaces
    }

    /// Whether it has ended by then, in seconds since 1970. One that is not valid yet has not: the clock may be behind.
    pub fn ends_before(&self, at_s: u64) -> bool {
        given::dates(std::slice::from_ref(&self.certificate), Wall(at_s * 1000)) == Some(CertificateTrouble::Expired)
    }

    /// Whether a certificate of its for this host name or address is believed: tries it.
    ///
    /// # Errors
    /// Of [`Authority::sign`].
    pub fn may_sign(&self, name: &str) -> Result<bool, TlsError> {
        let leaf = self.sign(&[name.to_owned()], DAY_S, 3 * DAY_S, &self.key)?;
        Ok(verify::vouches(&self.certificate, leaf.der(), name, 2 * DAY_S))
    }

    /// A server's certificate for names and addresses, the first of them also its common name. Times are seconds since 1970.
    ///
    /// # Errors
    /// A name that cannot stand in a certificate, or no random numbers.
    pub fn sign(&self, names: &[String], from_s: u64, until_s: u64, key: &impl PublicKeyData) -> Result<Certificate, TlsError> {
        let fault = |error: rcgen::Error| TlsError(format!("no certificate can be made for {}: {error}", names.join(", ")));
        let mut params = CertificateParams::new(names).map_err(fault)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, names.first().cloned().unwrap_or_default());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial_number()?);
        set_dates(&mut params, from_s, until_s);
        let mut authority = CertificateParams::default();
        authority.distinguished_name = subject(&self.hostname);
        params.signed_by(key, &Issuer::from_params(&authority, &self.key)).map_err(fault)
    }
}

/// By chance: the same key gets many certificates, and Firefox refuses two of one issuer with one number (RFC 5280 section 4.1.2.2).
fn serial_number() -> Result<SerialNumber, TlsError> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|error| TlsError(format!("no random numbers for a certificate: {error}")))?;
    // Positive, and always of the same length.
    octets[0] = octets[0] & 0x3F | 0x40;
    Ok(SerialNumber::from_slice(&octets))
}

/// Moves what is there to `.old`; true if something was. A pair takes the place of an older pair. Half of one, as a crash leaves it, does not:
/// it only joins its other half there.
fn put_aside(folder: &Path) -> std::io::Result<bool> {
    let old = |name: &str| folder.join(format!("{name}.old"));
    let there: Vec<&str> = FILES.into_iter().filter(|name| folder.join(name).exists()).collect();
    if there.len() == FILES.len() {
        for name in FILES.map(old).iter().filter(|name| name.exists()) {
            std::fs::remove_file(name)?;
        }
    }
    for name in there.iter().filter(|name| !old(name).exists()) {
        std::fs::rename(folder.join(name), old(name))?;
    }
    Ok(!there.is_empty())
}

fn subject(hostname: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name(hostname));
    name
}

/// What the authority of the box with this name is called, cut to the 64 characters that a common name may have.
pub fn common_name(hostname: &str) -> String {
    format!("Lifeboat {hostname}").chars().take(COMMON_NAME_MAX_CHARS).collect()
}

/// Sets from when to when it counts, in seconds since 1970.
pub(super) fn set_dates(params: &mut CertificateParams, from_s: u64, until_s: u64) {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(from_s);
    params.not_after = epoch + Duration::from_secs(until_s);
}

fn constraints(hostname: &str, addresses: &[IpAddr]) -> NameConstraints {
    let private = NetworkSet::private();
    let own: Vec<Network> = addresses.iter().filter(|ip| !private.contains(**ip)).map(|ip| Network::host(*ip)).collect();
    let networks = private.0.iter().chain(&own).filter_map(|network| network.to_string().parse::<CidrSubnet>().ok());
    let names = [hostname, "localhost"].map(|name| GeneralSubtree::DnsName(name.to_owned()));
    NameConstraints {
        permitted_subtrees: names.into_iter().chain(networks.map(GeneralSubtree::IpAddress)).collect(),
        excluded_subtrees: Vec::new(),
    }
}
