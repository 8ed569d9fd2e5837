//! Header fields, encoded and folded.
//!
//! mail-builder 0.4 was tried: it writes encoded words inside quotes (RFC 2047 section 5 forbids it), in words longer
//! than 75 characters, and takes the time for its boundaries.

use crate::mail::parse::Person;
use base64::prelude::{BASE64_STANDARD, Engine as _};

// RFC 5322 section 2.1.1.
const LINE_MAX_OCTETS: usize = 998;
const COLUMNS: usize = 76;

/// A header block that grows field by field.
pub(super) struct Fields {
    out: String,
}

impl Fields {
    pub fn new() -> Fields {
        Fields { out: String::new() }
    }

    /// A value that needs no encoding; folded at spaces.
    pub fn raw(&mut self, name: &str, value: &str) {
        self.folded(name, one_line(value).split(' ').filter(|word| !word.is_empty()));
    }

    /// A value that is already folded, e.g. with parameters.
    pub fn lines(&mut self, name: &str, first: &str, rest: &[String]) {
        let mut field = Folder::new(&mut self.out, name);
        field.word(first);
        for parameter in rest {
            field.out.push(';');
            field.column += 1;
            field.word(parameter);
        }
        field.end();
    }

    /// Unstructured text (RFC 5322 section 2.2.1), as encoded words where it must be.
    pub fn text(&mut self, name: &str, value: &str) {
        let value = one_line(value);
        let value = value.trim();
        if is_plain(value) {
            self.folded(name, value.split(' ').filter(|word| !word.is_empty()));
        } else {
            let words = encoded_words(value);
            self.folded(name, words.iter().map(String::as_str));
        }
    }

    /// Names and addresses; nothing for an empty list.
    pub fn persons(&mut self, name: &str, persons: &[Person]) {
        let persons: Vec<&Person> = persons.iter().filter(|person| !address(&person.address).is_empty()).collect();
        let mut words: Vec<String> = Vec::new();
        for (at, person) in persons.iter().enumerate() {
            let comma = if at + 1 < persons.len() { "," } else { "" };
            let name = one_line(&person.name);
            let address = address(&person.address);
            if name.trim().is_empty() {
                words.push(format!("{address}{comma}"));
            } else {
                words.extend(phrase(name.trim()));
                words.push(format!("<{address}>{comma}"));
            }
        }
        if !words.is_empty() {
            self.folded(name, words.iter().map(String::as_str));
        }
    }

    /// Message-IDs, each in angle brackets; nothing for an empty list.
    pub fn ids(&mut self, name: &str, ids: &[String]) {
        const ID_MAX_OCTETS: usize = 900;
        let is_id = |c: &char| !c.is_control() && !c.is_whitespace() && !"<>".contains(*c);
        let ids: Vec<String> = ids.iter().map(|id| id.chars().filter(is_id).collect::<String>()).collect();
        let ids: Vec<String> = ids.iter().filter(|id| !id.is_empty() && id.len() <= ID_MAX_OCTETS).map(|id| format!("<{id}>")).collect();
        if !ids.is_empty() {
            self.folded(name, ids.iter().map(String::as_str));
        }
    }

    pub fn finish(self) -> String {
        self.out
    }

    fn folded<'a>(&mut self, name: &str, words: impl Iterator<Item = &'a str>) {
        let mut field = Folder::new(&mut self.out, name);
        for word in words {
            field.word(word);
        }
        field.end();
    }
}

struct Folder<'o> {
    out: &'o mut String,
    column: usize,
    is_first: bool,
}

impl<'o> Folder<'o> {
    fn new(out: &'o mut String, name: &str) -> Folder<'o> {
        out.push_str(name);
        out.push(':');
        Folder { out, column: name.len() + 1, is_first: true }
    }

    fn word(&mut self, word: &str) {
        // The first word stays on the field's own line: some servers dislike a line of nothing but a name.
        if !self.is_first && self.column + 1 + word.len() > COLUMNS {
            self.out.push_str("\r\n");
            self.column = 0;
        }
        self.is_first = false;
        self.out.push(' ');
        self.out.push_str(word);
        self.column += 1 + word.len();
    }

    fn end(self) {
        self.out.push_str("\r\n");
    }
}

/// No line end and no other control character: what is left cannot begin a new field.
pub(super) fn one_line(value: &str) -> String {
    value.replace("\r\n", " ").chars().map(|c| if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

// ASCII words of a length that can be folded, and nothing that looks like an encoded word.
fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.contains("=?") && text.split(' ').all(|word| word.len() < LINE_MAX_OCTETS / 2) && !text.contains("  ")
}

/// RFC 2047 encoded words in UTF-8 and base64, each at most 75 characters and of whole characters.
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    const CHUNK_OCTETS: usize = 45;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(CHUNK_OCTETS);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (chunk, after) = rest.split_at(end);
        words.push(format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(chunk)));
        rest = after;
    }
    words
}

// RFC 5322 section 3.2.5: atoms, or a quoted string, or encoded words.
fn phrase(name: &str) -> Vec<String> {
    const QUOTED_MAX_OCTETS: usize = 200;
    let is_atoms = name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c));
    if !is_plain(name) || name.len() > QUOTED_MAX_OCTETS {
        encoded_words(name)
    } else if is_atoms {
        name.split(' ').map(str::to_owned).collect()
    } else {
        vec![format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))]
    }
}

// The bare address: nothing that could end it and begin something else. Spaces and commas may stand in quotes.
fn address(address: &str) -> String {
    const ADDRESS_MAX_OCTETS: usize = 320;
    let whole: String = address.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect();
    let is_quoted = crate::mail::Address::parse(&whole).is_ok();
    let safe: String = whole.chars().filter(|c| is_quoted || !(c.is_whitespace() || ",;:()\"\\".contains(*c))).collect();
    if safe.len() <= ADDRESS_MAX_OCTETS { safe } else { String::new() }
}

/// A parameter of Content-Type or Content-Disposition, in pieces (RFC 2231 sections 3 and 4).
pub(in crate::mail) fn parameter(key: &str, value: &str) -> Vec<String> {
    const PIECE_OCTETS: usize = 54;
    let value = one_line(value);
    if value.is_ascii() && value.len() <= PIECE_OCTETS && !value.contains(['"', '\\', '%']) {
        return vec![format!("{key}=\"{value}\"")];
    }
    let mut pieces = vec![String::from("utf-8''")];
    for &byte in value.as_bytes() {
        // RFC 2231 section 7: attribute-char.
        let code =
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        match pieces.last_mut() {
            Some(last) if last.len() + code.len() <= PIECE_OCTETS => last.push_str(&code),
            _ => pieces.push(code),
        }
    }
    match pieces.as_slice() {
        [whole] => vec![format!("{key}*={whole}")],
        _ => pieces.iter().enumerate().map(|(at, piece)| format!("{key}*{at}*={piece}")).collect(),
    }
}
