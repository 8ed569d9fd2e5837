//! From text to what the tables are asked and told: pure, and the same on both sides.
//!
//! FTS5's own tokenizer (`unicode61`, diacritics removed) makes words of runs of letters and digits. What it cannot do is done
//! here before it sees the text: characters of scripts that put no spaces between words are set apart, so that each is a word
//! and a run of them is a phrase; and no word is longer than [`SEARCH_WORD_MAX_CHARS`].

use sha2::{Digest, Sha256};

use crate::limits::{SEARCH_PREFIX_MIN_CHARS, SEARCH_QUERY_MAX_CHARS, SEARCH_QUERY_WORDS_MAX, SEARCH_WORD_MAX_CHARS};
use crate::mail::Mailbox;

/// The word that stands for a mailbox. Two mailboxes with one word would only cost time: what a mailbox shows is asked of the index.
pub fn mailbox_word(mailbox: &Mailbox) -> String {
    let digest = Sha256::digest(mailbox.as_str().as_bytes());
    let hex: String = digest.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    format!("m{hex}")
}

/// Appends `text` as the tokenizer shall see it, as far as `room` octets go; takes what it used from the room.
pub fn push(out: &mut String, text: &str, room: &mut usize) {
    let mut run = 0;
    for c in text.chars() {
        run = if c.is_alphanumeric() { run + 1 } else { 0 };
        if run > SEARCH_WORD_MAX_CHARS {
            continue;
        }
        let alone = stands_alone(c);
        let needed = c.len_utf8() + if alone { 2 } else { 0 };
        if needed > *room {
            break;
        }
        *room -= needed;
        if alone {
            run = 0;
            out.extend([' ', c, ' ']);
        } else {
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
}

// Scripts whose words are not set apart by spaces. A few marks in these ranges are no letters; they part words on both sides alike.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF          // Thai, Lao
        | 0x1000..=0x109F        // Burmese
        | 0x1780..=0x17FF        // Khmer
        | 0x3040..=0x30FF        // Hiragana, Katakana
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF        // Han
        | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF        // Hangul: particles are written on to the word
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F        // Katakana of half width
        | 0x20000..=0x3FFFF)
}

/// What to ask the table for: all words of `query`, in messages of `mailbox`. None if there is no word in it.
///
/// Words are parted by white space; all must be there. `"several words"` stand together in this order; a quote that is not
/// closed ends with the query. A word that holds other signs (`bo@example.com`) is such a phrase too. `*` at the end of a word
/// of at least [`SEARCH_PREFIX_MIN_CHARS`] characters takes every word that begins so. Nothing else has a meaning.
/// What is beyond [`SEARCH_QUERY_MAX_CHARS`] or [`SEARCH_QUERY_WORDS_MAX`] is not looked at.
pub fn expression(mailbox: &Mailbox, query: &str) -> Option<String> {
    let terms: Vec<String> = terms(query).iter().filter_map(|term| term_expression(term)).take(SEARCH_QUERY_WORDS_MAX).collect();
    // Whoever types the word of a mailbox must not find its messages by it.
    (!terms.is_empty()).then(|| format!("box : \"{}\" AND - box : ({})", mailbox_word(mailbox), terms.join(" AND ")))
}

fn terms(query: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for c in query.chars().take(SEARCH_QUERY_MAX_CHARS) {
        let parts = c == '"' || (!quoted && (c.is_whitespace() || c.is_control()));
        quoted ^= c == '"';
        if parts {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(c);
        }
    }
    terms
}

// One string of FTS5's query language. Only letters, digits and their marks get into it, so that nothing in it is an operator.
fn term_expression(term: &str) -> Option<String> {
    let (stem, starred) = match term.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (term, false),
    };
    let mut text = String::new();
    push(&mut text, stem, &mut usize::MAX.clone());
    let text = text.replace('"', " ");
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let last_word = text.chars().rev().take_while(|c| c.is_alphanumeric()).count();
    let prefix = if starred && last_word >= SEARCH_PREFIX_MIN_CHARS { " *" } else { "" };
    Some(format!("\"{}\"{prefix}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn check(query: &str, expected: &[&str]) {
        let found: Vec<String> = terms(query).iter().filter_map(|term| term_expression(term)).collect();
        assert_eq!(found, expected, "{query:?}");
    }

    #[test]
    fn words_and_phrases() {
        check("invoice march", &["\"invoice\"", "\"march\""]);
        check("  \"annual report\" 2026", &["\"annual report\"", "\"2026\""]);
        check("\"not closed", &["\"not closed\""]);
        check("a\"b c\"d", &["\"a\"", "\"b c\"", "\"d\""]);
        check("bo@example.com", &["\"bo@example.com\""]);
        check("invo* \"annual repo*\" inv* *", &["\"invo\" *", "\"annual repo\" *", "\"inv\""]);
    }

    #[test]
    fn nothing_else_has_a_meaning() {
        check("a AND (b OR c) NOT d", &["\"a\"", "\"AND\"", "\"(b\"", "\"OR\"", "\"c)\"", "\"NOT\"", "\"d\""]);
        check("text:x ^y NEAR/3 -z {a}", &["\"text:x\"", "\"^y\"", "\"NEAR/3\"", "\"-z\"", "\"{a}\""]);
        check("\0 \"\" \" && --", &[]);
        check("", &[]);
    }

    #[test]
    fn scripts_without_spaces_are_taken_character_by_character() {
        check("会議資料", &["\"会  議  資  料\""]);
        check("会議*", &["\"会  議\""]);
        let mut out = String::new();
        push(&mut out, "A会議b", &mut 100);
        assert_eq!(out, "A 会  議 b");
    }

    #[test]
    fn words_and_queries_have_bounds() {
        let mut out = String::new();
        let mut room = 60;
        push(&mut out, &format!("{} short {}", "x".repeat(1000), "y ".repeat(100)), &mut room);
        assert!(out.starts_with(&format!("{} short y", "x".repeat(SEARCH_WORD_MAX_CHARS))), "{out}");
        assert!(out.len() <= 60 && room <= 1, "{room}");
        let mailbox = Address::parse("ann@example.com").unwrap().mailbox();
        let many = expression(&mailbox, &"w ".repeat(10_000)).unwrap();
        assert_eq!(many.matches("\"w\"").count(), SEARCH_QUERY_WORDS_MAX);
        assert!(expression(&mailbox, &"w".repeat(10_000)).unwrap().len() < 200);
        assert_eq!(expression(&mailbox, " \" * "), None);
    }
}
