//! TLS: our certificate (given or self-made), and the client side towards smart hosts and health pages.

use std::path::Path;
use std::sync::Arc;

/// Why TLS cannot be set up; shown to the admin.
#[derive(Clone, Debug)]
pub struct TlsError(pub String);

/// Reads PEM files, or makes and keeps a certificate in `folder` (for `hostname` and `localhost` and the given addresses; 825 days,
/// renewed when less than 30 days are left; key file mode 0600).
pub fn server(
    _certificate: Option<&Path>,
    _key: Option<&Path>,
    _folder: &Path,
    _hostname: &str,
    _now: crate::clock::Wall,
) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    todo!()
}

/// Verifies against the system's roots.
pub fn verifying_client() -> Result<Arc<rustls::ClientConfig>, TlsError> {
    todo!()
}

/// Verifies nothing (opportunistic TLS, RFC 7435; health pages of a server with its own certificate).
pub fn opportunistic_client() -> Arc<rustls::ClientConfig> {
    todo!()
}
