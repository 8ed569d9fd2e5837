//! Debian's Roundcube and Dovecot behind nginx and PHP-FPM, from a temporary folder, on loopback ports.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::mailbox;
use super::visit::{Action, Visitor, number_of_turn};
use crate::harness::https::{Https, Reply};
use crate::harness::{free_port, need, run, wait_for};
use crate::machine::resident_mib;

const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// `www-data` in Debian: of PHP, and owner of the mail.
const OWNER: u32 = 33;
const PASSWORD: &str = "secret";
const START_LIMIT: Duration = Duration::from_secs(60);

/// The whole service: three servers and what they started.
pub struct Roundcube {
    folder: PathBuf,
    pub web: SocketAddr,
    imap: SocketAddr,
    servers: Vec<Child>,
}

impl Roundcube {
    /// Writes mail and configuration; starts nothing.
    pub fn prepare(folder: &Path, messages: usize) -> Roundcube {
        let packages = [
            ("nginx", "nginx-light"),
            ("php-fpm8.2", "php-fpm"),
            ("dovecot", "dovecot-imapd"),
            ("doveadm", "dovecot-core"),
            ("openssl", "openssl"),
        ];
        packages.iter().for_each(|(tool, package)| need(tool, package));
        assert!(Path::new("/usr/share/roundcube/index.php").exists(), "Debian's package roundcube-core is missing");
        let folder = folder.join("roundcube");
        for part in ["config", "db", "log", "temp", "sessions", "home", "mail", "nginx"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        mailbox::write_maildir(&folder.join("mail"), messages);
        run(Command::new("chown").args(["-R", &OWNER.to_string()]).arg(&folder));
        let roundcube = Roundcube { folder, web: free_port(IP), imap: free_port(IP), servers: Vec::new() };
        roundcube.configure();
        roundcube
    }

    fn configure(&self) {
        let folder = self.folder.display().to_string();
        let write = |name: &str, text: String| fs::write(self.folder.join(name), text).expect("a configuration");
        let arguments =
            format!("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout {folder}/key.pem -out {folder}/cert.pem");
        run(Command::new("openssl").args(arguments.split(' ')));
        write("nginx.conf", nginx(&folder, self.web));
        write("fpm.conf", fpm(&folder));
        write("config/config.inc.php", config(&folder, self.imap));
        // The package's own defaults, as it loads them from where its configuration is.
        for name in ["defaults.inc.php", "mimetypes.php"] {
            fs::copy(Path::new("/etc/roundcube").join(name), self.folder.join("config").join(name)).expect("roundcube-core is whole");
        }
        let database = self.folder.join("db/roundcube.db");
        let tables = fs::read_to_string("/usr/share/roundcube/SQL/sqlite.initial.sql").expect("roundcube-core has its tables");
        rusqlite::Connection::open(&database).and_then(|db| db.execute_batch(&tables)).expect("its database");
        for path in [&database, &self.folder.join("config/config.inc.php")] {
            chown(path, Some(OWNER), Some(OWNER)).expect("root");
        }
    }

    /// Starts all, with these plugins of Dovecot, as its `mail_plugins` names them.
    pub fn start(&mut self, plugins: &str) {
        self.stop();
        let dovecot = self.folder.join("dovecot.conf");
        fs::write(&dovecot, dovecot_conf(&self.folder.display().to_string(), self.imap, plugins)).expect("a configuration");
        let file = |name: &str| self.folder.join(name).display().to_string();
        let commands: [(&str, Vec<String>); 3] = [
            ("/usr/sbin/dovecot", vec!["-F".to_owned(), "-c".to_owned(), file("dovecot.conf")]),
            ("/usr/sbin/php-fpm8.2", vec!["-F".to_owned(), "-y".to_owned(), file("fpm.conf")]),
            ("/usr/sbin/nginx", vec!["-c".to_owned(), file("nginx.conf")]),
        ];
        for (program, arguments) in commands {
            let log = fs::File::create(self.folder.join("log").join(program.rsplit('/').next().unwrap_or("log"))).expect("a log");
            let child = Command::new(program).args(&arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
            self.servers.push(child.unwrap_or_else(|error| panic!("{program}: {error}")));
        }
        for address in [self.imap, self.web] {
            wait_for("the peer listens", START_LIMIT, || std::net::TcpStream::connect(address).ok());
        }
    }

    /// Has Dovecot read the mailbox (and fill the full text index, if a plugin keeps one); seconds. None if it takes longer than this.
    pub fn index(&self, at_most: Duration) -> Option<f64> {
        let started = Instant::now();
        let mut command = Command::new("/usr/bin/doveadm");
        command.arg("-c").arg(self.folder.join("dovecot.conf")).args(["index", "-u", "ann", "INBOX"]);
        let mut child = command.stdin(Stdio::null()).spawn().expect("doveadm runs");
        loop {
            match child.try_wait().expect("doveadm") {
                Some(status) => {
                    assert!(status.success(), "doveadm index: {status}");
                    return Some(started.elapsed().as_secs_f64());
                }
                None if started.elapsed() > at_most => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return None;
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// All processes, shared pages counted once.
    pub fn resident_mib(&self) -> f64 {
        self.servers.iter().map(|server| resident_mib(server.id())).sum()
    }

    pub fn stop(&mut self) {
        for mut server in self.servers.drain(..).rev() {
            let _ = Command::new("kill").arg(server.id().to_string()).status();
            let _ = server.wait();
        }
    }

    pub fn visitor(&self, messages: usize) -> Box<dyn Visitor> {
        Box::new(Visit::sign_in(self.web, messages))
    }
}

impl Drop for Roundcube {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            for path in crate::harness::files(&self.folder.join("log")) {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                eprintln!("--- {}\n{}", path.display(), lines[lines.len().saturating_sub(20)..].join("\n"));
            }
        }
    }
}

/// A person in front of Roundcube, with its own skin's requests.
struct Visit {
    browser: Https,
    token: String,
    messages: usize,
}

impl Visit {
    fn sign_in(server: SocketAddr, messages: usize) -> Visit {
        let mut browser = Https::new(server);
        let page = browser.get("/?_task=login", &[]).text();
        let token = between(&page, "name=\"_token\" value=\"", "\"");
        let form = format!("_token={token}&_task=login&_action=login&_timezone=UTC&_url=&_user=ann&_pass={PASSWORD}");
        let reply = browser.post("/?_task=login", &form);
        assert_eq!(reply.status, 302, "Roundcube does not let anybody in: {}", reply.text());
        let page = browser.get("/?_task=mail&_mbox=INBOX", &[]).text();
        let token = between(&page, "\"request_token\":\"", "\"");
        Visit { browser, token, messages }
    }

    /// As its script asks.
    fn ask(&mut self, path: &str) -> Reply {
        let token = self.token.clone();
        let reply = self.browser.get(path, &[("X-Requested-With", "XMLHttpRequest"), ("X-Roundcube-Request", &token)]);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply
    }
}

impl Visitor for Visit {
    fn act(&mut self, action: Action, turn: usize) -> Vec<f64> {
        let number = number_of_turn(turn, self.messages);
        match action {
            Action::Inbox => {
                let page = self.browser.get("/?_task=mail&_mbox=INBOX", &[]);
                assert!(page.status == 200 && page.has("messagelist"), "no inbox: {}", page.text());
                let list = self.ask("/?_task=mail&_action=list&_mbox=INBOX&_remote=1");
                assert!(list.has(&mailbox::subject_mark(self.messages - 1)), "the newest message is not listed: {}", list.text());
                vec![page.seconds, list.seconds]
            }
            Action::Open | Action::OpenPage => {
                let how = if action == Action::Open { "preview&_framed=1" } else { "show" };
                // Dovecot numbers from 1.
                let page = self.browser.get(&format!("/?_task=mail&_action={how}&_mbox=INBOX&_uid={}", number + 1), &[]);
                assert!(page.has(&mailbox::mark(number)), "message {number} is not shown: {}", page.text());
                vec![page.seconds]
            }
            Action::Search => {
                let word = mailbox::asked(turn, self.messages);
                let path =
                    format!("/?_task=mail&_action=search&_q={word}&_mods=%2A&_headers=text&_mbox=INBOX&_scope=base&_interval=&_remote=1");
                let found = self.ask(&path);
                assert!(found.has("add_message_row"), "nothing found for {word}: {}", found.text());
                vec![found.seconds]
            }
        }
    }
}

fn between(text: &str, start: &str, end: &str) -> String {
    let found = text.split_once(start).and_then(|(_, rest)| rest.split_once(end));
    found.map(|(found, _)| found.to_owned()).unwrap_or_else(|| panic!("no `{start}` in {text}"))
}

fn nginx(folder: &str, web: SocketAddr) -> String {
    format!(
        "daemon off;
user www-data;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/log/nginx-error.log;
events {{ worker_connections 768; }}
http {{
    include /etc/nginx/mime.types;
    sendfile on;
    tcp_nopush on;
    access_log off;
    keepalive_requests 1000000;
    keepalive_timeout 600;
    client_body_temp_path {folder}/nginx/body;
    fastcgi_temp_path {folder}/nginx/fastcgi;
    proxy_temp_path {folder}/nginx/proxy;
    scgi_temp_path {folder}/nginx/scgi;
    uwsgi_temp_path {folder}/nginx/uwsgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:2m;
    server {{
        listen {web} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        root /usr/share/roundcube;
        index index.php;
        location ~ \\.php$ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_param ROUNDCUBE_CONFIG_DIR {folder}/config;
            fastcgi_buffers 32 64k;
            fastcgi_buffer_size 64k;
            fastcgi_read_timeout 900s;
            fastcgi_pass unix:{folder}/fpm.sock;
        }}
    }}
}}
"
    )
}

fn fpm(folder: &str) -> String {
    format!(
        "[global]
pid = {folder}/fpm.pid
error_log = {folder}/log/fpm.log
[www]
user = www-data
group = www-data
listen = {folder}/fpm.sock
listen.owner = www-data
pm = dynamic
pm.max_children = 8
pm.start_servers = 2
pm.min_spare_servers = 2
pm.max_spare_servers = 8
catch_workers_output = yes
php_admin_value[realpath_cache_size] = 4096K
php_admin_value[memory_limit] = 512M
php_admin_value[max_execution_time] = 900
php_admin_value[session.save_path] = {folder}/sessions
"
    )
}

fn config(folder: &str, imap: SocketAddr) -> String {
    format!(
        "<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{folder}/db/roundcube.db?mode=0640';
$config['imap_host'] = '{imap}';
$config['imap_timeout'] = 900;
$config['smtp_host'] = '';
$config['des_key'] = 'abcdefghijklmnopqrstuvwx';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['enable_spellcheck'] = false;
$config['log_dir'] = '{folder}/log/';
$config['temp_dir'] = '{folder}/temp/';
$config['session_storage'] = 'php';
$config['session_lifetime'] = 600;
$config['login_rate_limit'] = 1000;
$config['imap_cache'] = null;
$config['messages_cache'] = false;
$config['mail_pagesize'] = 50;
"
    )
}

fn dovecot_conf(folder: &str, imap: SocketAddr, plugins: &str) -> String {
    let name = plugins.split_whitespace().last().unwrap_or_default().trim_start_matches("fts_");
    let plugin = match name {
        "" => String::new(),
        "lucene" => full_text(name, "\n  fts_lucene = whitespace_chars=@."),
        other => full_text(other, ""),
    };
    format!(
        "base_dir = {folder}/run
log_path = {folder}/log/dovecot.log
protocols = imap
listen = {ip}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
maildir_very_dirty_syncs = yes
mail_uid = {OWNER}
mail_gid = {OWNER}
first_valid_uid = 1
mail_plugins = {plugins}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  service_count = 0
  process_min_avail = 2
  vsz_limit = 0
}}
service imap {{
  service_count = 100
  process_min_avail = 2
  vsz_limit = 0
}}
service indexer-worker {{
  vsz_limit = 0
}}
service auth {{
  client_limit = 2000
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home={folder}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
{plugin}",
        ip = imap.ip(),
        port = imap.port(),
    )
}

fn full_text(name: &str, more: &str) -> String {
    format!("plugin {{\n  fts = {name}\n  fts_autoindex = yes\n  fts_enforced = yes{more}\n}}\n")
}
