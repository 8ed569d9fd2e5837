//! Values of the configuration that are more than a string or a number.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `192.0.2.10:25`, `[2001:db8::1]:25` or `name.example:587`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

impl HostPort {
    /// Parses; an IPv6 address needs its brackets, a name is lower-cased, the port is 1 to 65535.
    pub fn parse(text: &str) -> Option<HostPort> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.bytes().all(|b| b.is_ascii_digit()).then(|| port.parse().ok()).flatten().filter(|port| *port != 0)?;
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok()?.to_string(),
            None if host.parse::<Ipv4Addr>().is_ok() || is_host_name(host) => host.to_ascii_lowercase(),
            None => return None,
        };
        Some(HostPort { host, port })
    }

    /// The address, if the host is one and needs no look-up.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') { write!(f, "[{}]:{}", self.host, self.port) } else { write!(f, "{}:{}", self.host, self.port) }
    }
}

/// A host name by RFC 1123 section 2.1: letters, digits and hyphens, and not something that only looks like an address.
pub(super) fn is_host_name(text: &str) -> bool {
    let labels_ok = text.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    // The last label of a name is never all digits, so `192.0.2.300` is a mistyped address.
    let last_is_a_number = text.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && labels_ok && !last_is_a_number
}

/// A health page: `https://192.0.2.10/owa/healthcheck.htm` (or `http://`, for tests and odd set-ups).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HealthUrl {
    pub https: bool,
    pub server: HostPort,
    /// Path with query, beginning with `/`.
    pub path: String,
}

impl HealthUrl {
    /// Parses; user names, fragments and everything that would not fit into a request line are refused.
    pub fn parse(text: &str) -> Option<HealthUrl> {
        let (scheme, rest) = text.split_once("://")?;
        let (https, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return None,
        };
        if !rest.bytes().all(|b| b.is_ascii_graphic()) || rest.contains('#') {
            return None;
        }
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let server = HostPort::parse(authority).or_else(|| HostPort::parse(&format!("{authority}:{default_port}")))?;
        Some(HealthUrl { https, server, path })
    }
}

impl fmt::Display for HealthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.https { "https" } else { "http" }, self.server, self.path)
    }
}

/// `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    /// Length of the prefix in bits.
    pub prefix: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkError {
    NotANetwork,
    /// Bits behind the prefix are set: `192.0.2.10/24` may mean the net or the host.
    HostBits {
        network: Network,
        host: Network,
    },
}

impl Network {
    /// The network of one address.
    pub fn host(address: IpAddr) -> Network {
        let address = address.to_canonical();
        Network { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    pub(super) fn parse(text: &str) -> Result<Network, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| NetworkError::NotANetwork)?;
        let longest: u8 = if written.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|bits| *bits <= longest).ok_or(NetworkError::NotANetwork)?
            }
            Some(_) => return Err(NetworkError::NotANetwork),
            None => longest,
        };
        // `::ffff:192.0.2.0/120` is the IPv4 network 192.0.2.0/24, and is checked as such.
        let network = match written.to_canonical() {
            IpAddr::V4(v4) if written.is_ipv6() && prefix >= 96 => Network { address: v4.into(), prefix: prefix - 96 },
            _ => Network { address: written, prefix },
        };
        let masked = Network { address: network.masked(network.address), prefix: network.prefix };
        if masked == network { Ok(network) } else { Err(NetworkError::HostBits { network: masked, host: Network::host(written) }) }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == self.masked(self.address)
    }

    /// The address with everything behind the prefix cleared.
    fn masked(&self, address: IpAddr) -> IpAddr {
        let prefix = u32::from(self.prefix);
        match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32u32.saturating_sub(prefix)).unwrap_or(0);
                Ipv4Addr::from_bits(v4.to_bits() & mask).into()
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128u32.saturating_sub(prefix)).unwrap_or(0);
                Ipv6Addr::from_bits(v6.to_bits() & mask).into()
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Several networks; an IPv4 address inside IPv6 (`::ffff:a.b.c.d`) counts as IPv4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSet(pub Vec<Network>);

impl NetworkSet {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// `private`: RFC 1918, unique local (RFC 4193), link-local and loopback addresses.
    pub fn private() -> NetworkSet {
        let v4 = |a, b, c, d, prefix| Network { address: Ipv4Addr::new(a, b, c, d).into(), prefix };
        let v6 = |first, prefix| Network { address: Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0).into(), prefix };
        NetworkSet(vec![
            v4(10, 0, 0, 0, 8),
            v4(172, 16, 0, 0, 12),
            v4(192, 168, 0, 0, 16),
            v4(169, 254, 0, 0, 16),
            v4(127, 0, 0, 0, 8),
            v6(0xfc00, 7),
            v6(0xfe80, 10),
            Network::host(Ipv6Addr::LOCALHOST.into()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_host(text: &str, expected: Option<&str>) {
        assert_eq!(HostPort::parse(text).map(|server| server.to_string()), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn hosts_with_ports() {
        check_host("192.0.2.10:25", Some("192.0.2.10:25"));
        check_host("[2001:DB8::1]:25", Some("[2001:db8::1]:25"));
        check_host("SMTP.provider.example:587", Some("smtp.provider.example:587"));
        check_host("localhost:25", Some("localhost:25"));
        check_host("192.0.2.10", None);
        check_host("192.0.2.300:25", None);
        check_host("2001:db8::1:25", None);
        check_host("[192.0.2.1]:25", None);
        check_host("mail.example:0", None);
        check_host("mail.example:+25", None);
        check_host("mail.example:65536", None);
        check_host("mail .example:25", None);
        check_host("-mail.example:25", None);
        check_host(":25", None);
        check_host("", None);
    }

    fn check_url(text: &str, expected: Option<&str>) {
        assert_eq!(HealthUrl::parse(text).map(|url| url.to_string()), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn health_urls() {
        check_url("https://192.0.2.10/owa/healthcheck.htm", Some("https://192.0.2.10:443/owa/healthcheck.htm"));
        check_url("http://mail.example:8080/x?y=1", Some("http://mail.example:8080/x?y=1"));
        check_url("https://[2001:db8::1]/", Some("https://[2001:db8::1]:443/"));
        check_url("https://mail.example", Some("https://mail.example:443/"));
        check_url("https://mail.example?x", Some("https://mail.example:443/?x"));
        check_url("ftp://mail.example/", None);
        check_url("mail.example/owa", None);
        check_url("https://user:pass@mail.example/", None);
        check_url("https://mail.example/a b", None);
        check_url("https://mail.example/\r\nHost:x", None);
        check_url("https://mail.example/#top", None);
        check_url("https:///path", None);
        check_url("https://2001:db8::1/", None);
    }

    fn check_network(text: &str, expected: Result<&str, &str>) {
        let got = match Network::parse(text) {
            Ok(network) => Ok(network.to_string()),
            Err(NetworkError::NotANetwork) => Err("no".to_owned()),
            Err(NetworkError::HostBits { network, host }) => Err(format!("{network} or {host}")),
        };
        assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{text:?}");
    }

    #[test]
    fn networks() {
        check_network("192.0.2.0/24", Ok("192.0.2.0/24"));
        check_network("192.0.2.10", Ok("192.0.2.10/32"));
        check_network("0.0.0.0/0", Ok("0.0.0.0/0"));
        check_network("2001:db8::/32", Ok("2001:db8::/32"));
        check_network("::1", Ok("::1/128"));
        check_network("::ffff:0:0/96", Ok("0.0.0.0/0"));
        check_network("::ffff:192.0.2.1", Ok("192.0.2.1/32"));
        check_network("192.0.2.10/24", Err("192.0.2.0/24 or 192.0.2.10/32"));
        check_network("192.0.2.0/33", Err("no"));
        check_network("192.0.2.0/+8", Err("no"));
        check_network("192.0.2.0/", Err("no"));
        check_network("192.0.2.0/256", Err("no"));
        check_network("mail.example", Err("no"));
    }

    fn check_contains(set: &[&str], address: &str, expected: bool) {
        let networks = NetworkSet(set.iter().map(|text| Network::parse(text).unwrap()).collect());
        assert_eq!(networks.contains(address.parse().unwrap()), expected, "{address} in {set:?}");
    }

    #[test]
    fn sets_contain_addresses() {
        check_contains(&[], "192.0.2.1", false);
        check_contains(&["192.0.2.0/24"], "192.0.2.255", true);
        check_contains(&["192.0.2.0/24"], "192.0.3.0", false);
        check_contains(&["192.0.2.0/24"], "::ffff:192.0.2.9", true);
        check_contains(&["192.0.2.0/24", "198.51.100.7"], "198.51.100.7", true);
        check_contains(&["0.0.0.0/0"], "203.0.113.1", true);
        check_contains(&["0.0.0.0/0"], "2001:db8::1", false);
        check_contains(&["::/0"], "192.0.2.1", false);
        check_contains(&["2001:db8::/32"], "2001:db8:ffff::1", true);
        check_contains(&["2001:db8::/32"], "2001:db9::1", false);
    }

    #[test]
    fn private_is_the_lan_only() {
        let private = NetworkSet::private();
        for inside in ["10.1.2.3", "172.31.0.1", "192.168.7.7", "169.254.1.1", "127.0.0.1", "fd00::1", "fe80::1", "::1", "::ffff:10.0.0.1"]
        {
            assert!(private.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["172.32.0.1", "192.0.2.1", "8.8.8.8", "2001:db8::1", "::", "::ffff:8.8.8.8", "fec0::1"] {
            assert!(!private.contains(outside.parse().unwrap()), "{outside}");
        }
    }
}
