//! One message in a mailbox file ("mboxrd", RFC 4155 with the quoting that can be undone).

use super::{Address, date};
use crate::clock::Wall;

/// The message as an entry of an mbox file: a `From ` line (sender and UTC time of receipt), the message with line feeds alone, each line that
/// looks like such a line (with any number of `>` before) quoted by one more `>`, and an empty line.
///
/// RFC 4155 appendix A: the time in the form of asctime(3), the sender as it was in the envelope; `MAILER-DAEMON` stands for the
/// null reverse-path, as programs expect it.
pub fn entry(reverse_path: Option<&Address>, at: Wall, message: &[u8]) -> Vec<u8> {
    let sender = reverse_path.map_or_else(|| "MAILER-DAEMON".to_owned(), |path| path.to_string().replace(char::is_whitespace, "_"));
    let mut out = Vec::with_capacity(message.len() + message.len() / 50 + 100);
    out.extend_from_slice(format!("From {sender} {}\n", date::asctime(at)).as_bytes());
    let mut rest = message;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, behind) = rest.split_at(end);
        rest = behind;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if looks_like_from_line(line) {
            out.push(b'>');
        }
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}

fn looks_like_from_line(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|octet| **octet == b'>').count();
    line[quotes..].starts_with(b"From ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let sender = Address::parse("ann@example.com").unwrap();
        // 2026-03-01T09:05:07Z, a Sunday.
        let found = entry(Some(&sender), Wall(1_772_355_907_000), message.as_bytes());
        let expected = format!("From ann@example.com Sun Mar  1 09:05:07 2026\n{expected}\n");
        assert_eq!(String::from_utf8(found).unwrap(), expected);
    }

    #[test]
    fn lines_end_in_line_feeds_and_the_last_one_too() {
        check("Subject: a\r\n\r\nb\r\n", "Subject: a\n\nb\n");
        check("Subject: a\r\n\r\nno end", "Subject: a\n\nno end\n");
        check("", "");
    }

    #[test]
    fn lines_that_look_like_a_beginning_are_quoted_so_that_it_can_be_undone() {
        check("\r\nFrom here\r\n>From there\r\n> From\r\nFromage\r\n", "\n>From here\n>>From there\n> From\nFromage\n");
    }

    #[test]
    fn the_null_reverse_path_has_a_name() {
        assert!(entry(None, Wall(0), b"x\r\n").starts_with(b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"));
    }
}
