//! The sending side: content to raw octets, with the final dot.

/// Stuffs dots and makes sure that every line end is CRLF.
///
/// RFC 5321 section 4.5.2. A bare CR or LF becomes CRLF *before* the dots are looked at: otherwise a next server that
/// takes it for a line end would see an end of data that we did not (SMTP smuggling).
#[derive(Debug)]
pub struct Stuffer {
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    Line,
    /// A CR came last; it is written when it is known what follows.
    Cr,
}

impl Stuffer {
    pub fn new() -> Stuffer {
        Stuffer { place: Place::LineStart }
    }

    /// Appends `content` in raw form to `raw`.
    pub fn push(&mut self, content: &[u8], raw: &mut Vec<u8>) {
        raw.reserve(content.len() + content.len() / 64 + 2);
        let (mut at, mut kept) = (0, 0);
        while at < content.len() {
            match self.place {
                Place::Line => match memchr::memchr2(b'\r', b'\n', &content[at..]) {
                    None => at = content.len(),
                    Some(offset) => {
                        at += offset;
                        raw.extend_from_slice(&content[kept..at]);
                        kept = at + 1;
                        if content[at] == b'\r' {
                            self.place = Place::Cr
                        } else {
                            self.end_line(raw)
                        }
                        at += 1;
                    }
                },
                Place::Cr => {
                    if content[at] == b'\n' {
                        at += 1;
                        kept = at;
                    }
                    self.end_line(raw);
                }
                Place::LineStart => {
                    if content[at] == b'.' {
                        raw.push(b'.');
                    }
                    self.place = Place::Line;
                }
            }
        }
        raw.extend_from_slice(&content[kept..]);
    }

    /// The final dot, on a line of its own. The stuffer is as new afterwards.
    pub fn finish(&mut self, raw: &mut Vec<u8>) {
        if self.place != Place::LineStart {
            self.end_line(raw);
        }
        raw.extend_from_slice(b".\r\n");
    }

    fn end_line(&mut self, raw: &mut Vec<u8>) {
        raw.extend_from_slice(b"\r\n");
        self.place = Place::LineStart;
    }
}

impl Default for Stuffer {
    fn default() -> Self {
        Stuffer::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::data::{Receiver, Rules, Step};

    fn stuffed<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut stuffer, mut raw) = (Stuffer::new(), Vec::new());
        cuts.for_each(|cut| stuffer.push(cut, &mut raw));
        stuffer.finish(&mut raw);
        raw
    }

    fn check(content: &[u8], expected: &[u8]) {
        for at in 0..=content.len() {
            let (one, other) = content.split_at(at);
            let raw = stuffed([one, other].into_iter());
            assert_eq!(raw.escape_ascii().to_string(), expected.escape_ascii().to_string(), "cut at {at}");
        }
        assert_eq!(stuffed(content.chunks(1)), expected, "octet by octet");
    }

    #[test]
    fn stuffs_dots() {
        check(b"", b".\r\n");
        check(b"a\r\n", b"a\r\n.\r\n");
        check(b".\r\n..\r\na.b\r\n", b"..\r\n...\r\na.b\r\n.\r\n");
    }

    #[test]
    fn line_ends_are_crlf() {
        check(b"no end", b"no end\r\n.\r\n");
        check(b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n");
        check(b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n");
        check(b"a\r\n.\r\r\n", b"a\r\n..\r\n\r\n.\r\n");
        check(b"a\n\r\n", b"a\r\n\r\n.\r\n");
        check(b"\r", b"\r\n.\r\n");
        check(b"\n.", b"\r\n..\r\n.\r\n");
    }

    #[test]
    fn a_receiver_gets_back_what_was_stuffed() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..200 {
            let mut content = Vec::new();
            for _ in 0..random.usize(0..30) {
                content.extend_from_slice([&b"."[..], b"..", b"text", b"\r\n"][random.usize(0..4)]);
            }
            content.extend_from_slice(b"\r\n");
            let raw = stuffed([&content[..]].into_iter());
            let mut receiver = Receiver::new(Rules::size(u64::MAX));
            assert_eq!(receiver.receive(&raw), (raw.len(), Step::End), "seed {seed}");
            assert_eq!(receiver.take_piece(), content, "seed {seed}");
        }
    }
}
