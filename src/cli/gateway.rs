//! The machine's default gateway, from the kernel's routing table.

use std::net::{IpAddr, Ipv4Addr};

const ROUTE_UP: u32 = 0x1;
const ROUTE_HAS_GATEWAY: u32 = 0x2;

/// None if there is none, or if the kernel does not tell.
pub fn default_gateway() -> Option<IpAddr> {
    // Not /proc/net: under ProcSubset=pid only the process's own folder is there.
    parse(&std::fs::read_to_string("/proc/self/net/route").ok()?)
}

/// Columns (proc_pid_net(5)): interface, destination, gateway, flags, ..., metric (7th), mask (8th). Addresses are
/// numbers in hex in the machine's own byte order.
fn parse(table: &str) -> Option<IpAddr> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let hex = |column: usize| u32::from_str_radix(columns.get(column)?, 16).ok();
        let (destination, gateway, flags, mask) = (hex(1)?, hex(2)?, hex(3)?, hex(7)?);
        let metric: u32 = columns.get(6)?.parse().ok()?;
        let is_default = destination == 0 && mask == 0 && flags & ROUTE_UP != 0 && flags & ROUTE_HAS_GATEWAY != 0;
        is_default.then_some((metric, gateway))
    });
    let (_, gateway) = routes.min_by_key(|(metric, _)| *metric)?;
    Some(Ipv4Addr::from(gateway.to_ne_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn check(routes: &str, expected: Option<&str>) {
        let expected = expected.map(|address| address.parse::<IpAddr>().unwrap());
        assert_eq!(parse(&format!("{HEADER}{routes}")), expected, "{routes}");
    }

    /// As the kernel of this machine would write it.
    fn hex(address: &str) -> String {
        format!("{:08X}", u32::from_ne_bytes(address.parse::<Ipv4Addr>().unwrap().octets()))
    }

    #[test]
    fn finds_the_default_route_with_the_lowest_metric() {
        let route = |gateway: &str, flags: &str, metric: u32, mask: &str| {
            format!("eth0\t00000000\t{}\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n", hex(gateway))
        };
        check(&route("192.0.2.1", "0003", 100, "00000000"), Some("192.0.2.1"));
        let two = route("192.0.2.1", "0003", 100, "00000000") + &route("192.0.2.254", "0003", 50, "00000000");
        check(&two, Some("192.0.2.254"));
        // A local network, a route that is down, and a default route without a gateway.
        check(&route("0.0.0.0", "0001", 0, "00FFFFFF"), None);
        check(&route("192.0.2.1", "0002", 0, "00000000"), None);
        check(&route("192.0.2.1", "0001", 0, "00000000"), None);
    }

    #[test]
    fn survives_nonsense() {
        check("", None);
        check("eth0\n", None);
        check("eth0 x y z a b c d\n", None);
        assert_eq!(parse(""), None);
    }
}
