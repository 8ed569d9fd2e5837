//! What the webmail says, in the reader's language.
//!
//! Messages lie in `assets/text/LANGUAGE/AREA.ftl` (Project Fluent syntax), compiled in. A page has a [`Texts`] at `shell.texts`,
//! a handler at `context.texts`; both are as cheap as a reference. Call it `t` or `texts`: the tests look for `t.get("…")` and its
//! sisters to see that every key exists and every message is used.
//!
//! ```text
//! let t = shell.texts;
//! t.get("inbox-empty")                                   // &'static str, no allocation
//! t.count("folder-total", page.total)                    // $count, with the plural of the language
//! t.with("sent-to", &[("who", name.into())])             // any arguments
//! let (before, after) = t.around("hello", "who");        // for markup in the middle: html! { (before) bdi { (name) } (after) }
//! t.short(at, now), t.minute(at), t.size(octets)         // dates and sizes as the language writes them
//! ```
//!
//! To add a text: a line in the area's file of *each* language. No markup in messages, no text in pages. A key chosen by a `match` is a
//! literal that stands for itself: `t.get(match folder { Folder::Inbox => "folder-inbox", … })`.
//!
//! To add a language: its folder, and a line in [`LANGUAGES`].
//!
//! Fluent's isolation marks are off: what is foreign stands in a `bdi` element, which does the same and cannot be copied by accident.

mod dates;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::Request;
use crate::limits::ACCEPT_LANGUAGE_MAX;

/// An argument of a message: from a text or a number.
pub type Value<'a> = FluentValue<'a>;

/// The cookie of somebody who chose a language and is not signed in.
pub const LANGUAGE_COOKIE: &str = "lifeboat-language";

/// A language as it lies in `assets/`.
struct Language {
    /// BCP 47.
    tag: &'static str,
    /// In its own words.
    name: &'static str,
    right_to_left: bool,
    /// Between thousands, and before decimals.
    thousands: char,
    decimal: char,
    files: &'static [&'static str],
    /// Tells the bundle how it writes numbers.
    numbers: fn(&mut FluentBundle<FluentResource>),
}

macro_rules! files {
    ($tag:literal) => {
        &[
            include_str!(concat!("../../../assets/text/", $tag, "/date.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/frame.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/list.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/act.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/read.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/write.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/people.ftl")),
            include_str!(concat!("../../../assets/text/", $tag, "/errors.ftl")),
        ]
    };
}

/// The first is for whoever wants none of them.
static LANGUAGES: &[Language] = &[
    Language {
        tag: "en",
        name: "English",
        right_to_left: false,
        thousands: ',',
        decimal: '.',
        files: files!("en"),
        numbers: |bundle| bundle.set_formatter(Some(|value, _| grouped(value, ','))),
    },
    Language {
        tag: "de",
        name: "Deutsch",
        right_to_left: false,
        thousands: '.',
        decimal: ',',
        files: files!("de"),
        numbers: |bundle| bundle.set_formatter(Some(|value, _| grouped(value, '.'))),
    },
];

/// A language, ready to be written.
struct Book {
    language: &'static Language,
    /// Messages without arguments.
    plain: HashMap<&'static str, &'static str>,
    /// All of them.
    bundle: FluentBundle<FluentResource>,
}

static BOOKS: LazyLock<Vec<Book>> = LazyLock::new(|| LANGUAGES.iter().map(Book::new).collect());

/// The messages in one language.
#[derive(Clone, Copy)]
pub struct Texts(&'static Book);

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Texts({})", self.tag())
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Texts) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Texts {}

impl Texts {
    /// What this request is answered in: the person's own choice, else the cookie, else what the browser asks for, else English.
    pub fn wanted(request: &Request, chosen: Option<&str>) -> Texts {
        let cookie = request.cookie(LANGUAGE_COOKIE);
        let asked = || accepted(request.header("accept-language").unwrap_or_default());
        let known = chosen.and_then(Texts::named).or_else(|| cookie.and_then(Texts::named)).or_else(asked);
        known.unwrap_or_else(Texts::english)
    }

    /// What the field `Accept-Language` asks for, else English.
    pub fn asked_for(field: &str) -> Texts {
        accepted(field).unwrap_or_else(Texts::english)
    }

    pub fn english() -> Texts {
        Texts(&BOOKS[0])
    }

    /// By its tag: `de`, also for `de-AT`.
    pub fn named(tag: &str) -> Option<Texts> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        BOOKS.iter().find(|book| book.language.tag.eq_ignore_ascii_case(primary)).map(Texts)
    }

    /// All there are.
    pub fn all() -> impl Iterator<Item = Texts> {
        BOOKS.iter().map(Texts)
    }

    /// For `lang` attributes.
    pub fn tag(self) -> &'static str {
        self.0.language.tag
    }

    /// The language's own name.
    pub fn name(self) -> &'static str {
        self.0.language.name
    }

    /// For `dir` attributes.
    pub fn direction(self) -> &'static str {
        if self.0.language.right_to_left { "rtl" } else { "ltr" }
    }

    /// A message without arguments. One that does not exist shows its key; the tests see to it that there is none.
    pub fn get(self, key: &'static str) -> &'static str {
        let found = self.0.plain.get(key).copied();
        debug_assert!(found.is_some(), "no text {key:?} without arguments in {}", self.tag());
        found.unwrap_or(key)
    }

    /// A message with arguments.
    pub fn with(self, key: &'static str, arguments: &[(&'static str, Value<'_>)]) -> String {
        let Some(pattern) = self.0.bundle.get_message(key).and_then(|message| message.value()) else {
            debug_assert!(false, "no text {key:?} in {}", self.tag());
            return key.to_owned();
        };
        let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        let mut errors = Vec::new();
        let text = self.0.bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text
    }

    /// A message with the argument `count`.
    pub fn count(self, key: &'static str, count: u64) -> String {
        self.with(key, &[("count", count.into())])
    }

    /// What stands before and after the only argument of a message: for markup around it.
    pub fn around(self, key: &'static str, argument: &'static str) -> (String, String) {
        const MARK: &str = "\u{0}";
        let text = self.with(key, &[(argument, MARK.into())]);
        let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
        (before.to_owned(), after.to_owned())
    }

    /// `640 bytes`, `12 kB`, `3.4 MB`, with decimal units as file managers show them.
    pub fn size(self, octets: usize) -> String {
        let octets = octets as u64;
        match octets {
            0..1_000 => self.count("size-bytes", octets),
            1_000..1_000_000 => format!("{} kB", octets.div_ceil(1_000)),
            _ => format!("{}{}{} MB", octets / 1_000_000, self.0.language.decimal, octets / 100_000 % 10),
        }
    }

    /// A number as the language writes it.
    pub fn number(self, number: u64) -> String {
        group(number, self.0.language.thousands)
    }
}

impl Book {
    fn new(language: &'static Language) -> Book {
        let identifier: LanguageIdentifier = language.tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        bundle.set_use_isolating(false);
        (language.numbers)(&mut bundle);
        let mut keys = Vec::new();
        for file in language.files {
            // A file with a mistake gives what could be read of it; the tests let none pass.
            let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(resource, errors)| {
                debug_assert!(false, "{}: {errors:?}", language.tag);
                resource
            });
            keys.extend(file.lines().filter_map(key));
            if let Err(errors) = bundle.add_resource(resource) {
                debug_assert!(false, "{}: {errors:?}", language.tag);
            }
        }
        let plain = keys.into_iter().filter_map(|key| plain(&bundle, key).map(|text| (key, text))).collect();
        Book { language, plain, bundle }
    }
}

/// The key that a line of a file begins with.
fn key(line: &'static str) -> Option<&'static str> {
    let (key, _) = line.split_once('=')?;
    key.starts_with(|c: char| c.is_ascii_lowercase()).then(|| key.trim_end())
}

/// The text of a message that has no arguments. It lives as long as the program: there is one for each message of the files.
fn plain(bundle: &FluentBundle<FluentResource>, key: &str) -> Option<&'static str> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, None, &mut errors).into_owned();
    errors.is_empty().then(|| &*text.leak())
}

/// The best language of an `Accept-Language` field (RFC 9110 section 12.5.4). Equal weights: the first.
fn accepted(field: &str) -> Option<Texts> {
    let mut best: Option<(f32, Texts)> = None;
    for range in field.split(',').take(ACCEPT_LANGUAGE_MAX) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        if weight > best.map_or(0.0, |(best, _)| best)
            && let Some(texts) = Texts::named(tag)
        {
            best = Some((weight, texts));
        }
    }
    best.map(|(_, texts)| texts)
}

fn grouped(value: &FluentValue<'_>, separator: char) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value >= 1000.0 && number.value.fract() == 0.0 => Some(group(number.value as u64, separator)),
        _ => None,
    }
}

fn group(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
