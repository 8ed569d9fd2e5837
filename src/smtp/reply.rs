//! Replies: code, enhanced status code (RFC 3463) and text. Texts are generic; detail goes to the log.
//!
//! Every reply that Lifeboat itself gives has its constructor here, one function a reply, so that code, enhanced
//! status code and wording are decided in one place.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// An SMTP reply, ours or another server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// Text of each line, with the enhanced status code where there is one; at least one line.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: u16, text: &str) -> Reply {
        Reply { code, lines: vec![text.to_owned()] }
    }

    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Code and text in one line, for records, logs and people: `250 2.0.0 ok`.
    pub fn one_line(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// The enhanced status code at the start of the text, if there is one: `4.3.2`.
    ///
    /// RFC 2034 section 4: class, subject and detail with dots, and the class equals the first digit of the reply code.
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let parts: Vec<&str> = word.split('.').collect();
        let [class, subject, detail] = parts.as_slice() else { return None };
        let number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let class_fits = *class == (self.code / 100).to_string();
        (class_fits && number(subject) && number(detail)).then_some(word)
    }

    /// Wire form with CRLF; every line but the last has a `-` after the code.
    ///
    /// A reply may come from another server, so what could break the line protocol is not trusted: control
    /// characters become spaces, and non-ASCII becomes `?` (RFC 5321 section 4.2 asks for ASCII texts).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        let last = self.lines.len().saturating_sub(1);
        for (number, line) in self.lines.iter().enumerate() {
            bytes.extend_from_slice(self.code.to_string().as_bytes());
            bytes.push(if number == last { b' ' } else { b'-' });
            bytes.extend(line.chars().map(wire_octet));
            bytes.extend_from_slice(b"\r\n");
        }
        if self.lines.is_empty() {
            bytes.extend_from_slice(format!("{} \r\n", self.code).as_bytes());
        }
        bytes
    }
}

fn wire_octet(c: char) -> u8 {
    match c {
        ' '..='~' => c as u8,
        c if c.is_control() => b' ',
        _ => b'?',
    }
}

// ---- The session itself ----------------------------------------------------------------------

/// 220, the greeting.
pub fn greeting(hostname: &str) -> Reply {
    Reply::new(220, &format!("{hostname} ESMTP ready"))
}

/// 250 to EHLO: our name, then one extension a line.
pub fn hello_extended(hostname: &str, extensions: Vec<String>) -> Reply {
    let mut lines = vec![hostname.to_owned()];
    lines.extend(extensions);
    Reply { code: 250, lines }
}

/// 250 to HELO.
pub fn hello(hostname: &str) -> Reply {
    Reply::new(250, hostname)
}

/// 221 to QUIT.
pub fn goodbye() -> Reply {
    Reply::new(221, "2.0.0 closing the connection")
}

/// 250 to NOOP and RSET.
pub fn ok() -> Reply {
    Reply::new(250, "2.0.0 ok")
}

/// 214 to HELP.
pub fn help() -> Reply {
    Reply::new(214, "2.0.0 see RFC 5321")
}

/// 252 to VRFY, which tells nothing (RFC 5321 section 7.3).
pub fn cannot_verify() -> Reply {
    Reply::new(252, "2.0.0 cannot verify, send some mail to find out")
}

/// 220 to STARTTLS.
pub fn start_tls() -> Reply {
    Reply::new(220, "2.0.0 ready to start TLS")
}

/// 354 to DATA.
pub fn start_mail_input() -> Reply {
    Reply::new(354, "end with <CRLF>.<CRLF>")
}

/// 250 to a chunk that is not the last (RFC 3030 section 2).
pub fn chunk_taken(octets: u64) -> Reply {
    Reply::new(250, &format!("2.0.0 {octets} octets received"))
}

// ---- Mistakes of the client ------------------------------------------------------------------

/// 500: a command that nobody knows.
pub fn unknown_command() -> Reply {
    Reply::new(500, "5.5.1 command not recognised")
}

/// 500: a command line past [`crate::limits::SMTP_COMMAND_LINE_MAX_OCTETS`].
pub fn line_too_long() -> Reply {
    Reply::new(500, "5.5.2 line too long")
}

/// 500: NUL, a bare CR or LF, or octets that are no UTF-8 in a command.
pub fn bad_octets() -> Reply {
    Reply::new(500, "5.5.2 octets not allowed in a command")
}

/// 501: the command is known, its argument is wrong.
pub fn bad_argument() -> Reply {
    Reply::new(501, "5.5.4 syntax error in the argument")
}

/// 501: a BDAT that does not say how long its chunk is. The connection ends with it.
pub fn bad_chunk() -> Reply {
    Reply::new(501, "5.5.4 no readable chunk size, closing the connection")
}

/// 502: known to SMTP, not offered here.
pub fn not_implemented() -> Reply {
    Reply::new(502, "5.5.1 command not implemented")
}

/// 503: the command is not allowed now.
pub fn bad_sequence() -> Reply {
    Reply::new(503, "5.5.1 bad sequence of commands")
}

/// 555: a parameter of MAIL or RCPT that is not offered (RFC 5321 section 4.1.1.11).
pub fn unknown_parameter() -> Reply {
    Reply::new(555, "5.5.4 parameter not recognised")
}

/// 501: the reverse-path is no address.
pub fn bad_sender_syntax() -> Reply {
    Reply::new(501, "5.1.7 bad sender address syntax")
}

/// 501: the forward-path is no address.
pub fn bad_recipient_syntax() -> Reply {
    Reply::new(501, "5.1.3 bad recipient address syntax")
}

/// 553: a non-ASCII address without SMTPUTF8 (RFC 6531 section 3.5).
pub fn smtputf8_needed() -> Reply {
    Reply::new(553, "5.6.7 non-ASCII address without SMTPUTF8")
}

/// 554: DATA without an accepted recipient (RFC 5321 section 3.3).
pub fn no_valid_recipients() -> Reply {
    Reply::new(554, "5.5.1 no valid recipients")
}

/// 530: TLS is required first (RFC 3207 section 4).
pub fn tls_required() -> Reply {
    Reply::new(530, "5.7.0 must issue a STARTTLS command first")
}

// ---- Verdicts on addresses -------------------------------------------------------------------

/// 250 to MAIL.
pub fn sender_ok() -> Reply {
    Reply::new(250, "2.1.0 sender ok")
}

/// 250 to RCPT.
pub fn recipient_ok() -> Reply {
    Reply::new(250, "2.1.5 recipient ok")
}

/// 550: nobody has this mailbox.
pub fn mailbox_unknown() -> Reply {
    Reply::new(550, "5.1.1 no such mailbox here")
}

/// 550: not one of our domains, and the client may not relay.
pub fn relaying_denied() -> Reply {
    Reply::new(550, "5.7.1 relaying denied")
}

/// 550: this client may not use this reverse-path.
pub fn sender_refused() -> Reply {
    Reply::new(550, "5.7.1 sender address not allowed")
}

/// 451: whether the mailbox exists cannot be asked now.
pub fn verdict_unavailable() -> Reply {
    Reply::new(451, "4.3.0 cannot check the recipient now, try again later")
}

/// 451: a host has used up its allowance.
pub fn rate_exceeded() -> Reply {
    Reply::new(451, "4.7.1 too much mail in an hour, try again later")
}

/// 450: the client has asked for too many mailboxes that nobody has; what is true is not told any more.
pub fn too_many_unknown() -> Reply {
    Reply::new(450, "4.7.1 too many unknown recipients from your address, try again later")
}

/// 421: the client did too much, or too much wrong, within the hour.
pub fn not_welcome() -> Reply {
    Reply::new(421, "4.7.0 too much from your address in an hour, try again later")
}

/// 451: the address for journal reports, from somebody who is not the primary. Not 5xx: a primary whose address changed must not lose
/// reports.
pub fn journal_refused() -> Reply {
    Reply::new(451, "4.7.1 not taken from this address")
}

/// 452: past [`crate::limits::SMTP_RECIPIENTS_MAX`] (RFC 5321 section 4.5.3.1.10).
pub fn too_many_recipients() -> Reply {
    Reply::new(452, "4.5.3 too many recipients, send the rest in another transaction")
}

// ---- Verdicts on messages --------------------------------------------------------------------

/// 250: the message is on disk under this name.
pub fn stored(id: impl Display) -> Reply {
    Reply::new(250, &format!("2.0.0 stored as {id}"))
}

/// 552: larger than SIZE says (RFC 1870 section 6).
pub fn too_big() -> Reply {
    Reply::new(552, "5.3.4 message too big")
}

/// 452: the same of what may be a report; who sends reports throws away what is refused for good.
pub fn report_too_big() -> Reply {
    Reply::new(452, "4.3.4 message too big now")
}

/// 552: the header block is past [`crate::limits::HEADER_BLOCK_MAX_OCTETS`].
pub fn header_too_big() -> Reply {
    Reply::new(552, "5.3.4 message header too big")
}

/// 550: a bare CR or LF, or NUL (RFC 5321 sections 2.3.8 and 4.5.2).
pub fn bad_line_ends() -> Reply {
    Reply::new(550, "5.6.0 bare CR or LF or NUL in the message")
}

/// 554: too many hops (RFC 5321 section 6.3).
pub fn looping() -> Reply {
    Reply::new(554, "5.4.6 too many hops, the message loops")
}

/// 451: something failed here; the client keeps the message.
pub fn try_later() -> Reply {
    Reply::new(451, "4.3.0 local error, try again later")
}

/// 452: no room.
pub fn insufficient_storage() -> Reply {
    Reply::new(452, "4.3.1 insufficient system storage")
}

// ---- Ends ------------------------------------------------------------------------------------

/// 421: a cap on connections.
pub fn too_many_connections() -> Reply {
    Reply::new(421, "4.7.0 too many connections, try again later")
}

/// 421: too many bad commands, refused recipients, or a line without an end.
pub fn too_many_errors() -> Reply {
    Reply::new(421, "4.7.0 too many errors, closing the connection")
}

/// 421: too many commands or transactions in one session.
pub fn too_many_commands() -> Reply {
    Reply::new(421, "4.7.0 too many commands, connect again")
}

/// 421: nothing came in time.
pub fn timed_out() -> Reply {
    Reply::new(421, "4.4.2 timed out, closing the connection")
}

/// 421: the box stops.
pub fn shutting_down() -> Reply {
    Reply::new(421, "4.3.2 shutting down, try again later")
}

/// 421: HTTP or TLS where SMTP is spoken.
pub fn not_smtp() -> Reply {
    Reply::new(421, "4.7.0 this port speaks SMTP, closing the connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form() {
        let check = |reply: Reply, expected: &str| assert_eq!(String::from_utf8(reply.to_bytes()).unwrap(), expected);
        check(ok(), "250 2.0.0 ok\r\n");
        check(
            hello_extended("box.example", vec!["PIPELINING".into(), "SIZE 1".into()]),
            "250-box.example\r\n250-PIPELINING\r\n250 SIZE 1\r\n",
        );
        check(Reply { code: 250, lines: vec![] }, "250 \r\n");
        check(Reply::new(550, "a\r\n250 b\u{0}ü"), "550 a  250 b ?\r\n");
    }

    #[test]
    fn enhanced_status_codes() {
        let check = |code: u16, text: &str, expected: Option<&str>| {
            assert_eq!(Reply::new(code, text).enhanced(), expected, "{code} {text}");
        };
        check(421, "4.3.2 bye", Some("4.3.2"));
        check(550, "5.1.10 unknown", Some("5.1.10"));
        check(250, "2.0.0", Some("2.0.0"));
        check(550, "4.3.2 class differs", None);
        check(550, "5.1 short", None);
        check(550, "5.1.1.1 long", None);
        check(550, "5.1.x odd", None);
        check(550, "5..1 empty", None);
        check(250, "192.0.2.1 hello", None);
        check(250, "", None);
    }

    #[test]
    fn classes() {
        assert!(ok().is_positive() && start_mail_input().is_positive());
        assert!(try_later().is_transient() && !try_later().is_permanent());
        assert!(too_big().is_permanent() && !too_big().is_positive());
    }
}
