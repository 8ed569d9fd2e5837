//! Watches the header block go by: its length and its `Received:` fields.

use super::Defect;
use crate::limits::{HEADER_BLOCK_MAX_OCTETS, RECEIVED_FIELDS_MAX};

const RECEIVED: &[u8] = b"received";

/// Fed with content (dot-unstuffed, CRLF line ends) in pieces of any size.
#[derive(Debug)]
pub struct HeaderWatch {
    open: bool,
    /// Of the block so far, with line ends and the empty line.
    octets: usize,
    received_fields: usize,
    line: Line,
}

/// Where in a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many octets of `received` have matched.
    Name(usize),
    /// The whole name has matched; RFC 5322 section 4.5.3 allows white space before the colon.
    Colon,
    /// Only a CR so far: the empty line, if LF follows.
    Cr,
    Rest,
}

impl HeaderWatch {
    pub fn new() -> HeaderWatch {
        HeaderWatch { open: true, octets: 0, received_fields: 0, line: Line::Name(0) }
    }

    /// The first limit that is passed, in the order of the octets; nothing is looked at after it.
    pub fn feed(&mut self, mut content: &[u8]) -> Option<Defect> {
        while self.open && !content.is_empty() {
            let used = if self.line == Line::Rest { self.skip_line(content) } else { self.one(content[0]) };
            self.octets += used;
            if self.octets > HEADER_BLOCK_MAX_OCTETS {
                return Some(Defect::HeaderTooBig);
            }
            if self.received_fields >= RECEIVED_FIELDS_MAX {
                return Some(Defect::Looping);
            }
            content = &content[used..];
        }
        None
    }

    fn skip_line(&mut self, content: &[u8]) -> usize {
        match memchr::memchr(b'\n', content) {
            Some(at) => {
                self.line = Line::Name(0);
                at + 1
            }
            None => content.len(),
        }
    }

    fn one(&mut self, octet: u8) -> usize {
        self.line = match (self.line, octet) {
            (Line::Name(0), b'\r') => Line::Cr,
            (Line::Cr, b'\n') => {
                self.open = false;
                Line::Rest
            }
            (Line::Name(matched), octet) if RECEIVED[matched] == octet.to_ascii_lowercase() => {
                if matched + 1 == RECEIVED.len() {
                    Line::Colon
                } else {
                    Line::Name(matched + 1)
                }
            }
            (Line::Colon, b' ' | b'\t') => Line::Colon,
            (Line::Colon, b':') => {
                self.received_fields += 1;
                Line::Rest
            }
            _ => Line::Rest,
        };
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, octets: usize, received_fields: usize) {
        let mut whole = HeaderWatch::new();
        assert_eq!(whole.feed(content.as_bytes()), None);
        assert_eq!((whole.octets, whole.received_fields), (octets, received_fields), "{content:?}");
        let mut single = HeaderWatch::new();
        content.as_bytes().chunks(1).for_each(|octet| assert_eq!(single.feed(octet), None));
        assert_eq!((single.octets, single.received_fields), (octets, received_fields), "octet by octet: {content:?}");
    }

    #[test]
    fn counts_fields_of_the_header_only() {
        check("Received: a\r\nreCEIved \t: b\r\n\r\nReceived: c\r\n", 30, 2);
        check("Received: a\r\n Received: folded\r\n", 32, 1);
        check("X-Received: a\r\nReceivedX: b\r\nReceived\r\n", 39, 0);
        check("\r\nReceived: body\r\n", 2, 0);
        check("", 0, 0);
    }
}
