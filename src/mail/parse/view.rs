//! Which parts are shown, and which are offered as files.

use super::html_to_text;
use super::mime::{Leaf, Parts};
use super::sparse::Sparse;
use super::{Attachment, clean, decode, flowed};
use crate::limits::{HEADER_BLOCK_MAX_OCTETS, SHOWN_TEXT_MAX_OCTETS};

/// What is shown of a message.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub text: String,
    pub text_is_derived: bool,
    pub html: Option<String>,
    pub cut: bool,
}

/// Text and HTML of a message; `whole` is shown if there is no part at all.
pub(super) fn show<'a>(parts: &Parts<'a>, whole: &'a [u8], sparse: Option<&'a Sparse>) -> Shown {
    let mut shown = Shown::default();
    let mut room = Room { text: SHOWN_TEXT_MAX_OCTETS, html: SHOWN_TEXT_MAX_OCTETS };
    let mut views = views(parts);
    let nothing = Leaf {
        media_type: "text/plain".to_owned(),
        content: None,
        disposition: None,
        content_id: None,
        encoding: decode::Encoding::Identity,
        body: whole,
        alternative: None,
        in_related: false,
        sparse,
    };
    if parts.leaves.is_empty() {
        views.push(View { plain: vec![&nothing], html: Vec::new() });
    }
    let has_html = views.iter().any(|view| !view.html.is_empty());
    let mut html = String::new();
    for view in &views {
        let plain = read(&view.plain, &mut room.text, &mut shown.cut);
        let marked_up = read(&view.html, &mut room.html, &mut shown.cut);
        // An empty text beside HTML is a mailer's stub: the words are in the HTML.
        let is_stub = plain.trim().is_empty() && !marked_up.is_empty();
        if is_stub {
            let mut derived = clean::body(&html_to_text(&marked_up));
            shown.cut |= clean::cut(&mut derived, room.text);
            room.text -= derived.len();
            shown.text_is_derived |= !derived.is_empty();
            push_block(&mut shown.text, &derived);
        } else {
            push_block(&mut shown.text, &plain);
        }
        if has_html && view.html.is_empty() {
            html.push_str(&escaped(&plain));
        } else {
            html.push_str(&marked_up);
        }
    }
    shown.html = has_html.then_some(html);
    shown
}

/// A part as text, at most [`SHOWN_TEXT_MAX_OCTETS`] of it, and whether something was cut.
pub(super) fn text(leaf: &Leaf<'_>) -> (String, bool) {
    let (mut room, mut cut) = (SHOWN_TEXT_MAX_OCTETS, false);
    let text = read(&[leaf], &mut room, &mut cut);
    (text, cut)
}

/// The parts offered as files, in order; their place is their number.
pub(super) fn offered<'p, 'a>(parts: &'p Parts<'a>) -> impl Iterator<Item = &'p Leaf<'a>> {
    parts.leaves.iter().filter(|leaf| !is_shown(leaf) || leaf.file_name().is_some())
}

pub(super) fn attachments<'p, 'a>(parts: &'p Parts<'a>) -> impl Iterator<Item = (Attachment, &'p Leaf<'a>)> {
    offered(parts).enumerate().map(|(number, leaf)| (attachment(leaf, number, leaf.decoded_len()), leaf))
}

pub(super) fn attachment(leaf: &Leaf<'_>, number: usize, size: usize) -> Attachment {
    Attachment { number, name: name(leaf, number), media_type: leaf.media_type.clone(), size, content_id: leaf.content_id.clone() }
}

/// Whether a part earns a paper clip: not the pictures of an HTML text, nor a signature, nor what is shown anyway.
pub(super) fn counts_as_attachment(leaf: &Leaf<'_>) -> bool {
    if is_shown(leaf) {
        return leaf.file_name().is_some();
    }
    let is_picture_of_text = leaf.content_id.is_some() && leaf.in_related && leaf.media_type.starts_with("image/");
    let is_signature =
        matches!(leaf.media_type.as_str(), "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature");
    let is_another_view = leaf.alternative.is_some() && leaf.media_type.starts_with("text/");
    leaf.is_attached() || !(is_picture_of_text || is_signature || is_another_view)
}

// What is read together: the views of one multipart/alternative, or a part on its own.
struct View<'p, 'a> {
    plain: Vec<&'p Leaf<'a>>,
    html: Vec<&'p Leaf<'a>>,
}

struct Room {
    text: usize,
    html: usize,
}

fn views<'p, 'a>(parts: &'p Parts<'a>) -> Vec<View<'p, 'a>> {
    let mut views: Vec<View<'p, 'a>> = Vec::new();
    let mut last = None;
    for leaf in parts.leaves.iter().filter(|leaf| is_shown(leaf)) {
        if leaf.alternative.is_none() || last != leaf.alternative {
            views.push(View { plain: Vec::new(), html: Vec::new() });
        }
        last = leaf.alternative;
        if let Some(view) = views.last_mut() {
            if leaf.media_type == "text/html" { view.html.push(leaf) } else { view.plain.push(leaf) }
        }
    }
    views
}

// A multipart that has no usable boundary is shown as the text it came as.
fn is_shown(leaf: &Leaf<'_>) -> bool {
    let is_text = matches!(leaf.media_type.as_str(), "text/plain" | "text/html") || leaf.media_type.starts_with("multipart/");
    is_text && !leaf.is_attached()
}

// Decodes parts as long as there is room; takes what it used from the room.
fn read(leaves: &[&Leaf<'_>], room: &mut usize, cut: &mut bool) -> String {
    let mut out = String::new();
    for leaf in leaves {
        // A character takes at most 4 octets in any charset (UTF-32), at least 1 in ours.
        let enough = leaf.encoding.enough(room.saturating_mul(4));
        let body = leaf.start(enough);
        let bytes = leaf.encoding.decode(&body);
        let is_html = leaf.media_type == "text/html";
        let declared = leaf.charset().map(str::to_owned).or_else(|| if is_html { meta_charset(&bytes) } else { None });
        let mut text = clean::body(&decode::charset(&bytes, declared.as_deref()));
        if leaf.media_type == "text/plain" && leaf.says("format", "flowed") {
            text = flowed::unfold(&text, leaf.says("delsp", "yes"));
        }
        *cut |= clean::cut(&mut text, *room) || body.len() < leaf.octets();
        *room -= text.len();
        if is_html { out.push_str(&text) } else { push_block(&mut out, &text) }
    }
    out
}

// HTML without a charset in its Content-Type may say it itself (`<meta charset=..>`), early on.
fn meta_charset(html: &[u8]) -> Option<String> {
    const LOOK_OCTETS: usize = 2048;
    let name = decode::named_charset(&html[..html.len().min(LOOK_OCTETS)])?;
    // RFC 2854 and the HTML standard: bytes that could be read as ASCII are not UTF-16.
    (!name.starts_with("utf-16")).then_some(name)
}

fn push_block(out: &mut String, block: &str) {
    if !out.is_empty() && !block.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(block);
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<div style=\"white-space:pre-wrap\">{text}</div>")
}

fn name(leaf: &Leaf<'_>, number: usize) -> String {
    let extension = extension(&leaf.media_type);
    let fallback = format!("part-{}{extension}", number + 1);
    match leaf.file_name() {
        // RFC 2231 is decoded by the field parser; encoded words in a quoted parameter are wrong (RFC 2047 section 5) but usual.
        Some(name) => clean::file_name(&super::fields::decode_words(name), &fallback),
        None if is_message(leaf) => {
            let subject = super::fields::Header(super::bounded_header(super::split_header(&leaf.start(HEADER_BLOCK_MAX_OCTETS + 4)).0))
                .text("Subject", 80);
            let subject = clean::file_name(&subject.replace(['/', '\\'], "-"), "message");
            format!("{subject}.eml")
        }
        None => fallback,
    }
}

fn is_message(leaf: &Leaf<'_>) -> bool {
    matches!(leaf.media_type.as_str(), "message/rfc822" | "message/global") && leaf.encoding == decode::Encoding::Identity
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" | "message/global" => ".eml",
        "text/plain" | "message/delivery-status" | "text/rfc822-headers" => ".txt",
        "text/html" => ".html",
        "text/calendar" => ".ics",
        "text/vcard" | "text/x-vcard" => ".vcf",
        "text/csv" => ".csv",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "application/pdf" => ".pdf",
        "application/ms-tnef" => ".dat",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => ".p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => ".p7m",
        "application/pgp-signature" => ".asc",
        _ => ".bin",
    }
}
