//! Probes of the primary: each gives one piece of evidence.

use std::sync::Arc;
use std::time::Duration;

use super::dns::Resolver;
use super::smtp_client::Target;
use crate::clock::Clock;
use crate::config::{HealthUrl, HostPort};
use crate::continuity::Evidence;
use crate::mail::Address;

/// Connect, 220, EHLO, MAIL, RCPT of the canary, RSET, QUIT. `target.options.timeouts.hello` covers connect to EHLO; a slow MAIL or RCPT (up to
/// [`crate::limits::PROBE_SLOW_MAX`]) is `Slow`, not down. 421 or 452 is `Refusing`; a canary answered 5xx is `Misconfigured`; our own name at
/// the other end is `Misconfigured`.
pub async fn smtp(_target: &Target, _canary: Option<&Address>, _resolver: &Resolver, _clock: Arc<dyn Clock>) -> Evidence {
    todo!()
}

/// All health pages: healthy if one says 200 *and* its body says `200 OK`; red (`UnhealthyPage`, `Down` or `Hanging`) only if all
/// fail. Redirects are not health. The second value names pages that failed or have a bad certificate while others work (an alarm).
pub async fn health_pages(
    _urls: &[HealthUrl],
    _timeout: Duration,
    _resolver: &Resolver,
    _clock: Arc<dyn Clock>,
) -> (Evidence, Vec<String>) {
    todo!()
}

/// Whether a host is there: a TCP connection that opens or is refused.
pub async fn witness(_host: &HostPort, _timeout: Duration, _resolver: &Resolver) -> bool {
    todo!()
}
