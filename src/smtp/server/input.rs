//! Octets that came and are not processed yet, and command lines out of them.

use crate::limits::{SMTP_COMMAND_LINE_MAX_OCTETS, SMTP_INPUT_BUFFER_MAX_OCTETS};

/// The unprocessed input of a session.
#[derive(Debug, Default)]
pub struct Input {
    octets: Vec<u8>,
    /// Where the unprocessed part begins; moved on instead of shifting the rest for each line.
    start: usize,
    /// Octets dropped so far of a line that is too long.
    dropped: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line, without CRLF.
    Whole(&'a [u8]),
    /// The line passed [`SMTP_COMMAND_LINE_MAX_OCTETS`]; what is left of it is dropped as it comes.
    TooLong,
    /// A line that passed [`SMTP_INPUT_BUFFER_MAX_OCTETS`] without an end.
    Endless,
    /// More input is needed.
    None,
}

impl Input {
    pub fn push(&mut self, octets: &[u8]) {
        if self.start > 0 {
            self.octets.drain(..self.start);
            self.start = 0;
        }
        self.octets.extend_from_slice(octets);
    }

    /// Unprocessed octets.
    pub fn rest(&self) -> &[u8] {
        &self.octets[self.start..]
    }

    pub fn used(&mut self, octets: usize) {
        self.start += octets;
        if self.start >= self.octets.len() {
            self.octets.clear();
            self.start = 0;
        }
    }

    pub fn clear(&mut self) {
        *self = Input::default();
    }

    /// Gives memory back that a message needed and an idle session does not.
    pub fn shrink(&mut self) {
        if self.octets.is_empty() {
            self.octets = Vec::new();
        }
    }

    /// The next command line. Only CRLF ends one: RFC 5321 section 2.3.8 forbids to take a bare CR or LF for a line end.
    pub fn line(&mut self) -> Line<'_> {
        if self.dropped.is_some() {
            return self.drop_line();
        }
        let rest = &self.octets[self.start..];
        let window = &rest[..rest.len().min(SMTP_COMMAND_LINE_MAX_OCTETS)];
        match find_crlf(window) {
            Some(end) => {
                let from = self.start;
                // Not `used`: the line is still looked at, the octets stay until the next push or line.
                self.start += end + 2;
                Line::Whole(&self.octets[from..from + end])
            }
            None if rest.len() >= SMTP_COMMAND_LINE_MAX_OCTETS => {
                self.dropped = Some(0);
                Line::TooLong
            }
            None => Line::None,
        }
    }

    fn drop_line(&mut self) -> Line<'_> {
        let rest = self.rest();
        let so_far = self.dropped.unwrap_or(0);
        let (drop, ended) = match find_crlf(rest) {
            Some(end) => (end + 2, true),
            // A CR at the end stays: its LF may come next.
            None => (rest.len() - usize::from(rest.ends_with(b"\r")), false),
        };
        if so_far + drop > SMTP_INPUT_BUFFER_MAX_OCTETS {
            return Line::Endless;
        }
        self.used(drop);
        self.dropped = if ended { None } else { Some(so_far + drop) };
        if ended { self.line() } else { Line::None }
    }
}

fn find_crlf(octets: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', octets).find(|at| *at > 0 && octets[at - 1] == b'\r').map(|at| at - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(cuts: &[&[u8]]) -> Vec<String> {
        let mut input = Input::default();
        let mut lines = Vec::new();
        for cut in cuts {
            input.push(cut);
            loop {
                lines.push(match input.line() {
                    Line::Whole(line) => line.escape_ascii().to_string(),
                    Line::TooLong => "TOO LONG".to_owned(),
                    Line::Endless => return [lines, vec!["ENDLESS".to_owned()]].concat(),
                    Line::None => break,
                });
            }
        }
        lines
    }

    fn check(octets: &[u8], expected: &[&str]) {
        assert_eq!(lines(&[octets]), expected, "whole");
        let single: Vec<&[u8]> = octets.chunks(1).collect();
        assert_eq!(lines(&single), expected, "octet by octet");
    }

    #[test]
    fn only_crlf_ends_a_line() {
        check(b"NOOP\r\nQUIT\r\nrest", &["NOOP", "QUIT"]);
        check(b"NOOP\nQUIT\rRSET\r\r\n", &["NOOP\\nQUIT\\rRSET\\r"]);
        check(b"\r\n\r\n", &["", ""]);
        check(b"\n\r\n", &["\\n"]);
    }

    #[test]
    fn long_lines_are_dropped_to_their_end() {
        let longest = "a".repeat(SMTP_COMMAND_LINE_MAX_OCTETS - 2);
        check(format!("{longest}\r\nQUIT\r\n").as_bytes(), &[&longest, "QUIT"]);
        check(format!("{longest}b\r\nQUIT\r\n").as_bytes(), &["TOO LONG", "QUIT"]);
        check(format!("{longest}\n\r\rMAIL\nX\r\nQUIT\r\n").as_bytes(), &["TOO LONG", "QUIT"]);
        check("a".repeat(SMTP_INPUT_BUFFER_MAX_OCTETS).as_bytes(), &["TOO LONG"]);
        check("a".repeat(2 * SMTP_INPUT_BUFFER_MAX_OCTETS).as_bytes(), &["TOO LONG", "ENDLESS"]);
    }

    #[test]
    fn holds_no_more_than_a_line() {
        let mut input = Input::default();
        for _ in 0..10 {
            input.push(&[b'a'; 4096]);
            while !matches!(input.line(), Line::None) {}
            assert!(input.rest().len() < SMTP_COMMAND_LINE_MAX_OCTETS);
        }
    }
}
