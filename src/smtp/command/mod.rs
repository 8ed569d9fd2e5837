//! Command lines (RFC 5321 section 4.1.1) to values.
//!
//! Strict where leniency could confuse two servers about what was said (line ends, NUL, brackets), lenient where old
//! devices are merely sloppy (a space after `FROM:`, trailing spaces, lower case).

mod parameters;
mod path;
mod xclient;

use super::{Reply, reply};
use crate::mail::{Address, RecipientDsn, Ret, Xtext};
use parameters::{mail_parameters, rcpt_parameters};
use path::{forward_path, reverse_path};
use xclient::xclient;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Ehlo {
        name: String,
    },
    Helo {
        name: String,
    },
    Mail(Mail),
    Rcpt(Rcpt),
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
    StartTls,
    Auth,
    /// None if it does not say how many octets follow: where the next command begins is unknown then.
    Bdat(Option<Chunk>),
    Xclient(Xclient),
    /// The first line of an HTTP request: a browser was tricked into talking to us, or someone is scanning.
    Http,
}

/// MAIL FROM with what is offered of its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// None is the null reverse-path `<>`.
    pub reverse_path: Option<Address>,
    /// SIZE= (RFC 1870), in octets; what does not fit is the largest number.
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// RET= (RFC 3461 section 4.3).
    pub ret: Option<Ret>,
    /// ENVID= (RFC 3461 section 4.4).
    pub envid: Option<Xtext>,
}

/// XCLIENT: for whom a filter speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xclient {
    pub client: Option<std::net::IpAddr>,
    pub helo: Option<String>,
}

/// BDAT (RFC 3030 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Octets that follow the command.
    pub octets: u64,
    /// The message ends with this chunk.
    pub last: bool,
}

/// RCPT TO with what is offered of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    pub path: ForwardPath,
    /// NOTIFY= and ORCPT= (RFC 3461 sections 4.1 and 4.2).
    pub dsn: RecipientDsn,
}

/// Where mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPath {
    Mailbox(Address),
    /// `<postmaster>` without a domain (RFC 5321 section 4.1.1.3): ours.
    Postmaster,
}

const HTTP_METHODS: [&str; 8] = ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH"];

/// Longest name in EHLO, in octets (RFC 5321 section 4.5.3.1.2).
const NAME_MAX_OCTETS: usize = 255;

/// Reads a line without its CRLF.
///
/// # Errors
/// The reply to give: 500, 501, 553 or 555.
pub fn parse(line: &[u8]) -> Result<Command, Reply> {
    if line.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
        return Err(reply::bad_octets());
    }
    let line = std::str::from_utf8(line).map_err(|_| reply::bad_octets())?.trim_end_matches([' ', '\t']);
    let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
    let argument = argument.trim_start_matches(' ');
    let verb = verb.to_ascii_uppercase();
    let bare = |command| if argument.is_empty() { Ok(command) } else { Err(reply::bad_argument()) };
    match verb.as_str() {
        "EHLO" => Ok(Command::Ehlo { name: name(argument)? }),
        "HELO" => Ok(Command::Helo { name: name(argument)? }),
        "MAIL" => mail(argument),
        "RCPT" => rcpt(argument),
        "DATA" => bare(Command::Data),
        "RSET" => bare(Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "QUIT" => bare(Command::Quit),
        "VRFY" if !argument.is_empty() => Ok(Command::Vrfy),
        "VRFY" => Err(reply::bad_argument()),
        "EXPN" => Ok(Command::Expn),
        "HELP" => Ok(Command::Help),
        "STARTTLS" => bare(Command::StartTls),
        "AUTH" => Ok(Command::Auth),
        "XCLIENT" => Ok(Command::Xclient(xclient(argument)?)),
        "BDAT" => Ok(Command::Bdat(chunk(argument))),
        method if HTTP_METHODS.contains(&method) => Ok(Command::Http),
        _ => Err(reply::unknown_command()),
    }
}

/// The client's name. Names are only logged and traced, so any word that is safe inside a `Received:` field will do;
/// further words, which some devices send, are ignored.
fn name(argument: &str) -> Result<String, Reply> {
    let word = argument.split([' ', '\t']).next().unwrap_or_default();
    let safe = |c: char| c.is_ascii_graphic() && !"()<>\\\",;@".contains(c);
    if word.is_empty() || word.len() > NAME_MAX_OCTETS || !word.chars().all(safe) {
        return Err(reply::bad_argument());
    }
    Ok(word.to_owned())
}

fn mail(argument: &str) -> Result<Command, Reply> {
    let rest = keyword(argument, "FROM:").ok_or_else(reply::bad_argument)?;
    let (address, rest) = reverse_path(rest)?;
    let mail = mail_parameters(rest, Mail { reverse_path: address, ..Mail::default() })?;
    // RFC 6531 section 3.4: a non-ASCII address needs the parameter.
    if !mail.smtputf8 && mail.reverse_path.as_ref().is_some_and(|address| !address.is_ascii()) {
        return Err(reply::smtputf8_needed());
    }
    Ok(Command::Mail(mail))
}

fn rcpt(argument: &str) -> Result<Command, Reply> {
    let rest = keyword(argument, "TO:").ok_or_else(reply::bad_argument)?;
    let (path, rest) = forward_path(rest)?;
    Ok(Command::Rcpt(Rcpt { path, dsn: rcpt_parameters(rest)? }))
}

/// RFC 3030 section 2: `chunk-size` has 1 to 20 digits, then `LAST` may follow.
fn chunk(argument: &str) -> Option<Chunk> {
    let (size, end) = argument.split_once(' ').unwrap_or((argument, ""));
    let last = match end.trim_start_matches(' ') {
        "" => false,
        word if word.eq_ignore_ascii_case("LAST") => true,
        _ => return None,
    };
    if size.len() > 20 || !size.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Chunk { octets: size.parse().ok()?, last })
}

/// What follows a keyword. Spaces after the colon are a common mistake and harmless.
fn keyword<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let head = argument.get(..keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then(|| argument[keyword.len()..].trim_start_matches(' '))
}

#[cfg(test)]
mod tests;
