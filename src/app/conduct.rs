//! How strangers behave: what one address may do in an hour, so that nobody takes what others need, or finds out who works here.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use super::core::lock;
use super::rates::{Rates, WhenFull};
use crate::clock::Mono;
use crate::limits::{
    STRANGER_CONNECTIONS_A_RECIPIENT, STRANGER_FAILED_SESSIONS_HOUR, STRANGER_UNKNOWN_FREE, STRANGER_UNKNOWN_HOUR, STRANGERS_COUNTED_MAX,
    TARPIT_MAX, TARPIT_STEP,
};

/// What strangers did within the last hour, by address.
pub struct Conduct {
    /// Recipients that an address may write to in an hour (`smtp.stranger_rate`).
    recipients_hour: u32,
    counted: Mutex<Counted>,
}

struct Counted {
    connections: Rates,
    recipients: Rates,
    unknown: Rates,
    failed_sessions: Rates,
}

/// What an unknown recipient gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Before the answer.
    pub wait: Duration,
    /// Whether the answer is the truth. Who guesses too much is told to come back later, whoever was asked for.
    pub is_told: bool,
}

impl Conduct {
    pub fn new(recipients_hour: u32) -> Conduct {
        let rates = || Rates::new(STRANGERS_COUNTED_MAX, WhenFull::Forget);
        let counted = Counted { connections: rates(), recipients: rates(), unknown: rates(), failed_sessions: rates() };
        Conduct { recipients_hour, counted: Mutex::new(counted) }
    }

    /// Whether this connection is within the allowance.
    pub fn may_connect(&self, client: IpAddr, now: Mono) -> bool {
        let mut counted = lock(&self.counted);
        let failed = counted.failed_sessions.spent(client, STRANGER_FAILED_SESSIONS_HOUR, now);
        let per_hour = self.recipients_hour.saturating_mul(STRANGER_CONNECTIONS_A_RECIPIENT);
        failed + 1.0 <= f64::from(STRANGER_FAILED_SESSIONS_HOUR) && counted.connections.take(client, per_hour, now)
    }

    /// Whether this recipient, who is known, is within the allowance.
    pub fn may_send(&self, client: IpAddr, now: Mono) -> bool {
        lock(&self.counted).recipients.take(client, self.recipients_hour, now)
    }

    /// Whether the primary is asked for a recipient for this client's sake.
    pub fn may_ask(&self, client: IpAddr, now: Mono) -> bool {
        lock(&self.counted).unknown.spent(client, STRANGER_UNKNOWN_HOUR, now) + 1.0 <= f64::from(STRANGER_UNKNOWN_HOUR)
    }

    /// Counts an unknown recipient.
    pub fn refuse(&self, client: IpAddr, now: Mono) -> Refusal {
        let mut counted = lock(&self.counted);
        let before = counted.unknown.spent(client, STRANGER_UNKNOWN_HOUR, now);
        let steps = (before - f64::from(STRANGER_UNKNOWN_FREE) + 1.0).max(0.0);
        Refusal { is_told: counted.unknown.take(client, STRANGER_UNKNOWN_HOUR, now), wait: TARPIT_STEP.mul_f64(steps).min(TARPIT_MAX) }
    }

    /// A session was ended for its mistakes.
    pub fn session_failed(&self, client: IpAddr, now: Mono) {
        lock(&self.counted).failed_sessions.take(client, STRANGER_FAILED_SESSIONS_HOUR, now);
    }
}

/// What is odd about the name that a stranger gives itself. It is only logged: refusing it would refuse mail that is wanted.
pub fn helo_oddity(helo: &str, client: IpAddr, hostname: &str, is_ours: impl Fn(&str) -> bool) -> Option<&'static str> {
    let name = helo.trim_end_matches('.').to_ascii_lowercase();
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match literal {
        _ if name == hostname => Some("our-own-name"),
        Some(literal) => {
            let address = literal.strip_prefix("ipv6:").unwrap_or(literal).parse::<IpAddr>();
            (address.map(|address| address.to_canonical()) != Ok(client)).then_some("not-its-address")
        }
        None if name.parse::<IpAddr>().is_ok() => Some("bare-address"),
        None if is_ours(&name) => Some("our-domain"),
        None if !name.contains('.') => Some("not-qualified"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn guessing_gets_slower_and_then_tells_nothing() {
        let conduct = Conduct::new(1000);
        let refusals: Vec<Refusal> = (0..STRANGER_UNKNOWN_HOUR + 5).map(|_| conduct.refuse(CLIENT, Mono(0))).collect();
        let free = STRANGER_UNKNOWN_FREE as usize;
        assert!(refusals[..free].iter().all(|refusal| refusal.wait.is_zero() && refusal.is_told));
        assert_eq!(refusals[free].wait, TARPIT_STEP);
        assert!(refusals.windows(2).all(|pair| pair[0].wait <= pair[1].wait));
        assert!(refusals.iter().all(|refusal| refusal.wait <= TARPIT_MAX));
        assert_eq!(refusals.iter().filter(|refusal| refusal.is_told).count() as u32, STRANGER_UNKNOWN_HOUR);
        assert!(!conduct.may_ask(CLIENT, Mono(0)), "the primary is left in peace");
        assert!(conduct.may_send(CLIENT, Mono(0)), "who is known still gets mail from there");
        assert!(conduct.may_ask(CLIENT, Mono(3_600_000)));
    }

    #[test]
    fn sessions_that_fail_again_and_again_end_the_welcome() {
        let conduct = Conduct::new(1000);
        for _ in 0..STRANGER_FAILED_SESSIONS_HOUR {
            assert!(conduct.may_connect(CLIENT, Mono(0)));
            conduct.session_failed(CLIENT, Mono(0));
        }
        assert!(!conduct.may_connect(CLIENT, Mono(0)));
        assert!(conduct.may_connect(IpAddr::from([192, 0, 2, 2]), Mono(0)));
        assert!(conduct.may_connect(CLIENT, Mono(3_600_000)));
    }

    #[test]
    fn an_hour_has_so_many_recipients() {
        let conduct = Conduct::new(3);
        let taken = (0..9).filter(|_| conduct.may_send(CLIENT, Mono(0))).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn odd_names_are_noticed() {
        let check = |helo: &str, expected: Option<&str>| {
            let found = helo_oddity(helo, CLIENT, "box.example.com", |name| name == "example.com");
            assert_eq!(found, expected, "{helo}");
        };
        check("mail.outside.example", None);
        check("[192.0.2.1]", None);
        check("[192.0.2.2]", Some("not-its-address"));
        check("[IPv6:::ffff:192.0.2.1]", None);
        check("192.0.2.1", Some("bare-address"));
        check("localhost", Some("not-qualified"));
        check("Box.Example.com.", Some("our-own-name"));
        check("example.com", Some("our-domain"));
    }
}
