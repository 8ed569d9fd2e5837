//! Header fields: found by bytes, read by mail-parser's field parsers.
//!
//! Each value that is handed on is cut to a bound first, so that no parser meets a field of megabytes.

use std::borrow::Cow;
use std::io::BufRead;

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, ContentType, HeaderValue};

use super::{Person, clean};
use crate::clock::Wall;
use crate::limits::FIELD_MAX_OCTETS;

const ADDRESS_MAX_OCTETS: usize = 320;
const NAME_MAX_OCTETS: usize = 120;
const ID_MAX_OCTETS: usize = 500;
const PERSONS_MAX: usize = 1000;
/// A line without a colon so far is no field.
const COLON_WITHIN_OCTETS: usize = 256;
const IDS_MAX: usize = 200;

/// A header block, without the empty line at its end.
#[derive(Clone, Copy)]
pub(super) struct Header<'a>(pub &'a [u8]);

impl<'a> Header<'a> {
    /// Name and raw value of each field, in order. Lines that are no field are passed over.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let field = take_field(&mut rest);
                if let Some(colon) = field.iter().take(COLON_WITHIN_OCTETS).position(|&b| b == b':') {
                    let name = field[..colon].trim_ascii();
                    if !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic()) {
                        return Some((name, &field[colon + 1..]));
                    }
                }
            }
            None
        })
    }

    pub fn raw(self, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                if let Some(value) = value_of(take_field(&mut rest), name.as_bytes()) {
                    return Some(field_value(value, self));
                }
            }
            None
        })
    }

    /// The first field of that name as one clean line.
    pub fn text(self, name: &'a str, max_octets: usize) -> String {
        self.raw(name).next().map(|value| unstructured(&value, max_octets)).unwrap_or_default()
    }

    /// A raw value of [`Header::iter`] as one clean line.
    pub fn shown(self, raw: &[u8], max_octets: usize) -> String {
        unstructured(&field_value(raw, self), max_octets)
    }

    /// The charset of the message's own text: what is written raw into its header is mostly in the same.
    fn own_charset(self) -> Option<String> {
        const LOOK_OCTETS: usize = 1000;
        let (_, value) = self.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"Content-Type"))?;
        super::decode::named_charset(&value[..value.len().min(LOOK_OCTETS)])
    }

    /// All addresses of the *first* field of that name: a second From must not hide or replace the first.
    pub fn persons(self, name: &'a str) -> Vec<Person> {
        self.raw(name).next().map(|value| persons(&value)).unwrap_or_default()
    }

    /// Message-IDs without angle brackets.
    pub fn ids(self, name: &'a str) -> Vec<String> {
        let Some(value) = self.raw(name).next() else { return Vec::new() };
        let clean_id = |id: &str| clean::line(id, ID_MAX_OCTETS).replace(['<', '>', ' '], "");
        let ids: Vec<String> = match MessageStream::new(&value).parse_id() {
            HeaderValue::Text(id) => vec![clean_id(&id)],
            HeaderValue::TextList(ids) => {
                // The newest matter most for answering: the last ones are kept.
                ids.iter().skip(ids.len().saturating_sub(IDS_MAX)).map(|id| clean_id(id)).collect()
            }
            _ => Vec::new(),
        };
        ids.into_iter().filter(|id| !id.is_empty()).collect()
    }

    pub fn date(self, name: &'a str) -> Option<Wall> {
        let value = self.raw(name).next()?;
        let HeaderValue::DateTime(mut date) = MessageStream::new(&value).parse_date() else { return None };
        // RFC 5322 section 3.3 allows a leap second.
        date.second = date.second.min(59);
        if !date.is_valid() {
            return None;
        }
        u64::try_from(date.to_timestamp()).ok().map(|seconds| Wall(seconds.saturating_mul(1000)))
    }

    pub fn content(self, name: &'a str) -> Option<ContentType<'static>> {
        let value = self.raw(name).next()?;
        match MessageStream::new(&value).parse_content_type().into_owned() {
            HeaderValue::ContentType(content) => Some(content),
            _ => None,
        }
    }
}

// The value of a field, if it has this name: what `Header::iter` finds, without looking for the names of all others.
fn value_of<'a>(field: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let end = field.len() - field.trim_ascii_start().len() + name.len();
    if !field.get(end - name.len()..end)?.eq_ignore_ascii_case(name) {
        return None;
    }
    let colon = end + field[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    (colon < COLON_WITHIN_OCTETS && field.get(colon) == Some(&b':')).then(|| &field[colon + 1..])
}

/// Takes one line with its end off the front of `rest`.
pub(super) fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    // `skip_until` of a slice cannot fail; it searches with the library's fast memchr.
    let taken = rest.skip_until(b'\n').unwrap_or(whole.len());
    &whole[..taken]
}

// A field with its continuation lines (RFC 5322 section 2.2.3).
fn take_field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    let mut taken = take_line(rest).len();
    while matches!(rest.first(), Some(b' ' | b'\t')) {
        taken += take_line(rest).len();
    }
    &whole[..taken]
}

// Cut to the bound, in UTF-8 (raw 8-bit text that is none is taken for what the text of the message is in, or for windows-1252: old software
// writes so), without the bytes that confuse, and with the line end that the parsers want.
fn field_value<'a>(raw: &'a [u8], header: Header<'_>) -> Cow<'a, [u8]> {
    let whole = raw.len() <= FIELD_MAX_OCTETS;
    let raw = &raw[..raw.len().min(FIELD_MAX_OCTETS)];
    let is_plain = whole && raw.ends_with(b"\n") && raw.is_ascii() && !raw.contains(&0);
    if is_plain && !raw.windows(2).any(|pair| pair == b"=?") {
        return Cow::Borrowed(raw);
    }
    let charset = if std::str::from_utf8(raw).is_ok() { None } else { header.own_charset() };
    let mut value = super::words::join(raw.trim_ascii_end(), charset.as_deref());
    value.retain(|&b| b != 0);
    value.push(b'\n');
    Cow::Owned(value)
}

/// Text with encoded words where they do not belong, e.g. in a quoted file name.
pub(super) fn decode_words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    unstructured(&field_value(text.as_bytes(), Header(b"")), FIELD_MAX_OCTETS)
}

fn unstructured(value: &[u8], max_octets: usize) -> String {
    match MessageStream::new(value).parse_unstructured() {
        HeaderValue::Text(text) => clean::line(&text, max_octets),
        _ => String::new(),
    }
}

fn persons(value: &[u8]) -> Vec<Person> {
    match MessageStream::new(value).parse_address() {
        HeaderValue::Address(Address::List(list)) => list.iter().take(PERSONS_MAX).filter_map(person).collect(),
        HeaderValue::Address(Address::Group(groups)) => {
            groups.iter().flat_map(|group| &group.addresses).take(PERSONS_MAX).filter_map(person).collect()
        }
        _ => Vec::new(),
    }
}

fn person(addr: &Addr<'_>) -> Option<Person> {
    let mut name = clean::line(addr.name().unwrap_or_default(), NAME_MAX_OCTETS);
    let mut address = clean::line(addr.address().unwrap_or_default(), ADDRESS_MAX_OCTETS);
    // RFC 5322 section 4.4: a route before the address is to be ignored.
    if let Some((_, last)) = address.rsplit_once(':').filter(|_| address.starts_with('@')) {
        address = last.to_owned();
    }
    // Words before an address without angle brackets: no address has spaces (but in quotes).
    if let Some((words, last)) = address.rsplit_once(' ').filter(|_| !address.starts_with('"')) {
        let words = format!("{name} {words}");
        (name, address) = (clean::line(&words, NAME_MAX_OCTETS), last.to_owned());
    }
    // A lone word or an address that came out as a name is shown as what was written.
    (!name.is_empty() || !address.is_empty()).then_some(Person { name, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_subject(raw: &[u8], expected: &str) {
        assert_eq!(Header(raw).text("subject", 500), expected, "{:?}", String::from_utf8_lossy(raw));
    }

    #[test]
    fn subjects_are_decoded() {
        check_subject(b"Subject: plain\r\n", "plain");
        check_subject(b"SUBJECT : a\r\n  folded\r\n\tline\r\nTo: x@y\r\n", "a folded line");
        check_subject(b"Subject: =?iso-8859-1?Q?Gr=FC=DFe?= aus =?utf-8?B?S8O2bG4=?=\r\n", "Grüße aus Köln");
        check_subject(b"Subject: Gr\xfc\xdfe\r\n", "Grüße");
        check_subject("Subject: Grüße\r\n".as_bytes(), "Grüße");
        check_subject(b"Subject: =?iso-8859-1?Q?Gr\xfc\xdfe?= \xfc\r\n", "Grüße ü");
        check_subject(b"Subject: =?x-unknown?Q?abc?=\r\n", "abc");
        check_subject(b"Subject: =?utf-8?B?broken", "=?utf-8?B?broken");
        check_subject(b"Subject: =?utf-8?Q?a=0D=0ABcc:_x=40y=E2=80=AE?=\r\n", "a Bcc: x@y");
        check_subject(b"no field\r\nSubject: found\r\n", "found");
        check_subject(b"Subject:\r\n", "");
        // One character in two words, as some software writes it.
        check_subject(b"Subject: =?utf-8?B?w7zD?= =?utf-8?B?vA==?=\r\n", "üü");
        check_subject(b"Subject: =?utf-8?Q?=C3?=\r\n =?utf-8?Q?=BC?=\r\n", "ü");
        check_subject(b"Subject: =?gb2312?B?xOO6ww==?=\r\n", "你好");
        // Raw, in the charset of the text.
        check_subject(b"Subject: \xc4\xe3\xba\xc3 =?utf-8?Q?=C3=BC?=\r\nContent-Type: text/plain;\r\n charset=\"GB2312\"\r\n", "你好 ü");
        check_subject(b"Content-Type: text/plain; charset=koi8-r\r\nSubject: \xf0\xd2\xc9\xd7\xc5\xd4\r\n", "Привет");
        check_subject("Content-Type: text/plain; charset=koi8-r\r\nSubject: Grüße\r\n".as_bytes(), "Grüße");
        check_subject(b"Content-Type: text/plain; charset=x-none\r\nSubject: Gr\xfc\xdfe\r\n", "Grüße");
    }

    #[test]
    fn a_field_is_found_by_its_name_as_by_going_through_all() {
        let long = [b"Subject".as_slice(), &[b' '; 300], b": far away\r\n"].concat();
        for block in [
            &b"Subject: a\r\n b\r\nSUBJECT\t : c\r\nSubject2: d\r\nSub: e\r\nSubject e: f\r\n"[..],
            b" Subject: first line\r\nSubject\r\n : folded\r\n\r\n\r\nSubject:",
            b": Subject: x\r\n\x00Subject: y\r\nX-Subject: z\nSubject",
            b"\r\n \r\n Subject: behind a blank line",
            &long,
        ] {
            for name in ["subject", "Subject", "Sub", "X-Subject", "y"] {
                let header = Header(block);
                let all = header
                    .iter()
                    .filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
                    .map(|(_, value)| field_value(value, header));
                assert_eq!(header.raw(name).collect::<Vec<_>>(), all.collect::<Vec<_>>(), "{name} {}", String::from_utf8_lossy(block));
            }
        }
    }

    fn check_from(raw: &[u8], expected: &[(&str, &str)]) {
        let found = Header(raw).persons("From");
        let found: Vec<(&str, &str)> = found.iter().map(|p| (p.name.as_str(), p.address.as_str())).collect();
        assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(raw));
    }

    #[test]
    fn senders_are_what_they_are() {
        check_from(b"From: Ann <ann@example.com>\r\n", &[("Ann", "ann@example.com")]);
        check_from(b"From: ann@example.com (Ann B)\r\n", &[("Ann B", "ann@example.com")]);
        check_from(b"From: \"boss@example.com\" <x@evil.example>\r\n", &[("boss@example.com", "x@evil.example")]);
        check_from(b"From: first@example.com\r\nFrom: second@example.com\r\n", &[("", "first@example.com")]);
        check_from(b"From: =?utf-8?Q?B=C3=B6b?= <b@example.com>, c@example.com\r\n", &[("Böb", "b@example.com"), ("", "c@example.com")]);
        check_from(b"From: Team: a@example.com, B <b@example.com>;\r\n", &[("", "a@example.com"), ("B", "b@example.com")]);
        check_from(b"From: <@a.example,@b.example:ann@example.com>\r\n", &[("", "ann@example.com")]);
        check_from(b"From: Ann B ann@example.com\r\n", &[("Ann B", "ann@example.com")]);
        check_from(b"From: a@example.com b@example.com\r\n", &[("a@example.com", "b@example.com")]);
        check_from(b"From: \r\n", &[]);
    }

    #[test]
    fn dates_are_dates() {
        let date = |raw: &str| Header(raw.as_bytes()).date("Date");
        assert_eq!(date("Date: Tue, 3 Mar 2026 09:15:02 +0100\r\n"), Some(Wall(1_772_525_702_000)));
        assert_eq!(date("Date: 3 Mar 2026 08:15:60 GMT\r\n"), Some(Wall(1_772_525_759_000)));
        assert_eq!(date("Date: yesterday\r\n"), None);
        assert_eq!(date("Date: Tue, 99 Foo 99999 99:99:99 +9999\r\n"), None);
        assert_eq!(date("Date: Mon, 1 Jan 1900 00:00:00 +0000\r\n"), None);
    }

    #[test]
    fn ids_have_no_brackets() {
        let header = Header(b"References: <a@x>\r\n <b@y> <>\r\nMessage-ID: bare@z\r\n");
        assert_eq!(header.ids("References"), ["a@x", "b@y"]);
        assert_eq!(header.ids("Message-ID"), ["bare@z"]);
        assert!(header.ids("In-Reply-To").is_empty());
    }
}
