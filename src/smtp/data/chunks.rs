//! The receiving side of BDAT: chunks of counted octets to content (RFC 3030).
//!
//! The count alone ends a message, so nothing inside can. What is inside goes on by DATA all the same, where lines have a meaning:
//! chunks are held to the same rules as DATA.

use super::content::{Content, Defect, Rules};

/// Collects the chunks of one message.
///
/// One thing is made right instead of refused: a message whose last line has no CRLF gets one, which DATA could not leave out either.
#[derive(Debug)]
pub struct ChunkReceiver {
    place: Place,
    content: Content,
}

/// What the last octets were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    Line,
    Cr,
}

/// What [`ChunkReceiver::receive`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkStep {
    /// All input is used.
    More,
    /// A piece is full: take it, then call again with the rest.
    PieceFull,
    /// A defect was found: the content so far is worthless. Reported once; all input counts as used.
    Defective,
}

impl ChunkReceiver {
    /// The rules are for the content of all chunks together.
    pub fn new(rules: Rules) -> ChunkReceiver {
        ChunkReceiver { place: Place::LineStart, content: Content::new(rules) }
    }

    pub fn defect(&self) -> Option<Defect> {
        self.content.defect()
    }

    /// The content collected since the last call.
    pub fn take_piece(&mut self) -> Vec<u8> {
        self.content.take_piece()
    }

    /// Uses octets from the front of `input`, all of which belong to the message; says how many, and why it stopped there.
    pub fn receive(&mut self, input: &[u8]) -> (usize, ChunkStep) {
        let mut used = 0;
        while used < input.len() {
            if !self.content.is_sound() {
                return (input.len(), ChunkStep::More);
            }
            if self.content.room() == 0 {
                return (used, ChunkStep::PieceFull);
            }
            // No more than the piece has room for, so that content is cut at the same places however it came.
            let window = &input[used..][..(input.len() - used).min(self.content.room())];
            used += window.len();
            self.scan(window);
            if !self.content.is_sound() {
                return (input.len(), ChunkStep::Defective);
            }
        }
        (used, ChunkStep::More)
    }

    /// The last chunk was the last. Call [`ChunkReceiver::take_piece`] after it.
    pub fn finish(&mut self) {
        match self.place {
            Place::LineStart => (),
            Place::Line => self.content.keep(b"\r\n"),
            Place::Cr => self.content.spoil(b""),
        }
        self.place = Place::LineStart;
    }

    fn scan(&mut self, window: &[u8]) {
        let mut at = 0;
        while at < window.len() {
            match (self.place, window[at]) {
                (Place::Cr, b'\n') => self.place = Place::LineStart,
                (Place::Cr, _) | (_, b'\n' | 0) => return self.content.spoil(&window[..at]),
                (_, b'\r') => self.place = Place::Cr,
                _ => {
                    self.place = Place::Line;
                    at += memchr::memchr3(b'\r', b'\n', 0, &window[at..]).unwrap_or(window.len() - at);
                    continue;
                }
            }
            at += 1;
        }
        self.content.keep(window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BODY_PIECE_OCTETS;

    fn run<'a>(octets_max: u64, cuts: impl Iterator<Item = &'a [u8]>) -> (Result<Vec<u8>, Defect>, Vec<usize>) {
        let mut receiver = ChunkReceiver::new(Rules::size(octets_max));
        let (mut content, mut pieces) = (Vec::new(), Vec::new());
        for mut cut in cuts {
            loop {
                let (used, step) = receiver.receive(cut);
                cut = &cut[used..];
                match step {
                    ChunkStep::More => break,
                    ChunkStep::PieceFull => {
                        let piece = receiver.take_piece();
                        pieces.push(piece.len());
                        content.extend(piece);
                    }
                    ChunkStep::Defective => assert!(cut.is_empty()),
                }
            }
        }
        receiver.finish();
        content.extend(receiver.take_piece());
        (receiver.defect().map_or(Ok(content), Err), pieces)
    }

    fn check_max(octets_max: u64, octets: &[u8], expected: Result<&[u8], Defect>) {
        let expected = expected.map(<[u8]>::to_vec);
        assert_eq!(run(octets_max, [octets].into_iter()).0, expected, "whole: {:?}", octets.escape_ascii().to_string());
        assert_eq!(run(octets_max, octets.chunks(1)).0, expected, "octets: {:?}", octets.escape_ascii().to_string());
        for at in 0..octets.len() {
            let (one, other) = octets.split_at(at);
            assert_eq!(run(octets_max, [one, other].into_iter()).0, expected, "cut at {at}: {:?}", octets.escape_ascii().to_string());
        }
    }

    fn check(octets: &[u8], expected: Result<&[u8], Defect>) {
        check_max(u64::MAX, octets, expected);
    }

    #[test]
    fn dots_are_content() {
        check(b"", Ok(b""));
        check(b"a\r\n.\r\nb\r\n", Ok(b"a\r\n.\r\nb\r\n"));
        check(b"..\r\n", Ok(b"..\r\n"));
    }

    #[test]
    fn a_last_line_gets_its_end() {
        check(b"a", Ok(b"a\r\n"));
        check(b"a\r\n.", Ok(b"a\r\n.\r\n"));
        check(b"a\r", Err(Defect::LineEnds));
    }

    #[test]
    fn line_ends_are_held_to_the_rules_of_data() {
        for bad in [&b"a\nb\r\n"[..], b"a\rb\r\n", b"\n", b"\r\r\n", b"a\0\r\n", b"a\r\n.\n", b"a\r\n.\r\r\n", b"\r\n\n"] {
            check(bad, Err(Defect::LineEnds));
        }
    }

    #[test]
    fn the_limit_counts_content() {
        check_max(5, b"abc\r\n", Ok(b"abc\r\n"));
        check_max(5, b"abcd\r\n", Err(Defect::TooBig));
        check_max(5, b"abcd", Err(Defect::TooBig));
        check_max(9, b"abcdefgh\n\r\n", Err(Defect::LineEnds));
        check_max(3, b"abcdefgh\n\r\n", Err(Defect::TooBig));
    }

    #[test]
    fn pieces_are_bounded_and_the_same_however_cut() {
        let octets = b"plain line of text\r\n".repeat(10_000);
        let whole = run(u64::MAX, [&octets[..]].into_iter());
        assert!(whole.1.iter().all(|size| *size == BODY_PIECE_OCTETS) && !whole.1.is_empty());
        assert_eq!(run(u64::MAX, octets.chunks(1)), whole);
        assert_eq!(run(u64::MAX, octets.chunks(4099)), whole);
        assert_eq!(whole.0.as_deref(), Ok(&octets[..]));
    }
}
