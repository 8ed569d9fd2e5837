//! What the value of an allowed attribute may be.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::{Remote, css};

thread_local! {
    // Content-IDs of the message being sanitised and their addresses. The builder is made once and its filter must
    // be 'static, so what differs from message to message waits here while ammonia runs on this thread.
    static PICTURES: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
    static REMOTE: Cell<Remote> = const { Cell::new(Remote::Blocked) };
}

/// Runs `work` while [`filter`] maps `cid:` addresses by `pictures`, and keeps those of the internet if that is wanted.
pub(super) fn with_pictures<T>(pictures: HashMap<String, String>, remote: Remote, work: impl FnOnce() -> T) -> T {
    PICTURES.set(pictures);
    REMOTE.set(remote);
    let result = work();
    PICTURES.take();
    REMOTE.set(Remote::Blocked);
    result
}

/// The value to keep, or nothing. Called by ammonia for each attribute that its lists allow.
pub(super) fn filter<'u>(element: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    match (element, attribute) {
        ("a", "href") => link(value).map(Cow::Owned),
        ("img", "src") => picture(value).map(Cow::Owned),
        (_, "href" | "src") => None,
        (_, "style") => css::declarations(value).map(Cow::Owned),
        ("a", "target" | "rel") | (_, "alt" | "title") => Some(Cow::Borrowed(value)),
        (_, "face") => css::is_font_list(value).then_some(Cow::Borrowed(value)),
        _ => is_simple(value).then_some(Cow::Borrowed(value)),
    }
}

/// The Content-ID of a `cid:` address (RFC 2392), unescaped.
pub(super) fn content_id(address: &str) -> Option<String> {
    let address = compact(address);
    let id = address.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:")).map(|_| &address[4..])?;
    Some(percent_decoded(id.trim_start_matches("%3C").trim_end_matches("%3E")))
}

fn picture(address: &str) -> Option<String> {
    if let Some(id) = content_id(address) {
        return PICTURES.with_borrow(|pictures| pictures.get(&id).cloned());
    }
    let address = compact(address);
    if REMOTE.get() == Remote::Pictures
        && let Some((scheme, rest)) = address.split_once("://")
        && matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
    {
        return Some(format!("https://{rest}"));
    }
    let (head, data) = address.split_once(',')?;
    let is_picture = matches!(
        head.to_ascii_lowercase().as_str(),
        "data:image/png;base64" | "data:image/jpeg;base64" | "data:image/jpg;base64" | "data:image/gif;base64" | "data:image/webp;base64"
    );
    let is_base64 = data.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    (is_picture && is_base64).then(|| address.clone())
}

fn link(address: &str) -> Option<String> {
    let address = compact(address);
    let (scheme, _) = address.split_once(':')?;
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "mailto" | "tel").then_some(address)
}

// The URL standard (section 4.4) drops tabs and line ends anywhere, and control characters and spaces at both ends.
fn compact(address: &str) -> String {
    address.trim_matches(|c: char| c <= ' ').chars().filter(|c| !c.is_control()).collect()
}

// Sizes, colours, alignments, language tags.
fn is_simple(value: &str) -> bool {
    value.len() <= 64 && value.chars().all(|c| c.is_ascii_alphanumeric() || "#%.,-+_* ".contains(c))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
