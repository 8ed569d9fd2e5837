//! The admin's own certificate: PEM files, and what is wrong with them in words.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys, RootCertStore};

use super::{TlsError, certified, provider};
use crate::clock::Wall;

/// What is wrong with a certificate's dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateTrouble {
    Expired,
    NotYetValid,
}

/// Loads the chain and its key.
pub(super) fn load(certificate: &Path, key: &Path, now: Wall) -> Result<CertifiedKey, TlsError> {
    let chain = read_chain(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|error| TlsError(format!("{}: no private key in PEM form found ({})", key.display(), pem_words(&error))))?;
    if let Some(trouble) = dates(&chain, now) {
        log::warn!("tls certificate file={} trouble={trouble:?}", certificate.display());
    }
    certified(chain, private).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError(format!("{} is not the key of {}: they do not belong together", key.display(), certificate.display()))
        }
        Error::InvalidCertificate(why) => TlsError(format!("{}: the certificate cannot be used ({why:?})", certificate.display())),
        other => TlsError(format!("{} and {}: {other}", certificate.display(), key.display())),
    })
}

/// Whether a certificate file is outside its dates, for an alarm. A file that cannot be read has no dates: [`super::server`] says so.
pub fn trouble(certificate: &Path, now: Wall) -> Option<CertificateTrouble> {
    dates(&read_chain(certificate).ok()?, now)
}

/// The certificates of a file as roots.
pub(super) fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_chain(path)? {
        roots.add(certificate).map_err(|error| TlsError(format!("{}: a certificate cannot be used ({error})", path.display())))?;
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError(format!("{}: cannot be read ({error})", path.display())))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(TlsError(format!("{}: no certificate in PEM form found", path.display()))),
        Err(error) => Err(TlsError(format!("{}: {}", path.display(), pem_words(&error)))),
    }
}

fn pem_words(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    match error {
        Error::NoItemsFound => "nothing of that kind in the file".into(),
        other => other.to_string(),
    }
}

/// Asks the verifier about the leaf, with the leaf itself as the root: it looks at the dates before it looks for an issuer, so every
/// other answer means that the dates are right. This saves a certificate parser of our own.
pub(super) fn dates(chain: &[CertificateDer<'static>], now: Wall) -> Option<CertificateTrouble> {
    let leaf = chain.first()?;
    let mut roots = RootCertStore::empty();
    roots.add(leaf.clone()).ok()?;
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(std::sync::Arc::new(roots), provider()).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_millis(now.0));
    use rustls::client::danger::ServerCertVerifier;
    match verifier.verify_server_cert(leaf, &[], &name, &[], at) {
        Err(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            Some(CertificateTrouble::Expired)
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })) => {
            Some(CertificateTrouble::NotYetValid)
        }
        _ => None,
    }
}
