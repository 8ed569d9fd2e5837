//! Where people find the webmail: by name, and by address for when DNS is down.

use std::net::{IpAddr, SocketAddr};

use super::core::Core;
use crate::config::Config;
use crate::net::own_address;

/// Where a machine of the wide world would be: only the way there is looked at (RFC 5737), nothing is sent.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 9);

/// The first page of the webmail. Each ends with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    pub by_name: String,
    /// None if the box does not know its own address.
    pub by_address: Option<String>,
}

impl Links {
    /// To a page, by name and by address.
    pub fn to(&self, path: &str) -> Vec<String> {
        let path = path.trim_start_matches('/');
        std::iter::once(&self.by_name).chain(&self.by_address).map(|first| format!("{first}{path}")).collect()
    }
}

impl Core {
    /// Where people find the webmail. The port is left out where browsers know it.
    pub fn links(&self) -> Links {
        let listen = self.web_bound.get().unwrap_or(&self.config.web.listen);
        let own = || own_ip(&self.config);
        let found = links(&self.config.server.hostname, self.config.web.tls, listen, own);
        let scheme = if self.config.web.tls { "https" } else { "http" };
        let given = self.config.web.address.as_ref().map(|address| format!("{scheme}://{address}/"));
        Links { by_address: given.or(found.by_address), ..found }
    }
}

/// Our address as the primary sees it if it is given by its address, otherwise as the wide world's side of the office does.
pub fn own_ip(config: &Config) -> Option<IpAddr> {
    let primary = config.primary.smtp.ip().map(|ip| SocketAddr::new(ip, config.primary.smtp.port));
    primary.and_then(own_address::toward).or_else(|| own_address::toward(ELSEWHERE))
}

fn links(hostname: &str, tls: bool, listen: &[SocketAddr], own: impl Fn() -> Option<IpAddr>) -> Links {
    let (scheme, usual) = if tls { ("https", 443) } else { ("http", 80) };
    // The usual port if it is among them.
    let first = listen.iter().find(|address| address.port() == usual).or(listen.first());
    let port = first.map_or(usual, SocketAddr::port);
    let address = first.map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).or_else(own);
    let link = |host: &str| if port == usual { format!("{scheme}://{host}/") } else { format!("{scheme}://{host}:{port}/") };
    let by_address = address.map(|ip| match ip {
        IpAddr::V4(ip) => link(&ip.to_string()),
        IpAddr::V6(ip) => link(&format!("[{ip}]")),
    });
    Links { by_name: link(hostname), by_address }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tls: bool, listen: &[&str], by_name: &str, by_address: Option<&str>) {
        let listen: Vec<SocketAddr> = listen.iter().map(|text| text.parse().unwrap()).collect();
        let links = links("box.example.com", tls, &listen, || "192.0.2.5".parse().ok());
        assert_eq!((links.by_name.as_str(), links.by_address.as_deref()), (by_name, by_address), "{listen:?}");
    }

    #[test]
    fn people_get_the_shortest_link_that_works() {
        check(true, &["0.0.0.0:443"], "https://box.example.com/", Some("https://192.0.2.5/"));
        check(true, &["192.0.2.7:8443"], "https://box.example.com:8443/", Some("https://192.0.2.7:8443/"));
        check(true, &["192.0.2.7:8443", "192.0.2.8:443"], "https://box.example.com/", Some("https://192.0.2.8/"));
        check(true, &["[2001:db8::1]:443"], "https://box.example.com/", Some("https://[2001:db8::1]/"));
        check(false, &["127.0.0.1:80"], "http://box.example.com/", Some("http://127.0.0.1/"));
    }

    #[test]
    fn pages_have_both_forms() {
        let links = links("box.example.com", true, &[], || "192.0.2.5".parse().ok());
        assert_eq!(links.to("/enrol/x"), ["https://box.example.com/enrol/x", "https://192.0.2.5/enrol/x"]);
    }
}
