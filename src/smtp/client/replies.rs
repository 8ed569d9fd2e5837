//! Octets of a server to replies (RFC 5321 section 4.2).

use crate::limits::{SMTP_REPLY_LINE_MAX_OCTETS, SMTP_REPLY_LINES_MAX};
use crate::smtp::Reply;

/// Collects reply lines. A line may end in LF alone: some servers do, and nothing can be smuggled in a reply.
#[derive(Debug, Default)]
pub struct Replies {
    octets: Vec<u8>,
    code: Option<u16>,
    lines: Vec<String>,
}

impl Replies {
    pub fn push(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Whether anything is left that was not taken as a reply.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty() && self.lines.is_empty()
    }

    /// The next whole reply.
    ///
    /// # Errors
    /// In words: not SMTP, or past a limit.
    pub fn next(&mut self) -> Result<Option<Reply>, String> {
        loop {
            let end = memchr::memchr(b'\n', &self.octets);
            if end.map_or(self.octets.len(), |end| end + 1) > SMTP_REPLY_LINE_MAX_OCTETS {
                return Err("a reply line is too long".to_owned());
            }
            let Some(end) = end else { return Ok(None) };
            let line: Vec<u8> = self.octets.drain(..=end).collect();
            if let Some(reply) = self.line(line[..end].strip_suffix(b"\r").unwrap_or(&line[..end]))? {
                return Ok(Some(reply));
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, String> {
        let (code, last, text) = parse(line).ok_or_else(|| format!("no SMTP reply: {:?}", shown(&line[..line.len().min(80)])))?;
        if self.code.is_some_and(|before| before != code) {
            return Err(format!("one reply has two codes, {} and {code}", self.code.unwrap_or_default()));
        }
        if self.lines.len() >= SMTP_REPLY_LINES_MAX {
            return Err("a reply has too many lines".to_owned());
        }
        self.code = Some(code);
        self.lines.push(shown(text));
        if !last {
            return Ok(None);
        }
        self.code = None;
        Ok(Some(Reply { code, lines: std::mem::take(&mut self.lines) }))
    }
}

/// Code, whether the line is the last, and text.
fn parse(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    // RFC 5321 section 4.2.1: 2yz to 5yz. There is no 1yz.
    if !(200..600).contains(&code) {
        return None;
    }
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

/// Replies go to logs, records and other clients: no control characters.
fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> Result<Vec<(u16, String)>, String> {
        let mut replies = Replies::default();
        let mut all = Vec::new();
        for cut in cuts {
            replies.push(cut);
            while let Some(reply) = replies.next()? {
                all.push((reply.code, reply.lines.join("|")));
            }
        }
        Ok(all)
    }

    fn check(octets: &str, expected: &[(u16, &str)]) {
        let expected: Vec<(u16, String)> = expected.iter().map(|(code, text)| (*code, (*text).to_owned())).collect();
        assert_eq!(read([octets.as_bytes()].into_iter()), Ok(expected.clone()), "{octets:?}");
        assert_eq!(read(octets.as_bytes().chunks(1)), Ok(expected), "octet by octet: {octets:?}");
    }

    fn check_error(octets: &str, expected: &str) {
        for chunk in [1, octets.len()] {
            let error = read(octets.as_bytes().chunks(chunk)).unwrap_err();
            assert!(error.starts_with(expected), "{error:?} for {octets:.40?}");
        }
    }

    #[test]
    fn replies_of_one_and_many_lines() {
        check("220 mx ESMTP\r\n", &[(220, "mx ESMTP")]);
        check("250-mx\r\n250-SIZE 1\r\n250 8BITMIME\r\n354 go\r\n", &[(250, "mx|SIZE 1|8BITMIME"), (354, "go")]);
        check("250\r\n", &[(250, "")]);
        check("250-\r\n250\r\n", &[(250, "|")]);
        check("250-a\n250 b\n", &[(250, "a|b")]);
        check("250 a\u{1}\tb\r\n", &[(250, "a  b")]);
        check("250-open\r\n", &[]);
    }

    #[test]
    fn what_is_no_reply() {
        check_error("SSH-2.0-OpenSSH\r\n", "no SMTP reply");
        check_error("\r\n", "no SMTP reply");
        check_error("25\r\n", "no SMTP reply");
        check_error("199 x\r\n", "no SMTP reply");
        check_error("600 x\r\n", "no SMTP reply");
        check_error("250_x\r\n", "no SMTP reply");
        check_error("+50 x\r\n", "no SMTP reply");
        check_error("250-a\r\n251 b\r\n", "one reply has two codes, 250 and 251");
    }

    #[test]
    fn limits() {
        let longest = "x".repeat(SMTP_REPLY_LINE_MAX_OCTETS - 6);
        check(&format!("250 {longest}\r\n"), &[(250, &longest)]);
        check_error(&format!("250 {longest}x\r\n"), "a reply line is too long");
        check_error(&"2".repeat(SMTP_REPLY_LINE_MAX_OCTETS + 1), "a reply line is too long");
        check_error(&"250-x\r\n".repeat(SMTP_REPLY_LINES_MAX + 1), "a reply has too many lines");
    }

    #[test]
    fn octets_that_are_no_utf_8() {
        assert_eq!(read([&b"550 \xff\r\n"[..]].into_iter()), Ok(vec![(550, "\u{fffd}".to_owned())]));
    }
}
