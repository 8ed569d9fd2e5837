//! Probes of the primary: each gives one piece of evidence.
//!
//! A probe says what it saw and how it looks ([`Class`]); what follows from it is decided by the continuity machine alone. Every probe is
//! bounded in time, and its detail names the server and the fact in words for an admin.

mod gateway;
mod health;
mod page;
mod smtp;

use std::time::Duration;

pub use gateway::default_gateway;
pub use health::health_pages;
pub use smtp::{greeting, smtp};

use super::deadline::within;
use super::dns::Resolver;
use crate::clock::{Clock, Now};
use crate::config::HostPort;
use crate::continuity::{Class, Evidence, Probe};

/// Longest detail, in octets (see [`Evidence::detail`]).
const DETAIL_MAX_OCTETS: usize = 300;

/// What one look at the primary gave, before it becomes evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    class: Class,
    detail: String,
    latency_ms: Option<u64>,
    /// The primary's own host refused the connection (RST). Then the network between us works, however silent the witnesses are.
    reset: bool,
}

impl Finding {
    fn new(class: Class, detail: impl Into<String>) -> Finding {
        Finding { class, detail: detail.into(), latency_ms: None, reset: false }
    }

    /// The one place where a probe's finding becomes evidence.
    ///
    /// A reset is an answer of the primary's machine: then silent witnesses do not mean that we are isolated (DESIGN section 3).
    fn into_evidence(self, probe: Probe, now: Now) -> Evidence {
        log::debug!(
            "probe={probe:?} class={:?} reset={} latency_ms={:?} detail={:?}",
            self.class,
            self.reset,
            self.latency_ms,
            self.detail
        );
        Evidence {
            at: now.wall,
            probe,
            class: self.class,
            detail: one_line(&self.detail),
            latency_ms: self.latency_ms,
            answered: self.reset,
        }
    }
}

/// Control characters out (a server's own words may be in it), and cut to size at a character's border.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > DETAIL_MAX_OCTETS {
        let end = (0..=DETAIL_MAX_OCTETS - 3).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        line.truncate(end);
        line.push_str("...");
    }
    line
}

fn elapsed_ms(clock: &dyn Clock, since: Now) -> u64 {
    u64::try_from(clock.now().mono.since(since.mono).as_millis()).unwrap_or(u64::MAX)
}

/// Whether a host is there: a TCP connection that opens or is refused.
pub async fn witness(host: &HostPort, timeout: Duration, resolver: &Resolver) -> bool {
    let look = async {
        let Ok(addresses) = resolver.resolve(host).await else { return false };
        for address in addresses {
            match smol::net::TcpStream::connect(address).await {
                Ok(_) => return true,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => return true,
                Err(_) => {}
            }
        }
        false
    };
    within(timeout, look).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::rt;

    fn check_line(input: &str, expected: &str) {
        assert_eq!(one_line(input), expected);
    }

    #[test]
    fn details_are_one_short_line() {
        check_line("a\r\nb", "a  b");
        check_line(&"x".repeat(300), &"x".repeat(300));
        check_line(&"x".repeat(301), &format!("{}...", "x".repeat(297)));
        assert!(one_line(&"\u{e4}".repeat(300)).len() <= DETAIL_MAX_OCTETS);
    }

    #[test]
    fn a_witness_is_alive_if_it_opens_or_refuses() {
        let resolver = Resolver::with_servers(vec![]);
        let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = open.local_addr().unwrap().port();
        let ask = |host: &str, port| {
            let host = HostPort { host: host.into(), port };
            rt::block_on(witness(&host, Duration::from_secs(10), &resolver))
        };
        assert!(ask("127.0.0.1", port));
        drop(open);
        assert!(ask("127.0.0.1", port), "refused");
        assert!(!ask("no-such-host.invalid", 53));
    }
}
