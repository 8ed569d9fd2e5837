//! Values of the configuration that are more than a string or a number.

use std::fmt;
use std::net::IpAddr;

/// `192.0.2.10:25`, `[2001:db8::1]:25` or `name.example:587`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

impl HostPort {
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

/// A health page: `https://192.0.2.10/owa/healthcheck.htm` (or `http://`, for tests and odd set-ups).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HealthUrl {
    pub https: bool,
    pub server: HostPort,
    /// Path with query, beginning with `/`.
    pub path: String,
}

/// `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    /// Length of the prefix in bits.
    pub prefix: u8,
}

/// Several networks; an IPv4 address inside IPv6 (`::ffff:a.b.c.d`) counts as IPv4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSet(pub Vec<Network>);

impl NetworkSet {
    pub fn contains(&self, _address: IpAddr) -> bool {
        todo!()
    }
}
