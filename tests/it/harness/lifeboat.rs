//! The real binary under a real configuration file.

use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use lifeboat::control::Verb;
use lifeboat::net::control_socket;
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::Value;

use super::{PRIMARY, free_port, run, wait_for};

/// What cargo built for the tests.
const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Lines of the log that a failed test shows.
const LOG_SHOWN: usize = 60;

/// What differs from test to test.
pub struct Setup {
    pub hostname: String,
    pub primary: SocketAddr,
    pub smarthost: Option<SocketAddr>,
    /// Addresses with mailboxes.
    pub people: Vec<String>,
    /// Networks that may relay, beside the primary's.
    pub trusted: Vec<String>,
    /// Lines added to `[smtp]`.
    pub smtp: String,
    /// Tables added at the end.
    pub more: String,
    /// Where it listens.
    pub ip: IpAddr,
    /// Lines added to `[primary]`, `[monitor]` and `[web]`.
    pub at_primary: String,
    pub monitor: String,
    pub web: String,
    /// Not in a hurry: interval, timeout and thresholds are the product's defaults.
    pub patient: bool,
    pub fall: u32,
    pub rise: u32,
}

impl Setup {
    /// A primary at that address, three people, a monitor in a hurry.
    pub fn new(primary: SocketAddr) -> Setup {
        let people = ["ann", "bo", "carla"].map(|user| format!("{user}@example.com"));
        Setup {
            hostname: "lifeboat.example.com".to_owned(),
            primary,
            smarthost: None,
            people: people.to_vec(),
            trusted: Vec::new(),
            smtp: String::new(),
            more: String::new(),
            ip: IpAddr::from([127, 0, 0, 1]),
            at_primary: String::new(),
            monitor: String::new(),
            web: String::new(),
            patient: false,
            fall: 3,
            rise: 3,
        }
    }

    /// A primary that is not there: the box goes into continuity by itself.
    pub fn without_primary() -> Setup {
        Setup::new(free_port(PRIMARY))
    }

    /// The configuration file.
    pub fn text(&self, folder: &Path) -> String {
        let folder = folder.display();
        let outbound = match self.smarthost {
            Some(address) => format!("\n[outbound]\nroute = \"smarthost\"\nsmarthost = \"{address}\"\ntls = \"off\"\n"),
            None => String::new(),
        };
        let pace = match self.patient {
            true => String::new(),
            false => format!("interval = \"1s\"\ntimeout = \"900ms\"\nfall = {}\nrise = {}\n", self.fall, self.rise),
        };
        format!(
            "[server]\nhostname = \"{hostname}\"\ndata_dir = \"{folder}/data\"\ncontrol_socket = \"{folder}/control.sock\"\n\n\
             [smtp]\nlisten = [\"{listen}:0\"]\ndomains = [\"example.com\"]\ntrusted = [\"{ip}/32\"{trusted}]\n{rate}{smtp}\n\
             [primary]\nsmtp = \"{primary}\"\nsource = [\"{ip}/32\"]\ncanary = \"lifeboat-canary@example.com\"\n{at_primary}\n\
             [monitor]\n{pace}{monitor}\n{outbound}\n\
             [web]\nlisten = [\"{listen}:0\"]\ntls = \"on\"\n{web}\n\n[directory]\nfile = \"{folder}/directory.csv\"\n\n{more}",
            hostname = self.hostname,
            ip = self.primary.ip(),
            primary = self.primary,
            trusted = self.trusted.iter().map(|network| format!(", \"{network}\"")).collect::<String>(),
            // All strangers of a test are one address.
            rate = if self.smtp.contains("stranger_rate") { "" } else { "stranger_rate = 1000000\n" },
            smtp = self.smtp,
            more = self.more,
            listen = self.ip,
            at_primary = self.at_primary,
            monitor = self.monitor,
            web = self.web,
        )
    }

    fn directory(&self) -> String {
        let mut csv = String::from("address,name,aliases,alternate_email,phone,groups\n");
        for address in &self.people {
            let user = address.split('@').next().unwrap_or(address);
            csv.push_str(&format!("{address},{user},,,,\n"));
        }
        csv
    }
}

/// A running box. Killed when dropped; its log is shown if the test failed.
pub struct Lifeboat {
    folder: PathBuf,
    child: Option<Child>,
    /// As systemd would hold them: they outlive the process.
    held: Vec<(&'static str, TcpListener)>,
    /// Where it tells a service manager how it is (sd_notify(3)).
    manager: Option<PathBuf>,
    /// Another build than the one under test, from the next start on; commands are the present build's.
    pub other_build: Option<PathBuf>,
    /// Bound addresses; new ones after each start.
    pub smtp: SocketAddr,
    pub web: SocketAddr,
}

impl Lifeboat {
    /// Writes the files and starts; listening when it returns.
    pub fn start(folder: &Path, setup: &Setup) -> Lifeboat {
        let mut lifeboat = Lifeboat::prepare(folder, setup);
        lifeboat.restart();
        lifeboat
    }

    /// Writes the files and starts nothing yet.
    pub fn prepare(folder: &Path, setup: &Setup) -> Lifeboat {
        fs::write(folder.join("directory.csv"), setup.directory()).unwrap();
        fs::write(folder.join("lifeboat.toml"), setup.text(folder)).unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Lifeboat { folder: folder.to_owned(), child: None, held: Vec::new(), manager: None, other_build: None, smtp: nowhere, web: nowhere }
    }

    /// From the next start on it is given sockets that stay open while it is away (sd_listen_fds(3)).
    pub fn hold_sockets(&mut self) {
        let held = |name| (name, TcpListener::bind("127.0.0.1:0").unwrap());
        self.held = vec![held("smtp"), held("web")];
        for (_, socket) in &self.held {
            // Children inherit it: the shell below puts it where the box looks for it.
            fcntl_setfd(socket, FdFlags::empty()).unwrap();
        }
    }

    /// From the next start on a service manager listens, whose watchdog wants to be fed within two seconds.
    pub fn manage(&mut self) -> UnixDatagram {
        let path = self.folder.join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_read_timeout(Some(START_LIMIT)).unwrap();
        self.manager = Some(path);
        manager
    }

    fn program(&self) -> Command {
        let binary = self.other_build.as_ref().map_or_else(binary, |build| build.display().to_string());
        if self.held.is_empty() && self.manager.is_none() {
            return Command::new(binary);
        }
        let number = |(at, (_, socket)): (usize, &(_, TcpListener))| format!("{}<&{} ", at + 3, socket.as_raw_fd());
        let redirections: String = self.held.iter().enumerate().map(number).collect();
        let names: Vec<&str> = self.held.iter().map(|(name, _)| *name).collect();
        let mut command = Command::new("bash");
        command.args(["-c", &format!("exec {redirections}; LISTEN_PID=$$ WATCHDOG_PID=$$ exec \"$0\" \"$@\""), &binary]);
        if !names.is_empty() {
            command.env("LISTEN_FDS", names.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
        }
        if let Some(manager) = &self.manager {
            command.env("NOTIFY_SOCKET", manager).env("WATCHDOG_USEC", "2000000");
        }
        command
    }

    /// Starts again with the same files, and does not wait.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "stop or kill it first");
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        let mut command = self.program();
        command.args(["run", "--config"]).arg(self.config());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.env("RUST_BACKTRACE", "1");
        self.child = Some(command.spawn().expect("the binary starts"));
    }

    /// Starts again with the same files; listening when it returns.
    pub fn restart(&mut self) {
        self.spawn();
        let status = wait_for("the box answers `status`", START_LIMIT, || {
            let child = self.child.as_mut()?;
            if let Some(status) = child.try_wait().unwrap() {
                self.child = None;
                panic!("the box ended: {status}");
            }
            self.try_status()
        });
        self.smtp = address(&status, "smtp");
        self.web = address(&status, "web");
    }

    /// Starts again; how long it takes until SMTP greets on the port that it had before. Then [`Lifeboat::look_up_addresses`].
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn restart_until_greeting(&mut self) -> Duration {
        assert!(self.child.is_none(), "stop or kill it first");
        let text = fs::read_to_string(self.config()).unwrap();
        // Only the listener of SMTP, and only the first time: the web's reads the same.
        let fixed = text.replacen("[smtp]\nlisten = [\"127.0.0.1:0\"]", &format!("[smtp]\nlisten = [\"{}\"]", self.smtp), 1);
        fs::write(self.config(), fixed).unwrap();
        let started = std::time::Instant::now();
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        let mut command = Command::new(binary());
        command.args(["run", "--config"]).arg(self.config()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().expect("the binary starts"));
        let greets = || {
            let mut octets = [0; 3];
            let mut stream = std::net::TcpStream::connect(self.smtp).ok()?;
            std::io::Read::read_exact(&mut stream, &mut octets).ok()?;
            (&octets == b"220").then_some(())
        };
        while greets().is_none() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none() && started.elapsed() < START_LIMIT, "no greeting; ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        started.elapsed()
    }

    /// Where it listens now. `status` may wait for the index, so a start that is timed does not ask.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn look_up_addresses(&mut self) {
        let status = wait_for("the box answers `status`", START_LIMIT, || self.try_status());
        self.smtp = address(&status, "smtp");
        self.web = address(&status, "web");
    }

    fn config(&self) -> PathBuf {
        self.folder.join("lifeboat.toml")
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the box runs").id()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the box runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the box runs");
        run(Command::new("kill").args(["-TERM", &child.id().to_string()]));
        wait_for("the box stops", STOP_LIMIT, || child.try_wait().unwrap())
    }

    /// Runs a command of the command line against it; standard output. The command must succeed.
    pub fn command(&self, arguments: &[&str]) -> String {
        run(Command::new(binary()).args(arguments).arg("--config").arg(self.config()))
    }

    /// The mail of a person, as it would be exported.
    pub fn mail_of(&self, address: &str) -> Vec<Vec<u8>> {
        let out = self.folder.join("exported");
        let _not_there = fs::remove_dir_all(&out);
        self.command(&["mailbox", "export", address, "--to", out.to_str().unwrap(), "--format", "eml"]);
        super::files(&out).into_iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// `status --json`, if the box answers.
    pub fn try_status(&self) -> Option<Value> {
        let output = Command::new(binary()).args(["status", "--json", "--config"]).arg(self.config()).output().unwrap();
        if output.status.success() { serde_json::from_slice(&output.stdout).ok() } else { None }
    }

    /// What the running box says to a verb, without a process for the question: where many boxes are looked at side by side.
    pub fn ask(&self, verb: &Verb) -> Option<Value> {
        control_socket::ask(&self.folder.join("control.sock"), verb).ok().map(|answer| answer.json)
    }

    /// `status --json`.
    pub fn status(&self) -> Value {
        self.try_status().expect("status --json gives JSON")
    }

    pub fn mode(&self) -> String {
        self.status()["mode"].as_str().unwrap_or_default().to_owned()
    }

    pub fn wait_mode(&self, mode: &str, limit: Duration) {
        let mut last = String::new();
        wait_for(&format!("mode {mode}"), limit, || {
            let now = self.mode();
            if now != last {
                eprintln!("mode {now}");
                last.clone_from(&now);
            }
            (now == mode).then_some(())
        });
    }

    /// Recipients waiting for the primary and for the outside.
    pub fn queued(&self) -> u64 {
        let queue = &self.status()["queue"];
        queue["primary"].as_u64().unwrap_or(0) + queue["outbound"].as_u64().unwrap_or(0) + queue["in_session"].as_u64().unwrap_or(0)
    }

    /// Issues a password.
    pub fn password(&self, address: &str) -> String {
        let text = self.command(&["credential", "issue", address, "--json"]);
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        answer["password"].as_str().unwrap_or_else(|| panic!("no password in {text}")).to_owned()
    }

    /// Everything that it wrote to its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> u64 {
        self.mib("VmRSS:")
    }

    /// The most that it ever had, in MiB.
    pub fn peak_mib(&self) -> u64 {
        self.mib("VmHWM:")
    }

    fn mib(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the box runs");
        let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("a line of /proc");
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    }
}

/// Another build of it, where one asks for it: to measure what people get.
pub fn binary() -> String {
    std::env::var("LIFEBOAT_BINARY").unwrap_or_else(|_| BINARY.to_owned())
}

fn address(status: &Value, which: &str) -> SocketAddr {
    let text = status["listen"][which][0].as_str().unwrap_or_default();
    text.parse().unwrap_or_else(|error| panic!("listen.{which} of status: {error}: {status}"))
}

impl Drop for Lifeboat {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the box's log, last lines\n{}\n---", lines[lines.len().saturating_sub(LOG_SHOWN)..].join("\n"));
        }
    }
}
