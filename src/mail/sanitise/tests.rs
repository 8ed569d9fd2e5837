//! What comes out is parsed again as a browser would and must hold nothing but the short lists.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_document};

use super::attacks::ATTACKS;
use super::*;

// ---- Reading the output ----------------------------------------------------------------------

type Element = (QualName, Vec<(String, String)>);

#[derive(Default)]
struct Collect(RefCell<Vec<Element>>);

impl TreeSink for Collect {
    type Handle = Rc<QualName>;
    type Output = Vec<Element>;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Vec<Element> {
        self.0.into_inner()
    }
    fn parse_error(&self, _: Cow<'static, str>) {}
    fn get_document(&self) -> Rc<QualName> {
        Rc::new(QualName::new(None, ns!(), local_name!("")))
    }
    fn elem_name<'a>(&'a self, target: &'a Rc<QualName>) -> ExpandedName<'a> {
        target.expanded()
    }
    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Rc<QualName> {
        let attributes = attributes.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        self.0.borrow_mut().push((name.clone(), attributes));
        Rc::new(name)
    }
    fn create_comment(&self, _: StrTendril) -> Rc<QualName> {
        self.get_document()
    }
    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Rc<QualName> {
        self.get_document()
    }
    fn append(&self, _: &Rc<QualName>, _: NodeOrText<Rc<QualName>>) {}
    fn append_based_on_parent_node(&self, _: &Rc<QualName>, _: &Rc<QualName>, _: NodeOrText<Rc<QualName>>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn get_template_contents(&self, target: &Rc<QualName>) -> Rc<QualName> {
        Rc::clone(target)
    }
    fn same_node(&self, x: &Rc<QualName>, y: &Rc<QualName>) -> bool {
        Rc::ptr_eq(x, y)
    }
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn append_before_sibling(&self, _: &Rc<QualName>, _: NodeOrText<Rc<QualName>>) {}
    fn add_attrs_if_missing(&self, target: &Rc<QualName>, attributes: Vec<Attribute>) {
        self.create_element(QualName::clone(target), attributes, ElementFlags::default());
    }
    fn remove_from_parent(&self, _: &Rc<QualName>) {}
    fn reparent_children(&self, _: &Rc<QualName>, _: &Rc<QualName>) {}
}

fn elements(html: &str, scripting: bool) -> Vec<Element> {
    let opts = ParseOpts { tree_builder: TreeBuilderOpts { scripting_enabled: scripting, ..Default::default() }, ..Default::default() };
    parse_document(Collect::default(), opts).one(html)
}

/// What is wrong with a sanitised text; empty if it is harmless.
fn faults(html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, attributes) in [true, false].into_iter().flat_map(|scripting| elements(html, scripting)) {
        let tag = name.local.to_string();
        if name.ns != ns!(html) || !(TAGS.contains(&tag.as_str()) || ["html", "head", "body"].contains(&tag.as_str())) {
            faults.push(format!("element {tag}"));
        }
        for (key, value) in attributes {
            if !is_harmless(&tag, &key, &value) {
                faults.push(format!("{tag} {key}={value:?}"));
            }
        }
    }
    faults
}

fn is_harmless(tag: &str, key: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    match (tag, key) {
        ("a", "href") => ["http://", "https://", "http:", "https:", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme)),
        ("a", "target") => value == "_blank",
        ("a", "rel") => value == "noopener noreferrer nofollow",
        ("img", "src") => value.starts_with("/mail/cid/") || (lower.starts_with("data:image/") && !lower.contains("svg")),
        (_, "style") => !["url", "@", "\\", "expression", "/*", "position", "image", "content", "script", "binding", "behavior"]
            .iter()
            .any(|w| lower.contains(w)),
        (_, "alt" | "title") => true,
        _ => {
            let listed = ANY_TAG_ATTRIBUTES.contains(&key) || TAG_ATTRIBUTES.iter().any(|(t, keys)| *t == tag && keys.contains(&key));
            listed && !lower.contains("//") && !lower.contains("script")
        }
    }
}

fn cid(id: &str) -> Option<String> {
    (id == "p" || id == "a@b").then(|| format!("/mail/cid/{id}"))
}

#[test]
fn the_check_itself_finds_faults() {
    for bad in
        ["<script>1</script>", "<p onclick=x>", "<img src=//x>", "<a href=javascript:1>", "<svg>", "<p id=x>", "<p style='a:url(x)'>"]
    {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
    assert!(faults("<p align=left>x</p>").is_empty());
}

// ---- Attacks ---------------------------------------------------------------------------------

fn attacks() -> impl Iterator<Item = &'static str> {
    ATTACKS.iter().flat_map(|(_, attacks)| attacks.iter().copied())
}

#[test]
fn no_attack_survives() {
    assert!(attacks().count() >= 200);
    for attack in attacks() {
        for wrapped in [
            attack.to_owned(),
            format!("<p>before {attack} after</p>"),
            format!("<table><tr><td>{attack}"),
            format!("<html><head></head><body>{attack}</body></html>"),
            format!("<svg><desc>{attack}"),
            format!("<a title=\"{attack}\">{attack}</a>"),
        ] {
            let clean = sanitise(&wrapped, &cid).html;
            assert_eq!(faults(&clean), Vec::<String>::new(), "{wrapped:?}\nbecame {clean:?}");
            let again = sanitise(&clean.replace("/mail/cid/", "cid:"), &|_| None);
            assert_eq!(faults(&again.html), Vec::<String>::new(), "{clean:?}");
            assert!(!again.remote_blocked, "{clean:?}");
        }
    }
}

#[test]
fn what_loads_from_outside_is_said() {
    // Comments, and what only browsers of the last century or with scripts switched off would load.
    let doubtful = ["<!--", "/**/", "noscript", "progid", "\\00", "cid://"];
    for attack in attacks().filter(|a| a.contains("//evil.example/p.gif") && !doubtful.iter().any(|word| a.contains(word))) {
        assert!(sanitise(attack, &cid).remote_blocked, "{attack}");
    }
    let own = "<img src=cid:p><img src='data:image/gif;base64,R0lG'><a href=http://x.example>x</a><style>p{color:red}</style><p style='color:red'>";
    assert!(!sanitise(own, &cid).remote_blocked);
}

/// Attributes that name something elsewhere, in any HTML, SVG or MathML of any time, also in what never became a standard.
#[rustfmt::skip]
const LOADING: &[&str] = &[
    "action", "altimg", "archive", "attributionsrc", "background", "begin", "by", "cdgroup", "cite", "classid", "clip-path", "code",
    "codebase", "codetype", "color-profile", "cursor", "data", "datasrc", "definitionurl", "dynsrc", "exportparts", "face", "fill",
    "filter", "formaction", "from", "href", "hreftranslate", "icon", "imagesrcset", "implementation", "is", "itemid", "itemtype",
    "longdesc", "lowsrc", "macros", "manifest", "marker", "marker-end", "marker-mid", "marker-start", "mask", "name", "object",
    "ping", "pluginspage", "pluginurl", "popovertarget", "poster", "profile", "property", "resource", "schema", "shadowrootmode",
    "src", "srcdoc", "srclang", "srcset", "stroke", "style", "style:image", "to", "typemustmatch", "url", "usemap", "values", "vocab",
    "vrml", "xlink:href", "xml:base", "xmlns", "xmlns:xlink", "xsi:schemalocation",
];

/// Elements that have had such attributes.
#[rustfmt::skip]
const CARRIERS: &[&str] = &[
    "a", "applet", "area", "audio", "base", "bgsound", "blockquote", "body", "button", "col", "command", "del", "div", "embed",
    "fencedframe", "font", "form", "frame", "head", "hr", "html", "iframe", "ilayer", "image", "img", "input", "ins", "isindex",
    "layer", "link", "math", "menuitem", "meta", "object", "ol", "p", "param", "picture", "portal", "q", "script", "section", "source",
    "span", "style", "svg", "table", "tbody", "td", "template", "tfoot", "th", "thead", "tr", "track", "ul", "v:fill", "v:image",
    "v:imagedata", "v:shape", "video", "x-own", "xml",
];

/// Inside of SVG and MathML, where the rules are others.
#[rustfmt::skip]
const FOREIGN: &[&str] = &[
    "a", "altGlyph", "animate", "cursor", "feImage", "filter", "foreignObject", "glyphRef", "image", "linearGradient", "mask", "mglyph",
    "mpath", "pattern", "rect", "script", "set", "style", "text", "textPath", "tref", "use",
];

#[test]
fn no_attribute_leads_outside() {
    let values = ["http://evil.example/x", "//evil.example/x", "url(//evil.example/x)", "background:url(//evil.example/x)"];
    let mut tags: Vec<(&str, &str)> = CARRIERS.iter().map(|element| ("", *element)).collect();
    tags.extend(["<svg>", "<math><mtext>", "<math>"].iter().flat_map(|before| FOREIGN.iter().map(move |element| (*before, *element))));
    let mut tried = 0;
    for (before, element) in tags {
        for attribute in LOADING {
            for value in values {
                let html = format!("{before}<{element} {attribute}=\"{value}\" {attribute}x='{value}'>x</{element}><p>y");
                let clean = sanitise(&html, &cid).html;
                // Links are followed by people.
                let link = format!("<a href=\"{value}\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">");
                let other = format!("<a href=\"{value}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
                let rest = clean.replace(&link, "").replace(&other, "");
                assert!(!rest.contains("evil"), "{html} became {clean}");
                tried += 1;
            }
        }
    }
    assert!(tried > 217);
}

// Attacks of other projects, when the folder is there (see `tests/README.md`).
#[test]
fn no_known_payload_survives() {
    let folder = std::env::var("LIFEBOAT_CORPORA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/html/payloads.jsonl")) else {
        println!("skipped: no payloads in {folder}");
        return;
    };
    let mut count = 0;
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let payload = line["payload"].as_str().unwrap();
        let clean = sanitise(payload, &cid).html;
        assert_eq!(faults(&clean), Vec::<String>::new(), "{payload:?}\nbecame {clean:?}");
        count += 1;
    }
    assert!(count > 0);
}

// ---- What stays ------------------------------------------------------------------------------

fn check(html: &str, expected: &str) {
    assert_eq!(sanitise(html, &cid).html, expected, "{html:?}");
}

#[test]
fn mail_keeps_its_looks() {
    check("<p>Hello <b>you</b><br>x</p>", "<p>Hello <b>you</b><br>x</p>");
    check("<p style=\"COLOR: red; position: fixed\">x</p>", "<p style=\"color:red\">x</p>");
    check(
        "<table width=\"100%\" bgcolor=#fff><tr><td colspan=2 align=center>x</table>",
        "<table width=\"100%\" bgcolor=\"#fff\"><tbody><tr><td colspan=\"2\" align=\"center\">x</td></tr></tbody></table>",
    );
    check("<font face=\"Arial, 'Segoe UI'\" size=+1>x</font>", "<font face=\"Arial, 'Segoe UI'\" size=\"+1\">x</font>");
    check("<custom>kept <o:p>words</o:p></custom>", "kept words");
    check("a &lt; b &amp; c", "a &lt; b &amp; c");
    check("<title>no</title><style>no</style>yes", "yes");
}

#[test]
fn links_open_apart() {
    let clean = sanitise("<a href=' HTTPS://x.example/?a=1&amp;b=2 '>x</a>", &cid).html;
    assert_eq!(faults(&clean), Vec::<String>::new());
    assert!(clean.contains("HTTPS://x.example/?a=1&amp;b=2") && clean.contains("_blank") && clean.contains("noreferrer"), "{clean}");
    assert!(sanitise("<a href=mailto:a@b.example>x</a><a href=tel:+49>y</a>", &cid).html.matches("href").count() == 2);
}

#[test]
fn pictures_of_the_message_stay() {
    check("<img src=cid:p alt=x>", "<img src=\"/mail/cid/p\" alt=\"x\">");
    check("<img src=CID:a%40b>", "<img src=\"/mail/cid/a@b\">");
    check("<img src=cid:q>", "<img>");
    check("<img src=http://x.example/a.png alt=logo>", "<img alt=\"logo\">");
    check("<img src='data:image/png;base64,iVBO Rw0='>", "<img>");
    check("<img src='data:image/png;base64,iVBORw0='>", "<img src=\"data:image/png;base64,iVBORw0=\">");
    // The next message's pictures are its own.
    assert_eq!(sanitise("<img src=cid:p>", &|_| None).html, "<img>");
}

// ---- Size ------------------------------------------------------------------------------------

fn check_hostile(html: &str) {
    let clean = sanitise(html, &cid);
    assert_eq!(faults(&clean.html), Vec::<String>::new());
    assert!(clean.html.len() < 40 * SHOWN_TEXT_MAX_OCTETS);
}

// Each of these takes minutes or gigabytes if it is parsed without a survey.
#[test]
fn hostile_sizes_are_shown_as_text() {
    check_hostile(&"<div>".repeat(100_000));
    check_hostile(&"<b>".repeat(100_000));
    check_hostile(&"<table><tr><td>".repeat(50_000));
    check_hostile(&"<svg><g>".repeat(50_000));
    check_hostile(&"<template>".repeat(50_000));
    check_hostile(&"<blockquote>x".repeat(50_000));
    check_hostile(&"<a><p></a>".repeat(50_000));
    check_hostile(&"<p><b><i></p>".repeat(50_000));
    check_hostile(&"</p>".repeat(200_000));
    check_hostile(&format!("<a {}>", (0..150_000).map(|n| format!("a{n} ")).collect::<String>()));
    check_hostile(&format!("<a{}>", (0..150_000).map(|n| format!("/a{n}")).collect::<String>()));
    let fonts: String = (0..400).map(|n| format!("<font size={n}>")).collect();
    check_hostile(&format!("<p>{fonts}{}", "<p>x".repeat(200_000)));
    check_hostile(&format!("<table>{}", "<div>x".repeat(100_000)));
    check_hostile(&format!("<select>{}", "<option>x<div>".repeat(60_000)));
    check_hostile(&"<".repeat(1_000_000));
    check_hostile(&"<!--".repeat(250_000));
    check_hostile(&"&".repeat(1_000_000));
    check_hostile(&"<style>".repeat(100_000));
    check_hostile(&format!("<p style=\"{}\">", "color:red;".repeat(100_000)));
    check_hostile(&format!("<img src='data:image/png;base64,{}'>", "A/".repeat(400_000)));
}

#[test]
fn big_but_plain_mail_stays_html() {
    let newsletter = "<table>\n        <tr>\n    <td style=\"color:#333\">Some words of text, and <a href=\"http://x.example/\">a link</a>.</td></tr></table>\n".repeat(4000);
    assert!(sanitise(&newsletter, &cid).html.contains("<td style"));
    let log = format!("<pre>{}</pre>", "2026-03-03 09:15:02 a line of a log file\n".repeat(20_000));
    assert!(sanitise(&log, &cid).html.starts_with("<pre>"));
    let picture = format!(
        "<p>x</p><img src='data:image/png;base64,{}'>",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".repeat(14_000)
    );
    assert!(sanitise(&picture, &cid).html.contains("<img src="));
}

#[test]
fn pictures_of_the_internet_come_only_when_asked_for() {
    let html = r#"<p style="background:url(https://x.test/a)">a<img src="http://x.test/b.png" srcset="https://x.test/c 2x"><img src="//x.test/d"><img src="ftp://x.test/e"></p><link rel=stylesheet href="https://x.test/f"><video poster="https://x.test/g"></video>"#;
    let asked = sanitise_with(html, &|_| None, Remote::Pictures).html;
    assert_eq!(asked.matches("x.test").count(), 1, "{asked}");
    assert!(asked.contains(r#"src="https://x.test/b.png""#), "{asked}");
    let before = sanitise(html, &|_| None);
    assert!(before.remote_blocked && !before.html.contains("x.test"), "{}", before.html);
    assert!(would_load(html) && !would_load("<p>plain <a href=\"https://x.test\">x</a></p>"));
}
