//! dnsmasq as the name server: a zone for each test.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{need, wait_for};

pub struct Dnsmasq {
    child: Child,
    pub address: SocketAddr,
}

impl Dnsmasq {
    /// Starts with lines of its configuration, such as `mx-host=example.net,mx.example.net,10`. It knows no other names.
    pub fn start(address: SocketAddr, zone: &[String]) -> Dnsmasq {
        need("dnsmasq", "dnsmasq-base");
        let mut command = Command::new("/usr/sbin/dnsmasq");
        command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root"]);
        command
            .args(["--local=/#/", "--pid-file="])
            .arg(format!("--listen-address={}", address.ip()))
            .arg(format!("--port={}", address.port()));
        command.args(zone.iter().map(|line| format!("--{line}")));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dnsmasq starts");
        wait_for("dnsmasq answers", Duration::from_secs(10), || std::net::TcpStream::connect(address).ok());
        Dnsmasq { child, address }
    }
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
