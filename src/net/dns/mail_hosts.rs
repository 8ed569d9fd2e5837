//! The servers that take a domain's mail (RFC 5321 section 5.1, RFC 7505).

use std::hash::{BuildHasher, RandomState};

use hickory_resolver::proto::rr::RData;

use super::Resolver;
use crate::limits::{DNS_TIMEOUT, MAIL_HOSTS_MAX};
use crate::net::deadline;

/// Why a domain has no server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMailHost {
    /// For good: enhanced status code (RFC 3463) and words.
    Never(String),
    /// DNS does not answer as it should.
    Later(String),
}

/// A server, and how late it is tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MailHost {
    preference: u16,
    /// Puts those of one preference into an order of chance.
    chance: u64,
    name: String,
}

impl Resolver {
    /// Names of the servers to try in order, at least one and at most [`MAIL_HOSTS_MAX`]: by MX, those of one preference shuffled; without any
    /// MX the domain itself, if it has an address. `ourselves` and what is preferred less is left out: mail would run in a circle.
    /// `domain` in its ASCII form.
    ///
    /// # Errors
    /// [`NoMailHost`]: no such domain, a null MX, we are the best server ourselves; or no answer.
    pub async fn mail_hosts(&self, domain: &str, ourselves: &str) -> Result<Vec<String>, NoMailHost> {
        let later = |why: &str| NoMailHost::Later(format!("{domain}: {why}"));
        let no_such_domain = || NoMailHost::Never(format!("5.1.2 there is no domain {domain}"));
        let engine = self.shared.engine().ok_or_else(|| later("no usable resolver configuration"))?;
        let answer = deadline::within(DNS_TIMEOUT, engine.mx_lookup(format!("{domain}."))).await;
        let records = match answer.map_err(|_| later("the name servers do not answer"))? {
            Ok(lookup) => lookup.answers().iter().filter_map(|record| mail_host(&record.data)).collect(),
            Err(error) if error.is_nx_domain() => return Err(no_such_domain()),
            Err(error) if error.is_no_records_found() => Vec::new(),
            Err(error) => return Err(later(&format!("look-up failed ({error})"))),
        };
        if !records.is_empty() {
            return in_order(records, domain, ourselves);
        }
        let answer = deadline::within(DNS_TIMEOUT, engine.lookup_ip(format!("{domain}."))).await;
        match answer.map_err(|_| later("the name servers do not answer"))? {
            Ok(_) => Ok(vec![domain.to_owned()]),
            Err(error) if error.is_nx_domain() => Err(no_such_domain()),
            Err(error) if error.is_no_records_found() => {
                Err(NoMailHost::Never(format!("5.1.2 {domain} has no mail server: neither an MX nor an address")))
            }
            Err(error) => Err(later(&format!("look-up failed ({error})"))),
        }
    }
}

fn mail_host(data: &RData) -> Option<MailHost> {
    let RData::MX(mx) = data else { return None };
    let name = mx.exchange.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    Some(MailHost { preference: mx.preference, chance: RandomState::new().hash_one(&name), name })
}

fn in_order(mut hosts: Vec<MailHost>, domain: &str, ourselves: &str) -> Result<Vec<String>, NoMailHost> {
    // A null MX is alone (RFC 7505 section 3); beside others it is a mistake that we look over.
    hosts.retain(|host| !host.name.is_empty());
    if hosts.is_empty() {
        return Err(NoMailHost::Never(format!("5.1.10 {domain} takes no mail (null MX)")));
    }
    hosts.sort();
    if let Some(we) = hosts.iter().find(|host| host.name.eq_ignore_ascii_case(ourselves)) {
        let ours = we.preference;
        hosts.retain(|host| host.preference < ours);
    }
    if hosts.is_empty() {
        return Err(NoMailHost::Never(format!("5.4.6 the mail server of {domain} is this box itself, which does not know it")));
    }
    let mut names: Vec<String> = Vec::new();
    for host in hosts {
        if !names.contains(&host.name) {
            names.push(host.name);
        }
    }
    names.truncate(MAIL_HOSTS_MAX);
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts as `10:a.example`; of those with one preference the first is drawn first.
    fn check(hosts: &str, expected: Result<&str, &str>) {
        let host = |(number, word): (usize, &str)| {
            let (preference, name) = word.split_once(':').unwrap();
            MailHost { preference: preference.parse().unwrap(), chance: number as u64, name: name.to_owned() }
        };
        let hosts = hosts.split_whitespace().enumerate().map(host).collect();
        match (in_order(hosts, "x.example", "box.example"), expected) {
            (Ok(names), Ok(expected)) => assert_eq!(names.join(" "), expected),
            (Err(NoMailHost::Never(why)), Err(status)) => assert!(why.starts_with(status), "{why}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn the_best_comes_first() {
        check("20:b 10:a 30:c", Ok("a b c"));
        check("10:b 10:a", Ok("b a"));
        check("10:a 20:a 20:b", Ok("a b"));
        check("1:a 2:b 3:c 4:d 5:e 6:f 7:g", Ok("a b c d e"));
    }

    #[test]
    fn a_null_mx_takes_nothing() {
        check("0:", Err("5.1.10 "));
        check("0: 10:a", Ok("a"));
    }

    #[test]
    fn mail_never_runs_in_a_circle() {
        check("10:a 20:Box.Example 20:b 30:c", Ok("a"));
        check("10:box.example 20:a", Err("5.4.6 "));
    }
}
