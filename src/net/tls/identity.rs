//! The box's own certificate: given or self-made, and replaced while the box runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::self_made::{self, SelfMade};
use super::{TlsError, given, provider};
use crate::clock::Wall;

/// The certificate that new handshakes use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// A certificate and where it comes from.
#[derive(Debug)]
pub struct Identity {
    origin: Origin,
    config: Arc<ServerConfig>,
    current: Arc<Current>,
}

#[derive(Debug)]
enum Origin {
    Given {
        certificate: PathBuf,
        key: PathBuf,
        /// Both files as they were read last, good or not.
        seen: Mutex<[Option<Vec<u8>>; 2]>,
    },
    SelfMade(Box<Mutex<SelfMade>>),
}

impl Identity {
    /// Reads PEM files, or makes and keeps a certificate in `folder` (for `hostname`, `localhost` and the machine's addresses; 824 days,
    /// renewed when less than 30 days are left; key files mode 0600), signed by an authority of the box's own ([`Identity::authority`]),
    /// whose certificate is sent behind it. The configuration has no ALPN: it serves SMTP as it is, and the web front adds `http/1.1` to
    /// its own copy.
    ///
    /// A given certificate that has expired is served all the same and logged ([`super::trouble`] finds it): a webmail that
    /// warns is better than none, and in the middle of an outage nobody wants to hear about certificates.
    ///
    /// # Errors
    /// Files that cannot be read or hold no certificate or key, a key that is not the certificate's, one of the two without the other.
    pub fn open(certificate: Option<&Path>, key: Option<&Path>, folder: &Path, hostname: &str, now: Wall) -> Result<Identity, TlsError> {
        let (origin, first) = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let seen = Mutex::new(read(certificate, key));
                let origin = Origin::Given { certificate: certificate.to_owned(), key: key.to_owned(), seen };
                (origin, given::load(certificate, key, now)?)
            }
            (None, None) => {
                let made = SelfMade::open(folder, hostname, &self_made::own_addresses(), now)?;
                let first = made.certified()?;
                (Origin::SelfMade(Box::new(Mutex::new(made))), first)
            }
            (Some(_), None) => return Err(TlsError("web.certificate is set without web.key: both are needed".into())),
            (None, Some(_)) => return Err(TlsError("web.key is set without web.certificate: both are needed".into())),
        };
        let current = Arc::new(Current(RwLock::new(Arc::new(first))));
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        Ok(Identity { origin, config: Arc::new(config), current })
    }

    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    /// The certificate of the authority that signed the self-made one, in DER. No secret: browsers that trust it believe the box, and
    /// nothing else by it. Another one after `server.hostname` has changed, and when the next certificate would outlive it: with certificates that
    /// are renewed each 793 days, after about 8.7 of its ten years. None if a certificate was given.
    pub fn authority(&self) -> Option<Vec<u8>> {
        match self.origin {
            Origin::Given { .. } => None,
            Origin::SelfMade(_) => {
                let current = self.current.0.read().unwrap_or_else(PoisonError::into_inner);
                current.cert.last().map(|authority| authority.to_vec())
            }
        }
    }

    /// Whether the authority took the place of another one since the start: what the office installed counts no more.
    pub fn authority_was_replaced(&self) -> bool {
        match &self.origin {
            Origin::Given { .. } => false,
            Origin::SelfMade(made) => made.lock().unwrap_or_else(PoisonError::into_inner).replaced,
        }
    }

    /// Takes a certificate whose files have changed, and makes the self-made one anew when it is time, when the machine has another address,
    /// and when the clock was ahead. True if new handshakes use another one now. Connections that are there keep theirs. Waits for the disk.
    ///
    /// # Errors
    /// The new files cannot be used, or the self-made one cannot be made anew: the old certificate stays. Said again each time until they can.
    pub fn refresh(&self, now: Wall) -> Result<bool, TlsError> {
        let new = match &self.origin {
            Origin::Given { certificate, key, seen } => {
                let found = read(certificate, key);
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if *seen == found {
                    return Ok(false);
                }
                let new = given::load(certificate, key, now)?;
                *seen = found;
                new
            }
            Origin::SelfMade(made) => {
                let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
                if !made.refresh(&self_made::own_addresses(), now)? {
                    return Ok(false);
                }
                made.certified()?
            }
        };
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(true)
    }
}

fn read(certificate: &Path, key: &Path) -> [Option<Vec<u8>>; 2] {
    [certificate, key].map(|file| std::fs::read(file).ok())
}
