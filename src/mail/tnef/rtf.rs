//! Rich text as Outlook packs it: uncompressed (MS-OXRTFCP), and its words taken out.

use super::{Octets, charset};

// MS-OXRTFCP section 2.1.2.1: the dictionary begins with what every rich text has.
const BEGINNING: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const COMPRESSED: u32 = 0x7546_5A4C;
const STORED: u32 = 0x414C_454D;
const DICTIONARY: usize = 4096;

/// The rich text, at most `max_octets` of it. None if the head is none.
pub(super) fn uncompress(data: &[u8], max_octets: usize) -> Option<Vec<u8>> {
    let mut rest = Octets(data);
    let _size = rest.u32()?;
    let raw_size = usize::try_from(rest.u32()?).ok()?.min(max_octets);
    let kind = rest.u32()?;
    let _checksum = rest.u32()?;
    match kind {
        STORED => Some(rest.0[..raw_size.min(rest.0.len())].to_vec()),
        COMPRESSED => Some(inflate(rest.0, raw_size)),
        _ => None,
    }
}

fn inflate(mut data: &[u8], raw_size: usize) -> Vec<u8> {
    let mut dictionary = [b' '; DICTIONARY];
    dictionary[..BEGINNING.len()].copy_from_slice(BEGINNING);
    let mut write = BEGINNING.len();
    let mut out = Vec::new();
    let mut put = |byte: u8, write: &mut usize, dictionary: &mut [u8; DICTIONARY]| {
        dictionary[*write] = byte;
        *write = (*write + 1) % DICTIONARY;
        out.push(byte);
        out.len() >= raw_size
    };
    // A control octet, and a run of eight literals or references, the lowest bit first (section 2.2.2.1).
    'runs: while let Some((&control, rest)) = data.split_first() {
        data = rest;
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some((&literal, rest)) = data.split_first() else { break 'runs };
                data = rest;
                if put(literal, &mut write, &mut dictionary) {
                    break 'runs;
                }
            } else {
                let [high, low, rest @ ..] = data else { break 'runs };
                data = rest;
                let reference = usize::from(u16::from_be_bytes([*high, *low]));
                let (offset, length) = (reference >> 4, (reference & 0xF) + 2);
                if offset == write {
                    break 'runs;
                }
                for step in 0..length {
                    let byte = dictionary[(offset + step) % DICTIONARY];
                    if put(byte, &mut write, &mut dictionary) {
                        break 'runs;
                    }
                }
            }
        }
    }
    out
}

/// The words of a rich text, at most about `max_octets`. Of one that was made from HTML (MS-OXRTFEX) the words of the HTML.
pub(super) fn text(rtf: &[u8], max_octets: usize) -> String {
    let mut reader = Reader { rest: rtf, out: String::new(), pending: Vec::new(), codepage: 1252, groups: vec![Group::default()], skip: 0 };
    while reader.out.len() < max_octets && reader.step().is_some() {}
    reader.flush();
    reader.out.trim().to_owned()
}

// Groups that are nested deeper than this are read as if they were not nested.
const DEPTH_MAX: usize = 500;

#[derive(Clone, Copy)]
struct Group {
    // Its words are not for people: fonts, colours, pictures.
    hidden: bool,
    // Between `\htmlrtf` and `\htmlrtf0`: only for those who cannot read the HTML.
    rtf_only: bool,
    // Octets that follow each `\u`, for old readers.
    unicode_skip: usize,
}

impl Default for Group {
    fn default() -> Group {
        Group { hidden: false, rtf_only: false, unicode_skip: 1 }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    out: String,
    // 8-bit text that waits to be decoded as a whole: a character may take two octets.
    pending: Vec<u8>,
    codepage: u32,
    groups: Vec<Group>,
    skip: usize,
}

impl Reader<'_> {
    fn step(&mut self) -> Option<()> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        match byte {
            b'{' if self.groups.len() < DEPTH_MAX => self.groups.push(self.group()),
            b'}' if self.groups.len() > 1 => {
                self.groups.pop();
            }
            b'{' | b'}' | b'\r' | b'\n' | 0 => {}
            b'\\' => self.control()?,
            byte => self.octet(byte),
        }
        Some(())
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or_default()
    }

    fn change(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn control(&mut self) -> Option<()> {
        let (&first, rest) = self.rest.split_first()?;
        if first.is_ascii_alphabetic() {
            self.word();
            return Some(());
        }
        self.rest = rest;
        match first {
            b'\'' => {
                let digits = self.rest.get(..2)?;
                self.rest = &self.rest[2..];
                let value = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if let Some(value) = value {
                    self.octet(value);
                }
            }
            b'*' => self.change(|group| group.hidden = true),
            b'~' => self.octet(b' '),
            b'_' => self.octet(b'-'),
            b'\r' | b'\n' => self.push('\n'),
            b'{' | b'}' | b'\\' => self.octet(first),
            _ => {}
        }
        Some(())
    }

    fn word(&mut self) {
        let name_end = self.rest.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(name_end);
        let digits = rest.iter().enumerate().take(11).take_while(|(at, b)| b.is_ascii_digit() || *at == 0 && **b == b'-').count();
        let (number, rest) = rest.split_at(digits);
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let number: Option<i64> = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        match name {
            b"par" | b"line" | b"row" | b"sect" | b"page" => self.push('\n'),
            b"tab" | b"cell" => self.push('\t'),
            b"emdash" => self.push('—'),
            b"endash" => self.push('–'),
            b"bullet" => self.push('•'),
            b"lquote" => self.push('‘'),
            b"rquote" => self.push('’'),
            b"ldblquote" => self.push('“'),
            b"rdblquote" => self.push('”'),
            b"ansicpg" => self.codepage = number.and_then(|page| u32::try_from(page).ok()).unwrap_or(1252),
            b"uc" => self.change(|group| group.unicode_skip = number.and_then(|skip| usize::try_from(skip).ok()).unwrap_or(1).min(8)),
            b"u" => {
                // Numbers above 32767 are written as negative ones.
                let unit = number.and_then(|number| u32::try_from(number.rem_euclid(0x1_0000)).ok()).and_then(char::from_u32);
                if let Some(c) = unit {
                    self.push(c);
                }
                self.skip = self.group().unicode_skip;
            }
            b"htmlrtf" => self.change(|group| group.rtf_only = number != Some(0)),
            b"bin" => {
                let length = number.and_then(|length| usize::try_from(length).ok()).unwrap_or_default().min(self.rest.len());
                self.rest = &self.rest[length..];
            }
            b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" | b"header" | b"footer" | b"listtable" => {
                self.change(|group| group.hidden = true);
            }
            _ => {}
        }
    }

    fn octet(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_shown() {
            self.pending.push(byte);
        }
    }

    fn push(&mut self, c: char) {
        if self.is_shown() {
            self.flush();
            self.out.push(c);
        }
    }

    fn is_shown(&self) -> bool {
        let group = self.group();
        !group.hidden && !group.rtf_only
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            self.out.push_str(&crate::mail::parse::decoded(&pending, charset(self.codepage).as_deref()));
        }
    }
}
