//! Where people reach this box's pages: by its name, and by its address for when the name cannot be resolved.

use std::net::{IpAddr, SocketAddr};

use crate::app::core::Core;
use crate::net::own_address;

/// Links that end with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    pub by_name: String,
    /// None if this machine has no address that leads anywhere.
    pub by_address: Option<String>,
}

/// Where the pages are now.
pub fn links(core: &Core) -> Links {
    let web = &core.config.web;
    let bound = core.web_bound.get().and_then(|bound| bound.first().copied()).or_else(|| web.listen.first().copied());
    let port = bound.map_or(443, |bound| bound.port());
    let address = bound.map(|bound| bound.ip()).filter(|ip| !ip.is_unspecified()).or_else(own_address::own_address);
    links_of(&core.config.server.hostname, port, web.tls, address)
}

fn links_of(hostname: &str, port: u16, tls: bool, address: Option<IpAddr>) -> Links {
    let scheme = if tls { "https" } else { "http" };
    let is_usual = port == if tls { 443 } else { 80 };
    let by_address = address.map(|ip| match (is_usual, ip) {
        (true, IpAddr::V6(v6)) => format!("{scheme}://[{v6}]/"),
        (true, ip) => format!("{scheme}://{ip}/"),
        (false, ip) => format!("{scheme}://{}/", SocketAddr::new(ip, port)),
    });
    let port = if is_usual { String::new() } else { format!(":{port}") };
    Links { by_name: format!("{scheme}://{hostname}{port}/"), by_address }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(port: u16, tls: bool, address: Option<&str>, expected: &[&str]) {
        let links = links_of("box.example.com", port, tls, address.map(|address| address.parse().unwrap()));
        let found: Vec<String> = std::iter::once(links.by_name).chain(links.by_address).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_port_is_named_when_a_browser_would_not_guess_it() {
        check(443, true, Some("192.0.2.5"), &["https://box.example.com/", "https://192.0.2.5/"]);
        check(8443, true, Some("192.0.2.5"), &["https://box.example.com:8443/", "https://192.0.2.5:8443/"]);
        check(443, true, Some("2001:db8::5"), &["https://box.example.com/", "https://[2001:db8::5]/"]);
        check(8080, false, Some("::1"), &["http://box.example.com:8080/", "http://[::1]:8080/"]);
        check(443, true, None, &["https://box.example.com/"]);
    }
}
