//! Trace fields and header blocks, at the level of bytes (no MIME parsing).

use std::net::IpAddr;

use super::Address;
use crate::clock::Wall;

/// What a `Received:` field says (RFC 5321 section 4.4).
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// What the client said in EHLO or HELO.
    pub helo: &'a str,
    pub client: Option<IpAddr>,
    /// Our own name.
    pub by: &'a str,
    /// `SMTP`, `ESMTP`, `ESMTPS`, `UTF8SMTP`... (RFC 3848, RFC 6531); `HTTPS` for the webmail.
    pub with: &'a str,
    pub id: &'a str,
    /// Shown only if there is exactly one recipient (or Bcc would leak).
    pub for_recipient: Option<&'a Address>,
    pub at: Wall,
}

/// The folded field with its final CRLF: printable ASCII, no line over 998 octets, mostly under 78.
///
/// What the client said about itself is a claim of a stranger: it stands as the name only if it is one.
pub fn received(field: &Received<'_>) -> Vec<u8> {
    let mut out = Folded::new("Received:");
    if let Some(from) = from_clause(field) {
        out.push(&format!("from {from}"));
    }
    out.push(&format!("by {} (Lifeboat)", printable(field.by)));
    out.push(&format!("with {} id {}", printable(field.with), printable(field.id)));
    // A non-ASCII address may stand in a trace field only if the message is internationalised (RFC 6531 section 3.7.3).
    let is_utf8 = field.with.starts_with("UTF8");
    if let Some(address) = field.for_recipient.filter(|address| address.is_ascii() || is_utf8) {
        out.push(&format!("for <{address}>"));
    }
    out.semicolon();
    out.push(&super::date::rfc5322(field.at));
    out.finish()
}

// RFC 5321 section 4.4: Extended-Domain = Domain ( TCP-info ).
fn from_clause(field: &Received<'_>) -> Option<String> {
    let helo = printable(field.helo);
    let client = field.client.map(|ip| match ip.to_canonical() {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    });
    let is_name = !helo.is_empty() && helo.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b)) && helo == field.helo;
    match (client, helo.is_empty()) {
        (Some(client), _) if is_name => Some(format!("{helo} ({client})")),
        (Some(client), false) => Some(format!("{client} (helo {helo})")),
        (Some(client), true) => Some(client),
        (None, _) if is_name => Some(helo),
        (None, false) => Some(format!("unknown (helo {helo})")),
        (None, true) => None,
    }
}

// Printable ASCII that can stand in a comment (no parentheses, no backslash), at most 255 octets.
fn printable(text: &str) -> String {
    const MAX_OCTETS: usize = 255;
    text.chars().filter(|c| c.is_ascii_graphic() && !"()\\<>;\"".contains(*c)).take(MAX_OCTETS).collect()
}

// RFC 5322 section 2.2.3: folded before white space.
struct Folded {
    out: String,
    column: usize,
}

impl Folded {
    const COLUMNS: usize = 76;

    fn new(name: &str) -> Folded {
        Folded { out: name.to_owned(), column: name.len() }
    }

    fn push(&mut self, clause: &str) {
        if self.column + 1 + clause.len() > Folded::COLUMNS && self.out.contains(' ') {
            self.out.push_str("\r\n\t");
            self.column = 8;
        } else {
            self.out.push(' ');
            self.column += 1;
        }
        self.out.push_str(clause);
        self.column += clause.len();
    }

    fn semicolon(&mut self) {
        self.out.push(';');
        self.column += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.push_str("\r\n");
        self.out.into_bytes()
    }
}

/// `Return-Path:`, at the final delivery of a message (RFC 5321 section 4.4). None is the null reverse-path.
pub fn return_path(reverse_path: Option<&Address>) -> Vec<u8> {
    format!("Return-Path: <{}>\r\n", reverse_path.map(Address::to_string).unwrap_or_default()).into_bytes()
}

/// The header block of a message (without the empty line) and its body. Lines may end with CRLF or LF.
/// A message without an empty line is all header.
pub fn split_header(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    loop {
        let rest = &message[at..];
        if rest.starts_with(b"\r\n") {
            return (&message[..at], &rest[2..]);
        }
        if rest.starts_with(b"\n") {
            return (&message[..at], &rest[1..]);
        }
        match rest.iter().position(|&b| b == b'\n') {
            Some(end) => at += end + 1,
            None => return (message, &[]),
        }
    }
}

/// How many `Received:` fields a header block has.
pub fn count_received(header: &[u8]) -> usize {
    header.split(|&b| b == b'\n').filter(|line| is_received(line)).count()
}

fn is_received(line: &[u8]) -> bool {
    const NAME: &[u8] = b"received";
    let Some((name, rest)) = line.split_at_checked(NAME.len()) else { return false };
    // RFC 5322 section 4.5.8: white space before the colon is obsolete, but was legal.
    name.eq_ignore_ascii_case(NAME) && rest.trim_ascii_start().first() == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(helo: &str, client: Option<&str>, expected: &str) {
        let address = Address::parse("bo@example.com").unwrap();
        let field = Received {
            helo,
            client: client.map(|ip| ip.parse().unwrap()),
            by: "box.example.com",
            with: "ESMTPS",
            id: "4f2a",
            for_recipient: Some(&address),
            at: Wall(0),
        };
        let text = String::from_utf8(received(&field)).unwrap();
        assert!(text.ends_with("\r\n") && text.lines().all(|line| line.len() < 78 || line.matches(' ').count() <= 4), "{text}");
        let unfolded = text.replace("\r\n\t", " ");
        let (clauses, _) = unfolded.split_once(';').unwrap();
        assert_eq!(clauses, format!("Received: {expected}by box.example.com (Lifeboat) with ESMTPS id 4f2a for <bo@example.com>"));
        assert_eq!(count_received(text.as_bytes()), 1);
    }

    #[test]
    fn received_names_the_client() {
        check("mx.example.net", Some("192.0.2.7"), "from mx.example.net ([192.0.2.7]) ");
        check("[192.0.2.7]", Some("192.0.2.7"), "from [192.0.2.7] ([192.0.2.7]) ");
        check("mx", Some("2001:db8::1"), "from mx ([IPv6:2001:db8::1]) ");
        check("mx", Some("::ffff:192.0.2.7"), "from mx ([192.0.2.7]) ");
        check("", Some("192.0.2.7"), "from [192.0.2.7] ");
        check("", None, "");
    }

    #[test]
    fn received_tames_a_hostile_name() {
        check("a) by evil (\r\nX: y", Some("192.0.2.7"), "from [192.0.2.7] (helo abyevilX:y) ");
        check("ünï\\", None, "from unknown (helo n) ");
        let long = "x".repeat(5000);
        check(&long, Some("192.0.2.7"), &format!("from [192.0.2.7] (helo {}) ", "x".repeat(255)));
    }

    #[test]
    fn received_keeps_a_foreign_address_to_foreign_mail() {
        let address = Address::parse("grüße@example.com").unwrap();
        let mut field = Received { helo: "a", client: None, by: "b", with: "ESMTP", id: "1", for_recipient: Some(&address), at: Wall(0) };
        assert!(received(&field).is_ascii());
        field.with = "UTF8SMTP";
        assert!(String::from_utf8(received(&field)).unwrap().contains("for <grüße@example.com>"));
    }

    fn check_split(message: &str, header: &str, body: &str) {
        assert_eq!(split_header(message.as_bytes()), (header.as_bytes(), body.as_bytes()), "{message:?}");
    }

    #[test]
    fn splits_at_the_first_empty_line() {
        check_split("A: b\r\n\r\nx\r\n\r\ny", "A: b\r\n", "x\r\n\r\ny");
        check_split("A: b\n\nx", "A: b\n", "x");
        check_split("A: b\n\r\nx", "A: b\n", "x");
        check_split("\r\nx", "", "x");
        check_split("A: b", "A: b", "");
        check_split("A: b\r\r\nc", "A: b\r\r\nc", "");
        check_split("", "", "");
    }

    #[test]
    fn counts_only_received_fields() {
        assert_eq!(count_received(b"Received: a\r\n b\r\nreceived : c\r\nX-Received: d\r\n Received: e\r\nReceivedx: f"), 2);
    }
}
