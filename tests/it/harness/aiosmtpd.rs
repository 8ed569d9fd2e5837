//! Python's aiosmtpd as the server that mail goes to: a third opinion, with TLS and logins.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{run, wait_for};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/harness/server.py");
/// Debian's, for which Debian's packages are.
pub const PYTHON: &str = "/usr/bin/python3";

pub struct Aiosmtpd {
    child: Child,
    notes: PathBuf,
}

/// What kind of server it is.
pub struct Kind<'a> {
    pub hostname: &'a str,
    /// `off`, `starttls`, `required` or `implicit`.
    pub tls: &'a str,
    /// Name and password, which are required then.
    pub login: Option<(&'a str, &'a str)>,
    pub smtputf8: bool,
}

/// A certificate that names an address, made by openssl: the file of the certificate, and that of its key.
pub fn certificate(folder: &Path, name: &str, address: SocketAddr) -> (PathBuf, PathBuf) {
    super::need("openssl", "openssl");
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=test"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE", "-addext", &format!("subjectAltName=IP:{}", address.ip())]);
    run(command.arg("-out").arg(&certificate).arg("-keyout").arg(&key));
    (certificate, key)
}

impl Aiosmtpd {
    /// Starts at that address; `name` keeps several apart.
    pub fn start(folder: &Path, name: &str, smtp: SocketAddr, kind: &Kind<'_>, pem: Option<&(PathBuf, PathBuf)>) -> Aiosmtpd {
        let has_it = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).status().is_ok_and(|status| status.success());
        assert!(has_it, "aiosmtpd is missing: install Debian's package `python3-aiosmtpd` (tests/run does)");
        let notes = folder.join(format!("{name}.notes"));
        let options = json!({
            "host": smtp.ip(), "port": smtp.port(), "hostname": kind.hostname, "tls": kind.tls, "smtputf8": kind.smtputf8,
            "user": kind.login.map(|login| login.0), "password": kind.login.map(|login| login.1),
            "certificate": pem.map(|pem| &pem.0), "key": pem.map(|pem| &pem.1),
        });
        let mut command = Command::new(PYTHON);
        command.arg(SCRIPT).arg(options.to_string()).stdin(Stdio::null());
        let file = File::options().create(true).append(true).open(&notes).unwrap();
        // What it says of broken connections is expected.
        let child = command.stdout(file).stderr(Stdio::null()).spawn().expect("python starts");
        let started = Aiosmtpd { child, notes };
        wait_for("aiosmtpd listens", Duration::from_secs(20), || started.notes().iter().any(|note| note["ready"] == true).then_some(()));
        started
    }

    fn notes(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.notes).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Messages that it took, in order.
    pub fn messages(&self) -> Vec<Value> {
        self.notes().into_iter().filter(|note| note["sender"].is_string() || note["recipients"].is_array()).collect()
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
