//! A message without the bulk of its attachments: pure.
//!
//! The names of attachments stand between megabytes of base64. Long runs of such lines are cut short while the message goes by in
//! pieces, so that all parts' header fields are met without holding the message. A text in base64 stays whole as far as it can be found.

use crate::limits::{SEARCH_ENCODED_MAX_OCTETS, SEARCH_READ_MAX_OCTETS};

/// A line that goes on for longer than this is taken in parts, in octets.
const LINE_MAX_OCTETS: usize = 64 * 1024;
/// RFC 2045 section 6.8 writes 76 characters a line; a shorter line may be a word.
const ENCODED_LINE_MIN_OCTETS: usize = 40;

#[derive(Default)]
pub struct Condensed {
    kept: Vec<u8>,
    /// The beginning of a line whose end is in the next piece.
    begun: Vec<u8>,
    /// Octets of encoded lines without another in between.
    run: usize,
}

impl Condensed {
    /// Takes the next piece; false once there is no room for more.
    pub fn push(&mut self, piece: &[u8]) -> bool {
        for part in piece.split_inclusive(|octet| *octet == b'\n') {
            let is_whole = part.ends_with(b"\n");
            if self.begun.is_empty() && is_whole {
                self.line(part);
                continue;
            }
            self.begun.extend_from_slice(part);
            if is_whole || self.begun.len() >= LINE_MAX_OCTETS {
                let line = std::mem::take(&mut self.begun);
                self.line(&line);
            }
        }
        self.kept.len() < SEARCH_READ_MAX_OCTETS
    }

    pub fn finish(mut self) -> Vec<u8> {
        let line = std::mem::take(&mut self.begun);
        self.line(&line);
        self.kept
    }

    fn line(&mut self, line: &[u8]) {
        self.run = if is_encoded(line) { self.run + line.len() } else { 0 };
        if self.run <= SEARCH_ENCODED_MAX_OCTETS {
            let room = SEARCH_READ_MAX_OCTETS.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&line[..line.len().min(room)]);
        }
    }
}

fn is_encoded(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.len() >= ENCODED_LINE_MIN_OCTETS && line.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condensed(message: &[u8], piece: usize) -> Vec<u8> {
        let mut condensed = Condensed::default();
        for piece in message.chunks(piece) {
            if !condensed.push(piece) {
                break;
            }
        }
        condensed.finish()
    }

    #[test]
    fn what_is_small_stays_as_it_is() {
        let message = format!("Subject: x\r\n\r\ntext\r\n{}\r\nno end", "QUJD".repeat(19));
        for piece in 1..40 {
            assert_eq!(condensed(message.as_bytes(), piece), message.as_bytes(), "pieces of {piece}");
        }
        assert!(condensed(b"", 1).is_empty());
    }

    #[test]
    fn long_encoded_runs_are_cut_and_what_is_between_stays() {
        let run = format!("{}\r\n", "QUJD".repeat(19)).repeat(100_000);
        let message = format!("--b\r\nname=one\r\n\r\n{run}--b\r\nname=two\r\n\r\n{run}--b--\r\n");
        let short = condensed(message.as_bytes(), 256 * 1024);
        let text = String::from_utf8(short).unwrap();
        assert!(text.len() < 2 * SEARCH_ENCODED_MAX_OCTETS + 200 && text.len() > SEARCH_ENCODED_MAX_OCTETS, "{}", text.len());
        assert!(text.contains("name=one") && text.contains("name=two") && text.ends_with("--b--\r\n"));
        assert_eq!(condensed(message.as_bytes(), 100_003), text.as_bytes(), "wherever the pieces end");
    }

    #[test]
    fn there_is_a_bound_for_everything_else() {
        assert_eq!(condensed(&b"word ".repeat(2_000_000), 256 * 1024).len(), SEARCH_READ_MAX_OCTETS);
        assert_eq!(condensed(&b"a line\r\n".repeat(2_000_000), 256 * 1024).len(), SEARCH_READ_MAX_OCTETS);
    }
}
