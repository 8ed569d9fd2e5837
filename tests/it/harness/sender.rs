//! A small SMTP client of the tests' own: says exactly what it is told and hears every reply.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const SILENCE: Duration = Duration::from_secs(90);

/// One connection.
pub struct Session {
    reader: BufReader<TcpStream>,
}

impl Session {
    /// Connects and reads the greeting.
    pub fn open(server: SocketAddr) -> io::Result<(Session, String)> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        let mut session = Session { reader: BufReader::new(stream) };
        let greeting = session.reply()?;
        Ok((session, greeting))
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// One reply, all its lines.
    pub fn reply(&mut self) -> io::Result<String> {
        let mut text = String::new();
        loop {
            let mut line = Vec::new();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            text.push_str(&String::from_utf8_lossy(&line));
            if line.get(3) != Some(&b'-') {
                return Ok(text);
            }
        }
    }

    pub fn command(&mut self, line: &str) -> io::Result<String> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// A whole transaction; the last reply. Stops at the first that is not positive.
    pub fn send(&mut self, from: &str, to: &[&str], message: &[u8]) -> io::Result<String> {
        let body = if message.is_ascii() { "" } else { " BODY=8BITMIME" };
        let letters = if from.is_ascii() && to.iter().all(|to| to.is_ascii()) { "" } else { " SMTPUTF8" };
        let mut lines = vec![format!("MAIL FROM:<{from}>{body}{letters}")];
        lines.extend(to.iter().map(|recipient| format!("RCPT TO:<{recipient}>")));
        lines.push("DATA".to_owned());
        for line in lines {
            let reply = self.command(&line)?;
            if !reply.starts_with(['2', '3']) {
                return Ok(reply);
            }
        }
        // A message may end in the middle of a line, or with half a line end; the dot still has to stand alone.
        let whole = if message.ends_with(b"\r\n") { message.to_vec() } else { [message, b"\r\n"].concat() };
        self.write(&stuffed(&whole))?;
        self.reply()
    }
}

/// Dot-stuffed and ended (RFC 5321 section 4.5.2).
pub fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// A connection, EHLO, one message, QUIT; the reply to the message.
pub fn deliver(server: SocketAddr, from: &str, to: &[&str], message: &[u8]) -> io::Result<String> {
    let (mut session, _) = Session::open(server)?;
    session.command("EHLO sender.outside.example")?;
    let reply = session.send(from, to, message)?;
    let _ = session.command("QUIT");
    Ok(reply)
}
