//! A Postfix of the test's own: its configuration, queue and mailboxes in a temporary folder, on a loopback port.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{free_port, need, run, wait_for};

/// Owner of the mailboxes (`nobody`).
const MAILBOX_UID: u32 = 65534;
const START_LIMIT: Duration = Duration::from_secs(20);

pub struct Postfix {
    folder: PathBuf,
    pub smtp: SocketAddr,
    running: bool,
}

impl Postfix {
    /// Starts with mailboxes for these addresses; everybody else is unknown (550 5.1.1).
    pub fn start(folder: &Path, address: std::net::IpAddr, people: &[String]) -> Postfix {
        let mut postfix = Postfix::prepared(folder, address, people);
        postfix.plug_in();
        postfix
    }

    /// The same with these settings instead of those of their names.
    pub fn start_with(folder: &Path, address: std::net::IpAddr, people: &[String], settings: &str) -> Postfix {
        let mut postfix = Postfix::prepared(folder, address, people);
        postfix.set(settings);
        postfix.plug_in();
        postfix
    }

    /// A setting that is there twice is a warning for each process, and Postfix stands still when many wait for its log.
    fn set(&self, settings: &str) {
        let path = self.folder.join("etc/main.cf");
        let name = |line: &str| line.split('=').next().unwrap_or(line).trim().to_owned();
        let new: Vec<String> = settings.lines().map(name).collect();
        let before = fs::read_to_string(&path).unwrap();
        let kept: String = before.lines().filter(|line| !new.contains(&name(line))).map(|line| format!("{line}\n")).collect();
        fs::write(path, kept + settings).unwrap();
    }

    /// One of the outside that sends everything on to that server; `tls` is its `smtp_tls_security_level`.
    pub fn relaying(folder: &Path, address: std::net::IpAddr, to: SocketAddr, tls: &str) -> Postfix {
        let settings = format!(
            "myhostname = mail.outside.example
virtual_mailbox_domains =
virtual_mailbox_maps =
relayhost = [{}]:{}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_tls_security_level = {tls}
smtputf8_enable = yes
",
            to.ip(),
            to.port()
        );
        Postfix::start_with(folder, address, &[], &settings)
    }

    /// Waits until so many messages are deferred and none is being tried.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn wait_deferred(&self, messages: usize, limit: Duration) {
        let count = |queue: &str| count_files(&self.folder.join("queue").join(queue));
        wait_for("all mail is deferred", limit, || {
            (count("deferred") == messages && count("active") == 0 && count("incoming") == 0).then_some(())
        });
    }

    /// Tries everything again now.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn flush(&self) {
        let mut command = Command::new("/usr/sbin/postqueue");
        run(command.arg("-c").arg(self.folder.join("etc")).arg("-f"));
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("mail.log")).unwrap_or_default()
    }

    fn prepared(folder: &Path, address: std::net::IpAddr, people: &[String]) -> Postfix {
        need("postfix", "postfix");
        let smtp = free_port(address);
        let folder = folder.join("postfix");
        for part in ["etc", "queue", "data", "mail"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        chown(folder.join("data"), Some(id_of("postfix")), None).expect("the tests with Postfix run as root");
        chown(folder.join("mail"), Some(MAILBOX_UID), Some(MAILBOX_UID)).unwrap();
        fs::write(folder.join("etc/main.cf"), main_cf(&folder)).unwrap();
        fs::write(folder.join("etc/master.cf"), master_cf(smtp)).unwrap();
        let mailboxes: String = people.iter().map(|address| format!("{address} {}/\n", user(address))).collect();
        fs::write(folder.join("etc/mailboxes"), mailboxes + "lifeboat-canary@example.com canary/\n").unwrap();
        Postfix { folder, smtp, running: false }
    }

    /// Starts one that takes everything for example.com and throws it away, as fast as it can: more processes than senders, no limit on
    /// connections from one address. What it accepts it writes and syncs as ever.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn discarding(folder: &Path, address: std::net::IpAddr) -> Postfix {
        let settings = "default_process_limit = 250
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions = static:all
virtual_transport = discard:
virtual_mailbox_maps = static:all
virtual_uid_maps =
virtual_gid_maps =
qmgr_message_active_limit = 50000
in_flow_delay = 0
";
        Postfix::start_with(folder, address, &[], settings)
    }

    /// The master process.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn pid(&self) -> u32 {
        let text = fs::read_to_string(self.folder.join("queue/pid/master.pid")).expect("Postfix runs");
        text.trim().parse().expect("a process id")
    }

    /// Starts (again) on the same port, with queue and mailboxes as they were.
    pub fn plug_in(&mut self) {
        run(&mut self.control("start"));
        self.running = true;
        wait_for("Postfix listens", START_LIMIT, || std::net::TcpStream::connect(self.smtp).ok());
    }

    /// Other settings while it runs: processes that nobody speaks to end, and the next ones read them.
    pub fn change(&self, settings: &str) {
        self.set(settings);
        run(&mut self.control("reload"));
    }

    /// Other settings for the next start.
    pub fn set_before_start(&self, settings: &str) {
        assert!(!self.running, "use `change`");
        self.set(settings);
    }

    /// Another list of mailboxes while it runs; with that of the canary, or without.
    pub fn change_mailboxes(&self, people: &[String], canary: bool) {
        let mailboxes: String = people.iter().map(|address| format!("{address} {}/\n", user(address))).collect();
        let canary = if canary { "lifeboat-canary@example.com canary/\n" } else { "" };
        fs::write(self.folder.join("etc/mailboxes"), mailboxes + canary).unwrap();
        run(&mut self.control("reload"));
    }

    /// All its processes stop where they are; the kernel goes on taking connections for them.
    pub fn freeze(&self) {
        run(&mut self.signal("STOP"));
    }

    pub fn thaw(&self) {
        run(&mut self.signal("CONT"));
    }

    /// They are one group, led by the master.
    fn signal(&self, name: &str) -> Command {
        let text = fs::read_to_string(self.folder.join("queue/pid/master.pid")).unwrap_or_default();
        let mut command = Command::new("kill");
        command.args([&format!("-{name}"), "--", &format!("-{}", text.trim())]);
        command
    }

    /// Connections die, the port refuses.
    pub fn pull_plug(&mut self) {
        run(&mut self.control("abort"));
        self.running = false;
        wait_for("Postfix is gone", START_LIMIT, || std::net::TcpStream::connect(self.smtp).err());
    }

    fn control(&self, verb: &str) -> Command {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.folder.join("etc")).arg(verb);
        command
    }

    /// Everything in all mailboxes, by address.
    pub fn mailboxes(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        let mut found = BTreeMap::new();
        for mailbox in fs::read_dir(self.folder.join("mail")).unwrap() {
            let mailbox = mailbox.unwrap();
            let address = format!("{}@example.com", mailbox.file_name().to_string_lossy());
            let mut messages = Vec::new();
            for part in ["new", "cur"] {
                let Ok(entries) = fs::read_dir(mailbox.path().join(part)) else { continue };
                messages.extend(entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()));
            }
            found.insert(address, messages);
        }
        found
    }

    /// Postfix delivers from its own queue; wait until that is empty too.
    pub fn wait_idle(&self) {
        wait_for("Postfix's queue is empty", Duration::from_secs(60), || {
            let open =
                ["incoming", "active", "deferred", "maildrop"].iter().any(|queue| count_files(&self.folder.join("queue").join(queue)) > 0);
            (!open).then_some(())
        });
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if self.running {
            // A test that failed may have left it frozen.
            let _ = self.signal("CONT").output();
            let _ = self.control("abort").output();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- Postfix's log, last lines\n{}\n---", lines[lines.len().saturating_sub(30)..].join("\n"));
        }
    }
}

fn count_files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

fn user(address: &str) -> &str {
    address.split('@').next().unwrap_or(address)
}

fn id_of(name: &str) -> u32 {
    run(Command::new("id").args(["-u", name])).trim().parse().expect("a user id")
}

fn main_cf(folder: &Path) -> String {
    let folder = folder.display();
    // `inet_interfaces` must name an interface; what is listened on stands in master.cf. Header rewriting is off: what is
    // compared is what came.
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = primary.example.com
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_uid_maps = static:{MAILBOX_UID}
virtual_gid_maps = static:{MAILBOX_UID}
virtual_transport = virtual
virtual_mailbox_limit = 0
message_size_limit = 104857600
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination
local_header_rewrite_clients =
message_drop_headers =
disable_dns_lookups = yes
smtpd_peername_lookup = no
"
    )
}

fn master_cf(smtp: SocketAddr) -> String {
    format!(
        "{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"
    )
}

#[test]
fn takes_known_people_stops_and_comes_back() {
    use super::sender::deliver;
    let folder = super::folder();
    let people = ["ann@example.com".to_owned()];
    let mut postfix = Postfix::start(folder.path(), super::PRIMARY, &people);
    let message = super::mail::message("ann@example.com", "harness", ".dot\ntext");
    assert!(deliver(postfix.smtp, "a@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    assert!(deliver(postfix.smtp, "a@outside.example", &["nobody@example.com"], &message).unwrap().starts_with("550 5.1.1"));
    postfix.pull_plug();
    postfix.plug_in();
    postfix.wait_idle();
    let mut ledger = super::mail::Ledger::default();
    ledger.note("ann@example.com", &message);
    assert_eq!(ledger.compare(&postfix.mailboxes()), (vec![], vec![]));
}
