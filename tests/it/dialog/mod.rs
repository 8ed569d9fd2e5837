//! SMTP dialogs as plain text (`tests/dialogs/*.smtp`), run against the session machine in memory, at every split of
//! the client's octets, and over TCP.
//!
//! A dialog has one item a line; empty lines and lines that begin with `#` are comments.
//!
//! | line | meaning |
//! | --- | --- |
//! | `c: TEXT` | the client sends TEXT and CRLF |
//! | `c- TEXT` | the client sends TEXT without CRLF |
//! | `c*N: TEXT` | the same as N lines `c: TEXT` |
//! | `s: PATTERN` | the server says one line; `*` in the pattern stands for any text |
//! | `s*N: PATTERN` | N such lines |
//! | `@hello` | the reply to EHLO with everything that is offered then; `ehlo.smtp` and `starttls.smtp` have it line by line |
//! | `@tls` | both sides do the TLS handshake; what the client sent in the clear after STARTTLS is before this line |
//! | `@closes` | last line: the server has closed the connection (otherwise it must not have) |
//! | `@client-closes` | last line: the client goes away; nothing more is said |
//! | `@message from=<A> to=<B>,<C> [8bit] [smtputf8]` | such a message was accepted; `m:` and `m-` lines after it are its content |
//!
//! Settings stand before the first `c` or `s` line: `@recipient ADDRESS accept` or `@recipient ADDRESS REPLY` (all others are
//! 550 5.1.1), `@sender ADDRESS REPLY`, `@commit REPLY` (for all messages), `@max-size OCTETS`, `@starttls`, `@tls-required`,
//! `@no-smtputf8`, `@no-8bitmime`, `@no-dsn`, `@header-firewall`, `@xclient`, `@reports-to ADDRESS`, `@memory-only` (not for TCP). In TEXT, `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` are octets.

mod binary;
mod memory;
mod tcp;

use std::collections::HashMap;
use std::path::Path;

use lifeboat::mail::Address;
use lifeboat::smtp::server::{Envelope, Options};
use lifeboat::smtp::{Reply, reply};

/// One dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub name: String,
    pub host: Script,
    pub steps: Vec<Step>,
    pub messages: Vec<Message>,
    pub server_closes: bool,
    pub memory_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Client(Vec<u8>),
    /// A pattern for one line.
    Server(String),
    Tls,
    ClientCloses,
}

/// What the appliance would decide.
#[derive(Clone, Debug)]
pub struct Script {
    pub options: Options,
    recipients: HashMap<String, Reply>,
    senders: HashMap<String, Reply>,
    commit: Reply,
}

/// An accepted message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub envelope: String,
    pub content: Vec<u8>,
}

impl Script {
    fn new() -> Script {
        let options = Options {
            hostname: "box.example".into(),
            max_message_size: 1_000_000,
            starttls: false,
            tls_required: false,
            smtputf8: true,
            eight_bit_mime: true,
            dsn: true,
            xclient: false,
            header_firewall: false,
            reports_to: None,
        };
        Script { options, recipients: HashMap::new(), senders: HashMap::new(), commit: reply::stored("1") }
    }

    pub fn sender(&self, reverse_path: Option<&Address>) -> Reply {
        let key = reverse_path.map(Address::to_string).unwrap_or_default();
        self.senders.get(&key).cloned().unwrap_or_else(reply::sender_ok)
    }

    pub fn recipient(&self, recipient: &Address) -> Reply {
        self.recipients.get(&recipient.to_string()).cloned().unwrap_or_else(reply::mailbox_unknown)
    }

    /// Whether a whole box in front of a healthy primary would answer the same: nothing is refused but unknown recipients, and
    /// its settings are the ordinary ones (TLS apart).
    pub fn is_ordinary(&self) -> bool {
        let taken = |(address, reply): (&String, &Reply)| {
            reply.is_positive() && (address.ends_with("@example.com") || address == "postmaster@box.example")
        };
        let ordinary = Script::new();
        let options = Options { starttls: false, ..self.options.clone() };
        self.senders.is_empty() && self.commit == ordinary.commit && self.recipients.iter().all(taken) && options == ordinary.options
    }

    pub fn commit(&self) -> Reply {
        self.commit.clone()
    }
}

impl Message {
    pub fn new(envelope: &Envelope, content: Vec<u8>) -> Message {
        let from = envelope.reverse_path.as_ref().map(Address::to_string).unwrap_or_default();
        let to: Vec<String> = envelope.recipients.iter().map(|recipient| format!("<{recipient}>")).collect();
        let mut text = format!("from=<{from}> to={}", to.join(","));
        text.push_str(if envelope.eight_bit { " 8bit" } else { "" });
        text.push_str(if envelope.smtputf8 { " smtputf8" } else { "" });
        Message { envelope: text, content }
    }
}

impl Dialog {
    pub fn load(path: &Path) -> Dialog {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Dialog::parse(&name, &text)
    }

    fn parse(name: &str, text: &str) -> Dialog {
        let mut dialog = Dialog {
            name: name.to_owned(),
            host: Script::new(),
            steps: Vec::new(),
            messages: Vec::new(),
            server_closes: false,
            memory_only: false,
        };
        for (number, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                dialog.line(line).unwrap_or_else(|| panic!("{name}.smtp:{}: cannot read {line:?}", number + 1));
            }
        }
        dialog
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(directive) = line.strip_prefix('@') {
            return self.directive(directive);
        }
        let at = line.find([':', '-'])?;
        let (who, crlf, text) = (&line[..at], &line[at..=at] == ":", line[at + 1..].strip_prefix(' ').unwrap_or(&line[at + 1..]));
        let (who, times) = who.split_once('*').map_or(Some((who, 1)), |(who, times)| Some((who, times.parse().ok()?)))?;
        let octets = || Some([unescape(text)?, if crlf { b"\r\n".to_vec() } else { Vec::new() }].concat());
        match who {
            "c" => self.steps.push(Step::Client(octets()?.repeat(times))),
            "s" if crlf => self.steps.extend(vec![Step::Server(text.to_owned()); times]),
            "m" => self.messages.last_mut()?.content.extend(octets()?.repeat(times)),
            _ => return None,
        }
        Some(())
    }

    fn directive(&mut self, directive: &str) -> Option<()> {
        let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        let options = &mut self.host.options;
        match word {
            "recipient" | "sender" => {
                let (address, verdict) = rest.split_once(' ')?;
                let verdict = if verdict == "accept" { reply::recipient_ok() } else { parse_reply(verdict)? };
                let verdicts = if word == "sender" { &mut self.host.senders } else { &mut self.host.recipients };
                verdicts.insert(address.trim_matches(['<', '>']).to_owned(), verdict);
            }
            "commit" => self.host.commit = parse_reply(rest)?,
            "max-size" => options.max_message_size = rest.parse().ok()?,
            "starttls" => options.starttls = true,
            "tls-required" => options.tls_required = true,
            "no-smtputf8" => options.smtputf8 = false,
            "no-8bitmime" => options.eight_bit_mime = false,
            "no-dsn" => options.dsn = false,
            "xclient" => options.xclient = true,
            "header-firewall" => options.header_firewall = true,
            "reports-to" => options.reports_to = Address::parse(rest).ok().map(|address| address.mailbox()),
            "memory-only" => self.memory_only = true,
            "hello" => self.hello(),
            "tls" => self.steps.push(Step::Tls),
            "closes" => self.server_closes = true,
            "client-closes" => self.steps.push(Step::ClientCloses),
            "message" => self.messages.push(Message { envelope: rest.to_owned(), content: Vec::new() }),
            _ => return None,
        }
        Some(())
    }

    /// What EHLO is answered, by the settings and by whether TLS is on already.
    fn hello(&mut self) {
        let options = &self.host.options;
        let in_tls = self.steps.contains(&Step::Tls);
        let mut lines = vec!["250-box.example", "250-PIPELINING", "250-SIZE *"];
        lines.extend(options.eight_bit_mime.then_some("250-8BITMIME"));
        lines.extend((options.starttls && !in_tls).then_some("250-STARTTLS"));
        lines.extend(options.smtputf8.then_some("250-SMTPUTF8"));
        lines.extend(options.dsn.then_some("250-DSN"));
        lines.extend(["250-CHUNKING", "250 ENHANCEDSTATUSCODES"]);
        self.steps.extend(lines.into_iter().map(|line| Step::Server(line.to_owned())));
    }

    /// Everything the server has to say, line by line.
    pub fn server_patterns(&self) -> Vec<&str> {
        let pattern = |step: &'_ Step| matches!(step, Step::Server(_));
        let lines = self.steps.iter().filter(|step| pattern(step));
        lines.map(|step| if let Step::Server(text) = step { text.as_str() } else { "" }).collect()
    }
}

fn parse_reply(text: &str) -> Option<Reply> {
    let (code, text) = text.split_once(' ')?;
    Some(Reply::new(code.parse().ok()?, text))
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        octets.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = rest[at + 1..].chars().next()?;
        let mut length = 2;
        octets.push(match escape {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            'x' => {
                length = 4;
                u8::from_str_radix(rest.get(at + 2..at + 4)?, 16).ok()?
            }
            _ => return None,
        });
        rest = &rest[at + length..];
    }
    octets.extend_from_slice(rest.as_bytes());
    Some(octets)
}

/// Whether a line fits a pattern, in which `*` stands for any text.
pub fn fits(pattern: &str, line: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == line,
        Some((head, tail)) => line
            .strip_prefix(head)
            .is_some_and(|rest| rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| fits(tail, &rest[at..]))),
    }
}

/// All dialogs of the folder, in the order of their names.
pub fn all() -> Vec<Dialog> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "smtp")).collect();
    paths.sort();
    assert!(paths.len() >= 25, "dialogs are missing: {paths:?}");
    paths.iter().map(|path| Dialog::load(path)).collect()
}

#[test]
fn patterns() {
    let check = |pattern: &str, line: &str, expected: bool| assert_eq!(fits(pattern, line), expected, "{pattern:?} {line:?}");
    check("250 ok", "250 ok", true);
    check("250 ok", "250 okay", false);
    check("250 *", "250 anything", true);
    check("250 *", "250 ", true);
    check("250-*SIZE * end", "250-x SIZE 7 end", true);
    check("250 *x", "250 xy", false);
    check("*", "", true);
}

#[test]
fn escapes() {
    let check = |text: &str, expected: Option<&[u8]>| assert_eq!(unescape(text).as_deref(), expected, "{text:?}");
    check("plain", Some(b"plain"));
    check("\\r\\n.\\0\\\\\\xfe\\x0a\\t", Some(b"\r\n.\0\\\xfe\n\t"));
    check("bad \\q", None);
    check("bad \\x1", None);
    check("bad \\", None);
}
