//! Message HTML made harmless. The only import of ammonia and html5ever.
//!
//! Three steps: [`survey`] parses the text in small bites into nothing but counts, and gives up on trees that would
//! cost too much; ammonia then keeps a short list of elements and attributes; [`attributes`] and [`css`] decide
//! about each value that is left. What is refused by the survey is shown as plain text.

mod attributes;
mod css;
mod survey;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use ammonia::{Builder, UrlRelative};

use super::parse::html_to_text;
use crate::limits::SHOWN_TEXT_MAX_OCTETS;

/// Sanitised HTML as a body fragment: no script, no style that loads, no form, no remote content
/// of any kind; links open in a new tab without referrer. `cid` maps a Content-ID to an address
/// on our own origin (pictures of the same message), or nothing. At most
/// [`SHOWN_TEXT_MAX_OCTETS`] of `html` are looked at.
///
/// The result is still only ever shown inside a sandboxed frame with `default-src 'none'`.
pub fn sanitise(html: &str, cid: &dyn Fn(&str) -> Option<String>) -> Sanitised {
    sanitise_with(html, cid, Remote::Blocked)
}

/// What to do about pictures that lie on the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    Blocked,
    /// Pictures, and nothing else, keep their address, by https. The reader asked for it.
    Pictures,
}

/// Whether something in `html` would load from outside, at less cost than making it harmless.
pub fn would_load(html: &str) -> bool {
    survey::survey(start_of(html, SHOWN_TEXT_MAX_OCTETS)).remote
}

/// As [`sanitise`].
pub fn sanitise_with(html: &str, cid: &dyn Fn(&str) -> Option<String>, remote: Remote) -> Sanitised {
    let html = start_of(html, SHOWN_TEXT_MAX_OCTETS);
    let survey = survey::survey(html);
    if survey.too_complex {
        return Sanitised { html: as_text(html), remote_blocked: survey.remote };
    }
    let pictures: HashMap<String, String> = survey.cids.into_iter().filter_map(|id| cid(&id).map(|address| (id, address))).collect();
    let html = attributes::with_pictures(pictures, remote, || builder().clean(html).to_string());
    Sanitised { html, remote_blocked: survey.remote }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanitised {
    pub html: String,
    /// Whether something that would load from outside was removed.
    pub remote_blocked: bool,
}

#[rustfmt::skip]
const TAGS: &[&str] = &[
    "a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p",
    "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
];

/// Elements whose content is no text for people.
#[rustfmt::skip]
const GONE_WITH_CONTENT: &[&str] = &[
    "applet", "audio", "canvas", "datalist", "embed", "frame", "frameset", "iframe", "math", "noembed", "noframes", "noscript",
    "object", "plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "video", "xml", "xmp",
];

const TAG_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("img", &["src", "alt", "width", "height", "border", "hspace", "vspace"]),
    ("table", &["border", "cellpadding", "cellspacing", "width", "height", "bgcolor", "rules", "frame"]),
    ("tr", &["bgcolor", "height"]),
    ("td", &["colspan", "rowspan", "width", "height", "bgcolor", "nowrap"]),
    ("th", &["colspan", "rowspan", "width", "height", "bgcolor", "nowrap", "scope"]),
    ("col", &["span", "width"]),
    ("colgroup", &["span", "width"]),
    ("font", &["color", "face", "size"]),
    ("hr", &["width", "size", "color", "noshade"]),
    ("ol", &["start", "type", "reversed"]),
    ("ul", &["type"]),
    ("li", &["value", "type"]),
];

// Neither id, class nor name: they could stand in for names that the page's own code looks up.
const ANY_TAG_ATTRIBUTES: &[&str] = &["align", "dir", "lang", "style", "title", "valign"];

fn builder() -> &'static Builder<'static> {
    static BUILDER: OnceLock<Builder<'static>> = OnceLock::new();
    BUILDER.get_or_init(|| {
        let set = |names: &[&'static str]| -> HashSet<&'static str> { names.iter().copied().collect() };
        let mut builder = Builder::empty();
        builder
            .tags(set(TAGS))
            .clean_content_tags(set(GONE_WITH_CONTENT))
            .tag_attributes(TAG_ATTRIBUTES.iter().map(|(tag, names)| (*tag, set(names))).collect())
            .generic_attributes(set(ANY_TAG_ATTRIBUTES))
            .url_schemes(set(&["http", "https", "mailto", "tel", "cid", "data"]))
            // Only our own picture addresses are relative when this is asked: the filter has refused all others.
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some("noopener noreferrer nofollow"))
            .set_tag_attribute_value("a", "target", "_blank")
            .attribute_filter(attributes::filter)
            .strip_comments(true);
        builder
    })
}

fn as_text(html: &str) -> String {
    let mut out = String::from("<div style=\"white-space:pre-wrap\">");
    for c in html_to_text(html).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out.push_str("</div>");
    out
}

fn start_of(text: &str, max_octets: usize) -> &str {
    let mut end = text.len().min(max_octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
