//! Exim from Debian's package, unpacked beside the tests: as a mail server of its own it cannot be installed next to Postfix.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{run, wait_for};

/// Where `tests/run` unpacks it.
const BINARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers/exim/usr/sbin/exim4");
/// Compiled in: it runs as nobody else.
const USER: &str = "Debian-exim";

pub struct Exim {
    folder: PathBuf,
    daemon: Option<Child>,
}

fn id(which: &str) -> u32 {
    run(Command::new("id").args([which, USER])).trim().parse().unwrap()
}

impl Exim {
    /// One that sends everything to that server, by BDAT where it is offered; without a server it files what it gets itself.
    pub fn new(folder: &Path, server: Option<SocketAddr>) -> Exim {
        assert!(Path::new(BINARY).exists(), "{BINARY} is missing: tests/run unpacks Debian's package `exim4-daemon-light` there");
        let folder = folder.join("exim");
        for name in ["", "spool", "mail"] {
            fs::create_dir_all(folder.join(name)).unwrap();
            chown(folder.join(name), Some(id("-u")), Some(id("-g"))).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        // It gives up root's rights, and has to get through to its folder.
        fs::set_permissions(folder.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        let here = folder.display();
        let delivery = match server {
            Some(server) => format!(
                "begin routers\nout:\n  driver = manualroute\n  route_list = * {}\n  self = send\n  transport = smtp\nbegin transports\n\
                 smtp:\n  driver = smtp\n  port = {}\n  hosts_try_chunking = *\n",
                server.ip(),
                server.port()
            ),
            None => format!(
                "begin routers\nhere:\n  driver = accept\n  transport = file\nbegin transports\n\
                 file:\n  driver = appendfile\n  file = {here}/mail/ann\n  user = {USER}\n"
            ),
        };
        let text = format!(
            "exim_path = {BINARY}\nexim_user = {USER}\nexim_group = {USER}\nkeep_environment =\nprimary_hostname = exim.outside.example\n\
             spool_directory = {here}/spool\nlog_file_path = {here}/spool/%slog\ntls_advertise_hosts =\nchunking_advertise_hosts = *\n\
             smtputf8_advertise_hosts = *\ndeliver_drop_privilege = true\nacl_smtp_rcpt = yes\nacl_smtp_data = yes\n\
             begin acl\nyes:\n  accept\n{delivery}begin retry\n* * F,1h,1m\n"
        );
        fs::write(folder.join("conf"), text).unwrap();
        Exim { folder, daemon: None }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("-C").arg(self.folder.join("conf"));
        command
    }

    /// Sends at once; what its log says of it.
    pub fn send(&self, from: &str, to: &str, message: &[u8]) -> String {
        let file = self.folder.join("message");
        fs::write(&file, message).unwrap();
        let input = fs::File::open(&file).unwrap();
        run(self.command().args(["-odf", "-oi", "-f", from, to]).stdin(input));
        self.log()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("spool/mainlog")).unwrap_or_default()
    }

    /// Takes mail at that address from now on.
    pub fn listen(&mut self, at: SocketAddr) {
        let port = format!("<; [{}]:{}", at.ip(), at.port());
        let mut command = self.command();
        command.args(["-bdf", "-oX", &port]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.daemon = Some(command.spawn().expect("exim starts"));
        wait_for("exim listens", Duration::from_secs(20), || std::net::TcpStream::connect(at).ok());
    }

    /// What it filed, for Ann or anybody.
    pub fn mailbox(&self) -> String {
        fs::read(self.folder.join("mail/ann")).map(|octets| String::from_utf8_lossy(&octets).into_owned()).unwrap_or_default()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
