//! TLS: our certificate (given, or signed by an authority of the box's own), and the client side towards smart hosts and health pages.
//!
//! Owns every rustls configuration of the program. TLS 1.2 and 1.3 with ring, given explicitly, so that no process-wide default is
//! needed. Never decides whether TLS is used: that is configuration.

mod authority;
mod given;
mod identity;
mod self_made;
mod verify;

use std::path::Path;
use std::sync::Arc;

pub use rustls::ClientConfig;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

pub use authority::common_name as authority_name;
pub use given::{CertificateTrouble, trouble};
pub use identity::Identity;
pub use verify::Verdict;

use crate::store::replace_file;

const DAY_S: u64 = 24 * 3600;

/// Why TLS cannot be set up; shown to the admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsError(pub String);

impl std::fmt::Display for TlsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

/// Whether a handshake failed for the other side's certificate, and not for how TLS is spoken.
pub fn is_about_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}

/// The certificate of [`Identity::open`], for good.
///
/// # Errors
/// As there.
pub fn server(
    certificate: Option<&Path>,
    key: Option<&Path>,
    folder: &Path,
    hostname: &str,
    now: crate::clock::Wall,
) -> Result<Arc<ServerConfig>, TlsError> {
    Identity::open(certificate, key, folder, hostname, now).map(|identity| identity.config())
}

/// Verifies against the system's roots.
///
/// # Errors
/// The system has no roots (the package `ca-certificates` is missing), or none can be read.
pub fn verifying_client() -> Result<Arc<ClientConfig>, TlsError> {
    let verifier = verify::system_verifier()?;
    Ok(Arc::new(client_builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// Verifies against the certificates of a PEM file, and nothing else.
///
/// # Errors
/// The file cannot be read, or holds no certificate that can be trusted.
pub fn client_trusting(file: &Path) -> Result<Arc<ClientConfig>, TlsError> {
    let roots = given::roots(file)?;
    Ok(Arc::new(client_builder()?.with_root_certificates(roots).with_no_client_auth()))
}

/// Verifies nothing (opportunistic TLS, RFC 7435; health pages of a server with its own certificate).
pub fn opportunistic_client() -> Arc<ClientConfig> {
    recording_client().0
}

/// Like [`opportunistic_client`], and says afterwards whether the certificate would have passed. One configuration for one connection.
pub fn recording_client() -> (Arc<ClientConfig>, Arc<Verdict>) {
    let verdict = Arc::new(Verdict::new(provider()));
    let builder = client_builder().expect("ring has the default protocol versions");
    (Arc::new(builder.dangerous().with_custom_certificate_verifier(verdict.clone()).with_no_client_auth()), verdict)
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::OnceLock<Arc<CryptoProvider>> = std::sync::OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

fn client_builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(|error| TlsError(error.to_string()))
}

/// A file of the self-made certificate; None if it is not there.
///
/// # Errors
/// It cannot be read, which may pass: nothing may be written over it.
fn kept(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, TlsError> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TlsError(format!("{} cannot be read ({error})", path.display()))),
    }
}

/// Writes a file of the self-made certificate. One that cannot be kept is logged, and made again at the next start.
fn keep(folder: &Path, name: &str, content: &[u8]) {
    if let Err(error) = replace_file(&folder.join(name), content) {
        log::warn!("tls file not kept file={} error={error}", folder.join(name).display());
    }
}

/// A chain with its key; the error is rustls's own, so that the caller can name its files.
fn certified(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(chain, key, &provider())
}

#[cfg(test)]
mod tests;
