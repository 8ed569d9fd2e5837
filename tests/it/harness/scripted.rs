//! A primary that misbehaves as it is told, on a port of its own; and notes what it took.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::PRIMARY;

/// What it does to everybody who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Good,
    /// Takes the connection and says nothing.
    NoBanner,
    BannerThenSilence,
    /// Says this to a command, and goes on.
    Says(Command, &'static str),
    /// The same after a while.
    Tarpit(Command, &'static str, Duration),
    /// Closes the connection when the final dot has come.
    DropAfterDot,
    /// Closes its side after the banner, and reads on.
    HalfClosed,
    /// Offers STARTTLS and cannot do it.
    TlsFails,
    /// Answers 220 to STARTTLS and closes.
    TlsCloses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Mail,
    Rcpt,
    Data,
    Dot,
}

/// A message that it took: with 250, or before it dropped the connection.
#[derive(Clone, Debug)]
pub struct Taken {
    pub reverse_path: String,
    pub subject: String,
    /// Without angle brackets.
    pub message_id: String,
    pub answered: bool,
    /// Those that it said yes to.
    pub recipients: Vec<String>,
}

/// A recipient that it said no to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    pub reverse_path: String,
    pub recipient: String,
    pub reply: &'static str,
}

#[derive(Clone)]
pub struct Scripted {
    pub smtp: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    taken: Arc<Mutex<Vec<Taken>>>,
    /// What single recipients are answered, whatever it does to others.
    verdicts: Arc<Mutex<BTreeMap<String, &'static str>>>,
    refused: Arc<Mutex<Vec<Refused>>>,
}

impl Scripted {
    /// Good at first; runs as long as the test.
    pub fn start() -> Scripted {
        Scripted::start_at(PRIMARY)
    }

    pub fn start_at(address: IpAddr) -> Scripted {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let smtp = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(Behaviour::Good));
        let scripted = Scripted { smtp, behaviour, taken: Arc::default(), verdicts: Arc::default(), refused: Arc::default() };
        let server = scripted.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let server = server.clone();
                std::thread::spawn(move || {
                    // A connection that breaks is part of the play.
                    let _ = server.serve(stream.unwrap());
                });
            }
        });
        scripted
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// From now on RCPT of this address is answered so.
    pub fn answer(&self, recipient: &str, reply: &'static str) {
        self.verdicts.lock().unwrap().insert(recipient.to_owned(), reply);
    }

    /// Every refusal of a single recipient, each time that it was said.
    pub fn refused(&self) -> Vec<Refused> {
        self.refused.lock().unwrap().clone()
    }

    fn recipient(&self, reverse_path: &str, line: &str, recipients: &mut Vec<String>) -> &'static str {
        let recipient = between(line);
        let verdict = self.verdicts.lock().unwrap().get(&recipient).copied();
        if let Some(reply) = verdict {
            let refused = Refused { reverse_path: between(reverse_path), recipient, reply };
            self.refused.lock().unwrap().push(refused);
            return reply;
        }
        let refusal = self.says(Command::Rcpt);
        if refusal.is_none() {
            recipients.push(recipient);
        }
        refusal.unwrap_or("250 2.1.5 Recipient OK")
    }

    fn now(&self) -> Behaviour {
        *self.behaviour.lock().unwrap()
    }

    /// The answer to a command, if it is not the good one.
    fn says(&self, command: Command) -> Option<&'static str> {
        match self.now() {
            Behaviour::Says(at, reply) if at == command => Some(reply),
            Behaviour::Tarpit(at, reply, wait) if at == command => {
                std::thread::sleep(wait);
                Some(reply)
            }
            _ => None,
        }
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        if self.now() == Behaviour::NoBanner {
            return swallow(stream);
        }
        stream.get_mut().write_all(b"220 primary.example.com ESMTP\r\n")?;
        match self.now() {
            Behaviour::BannerThenSilence => return swallow(stream),
            Behaviour::HalfClosed => {
                stream.get_mut().shutdown(Shutdown::Write)?;
                return swallow(stream);
            }
            _ => (),
        }
        let mut reverse_path = String::new();
        let mut recipients = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.trim_end().to_ascii_uppercase();
            let reply = match verb.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" if matches!(self.now(), Behaviour::TlsFails | Behaviour::TlsCloses) => "250-primary.example.com\r\n250 STARTTLS",
                "EHLO" => "250-primary.example.com\r\n250-SIZE\r\n250 8BITMIME",
                "STARTTLS" => {
                    stream.get_mut().write_all(b"220 go\r\n")?;
                    if self.now() == Behaviour::TlsFails {
                        let mut hello = [0; 5];
                        stream.read_exact(&mut hello)?;
                        stream.get_mut().write_all(b"this is no handshake\r\n")?;
                    }
                    return Ok(());
                }
                "MAIL" => {
                    reverse_path = line.trim_end().to_owned();
                    recipients.clear();
                    self.says(Command::Mail).unwrap_or("250 2.1.0 Sender OK")
                }
                "RCPT" => self.recipient(&reverse_path, &line, &mut recipients),
                "DATA" if recipients.is_empty() => "503 5.5.1 no recipients",
                "DATA" => match self.says(Command::Data) {
                    Some(reply) => reply,
                    None => {
                        stream.get_mut().write_all(b"354 go\r\n")?;
                        let Some(reply) = self.message(&mut stream, &reverse_path, &recipients)? else { return Ok(()) };
                        reply
                    }
                },
                "QUIT" => "221 2.0.0 bye",
                _ => "250 2.0.0 ok",
            };
            stream.get_mut().write_all(format!("{reply}\r\n").as_bytes())?;
        }
    }

    /// None: the connection is dropped.
    fn message(
        &self,
        stream: &mut BufReader<TcpStream>,
        reverse_path: &str,
        recipients: &[String],
    ) -> std::io::Result<Option<&'static str>> {
        let (mut subject, mut message_id, mut in_head) = (String::new(), String::new(), true);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 || line == ".\r\n" {
                break;
            }
            in_head &= line != "\r\n";
            if let Some(text) = line.strip_prefix("Subject: ").filter(|_| in_head) {
                subject = text.trim_end().to_owned();
            }
            if line.starts_with("Message-ID: ") && in_head {
                message_id = between(&line);
            }
        }
        let refusal = self.says(Command::Dot);
        let drops = self.now() == Behaviour::DropAfterDot;
        if refusal.is_none() {
            let recipients = recipients.to_vec();
            let taken = Taken { reverse_path: reverse_path.to_owned(), subject, message_id, answered: !drops, recipients };
            self.taken.lock().unwrap().push(taken);
        }
        Ok(if drops { None } else { Some(refusal.unwrap_or("250 2.6.0 Queued mail for delivery")) })
    }
}

/// `x@y` of `MAIL FROM:<x@y> SIZE=1`.
fn between(line: &str) -> String {
    line.split('<').nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default().to_owned()
}

/// Reads until the other side has had enough.
fn swallow(mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    std::io::copy(&mut stream, &mut std::io::sink()).map(|_| ())
}
