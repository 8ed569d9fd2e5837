//! What the tests share: the box as a process, its neighbours, and people in front of it.

pub mod aiosmtpd;
pub mod browser;
pub mod dnsmasq;
pub mod exim;
pub mod health;
pub mod httpd;
pub mod https;
pub mod lifeboat;
pub mod mail;
pub mod netns;
pub mod person;
pub mod postfix;
pub mod scripted;
pub mod sender;
pub mod sink;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The whole of 127/8 is loopback on Linux: the primary and the smart host have addresses of their own.
pub const PRIMARY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
pub const SMARTHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 4));

/// Two cores are shared: so many heavy tests run at a time. Each of them waits for something now and then.
const HEAVY_MAX: usize = 2;
static HEAVY: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// One of the heavy tests.
pub struct Heavy(());

/// Waits for a place among the heavy tests.
pub fn heavy() -> Heavy {
    let (running, changed) = &HEAVY;
    let running = running.lock().unwrap_or_else(PoisonError::into_inner);
    *changed.wait_while(running, |running| *running >= HEAVY_MAX).unwrap_or_else(PoisonError::into_inner) += 1;
    Heavy(())
}

impl Drop for Heavy {
    fn drop(&mut self) {
        let (running, changed) = &HEAVY;
        *running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        changed.notify_one();
    }
}

/// Whether the slow forms were asked for by `LIFEBOAT_SLOW=1`.
pub fn slow() -> bool {
    std::env::var("LIFEBOAT_SLOW").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Fails with the name of the Debian package if a tool is missing: a test that cannot run has not passed.
pub fn need(tool: &str, package: &str) {
    let places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"];
    let found = places.iter().any(|place| Path::new(place).join(tool).exists());
    assert!(found, "`{tool}` is missing: install Debian's package `{package}` (tests/run does)");
}

/// A port that is free now.
pub fn free_port(address: IpAddr) -> SocketAddr {
    TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Looks again and again until it is so. A limit that passes is a failure with that name; how long it took is nobody's business.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Runs a command that must succeed; its output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{text}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    text
}

/// A temporary folder that servers under other user ids may enter.
pub fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("lifeboat-test-").tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

/// All files below a folder; none if it is not there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
