//! Certificate verifiers of the client side.
//!
//! Opportunistic TLS (RFC 7435) protects against listening, not against somebody in the middle: mail goes to servers with self-made
//! certificates all over the internet, and refusing them would mean sending in clear. So [`Verdict`] accepts every certificate. It still verifies
//! the handshake's signatures: whoever answers must hold the key of the certificate that it shows. And it notes what a strict
//! client would have said, which the health probe reports.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::{TlsError, provider};

/// Verifies against the roots of the operating system, which are read once.
pub(super) fn system_verifier() -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    static VERIFIER: OnceLock<Result<Arc<WebPkiServerVerifier>, TlsError>> = OnceLock::new();
    VERIFIER.get_or_init(read_system_roots).clone()
}

fn read_system_roots() -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // A root that rustls cannot parse is left out: the others still serve.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(TlsError(format!("no root certificates found on this system{why}; install the package ca-certificates")));
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().map_err(|error| TlsError(error.to_string()))
}

/// Whether a client that trusts `root` alone believes `leaf` for `name` (a host name or an address) at that time, in seconds since 1970.
/// The dates of `root` are not looked at: it is the trust anchor (RFC 5280 section 6.1.1).
pub(super) fn vouches(root: &CertificateDer<'static>, leaf: &CertificateDer<'_>, name: &str, at_s: u64) -> bool {
    let mut roots = RootCertStore::empty();
    let (Ok(()), Ok(name)) = (roots.add(root.clone()), ServerName::try_from(name)) else { return false };
    let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build() else { return false };
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at_s));
    verifier.verify_server_cert(leaf, &[], &name, &[], at).is_ok()
}

/// Accepts every certificate, and remembers what a strict client would have said.
#[derive(Debug)]
pub struct Verdict {
    provider: Arc<CryptoProvider>,
    refused: Mutex<Option<Error>>,
}

impl Verdict {
    pub(super) fn new(provider: Arc<CryptoProvider>) -> Verdict {
        Verdict { provider, refused: Mutex::new(None) }
    }

    /// Why a strict client would have refused the certificate that was seen. None also if no handshake took place, or if the
    /// system has no roots to judge by.
    pub fn refused(&self) -> Option<Error> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Verdict {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Ok(strict) = system_verifier() {
            let refused = strict.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).err();
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
