//! Network namespaces of the test's own: machines with one cable each, all on one switch. Nothing of the machine that runs the
//! tests is touched, and everything is gone when the network is dropped.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{need, run};

/// Hosts are 192.0.2.10, .11, .12 in their order (RFC 5737: nobody's addresses).
pub const NET: &str = "192.0.2.0/24";
const SWITCH: &str = "switch";

pub struct Network {
    /// Namespaces have names for the whole machine.
    prefix: String,
    hosts: Vec<String>,
}

impl Network {
    /// None where namespaces are impossible: who runs the tests is not root, or the kernel has none.
    pub fn new(hosts: &[&str]) -> Option<Network> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        need("ip", "iproute2");
        let prefix = format!("lbt{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let network = Network { prefix, hosts: hosts.iter().map(|host| (*host).to_owned()).collect() };
        let made = Command::new("ip").args(["netns", "add", &network.name(SWITCH)]).output().expect("ip starts");
        if !made.status.success() {
            eprintln!("no network namespaces here: {}", String::from_utf8_lossy(&made.stderr).trim());
            return None;
        }
        network.inside(SWITCH, "link add br0 type bridge");
        network.inside(SWITCH, "link set br0 up");
        for host in hosts {
            network.wire(host);
        }
        Some(network)
    }

    /// Makes a machine and puts its cable into the switch.
    fn wire(&self, host: &str) {
        run(Command::new("ip").args(["netns", "add", &self.name(host)]));
        self.inside(host, "link set lo up");
        self.inside(SWITCH, &format!("link add {host} type veth peer name eth0 netns {}", self.name(host)));
        self.inside(SWITCH, &format!("link set {host} master br0 up"));
        self.inside(host, &format!("addr add {}/24 dev eth0", self.address(host)));
        self.inside(host, "link set eth0 up");
    }

    fn name(&self, host: &str) -> String {
        format!("{}-{host}", self.prefix)
    }

    /// `ip` with these arguments in that namespace.
    fn inside(&self, host: &str, arguments: &str) {
        run(Command::new("ip").args(["-n", &self.name(host)]).args(arguments.split(' ')));
    }

    pub fn address(&self, host: &str) -> IpAddr {
        let place = self.hosts.iter().position(|name| name == host).expect("a host of this network");
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10 + place as u8))
    }

    /// Does something at that host: connections that it opens, ports that it listens on, and processes that it starts are there.
    pub fn at<T: Send>(&self, host: &str, work: impl FnOnce() -> T + Send) -> T {
        let file = File::open(Path::new("/var/run/netns").join(self.name(host))).expect("the namespace");
        std::thread::scope(|scope| {
            // A namespace is a thread's own; this one ends with the work.
            let inside = scope.spawn(move || {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).expect("into the namespace");
                work()
            });
            inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The cable is pulled out of the switch: the host has no carrier.
    pub fn unplug(&self, host: &str) {
        self.inside(SWITCH, &format!("link set {host} down"));
    }

    pub fn plug_in(&self, host: &str) {
        self.inside(SWITCH, &format!("link set {host} up"));
    }

    /// The host's own interface is switched off, and its routes with it.
    pub fn switch_off(&self, host: &str) {
        self.inside(host, "link set eth0 down");
    }

    pub fn switch_on(&self, host: &str) {
        self.inside(host, "link set eth0 up");
    }

    /// The host's default gateway.
    pub fn route(&self, host: &str, gateway: &str) {
        self.inside(host, &format!("route replace default via {}", self.address(gateway)));
    }

    /// A firewall at the host swallows everything from others without a word.
    pub fn swallow(&self, host: &str) {
        need("nft", "nftables");
        let rules = "add table inet wall; add chain inet wall in { type filter hook input priority 0; policy drop; }; \
                     add rule inet wall in iifname lo accept";
        self.nft(host, rules);
    }

    pub fn let_through(&self, host: &str) {
        self.nft(host, "delete table inet wall");
    }

    fn nft(&self, host: &str, rules: &str) {
        run(Command::new("ip").args(["netns", "exec", &self.name(host), "nft", rules]));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in self.hosts.iter().map(String::as_str).chain([SWITCH]) {
            let _ = Command::new("ip").args(["netns", "del", &self.name(host)]).output();
        }
    }
}

#[test]
fn cables_and_firewalls_do_what_they_say() {
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::time::Duration;
    let Some(network) = Network::new(&["one", "two"]) else { return };
    let listener = network.at("two", || TcpListener::bind((network.address("two"), 0)).unwrap());
    let server: SocketAddr = listener.local_addr().unwrap();
    let reaches = || network.at("one", || TcpStream::connect_timeout(&server, Duration::from_secs(1)).is_ok());
    let check = |expected: bool, what: &str| {
        super::wait_for(what, Duration::from_secs(20), || (reaches() == expected).then_some(()));
    };
    check(true, "plugged in");
    network.unplug("two");
    check(false, "unplugged");
    network.plug_in("two");
    check(true, "plugged in again");
    network.switch_off("one");
    check(false, "switched off");
    network.switch_on("one");
    check(true, "switched on");
    network.swallow("two");
    check(false, "behind a firewall");
    network.let_through("two");
    check(true, "without one");
    assert!(TcpStream::connect_timeout(&server, Duration::from_secs(1)).is_err(), "nothing of it is outside");
}
