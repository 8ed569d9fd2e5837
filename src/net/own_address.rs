//! Which address of this machine others see.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The address that packets to `other` come from. Nothing is sent: connecting a UDP socket only asks the routing table.
pub fn toward(other: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if other.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(other).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

/// Addresses for documentation (RFC 5737, RFC 3849): nobody is meant, and the way there is the default route.
const ELSEWHERE: [(IpAddr, u16); 2] =
    [(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9), (IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9)];

/// The address by which the office reaches this machine: that of the interface with the default route. None without one.
pub fn own_address() -> Option<IpAddr> {
    ELSEWHERE.iter().find_map(|elsewhere| toward((*elsewhere).into())).filter(|ip| !ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_seen_from_loopback() {
        assert!(toward(SocketAddr::from(([127, 0, 0, 9], 25))).is_some_and(|ip| ip.is_loopback()));
    }
}
