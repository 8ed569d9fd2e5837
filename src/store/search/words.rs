//! From text to what the tables are asked and told: pure, and the same on both sides.
//!
//! FTS5's own tokenizer (`unicode61`, diacritics removed) makes words of runs of letters and digits. What it cannot do is done
//! here before it sees the text: characters of scripts that put no spaces between words are set apart, so that each is a word
//! and a run of them is a phrase; and no word is longer than [`SEARCH_WORD_MAX_CHARS`].

use sha2::{Digest, Sha256};

use crate::limits::{SEARCH_PREFIX_MIN_CHARS, SEARCH_WORD_MAX_CHARS};
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
pub fn stands_alone(c: char) -> bool {
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

/// One string of FTS5's query language for a word or several in a row; None if there is no word in it. A quote ends such a string, so
/// none gets into it: nothing in it is an operator. `starred`: the last word may go on, if it has [`SEARCH_PREFIX_MIN_CHARS`] characters.
pub fn term_expression(stem: &str, starred: bool) -> Option<String> {
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

    fn check(term: &str, expected: Option<&str>) {
        let (stem, starred) = term.strip_suffix('*').map_or((term, false), |stem| (stem, true));
        assert_eq!(term_expression(stem, starred).as_deref(), expected, "{term:?}");
    }

    #[test]
    fn terms_are_strings() {
        check("invoice", Some("\"invoice\""));
        check("annual report", Some("\"annual report\""));
        check("bo@example.com", Some("\"bo@example.com\""));
        check("invo*", Some("\"invo\" *"));
        check("inv*", Some("\"inv\""));
        check("annual repo*", Some("\"annual repo\" *"));
        check("a\" OR \"b", Some("\"a  OR  b\""));
        check("text:x", Some("\"text:x\""));
        check("&&", None);
        check("*", None);
        check("\0\"", None);
    }

    #[test]
    fn scripts_without_spaces_are_taken_character_by_character() {
        check("会議資料", Some("\"会  議  資  料\""));
        check("会議*", Some("\"会  議\""));
        let mut out = String::new();
        push(&mut out, "A会議b", &mut 100);
        assert_eq!(out, "A 会  議 b");
    }

    #[test]
    fn words_have_bounds() {
        let mut out = String::new();
        let mut room = 60;
        push(&mut out, &format!("{} short {}", "x".repeat(1000), "y ".repeat(100)), &mut room);
        assert!(out.starts_with(&format!("{} short y", "x".repeat(SEARCH_WORD_MAX_CHARS))), "{out}");
        assert!(out.len() <= 60 && room <= 1, "{room}");
    }
}
