//! The receiving side of DATA: raw octets after 354 to content.

use super::content::{Content, Defect, Rules};

/// What [`Receiver::receive`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All input is used; more is needed.
    More,
    /// A piece is full: take it, then call again with the rest.
    PieceFull,
    /// A defect was found: the content so far is worthless. Reported once; call again with the rest.
    Defective,
    /// CRLF.CRLF: the message has ended.
    End,
}

/// Finds the end of one message, removes the stuffed dots and collects pieces of [`crate::limits::BODY_PIECE_OCTETS`].
///
/// The pieces depend on the octets alone, never on how they were cut into calls.
#[derive(Debug)]
pub struct Receiver {
    place: Place,
    content: Content,
}

/// What the last octets were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After CRLF. RFC 5321 section 4.5.2: the first line may be the dot too, so a message starts here.
    LineStart,
    Line,
    Cr,
    /// A dot after CRLF.
    Dot,
    /// A dot and a CR after CRLF.
    DotCr,
}

impl Receiver {
    pub fn new(rules: Rules) -> Receiver {
        Receiver { place: Place::LineStart, content: Content::new(rules) }
    }

    pub fn defect(&self) -> Option<Defect> {
        self.content.defect()
    }

    /// The content collected since the last call.
    pub fn take_piece(&mut self) -> Vec<u8> {
        self.content.take_piece()
    }

    /// Uses octets from the front of `input`; says how many, and why it stopped there.
    pub fn receive(&mut self, input: &[u8]) -> (usize, Step) {
        let mut used = 0;
        loop {
            let sound = self.content.is_sound();
            if sound && self.content.room() == 0 {
                return (used, Step::PieceFull);
            }
            let rest = &input[used..];
            if rest.is_empty() {
                return (used, Step::More);
            }
            // No more than the piece has room for, so that content is cut at the same places however it came.
            let room = if sound { self.content.room() } else { rest.len() };
            let (scanned, ended) = self.scan(&rest[..rest.len().min(room)]);
            used += scanned;
            if sound && !self.content.is_sound() {
                return (used, Step::Defective);
            }
            if ended {
                return (used, Step::End);
            }
        }
    }

    /// Works in runs: `kept` is where the content begins that has been seen but not copied yet.
    fn scan(&mut self, window: &[u8]) -> (usize, bool) {
        let sound = self.content.is_sound();
        let (mut at, mut kept) = (0, 0);
        while at < window.len() {
            let octet = window[at];
            match self.place {
                Place::Line => match memchr::memchr3(b'\r', b'\n', 0, &window[at..]) {
                    None => at = window.len(),
                    Some(offset) => {
                        at += offset;
                        if window[at] == b'\r' {
                            self.place = Place::Cr;
                        } else {
                            // Bare LF or NUL: never a line end, so a dot that follows is not at the start of a line.
                            self.content.spoil(&window[kept..at]);
                        }
                        at += 1;
                    }
                },
                Place::LineStart if octet == b'.' => {
                    self.content.keep(&window[kept..at]);
                    at += 1;
                    kept = at;
                    self.place = Place::Dot;
                }
                Place::Dot if octet == b'\r' => {
                    at += 1;
                    kept = at;
                    self.place = Place::DotCr;
                }
                Place::Cr if octet == b'\n' => {
                    at += 1;
                    self.place = Place::LineStart;
                }
                Place::DotCr if octet == b'\n' => return (at + 1, true),
                Place::LineStart | Place::Dot => self.place = Place::Line,
                Place::Cr | Place::DotCr => {
                    self.content.spoil(&window[kept..at]);
                    self.place = Place::Line;
                }
            }
            if sound && !self.content.is_sound() {
                return (at, false);
            }
        }
        self.content.keep(&window[kept..]);
        (window.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{BODY_PIECE_OCTETS, HEADER_BLOCK_MAX_OCTETS, RECEIVED_FIELDS_MAX};

    /// What a message came to: its content or its defect, and what was left behind its end.
    #[derive(Debug, PartialEq, Eq)]
    struct Outcome {
        content: Result<Vec<u8>, Defect>,
        rest: Option<Vec<u8>>,
    }

    fn run<'a>(octets_max: u64, cuts: impl Iterator<Item = &'a [u8]>) -> Outcome {
        let mut receiver = Receiver::new(Rules::size(octets_max));
        let (mut content, mut rest, mut ended) = (Vec::new(), Vec::new(), false);
        for mut cut in cuts {
            while !ended {
                let (used, step) = receiver.receive(cut);
                cut = &cut[used..];
                match step {
                    Step::More => break,
                    Step::PieceFull => content.extend(receiver.take_piece()),
                    Step::Defective => content.clear(),
                    Step::End => ended = true,
                }
            }
            rest.extend_from_slice(if ended { cut } else { &[] });
        }
        content.extend(receiver.take_piece());
        Outcome { content: receiver.defect().map_or(Ok(content), Err), rest: ended.then_some(rest) }
    }

    /// The same, whole, cut in two everywhere, and octet by octet.
    fn check_max(octets_max: u64, raw: &[u8], content: Result<&[u8], Defect>, rest: Option<&[u8]>) {
        let expected = Outcome { content: content.map(<[u8]>::to_vec), rest: rest.map(<[u8]>::to_vec) };
        assert_eq!(run(octets_max, [raw].into_iter()), expected, "whole: {:?}", raw.escape_ascii().to_string());
        assert_eq!(run(octets_max, raw.chunks(1)), expected, "octets: {:?}", raw.escape_ascii().to_string());
        for at in 0..raw.len() {
            let (one, other) = raw.split_at(at);
            assert_eq!(run(octets_max, [one, other].into_iter()), expected, "cut at {at}: {:?}", raw.escape_ascii().to_string());
        }
    }

    fn check(raw: &[u8], content: Result<&[u8], Defect>, rest: Option<&[u8]>) {
        check_max(u64::MAX, raw, content, rest);
    }

    #[test]
    fn ends_and_dots() {
        check(b".\r\n", Ok(b""), Some(b""));
        check(b"a\r\n.\r\nQUIT\r\n", Ok(b"a\r\n"), Some(b"QUIT\r\n"));
        check(b"..\r\n.\r\n", Ok(b".\r\n"), Some(b""));
        check(b"...a.\r\n.b\r\n.\r\n", Ok(b"..a.\r\nb\r\n"), Some(b""));
        check(b"\r\n\r\n.\r\n", Ok(b"\r\n\r\n"), Some(b""));
        check(b"a.\r\n", Ok(b"a.\r\n"), None);
        check(b"a\r\n.", Ok(b"a\r\n"), None);
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends() {
        for end in
            [&b"\n.\n"[..], b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r.\r\n", b"\n\n.\r\r\n"]
        {
            let raw = [b"a", end, b"MAIL\r\n.\r\nrest"].concat();
            check(&raw, Err(Defect::LineEnds), Some(b"rest"));
            check(&[b"a", end].concat(), Err(Defect::LineEnds), None);
        }
    }

    #[test]
    fn the_limit_counts_content() {
        check_max(6, b"..abc\r\n.\r\n", Ok(b".abc\r\n"), Some(b""));
        check_max(5, b"..abc\r\n.\r\nx", Err(Defect::TooBig), Some(b"x"));
        check_max(5, b"abcdefgh\r\n..\r\n\n.\r\n.\r\nx", Err(Defect::TooBig), Some(b"x"));
        check_max(9, b"abcdefgh\n\r\n.\r\nx", Err(Defect::LineEnds), Some(b"x"));
        check_max(0, b".\r\n", Ok(b""), Some(b""));
    }

    #[test]
    fn headers_have_limits() {
        let looping = [b"Received: x\r\n".repeat(RECEIVED_FIELDS_MAX), b"\r\n.\r\n".to_vec()].concat();
        check(&looping, Err(Defect::Looping), Some(b""));
        check_max(388, &looping, Err(Defect::Looping), Some(b""));
        check_max(300, &looping, Err(Defect::TooBig), Some(b""));
        let passing = b"Received: x\r\n".repeat(RECEIVED_FIELDS_MAX - 1);
        check(&[&passing[..], b"\r\nReceived: x\r\n.\r\n"].concat(), Ok(&[&passing[..], b"\r\nReceived: x\r\n"].concat()), Some(b""));
        let long = [b"a: b\r\n".repeat(HEADER_BLOCK_MAX_OCTETS / 6 + 1), b"\r\n.\r\n".to_vec()].concat();
        assert_eq!(run(u64::MAX, [&long[..]].into_iter()).content, Err(Defect::HeaderTooBig));
        assert_eq!(run(u64::MAX, long.chunks(1)).content, Err(Defect::HeaderTooBig));
    }

    #[test]
    fn random_cuts_change_nothing() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..300 {
            let letters: &[&[u8]] = &[b"\r\n", b".", b"a", b"\r\n.", b"line of text", b"\r", b"\n", b"\0"];
            let spread = if random.bool() { 5 } else { letters.len() };
            let mut raw = Vec::new();
            (0..random.usize(0..40)).for_each(|_| raw.extend_from_slice(letters[random.usize(0..spread)]));
            raw.extend_from_slice(b"\r\n.\r\nrest");
            let whole = run(100, [&raw[..]].into_iter());
            let mut cuts = Vec::new();
            let mut left = &raw[..];
            while !left.is_empty() {
                let (cut, more) = left.split_at(random.usize(1..=left.len()));
                cuts.push(cut);
                left = more;
            }
            assert_eq!(run(100, cuts.into_iter()), whole, "seed {seed}: {:?}", raw.escape_ascii().to_string());
        }
    }

    #[test]
    fn pieces_are_bounded_and_the_same_however_cut() {
        let raw = [&b"..dotted\r\nplain line of text\r\n".repeat(10_000)[..], b".\r\n"].concat();
        let sizes = |cut: usize| {
            let mut receiver = Receiver::new(Rules::size(u64::MAX));
            let mut sizes = Vec::new();
            for mut part in raw.chunks(cut) {
                while let (used, Step::PieceFull) = receiver.receive(part) {
                    sizes.push(receiver.take_piece().len());
                    part = &part[used..];
                }
            }
            sizes.push(receiver.take_piece().len());
            sizes
        };
        let whole = sizes(raw.len());
        assert_eq!(whole.len(), 290_000_usize.div_ceil(BODY_PIECE_OCTETS));
        assert!(whole[..whole.len() - 1].iter().all(|size| *size == BODY_PIECE_OCTETS));
        assert_eq!(sizes(1), whole);
        assert_eq!(sizes(4099), whole);
    }
}
