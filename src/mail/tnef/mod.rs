//! `winmail.dat`: what Outlook packs a message into when it takes the other side for an Exchange server (MS-OXTNEF).
//!
//! [`unpack`] reads the stream, [`as_message`] writes what was in it as an ordinary message, so that everything that can show a message
//! can show this one. Broken streams give what could be read before they break. Work and memory are of the order of the input: lengths
//! in it are only ever compared with what is there.

mod message;
mod properties;
mod rtf;
#[cfg(test)]
mod tests;

pub use message::as_message;

use properties::{Properties, Property, Value};

use crate::limits::{TNEF_FILES_MAX, TNEF_RTF_MAX_OCTETS};

/// What was packed. All text is decoded.
#[derive(Debug, Default)]
pub struct Unpacked<'a> {
    /// Message class, e.g. `IPM.Note`.
    pub class: String,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Rich text, uncompressed.
    pub rtf: Option<Vec<u8>>,
    pub files: Vec<Packed<'a>>,
}

/// A file that was packed.
#[derive(Debug, Default)]
pub struct Packed<'a> {
    pub name: String,
    pub media_type: String,
    pub content_id: String,
    pub content: &'a [u8],
    /// The content is a message, packed once more.
    pub is_message: bool,
}

// MS-OXTNEF section 2.1.3.1 and 2.1.3.2.
const SIGNATURE: u32 = 0x223E_9F78;
/// The same as it stands at the beginning of a stream.
#[cfg(any(test, fuzzing))]
pub(super) const SIGNATURE_OCTETS: [u8; 4] = SIGNATURE.to_le_bytes();
const SUBJECT: u32 = 0x0001_8004;
const BODY: u32 = 0x0002_800C;
const MESSAGE_CLASS: u32 = 0x0007_8008;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const CODEPAGE: u32 = 0x0006_9007;
const FILE_BEGINS: u32 = 0x0006_9002;
const FILE_TITLE: u32 = 0x0001_8010;
const FILE_DATA: u32 = 0x0006_800F;
const FILE_PROPERTIES: u32 = 0x0006_9005;

/// Reads a stream. None if it is no such stream at all.
pub fn unpack(stream: &[u8]) -> Option<Unpacked<'_>> {
    let mut rest = Octets(stream);
    if rest.u32()? != SIGNATURE {
        return None;
    }
    rest.u16()?;
    let mut found = Unpacked::default();
    let mut codepage = 1252;
    while let Some((attribute, data)) = attribute(&mut rest) {
        match attribute {
            CODEPAGE => codepage = Octets(data).u32().unwrap_or(codepage),
            SUBJECT => found.subject = text(data, codepage),
            BODY => found.text = Some(text(data, codepage)),
            MESSAGE_CLASS => found.class = text(data, codepage),
            MESSAGE_PROPERTIES => message_properties(&mut found, Properties::new(data), codepage),
            FILE_BEGINS if found.files.len() >= TNEF_FILES_MAX => break,
            FILE_BEGINS => found.files.push(Packed::default()),
            FILE_TITLE | FILE_DATA | FILE_PROPERTIES => {
                let Some(file) = found.files.last_mut() else { continue };
                match attribute {
                    // The long name of the properties may have come first.
                    FILE_TITLE if file.name.is_empty() => file.name = text(data, codepage),
                    FILE_DATA if file.content.is_empty() => file.content = data,
                    FILE_PROPERTIES => file_properties(file, Properties::new(data), codepage),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Some(found)
}

// Level, id, length, data, checksum. The checksum is not looked at: what can be read of a broken stream is better than nothing. Data
// that ends too early is the last.
fn attribute<'a>(rest: &mut Octets<'a>) -> Option<(u32, &'a [u8])> {
    let level = rest.take(1)?;
    if !matches!(level, [1 | 2]) {
        return None;
    }
    let attribute = rest.u32()?;
    let length = usize::try_from(rest.u32()?).ok()?;
    let data = rest.take(length.min(rest.0.len()))?;
    let _checksum = rest.u16();
    Some((attribute, data))
}

fn message_properties<'a>(found: &mut Unpacked<'a>, properties: Properties<'a>, codepage: u32) {
    const MESSAGE_CLASS: u16 = 0x001A;
    const SUBJECT: u16 = 0x0037;
    const BODY: u16 = 0x1000;
    const RTF: u16 = 0x1009;
    const HTML: u16 = 0x1013;
    const INTERNET_CODEPAGE: u16 = 0x3FDE;
    let (mut html, mut html_codepage) = (None, codepage);
    for Property { id, value } in properties {
        match (id, value) {
            (INTERNET_CODEPAGE, Value::Number(page)) => html_codepage = page,
            (MESSAGE_CLASS, value) if found.class.is_empty() => found.class = value.text(codepage),
            (SUBJECT, value) => found.subject = value.text(codepage),
            (BODY, value) => found.text = Some(value.text(codepage)),
            (HTML, value) => html = Some(value),
            (RTF, Value::Octets(octets)) => found.rtf = rtf::uncompress(octets, TNEF_RTF_MAX_OCTETS),
            _ => {}
        }
    }
    found.html = html.map(|html| html.text(html_codepage)).filter(|html| !html.trim().is_empty()).or(found.html.take());
}

fn file_properties<'a>(file: &mut Packed<'a>, properties: Properties<'a>, codepage: u32) {
    const DISPLAY_NAME: u16 = 0x3001;
    const DATA: u16 = 0x3701;
    const METHOD: u16 = 0x3705;
    const SHORT_NAME: u16 = 0x3704;
    const LONG_NAME: u16 = 0x3707;
    const MEDIA_TYPE: u16 = 0x370E;
    const CONTENT_ID: u16 = 0x3712;
    const METHOD_MESSAGE: u32 = 5;
    let (mut names, mut is_message) = ([String::new(), String::new(), String::new()], false);
    for Property { id, value } in properties {
        match (id, value) {
            (LONG_NAME, value) => names[0] = value.text(codepage),
            (SHORT_NAME, value) => names[1] = value.text(codepage),
            (DISPLAY_NAME, value) => names[2] = value.text(codepage),
            (MEDIA_TYPE, value) => file.media_type = value.text(codepage),
            (CONTENT_ID, value) => file.content_id = value.text(codepage).trim_matches(['<', '>']).to_owned(),
            (METHOD, Value::Number(method)) => is_message = method == METHOD_MESSAGE,
            (DATA, Value::Octets(octets)) => file.content = octets,
            _ => {}
        }
    }
    if is_message {
        // The object's data begins with the id of its interface, 16 octets.
        let inner = file.content.get(16..).unwrap_or_default();
        (file.is_message, file.content) = (Octets(inner).u32() == Some(SIGNATURE), inner);
    }
    if let Some(name) = names.into_iter().find(|name| !name.is_empty()) {
        file.name = name;
    }
}

// 8-bit text, with the NUL at its end.
fn text(data: &[u8], codepage: u32) -> String {
    let data = data.split(|&b| b == 0).next().unwrap_or_default();
    super::parse::decoded(data, charset(codepage).as_deref())
}

/// The charset of a Windows codepage.
fn charset(codepage: u32) -> Option<String> {
    Some(match codepage {
        65001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gb18030".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        874 => "windows-874".to_owned(),
        1250..=1258 => format!("windows-{codepage}"),
        28591..=28606 => format!("iso-8859-{}", codepage - 28590),
        20866 => "koi8-r".to_owned(),
        50220..=50222 => "iso-2022-jp".to_owned(),
        437 | 850 => "cp437".to_owned(),
        _ => return None,
    })
}

/// Octets that are read from the front; whatever is not there is none.
#[derive(Clone, Copy)]
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).and_then(|octets| octets.try_into().ok()).map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).and_then(|octets| octets.try_into().ok()).map(u32::from_le_bytes)
    }
}
