//! smtp-sink: takes everything for everybody, each message in a file of its own.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{need, wait_for};

pub struct Sink {
    child: Child,
    dumps: PathBuf,
    pub smtp: SocketAddr,
}

/// A message as smtp-sink wrote it down.
pub struct Dump {
    pub recipients: Vec<String>,
    /// With smtp-sink's own Received field, LF line ends.
    pub message: Vec<u8>,
}

impl Sink {
    /// Starts at that address; the folder keeps what came before.
    pub fn start(folder: &Path, smtp: SocketAddr) -> Sink {
        Sink::start_with(folder, smtp, &[])
    }

    /// The same with options of smtp-sink, to misbehave.
    pub fn start_with(folder: &Path, smtp: SocketAddr, options: &[&str]) -> Sink {
        need("smtp-sink", "postfix");
        let dumps = folder.join("sink");
        fs::create_dir_all(&dumps).unwrap();
        // It gives up root's rights and must still be able to write.
        fs::set_permissions(&dumps, fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        command.args(options).args(["-u", "nobody", "-d"]).arg(dumps.join("%H%M%S.")).arg(smtp.to_string()).arg("500");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("smtp-sink starts");
        wait_for("smtp-sink listens", Duration::from_secs(10), || std::net::TcpStream::connect(smtp).ok());
        Sink { child, dumps, smtp }
    }

    /// How many messages came, the last perhaps not yet whole.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn count(&self) -> usize {
        fs::read_dir(&self.dumps).unwrap().count()
    }

    /// Everything that came, whole messages only.
    pub fn dumps(&self) -> Vec<Dump> {
        let files = fs::read_dir(&self.dumps).unwrap();
        files.filter_map(|entry| parse(&fs::read(entry.unwrap().path()).ok()?)).collect()
    }
}

/// `X-…-Args` lines that smtp-sink writes first, then the message.
fn parse(dump: &[u8]) -> Option<Dump> {
    let mut recipients = Vec::new();
    let mut rest = dump;
    while rest.starts_with(b"X-") {
        let end = rest.iter().position(|octet| *octet == b'\n')? + 1;
        let line = String::from_utf8_lossy(&rest[..end]).trim().to_owned();
        rest = &rest[end..];
        if let Some(recipient) = line.strip_prefix("X-Rcpt-Args: <") {
            recipients.push(recipient.split('>').next().unwrap_or(recipient).to_owned());
        }
        // The message's own X- fields come after Received.
        if rest.starts_with(b"Received:") {
            break;
        }
    }
    // It ends each dump with an empty line.
    let message = rest.strip_suffix(b"\n").unwrap_or(rest).to_vec();
    (!recipients.is_empty() && !message.is_empty()).then_some(Dump { recipients, message })
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn keeps_what_comes() {
    let folder = super::folder();
    let sink = Sink::start(folder.path(), super::free_port(super::SMARTHOST));
    let message = super::mail::message("x@outside.example", "sink", ".dot\ntext");
    assert!(super::sender::deliver(sink.smtp, "a@example.com", &["x@outside.example"], &message).unwrap().starts_with("250"));
    let dumps = wait_for("a dump", Duration::from_secs(10), || Some(sink.dumps()).filter(|dumps| !dumps.is_empty()));
    assert_eq!(dumps.len(), 1);
    assert_eq!(dumps[0].recipients, ["x@outside.example"]);
    assert_eq!(super::mail::without_trace(&dumps[0].message), message);
}
