//! A look at message HTML before a tree is built of it: how big the tree would be, which pictures of the message it
//! names, and whether anything in it would load from outside.
//!
//! The HTML standard's own rules make trees that are far larger than their text (unclosed formatting elements are
//! opened again in each block) and scans whose cost grows with depth. So the text goes through the same parser that
//! ammonia uses in small bites, into a sink that only counts, and the survey stops when a bound is passed.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_fragment};

use super::{attributes, css};
use crate::limits::{HTML_DEPTH_MAX, HTML_NODES_MAX};

#[derive(Debug, Default)]
pub(super) struct Survey {
    /// More than [`HTML_NODES_MAX`] nodes, deeper than [`HTML_DEPTH_MAX`], or too many attributes in one tag.
    pub too_complex: bool,
    pub remote: bool,
    /// Content-IDs named by pictures, each once.
    pub cids: Vec<String>,
}

// Octets parsed between two looks at the counts.
const BITE_OCTETS: usize = 2048;
const CIDS_MAX: usize = 1000;
// The tokenizer compares each attribute with all others of its tag: this bounds the sum of the squares.
const ATTRIBUTE_WORK_MAX: usize = 300_000_000;

pub(super) fn survey(html: &str) -> Survey {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(Sink::default(), ParseOpts::default(), context, Vec::new(), false);
    let mut work = AttributeWork::default();
    let mut rest = html;
    let mut too_complex = false;
    while !rest.is_empty() && !too_complex {
        let (bite, after) = rest.split_at(bite_end(rest));
        rest = after;
        too_complex = work.add(bite, parser.tokenizer.sink.sink.tokens.get());
        if !too_complex {
            parser.process(StrTendril::from_slice(bite));
            too_complex = parser.tokenizer.sink.sink.is_over();
        }
    }
    let sink = &parser.tokenizer.sink.sink;
    // Style sheets are text to the sink; a word in them is enough.
    let remote = sink.remote.get() || has_loading_style(html) || has_loading_body(html) || (too_complex && html.contains("://"));
    Survey { too_complex, remote, cids: sink.cids.take() }
}

// The length of the next bite; it ends at a character.
fn bite_end(text: &str) -> usize {
    let mut end = text.len().min(BITE_OCTETS);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    end
}

// A tag without an end yields no token: what separates attributes is counted as long as none comes.
#[derive(Default)]
struct AttributeWork {
    tokens: u64,
    separators: usize,
    done: usize,
}

impl AttributeWork {
    // Counts a bite about to be parsed; true if it would be too much.
    fn add(&mut self, bite: &str, tokens: u64) -> bool {
        if tokens != self.tokens {
            self.tokens = tokens;
            self.done += self.separators * self.separators;
            self.separators = 0;
        }
        // A run of them separates once.
        let is_separator = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0C | b'/' | b'"' | b'\'');
        let runs = bite.as_bytes().chunk_by(|a, b| is_separator(a) == is_separator(b));
        self.separators += runs.filter(|run| is_separator(&run[0])).count();
        self.done + self.separators * self.separators > ATTRIBUTE_WORK_MAX
    }
}

fn has_loading_style(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    lower.split("<style").skip(1).any(|rest| css::loads(rest.split("</style").next().unwrap_or_default()))
}

// A fragment has no body element, so the sink never sees its attributes.
fn has_loading_body(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    let Some((_, body)) = lower.split_once("<body") else { return false };
    let tag = body.split('>').next().unwrap_or_default();
    css::loads(tag) || tag.split_once("background=").is_some_and(|(_, value)| value.contains("//"))
}

// ---- The sink --------------------------------------------------------------------------------

#[derive(Default)]
struct Sink {
    // Everything that came out of the tokenizer and reached the tree.
    tokens: Cell<u64>,
    nodes: Cell<usize>,
    too_deep: Cell<bool>,
    remote: Cell<bool>,
    cids: RefCell<Vec<String>>,
    seen: RefCell<HashSet<String>>,
}

// A node that knows no other node.
struct Node {
    name: QualName,
    depth: Cell<usize>,
    integration_point: bool,
}

type Handle = Rc<Node>;

impl Sink {
    fn is_over(&self) -> bool {
        self.too_deep.get() || self.nodes.get() > HTML_NODES_MAX
    }

    fn add(&self, name: QualName, integration_point: bool) -> Handle {
        self.tick();
        self.nodes.set(self.nodes.get() + 1);
        Rc::new(Node { name, depth: Cell::new(0), integration_point })
    }

    fn nameless(&self) -> Handle {
        self.add(QualName::new(None, ns!(), local_name!("")), false)
    }

    fn tick(&self) {
        self.tokens.set(self.tokens.get() + 1);
    }

    // What is moved takes its children along, and they keep the depth they had: only new nodes need to be right,
    // for the cost of the parser's scans is in the elements that are open.
    fn place(&self, depth: usize, child: NodeOrText<Handle>) {
        self.tick();
        match child {
            NodeOrText::AppendNode(node) => node.depth.set(depth),
            NodeOrText::AppendText(_) => self.nodes.set(self.nodes.get() + 1),
        }
        if depth > HTML_DEPTH_MAX {
            self.too_deep.set(true);
        }
    }

    fn look(&self, element: &QualName, attributes: &[Attribute]) {
        for attribute in attributes {
            let (element, name, value) = (&*element.local, &*attribute.name.local, &*attribute.value);
            if matches!((element, name), ("img" | "image", "src"))
                && let Some(id) = attributes::content_id(value)
            {
                self.remember(id);
            } else if would_load(element, name, value) {
                self.remote.set(true);
            }
        }
    }

    fn remember(&self, id: String) {
        let mut seen = self.seen.borrow_mut();
        if seen.len() < CIDS_MAX && seen.insert(id.clone()) {
            self.cids.borrow_mut().push(id);
        }
    }
}

// Whether a browser would fetch something because of this attribute. Errs towards yes.
fn would_load(element: &str, attribute: &str, value: &str) -> bool {
    let value = value.trim_matches(|c: char| c <= ' ').to_ascii_lowercase();
    let is_own = value.is_empty() || value.starts_with("data:") || value.starts_with("cid:") || value.starts_with('#');
    match attribute {
        "style" => css::loads(&value),
        "src" | "srcset" | "background" | "poster" | "lowsrc" | "dynsrc" | "longdesc" | "data" | "code" | "codebase" | "archive"
        | "classid" | "manifest" | "icon" | "imagesrcset" => !is_own,
        // Links are followed by people, not by the browser.
        "href" | "xlink:href" => !is_own && !matches!(element, "a" | "area"),
        "content" => element == "meta" && value.contains("url"),
        "srcdoc" => true,
        _ => false,
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Sink;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Sink {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.nameless()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.look(&name, &attributes);
        self.add(name, flags.mathml_annotation_xml_integration_point)
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.nameless()
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.nameless()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.place(parent.depth.get() + 1, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        self.place(element.depth.get().max(previous.depth.get() + 1), child);
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    fn pop(&self, _node: &Handle) {
        self.tick();
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        Rc::clone(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        self.place(sibling.depth.get(), node);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.look(&target.name, &attributes);
    }

    fn remove_from_parent(&self, _target: &Handle) {}

    fn reparent_children(&self, _node: &Handle, _new_parent: &Handle) {}

    fn is_mathml_annotation_xml_integration_point(&self, target: &Handle) -> bool {
        target.integration_point
    }
}
