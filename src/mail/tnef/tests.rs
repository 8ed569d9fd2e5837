//! Streams made here, real ones of the corpora, and broken ones.

use super::*;
use crate::mail::parse;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0u16, |sum, &b| sum.wrapping_add(u16::from(b)));
    [&[level][..], &id.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data, &sum.to_le_bytes()].concat()
}

fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    [&SIGNATURE.to_le_bytes()[..], &[1, 0], &attributes.concat()].concat()
}

fn text16(id: u16, text: &str) -> Vec<u8> {
    let octets: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    varying(0x1F, id, &octets)
}

fn varying(kind: u16, id: u16, octets: &[u8]) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), id.to_le_bytes()].concat();
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&(octets.len() as u32).to_le_bytes());
    out.extend_from_slice(octets);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn number(id: u16, value: u32) -> Vec<u8> {
    [&3u16.to_le_bytes()[..], &id.to_le_bytes(), &value.to_le_bytes()].concat()
}

fn list(properties: &[Vec<u8>]) -> Vec<u8> {
    [&(properties.len() as u32).to_le_bytes()[..], &properties.concat()].concat()
}

fn sample() -> Vec<u8> {
    let inner = stream(&[attribute(1, SUBJECT, b"inner subject\0"), attribute(1, BODY, b"inner words\0")]);
    let object = [&[7u8; 16][..], &inner].concat();
    stream(&[
        attribute(1, CODEPAGE, &[0xE4, 4, 0, 0, 0, 0, 0, 0]),
        attribute(1, SUBJECT, b"Gr\xfc\xdfe\0"),
        attribute(1, MESSAGE_PROPERTIES, &list(&[text16(0x1000, "the words"), varying(0x102, 0x1013, b"<p>the <b>words</b></p>")])),
        attribute(2, FILE_BEGINS, &[0; 14]),
        attribute(2, FILE_TITLE, b"SHORT~1.PDF\0"),
        attribute(2, FILE_DATA, b"%PDF-1.4"),
        attribute(2, FILE_PROPERTIES, &list(&[text16(0x3707, "Long näme.pdf"), text16(0x3712, "pic@x")])),
        attribute(2, FILE_BEGINS, &[0; 14]),
        attribute(2, FILE_PROPERTIES, &list(&[number(0x3705, 5), varying(0x0D, 0x3701, &object), text16(0x3001, "Forwarded")])),
    ])
}

#[test]
fn a_stream_becomes_a_message() {
    let message = as_message(&sample()).unwrap();
    let opened = parse::open(&message);
    assert_eq!((opened.summary.subject.as_str(), opened.text.trim()), ("Grüße", "the words"));
    assert_eq!(opened.html.as_deref().map(str::trim), Some("<p>the <b>words</b></p>"));
    let files: Vec<(&str, &str)> = opened.attachments.iter().map(|file| (file.name.as_str(), file.media_type.as_str())).collect();
    assert_eq!(files, [("Long näme.pdf", "application/pdf"), ("Forwarded.eml", "message/rfc822")]);
    assert_eq!(opened.attachments[0].content_id.as_deref(), Some("pic@x"));
    assert_eq!(parse::attachment_body(&message, 0).unwrap().1, b"%PDF-1.4");
    let inner = parse::open(&parse::attachment_body(&message, 1).unwrap().1);
    assert_eq!((inner.summary.subject.as_str(), inner.text.trim()), ("inner subject", "inner words"));
}

#[test]
fn what_is_packed_cannot_break_out() {
    let evil = b"x\r\n--=_unpacked_mixed\r\nContent-Type: text/html\r\n\r\n<p>owned";
    let stream = stream(&[
        attribute(1, SUBJECT, b"a\r\nBcc: x@y\0"),
        attribute(2, FILE_BEGINS, &[0; 14]),
        attribute(2, FILE_TITLE, b"../../evil\r\nX: y\0"),
        attribute(2, FILE_DATA, evil),
    ]);
    let message = as_message(&stream).unwrap();
    let opened = parse::open(&message);
    assert_eq!(opened.summary.subject, "a Bcc: x@y");
    assert_eq!(opened.attachments.len(), 1);
    assert_eq!(parse::attachment_body(&message, 0).unwrap().1, evil);
    assert!(opened.html.is_none());
}

#[test]
fn rich_text_gives_its_words() {
    let check = |text: &str, expected: &str| assert_eq!(rtf::text(text.as_bytes(), 10_000), expected, "{text}");
    check(r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Hello\par world\'e4 \u8364?}", "Hello\nworldä €");
    check(
        r"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Hi \{there\}\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}",
        "Hi {there}",
    );
    check(r"{\rtf1\ansi\ansicpg932 \'83\'6e}", "ハ");
    check("", "");
    check(r"}}}\\{{{", "\\");
    check(r"a\bin99999999999 x", "a");
    check(r"x\u-1?\'zz\'4", "x\u{ffff}");
}

#[test]
fn rich_text_is_uncompressed() {
    // The example of MS-OXRTFCP section 4.1.
    let packed = [
        0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63,
        0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64,
        0x7d, 0x0a, 0x80, 0x0f, 0xa0,
    ];
    let plain = rtf::uncompress(&packed, 10_000).unwrap();
    assert_eq!(String::from_utf8(plain).unwrap(), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    assert_eq!(rtf::uncompress(&packed, 10).unwrap().len(), 10);
    assert_eq!(rtf::uncompress(b"short", 10), None);
}

#[test]
fn mutations_do_not_break() {
    let good = sample();
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..5_000 {
        let mut octets = good.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(6..octets.len());
            octets[at] = random.u8(..);
        }
        octets.truncate(random.usize(6..=octets.len()));
        if let Some(message) = as_message(&octets) {
            assert!(message.len() < 20 * octets.len() + 4_000, "{} octets of {}", message.len(), octets.len());
            parse::open(&message);
        }
    }
    for _ in 0..2_000 {
        let mut octets = vec![0; random.usize(..300)];
        random.fill(&mut octets);
        rtf::text(&octets, 10_000);
        let packed = [&[0, 0, 0, 0, 255, 255, 0, 0][..], &0x7546_5A4Cu32.to_le_bytes(), &[0; 4], &octets].concat();
        rtf::uncompress(&packed, 100_000);
    }
}

#[test]
fn deep_packing_is_bounded() {
    let mut inner = stream(&[attribute(1, BODY, b"deepest\0")]);
    for _ in 0..300 {
        let object = [&[0u8; 16][..], &inner].concat();
        let properties = list(&[number(0x3705, 5), varying(0x0D, 0x3701, &object)]);
        inner = stream(&[attribute(2, FILE_BEGINS, &[0; 14]), attribute(2, FILE_PROPERTIES, &properties)]);
    }
    assert!(as_message(&inner).is_some());
}
