//! `/etc/resolv.conf` (resolv.conf(5)). Pure; what is not understood is left out, as libc does.

use std::net::IpAddr;

/// Name servers that are asked, search domains that are tried: libc's own limits.
const NAMESERVERS_MAX: usize = 3;
const SEARCH_MAX: usize = 6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResolvConf {
    pub nameservers: Vec<IpAddr>,
    /// Domains for short names.
    pub search: Vec<String>,
    /// Names with at least this many dots are tried as they are first.
    pub ndots: usize,
    /// In seconds, for one try.
    pub timeout_s: u64,
    pub attempts: usize,
}

impl Default for ResolvConf {
    fn default() -> Self {
        ResolvConf { nameservers: Vec::new(), search: Vec::new(), ndots: 1, timeout_s: 3, attempts: 2 }
    }
}

pub(super) fn parse(text: &str) -> ResolvConf {
    let mut conf = ResolvConf::default();
    for line in text.lines() {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => conf.nameservers.extend(words.next().and_then(|word| word.parse::<IpAddr>().ok())),
            // The last of the two lines counts.
            Some("search") => conf.search = words.map(str::to_owned).collect(),
            Some("domain") => conf.search = words.take(1).map(str::to_owned).collect(),
            Some("options") => words.for_each(|word| option(&mut conf, word)),
            _ => {}
        }
    }
    conf.nameservers.truncate(NAMESERVERS_MAX);
    conf.search.truncate(SEARCH_MAX);
    conf
}

fn option(conf: &mut ResolvConf, word: &str) {
    let Some((name, Ok(value))) = word.split_once(':').map(|(name, value)| (name, value.parse::<u64>())) else { return };
    match name {
        "ndots" => conf.ndots = value.min(15) as usize,
        "timeout" => conf.timeout_s = value.clamp(1, 30),
        "attempts" => conf.attempts = value.clamp(1, 5) as usize,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, change: impl FnOnce(&mut ResolvConf)) {
        let mut expected = ResolvConf::default();
        change(&mut expected);
        assert_eq!(parse(input), expected, "{input:?}");
    }

    #[test]
    fn lines_are_read() {
        check("", |_| {});
        check("nameserver 192.0.2.1\nnameserver 2001:db8::1 # second\n", |conf| {
            conf.nameservers = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        });
        check("domain office.example\n", |conf| conf.search = vec!["office.example".into()]);
        check("domain a.example\nsearch b.example c.example\n", |conf| conf.search = vec!["b.example".into(), "c.example".into()]);
        check("options ndots:2 timeout:1 attempts:3 rotate\n", |conf| (conf.ndots, conf.timeout_s, conf.attempts) = (2, 1, 3));
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        check("nameserver fe80::1%eth0\nnameserver not-an-address\nnameserver\n; remark\nnonsense here\n", |_| {});
        check("options ndots:many timeout:0 attempts:999999999999\n", |conf| (conf.timeout_s, conf.attempts) = (1, 5));
    }

    #[test]
    fn lists_are_bounded() {
        let many: String = (0..100).map(|n| format!("nameserver 192.0.2.{n}\n")).collect();
        assert_eq!(parse(&many).nameservers.len(), NAMESERVERS_MAX);
    }
}
