//! Which machine is the default gateway, as the kernel's table of routes has it (IPv4).

use std::net::Ipv4Addr;

/// Not /proc/net: under the unit's ProcSubset=pid only the process's own folder is there.
const ROUTES: &str = "/proc/self/net/route";
/// `RTF_UP` and `RTF_GATEWAY` of route(4).
const USED: u32 = 0x1 | 0x2;

/// The gateway of the default route with the lowest metric. Reads a file of the kernel's: not from async code.
pub fn default_gateway() -> Option<Ipv4Addr> {
    gateway_in(&std::fs::read_to_string(ROUTES).ok()?)
}

fn gateway_in(table: &str) -> Option<Ipv4Addr> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [_, destination, gateway, flags, _, _, metric, mask, ..] = columns.as_slice() else { return None };
        let hex = |text: &str| u32::from_str_radix(text, 16).ok();
        let is_default = hex(destination)? == 0 && hex(mask)? == 0 && hex(flags)? & USED == USED;
        // The kernel prints the number in memory, which is in network order.
        is_default.then_some((metric.parse::<u32>().ok()?, Ipv4Addr::from(hex(gateway)?.to_ne_bytes())))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, gateway)| gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], expected: Option<[u8; 4]>) {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        assert_eq!(gateway_in(&format!("{head}{}", lines.join("\n"))), expected.map(Ipv4Addr::from), "{lines:?}");
    }

    #[test]
    fn the_default_route_with_the_lowest_metric_counts() {
        let number = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
        let line = |to: [u8; 4], by: [u8; 4], flags: &str, metric: u32, mask: [u8; 4]| {
            format!("eth0\t{}\t{}\t{flags}\t0\t0\t{metric}\t{}\t0\t0\t0", number(to), number(by), number(mask))
        };
        let (all, lan, router, other) = ([0; 4], [192, 0, 2, 0], [192, 0, 2, 1], [192, 0, 2, 9]);
        check(&[&line(all, router, "0003", 0, all), &line(lan, all, "0001", 0, [255, 255, 255, 0])], Some(router));
        check(&[&line(all, other, "0003", 100, all), &line(all, router, "0003", 10, all)], Some(router));
        check(&[&line(all, router, "0002", 0, all)], None);
        check(&[&line(lan, router, "0003", 0, [255, 255, 255, 0])], None);
        check(&["garbage", "eth0 x y"], None);
        check(&[], None);
    }
}
