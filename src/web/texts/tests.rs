//! Every message that the pages ask for is there, in every language, with the same arguments; and none is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::clock::Wall;

// 2026-03-03T09:15:02Z
const AT: Wall = Wall(1_772_529_302_000);

/// Keys with the arguments that their text names, in one language.
fn messages(language: &Language) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in language.files {
        let mut here = "";
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if let Some(key) = key(line) {
                assert!(!found.contains_key(key), "{key} twice in {}", language.tag);
                here = key;
                found.insert(key, BTreeSet::new());
            }
            let named = line.split('$').skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next());
            found.entry(here).or_default().extend(named);
        }
    }
    found.remove("");
    found
}

/// The webmail's source: what stands in quotation marks, and the keys that are asked for outright.
fn source() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut quoted, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.ends_with("texts/mod.rs") || path.ends_with("texts/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        quoted.extend(text.split('"').map(str::to_owned));
        let flat: String = text.split_whitespace().collect();
        for call in
            ["t.get(\"", "texts.get(\"", "t.with(\"", "texts.with(\"", "t.count(\"", "texts.count(\"", "t.around(\"", "texts.around(\""]
        {
            for (at, _) in flat.match_indices(call) {
                let is_whole_word = !flat[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                asked.extend(flat[at + call.len()..].split('"').next().filter(|_| is_whole_word).map(str::to_owned));
            }
        }
    }
    (quoted, asked)
}

#[test]
fn every_language_has_every_message_with_the_same_arguments() {
    let first = messages(&LANGUAGES[0]);
    assert!(first.len() > 60, "{}", first.len());
    for language in LANGUAGES {
        let other = messages(language);
        for key in first.keys().chain(other.keys()) {
            assert_eq!(first.get(key), other.get(key), "{key} in {} and in {}", LANGUAGES[0].tag, language.tag);
        }
    }
}

#[test]
fn every_message_is_used_and_every_one_asked_for_exists() {
    let (quoted, asked) = source();
    let known = messages(&LANGUAGES[0]);
    let unused: Vec<_> = known.keys().filter(|key| !quoted.contains(**key) && **key != "size-bytes").collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
    let missing: Vec<_> = asked.iter().filter(|key| !known.contains_key(key.as_str())).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
    assert!(asked.len() > 30, "the calls were not found: {asked:?}");
}

#[test]
fn messages_are_read_whole_and_have_no_markup() {
    for book in BOOKS.iter() {
        for (key, arguments) in messages(book.language) {
            assert!(book.bundle.has_message(key), "{key} in {} was not understood", book.language.tag);
            let arguments: Vec<(&'static str, Value<'_>)> = arguments.iter().map(|name| (*name, 2.into())).collect();
            let text = Texts(book).with(key, &arguments);
            assert!(!text.is_empty() && !text.contains(['<', '>', '{', '\n', '\u{2068}']) && !text.contains("&amp;"), "{key}: {text:?}");
            assert_eq!(text, text.trim(), "{key}");
            assert_eq!(arguments.is_empty(), book.plain.contains_key(key), "{key}");
        }
    }
}

#[test]
fn numbers_follow_the_language() {
    let check = |tag: &str, count: u64, expected: &str| {
        let texts = Texts::named(tag).unwrap();
        assert_eq!(texts.count("folder-total", count), expected);
    };
    check("en", 1, "1 message");
    check("en", 1_234_567, "1,234,567 messages");
    check("de", 1, "1 Nachricht");
    check("de", 100_000, "100.000 Nachrichten");
    assert_eq!(Texts::english().number(1_000), "1,000");
}

#[test]
fn sizes_follow_the_language() {
    let german = Texts::named("de").unwrap();
    for (octets, english, other) in [
        (0, "0 bytes", "0 Byte"),
        (1, "1 byte", "1 Byte"),
        (999, "999 bytes", "999 Byte"),
        (1_000, "1 kB", "1 kB"),
        (1_001, "2 kB", "2 kB"),
        (999_999, "1000 kB", "1000 kB"),
        (1_000_000, "1.0 MB", "1,0 MB"),
        (52_428_800, "52.4 MB", "52,4 MB"),
    ] {
        assert_eq!((Texts::english().size(octets).as_str(), german.size(octets).as_str()), (english, other), "{octets}");
    }
}

#[test]
fn dates_follow_the_language() {
    let day = 24 * 3600 * 1000;
    let german = Texts::named("de-AT").unwrap();
    let english = Texts::english();
    let after = |days: u64| Wall(AT.0 + days * day);
    assert_eq!(english.short(AT, after(2)), "3 Mar");
    assert_eq!(german.short(AT, after(2)), "3. März");
    assert_eq!(english.short(AT, after(400)), "3 Mar 2026");
    assert_eq!(german.day(AT), "3. März 2026");
    assert_eq!(english.weekday(AT), "Tuesday, 3 March");
    assert_eq!(english.short(AT, AT), english.time(AT));
    assert_eq!(english.minute(AT), format!("Tuesday, 3 March 2026, {}", english.time(AT)));
    assert_eq!(german.moment(AT, after(1)), format!("3. März 2026, {}", german.time(AT)));
}

#[test]
fn the_language_is_the_one_that_was_wanted() {
    let check = |cookie: Option<&str>, accept: Option<&str>, chosen: Option<&str>, expected: &str| {
        let mut headers = Vec::new();
        headers.extend(cookie.map(|tag| ("cookie".to_owned(), format!("{LANGUAGE_COOKIE}={tag}"))));
        headers.extend(accept.map(|value| ("accept-language".to_owned(), value.to_owned())));
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: Vec::new().into(),
            client: [192, 0, 2, 7].into(),
        };
        assert_eq!(Texts::wanted(&request, chosen).tag(), expected, "{cookie:?} {accept:?} {chosen:?}");
    };
    check(None, None, None, "en");
    check(None, Some("de-AT,de;q=0.9,en;q=0.8"), None, "de");
    check(None, Some("fr, en;q=0.7, DE;q=0.8"), None, "de");
    check(None, Some("en, de"), None, "en");
    check(None, Some("de;q=0, *"), None, "en");
    check(None, Some("fr;q=x,;;;,"), None, "en");
    check(Some("en"), Some("de"), None, "en");
    check(Some("xx"), Some("de"), None, "de");
    check(Some("en"), Some("en"), Some("de"), "de");
}

#[test]
fn markup_finds_its_place() {
    let (before, after) = Texts::english().around("banner-down", "since");
    assert_eq!((before.as_str(), after.as_str()), ("The mail server has been down since ", "."));
}
