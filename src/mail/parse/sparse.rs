//! A message with its long stretches of base64 left where they lie: a large attachment is never whole in memory.
//!
//! What is left out are lines that hold nothing but letters of base64. Such a line is no delimiter, no field and no empty line, and the first and
//! the last line of each stretch stay: so the walk over the parts finds the same as in the whole message. The header stays whole.
//! Stretches have letters of a multiple of four, so that what they decode to has a known size.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use super::Letter;
use super::decode::{Encoding, is_base64_line};
use crate::limits::{SPARSE_FROM_OCTETS, SPARSE_GAP_MIN_OCTETS};
use crate::mail::Blob;

/// A message for [`Letter`], and where the rest of it lies.
pub struct Sparse {
    kept: Vec<u8>,
    gaps: Vec<Gap>,
    whole: Blob,
    /// The line ends of what was kept are those of the whole.
    is_exact: bool,
}

/// A stretch that was left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Behind so many octets of what was kept.
    at: usize,
    octets: u64,
    letters: u64,
}

// Of a line, so much is looked at at a time; lines of base64 have 76 letters (RFC 2045 section 6.8).
const LINE_OCTETS: u64 = 1000;
const READ_OCTETS: usize = 64 * 1024;

impl Sparse {
    /// Reads a message, all of it if it is small ([`SPARSE_FROM_OCTETS`]).
    ///
    /// # Errors
    /// Of the disk.
    pub fn read(whole: Blob) -> io::Result<Sparse> {
        let gap_min = if whole.len() < SPARSE_FROM_OCTETS { usize::MAX } else { SPARSE_GAP_MIN_OCTETS };
        Sparse::read_with(whole, gap_min)
    }

    pub(in crate::mail) fn read_with(whole: Blob, gap_min: usize) -> io::Result<Sparse> {
        let sparse = match gap_min {
            usize::MAX => Sparse { kept: whole.bytes()?, gaps: Vec::new(), whole, is_exact: true },
            _ => Reading { kept: Vec::new(), gaps: Vec::new(), stretch: None, gap_min }.read(whole)?,
        };
        let normal = match super::normal(&sparse.kept) {
            Cow::Borrowed(_) => return Ok(sparse),
            // Offsets would be wrong then; hardly any message is like this.
            Cow::Owned(_) if !sparse.gaps.is_empty() => super::normal(&sparse.whole.bytes()?).into_owned(),
            Cow::Owned(normal) => normal,
        };
        Ok(Sparse { kept: normal, gaps: Vec::new(), whole: sparse.whole, is_exact: false })
    }

    /// As it came.
    pub fn whole(&self) -> &Blob {
        &self.whole
    }

    pub fn letter(&self) -> Letter<'_> {
        let mut letter = Letter::new(&self.kept);
        if self.is_exact {
            letter.leave_out(self);
        }
        letter
    }

    /// What was left out of a part of what was kept.
    pub(super) fn gaps_in(&self, part: &[u8]) -> &[Gap] {
        let (from, to) = self.range(part);
        let first = self.gaps.partition_point(|gap| gap.at <= from);
        let last = self.gaps.partition_point(|gap| gap.at < to);
        self.gaps.get(first..last).unwrap_or_default()
    }

    /// The same part, with what was left out.
    pub(super) fn blob(&self, part: &[u8]) -> Blob {
        let (from, to) = self.range(part);
        let before: u64 = self.gaps.iter().take_while(|gap| gap.at <= from).map(|gap| gap.octets).sum();
        let inside: u64 = self.gaps_in(part).iter().map(|gap| gap.octets).sum();
        self.whole.slice(from as u64 + before..to as u64 + before + inside)
    }

    // `part` is one of what was kept: all that a walk gives is.
    fn range(&self, part: &[u8]) -> (usize, usize) {
        let from = (part.as_ptr() as usize).saturating_sub(self.kept.as_ptr() as usize).min(self.kept.len());
        (from, (from + part.len()).min(self.kept.len()))
    }
}

impl Gap {
    pub fn octets(self) -> u64 {
        self.octets
    }

    /// In octets.
    pub fn decoded(self, encoding: Encoding) -> u64 {
        match encoding {
            Encoding::Base64 => self.letters / 4 * 3,
            // Nothing in it stands for anything else.
            Encoding::Identity | Encoding::QuotedPrintable => self.octets,
        }
    }
}

struct Reading {
    kept: Vec<u8>,
    gaps: Vec<Gap>,
    stretch: Option<Stretch>,
    gap_min: usize,
}

/// Lines of base64, one after the other, behind the first.
struct Stretch {
    /// Where it begins in what was kept.
    from: usize,
    letters: u64,
    /// When it is long: the gap, and its last line with the letters in it.
    long: Option<(Gap, Vec<u8>, u64)>,
}

impl Reading {
    fn read(mut self, whole: Blob) -> io::Result<Sparse> {
        let mut text = BufReader::with_capacity(READ_OCTETS, whole.reader());
        let (mut line, mut in_header, mut begins) = (Vec::new(), true, true);
        loop {
            line.clear();
            if (&mut text).take(LINE_OCTETS).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let letters = if begins && !in_header { is_base64_line(&line) } else { None };
            in_header &= !(begins && matches!(line.as_slice(), b"\n" | b"\r\n"));
            begins = line.ends_with(b"\n");
            match letters.filter(|letters| letters % 4 == 0) {
                Some(letters) => self.base64(&line, letters),
                None => {
                    self.end_stretch();
                    self.kept.extend_from_slice(&line);
                }
            }
        }
        self.end_stretch();
        self.kept.shrink_to_fit();
        Ok(Sparse { kept: self.kept, gaps: self.gaps, whole, is_exact: true })
    }

    fn base64(&mut self, line: &[u8], letters: u64) {
        let Some(stretch) = &mut self.stretch else {
            self.kept.extend_from_slice(line);
            self.stretch = Some(Stretch { from: self.kept.len(), letters: 0, long: None });
            return;
        };
        if let Some((gap, last, last_letters)) = &mut stretch.long {
            gap.octets += last.len() as u64;
            gap.letters += *last_letters;
            last.clear();
            last.extend_from_slice(line);
            *last_letters = letters;
            return;
        }
        let octets = self.kept.len() - stretch.from;
        if octets >= self.gap_min {
            let gap = Gap { at: stretch.from, octets: octets as u64, letters: stretch.letters };
            self.kept.truncate(stretch.from);
            stretch.long = Some((gap, line.to_vec(), letters));
        } else {
            self.kept.extend_from_slice(line);
            stretch.letters += letters;
        }
    }

    fn end_stretch(&mut self) {
        if let Some((gap, last, _)) = self.stretch.take().and_then(|stretch| stretch.long) {
            self.gaps.push(gap);
            self.kept.extend_from_slice(&last);
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine as _};

    use super::*;

    const SIZE: usize = 3 * 1024 * 1024 + 1;

    fn lines(content: &[u8], end: &str) -> String {
        let text = BASE64_STANDARD.encode(content);
        text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned() + end).collect()
    }

    fn message(end: &str) -> (String, Vec<u8>) {
        let content: Vec<u8> = (0..SIZE).map(|at| (at * 7 + at / 251) as u8).collect();
        let file = lines(&content, end);
        let text = format!(
            "Subject: large{end}Content-Type: multipart/mixed; boundary=b{end}{end}--b{end}{end}words{end}--b{end}\
             Content-Type: application/pdf{end}Content-Transfer-Encoding: base64{end}{end}{file}--b{end}\
             Content-Type: message/rfc822{end}{end}Subject: inner{end}Content-Type: image/png{end}Content-Transfer-Encoding: base64{end}{end}{file}{end}--b{end}\
             Content-Transfer-Encoding: base64{end}{end}{}{end}--b--{end}",
            lines(&b"more words\n".repeat(200_000), end)
        );
        (text, content)
    }

    fn check(end: &str) {
        let (message, content) = message(end);
        let sparse = Sparse::read(message.clone().into_bytes().into()).unwrap();
        assert!(sparse.kept.len() < 10_000, "{} of {} octets are kept", sparse.kept.len(), message.len());
        let (letter, whole) = (sparse.letter(), Letter::new(message.as_bytes()));
        assert!(format!("{:?}", letter.opened()) == format!("{:?}", whole.opened()));
        assert!(letter.opened().text.starts_with("words\nmore words\n") && letter.opened().cut);
        let (about, file) = letter.file(0).unwrap();
        assert_eq!((about.size, file.len(), file.is_in_memory()), (SIZE, SIZE as u64, false));
        assert!(file.bytes().unwrap() == content);
        assert!(letter.attachment(0).unwrap().1 == content);
        // In pieces, and backwards.
        for at in [SIZE as u64 - 3, SIZE as u64 / 2, 5, 100_000, 0, SIZE as u64, u64::MAX] {
            let from = usize::try_from(at).unwrap().min(SIZE);
            assert!(content[from..].starts_with(&file.piece(at, 1000).unwrap()));
        }
        // A message inside lies where it lies, and its file with it.
        let inner = Sparse::read(crate::mail::nested::descend(&letter, 1).unwrap()).unwrap();
        assert!(inner.kept.len() < 1000 && inner.letter().file(0).unwrap().1.bytes().unwrap() == content);
    }

    #[test]
    fn large_messages_are_the_same_with_little_of_them_in_memory() {
        check("\r\n");
        check("\n");
    }

    #[test]
    fn small_and_odd_ones_are_whole() {
        let (message, _) = message("\r");
        let sparse = Sparse::read(message.clone().into_bytes().into()).unwrap();
        assert!(sparse.gaps.is_empty() && sparse.letter().opened().attachments.len() == 2);
        assert!(sparse.whole().bytes().unwrap() == message.as_bytes());
        // A header without an end, and a disk that fails.
        let endless = "QUJD\n".repeat(200_000);
        assert!(Sparse::read(endless.clone().into_bytes().into()).unwrap().kept == endless.as_bytes());
    }
}
