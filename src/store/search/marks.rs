//! Where the words of a question stand in a text: for marking them. Pure; as the tables' tokenizer parts and compares words.

use std::collections::VecDeque;
use std::ops::Range;

use super::fold::{fold, is_mark};
use super::query::{Field, Query};
use super::words::stands_alone;
use crate::limits::SEARCH_PREFIX_MIN_CHARS;

/// A word or several in a row, folded.
struct Pattern {
    words: Vec<String>,
    starred: bool,
}

/// What to mark of a question in texts of one place.
pub struct Marks {
    patterns: Vec<Pattern>,
}

impl Query {
    /// What to mark in a text that stands in `field`: words that were asked for there, or anywhere. Those that were excluded are not marked.
    pub fn marks(&self, field: Field) -> Marks {
        let there = |asked: Field| match asked {
            Field::Any => true,
            Field::To => matches!(field, Field::To | Field::Cc),
            asked => asked == field,
        };
        let terms = self.terms.iter().filter(|term| !term.negated && there(term.field));
        let pattern = |text: &str, starred: bool| {
            let words: Vec<String> = words_of(text).map(|(_, word)| word).collect();
            let starred = starred && words.last().is_some_and(|last| last.chars().count() >= SEARCH_PREFIX_MIN_CHARS);
            Pattern { words, starred }
        };
        Marks { patterns: terms.map(|term| pattern(&term.text, term.starred)).filter(|pattern| !pattern.words.is_empty()).collect() }
    }
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Where the first of them stands in `text`, in octets. Reads no further than that.
    pub fn first(&self, text: &str) -> Option<Range<usize>> {
        let longest = self.patterns.iter().map(|pattern| pattern.words.len()).max()?;
        let (mut rest, mut words) = (words_of(text), VecDeque::new());
        loop {
            words.extend(rest.by_ref().take(longest - words.len()));
            let ahead = words.make_contiguous();
            let found = self.patterns.iter().filter(|pattern| pattern.is_at(ahead)).map(|pattern| pattern.words.len()).max();
            if let Some(last) = found.and_then(|count| ahead.get(count - 1)) {
                return Some(ahead[0].0.start..last.0.end);
            }
            words.pop_front()?;
        }
    }

    /// Where they stand in `text`, in octets, in order, none touching another.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        let words: Vec<(Range<usize>, String)> = words_of(text).collect();
        let mut found: Vec<Range<usize>> = Vec::new();
        for at in 0..words.len() {
            let longest = self.patterns.iter().filter(|pattern| pattern.is_at(&words[at..])).map(|pattern| pattern.words.len()).max();
            let Some(last) = longest.and_then(|count| words.get(at + count - 1)) else { continue };
            let range = words[at].0.start..last.0.end;
            match found.last_mut() {
                Some(before) if before.end >= range.start => before.end = before.end.max(range.end),
                _ => found.push(range),
            }
        }
        found
    }
}

impl Pattern {
    fn is_at(&self, words: &[(Range<usize>, String)]) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        let Some((_, text)) = words.get(before.len()) else { return false };
        let is_last = if self.starred { text.starts_with(last.as_str()) } else { text == last };
        is_last && before.iter().zip(words).all(|(word, (_, text))| word == text)
    }
}

// Runs of letters and digits with the marks on them; characters of scripts without spaces each by itself.
fn words_of(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        let alone = stands_alone(first);
        while let Some((at, c)) = chars.peek().copied() {
            let goes_on = is_mark(c) || (!alone && c.is_alphanumeric() && !stands_alone(c));
            if !goes_on {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        Some((start..end, fold(&text[start..end])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, field: Field, text: &str, expected: &[&str]) {
        let query = Query::parse(query, &super::super::query::TestNames);
        let found: Vec<&str> = query.marks(field).find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
        // Touching ones are one mark: the first of them is its beginning.
        let first = query.marks(field).first(text).map(|range| &text[range]);
        assert_eq!(first.is_some(), !expected.is_empty(), "{text:?}");
        assert!(first.is_none_or(|first| expected[0].starts_with(first)), "{text:?}");
    }

    #[test]
    fn words_are_marked_as_they_are_found() {
        check("annual REPORT", Field::Subject, "Annual report: reports", &["Annual", "report"]);
        check("gruße", Field::Any, "Viele Grüße, GRU\u{308}ßE", &["Grüße", "GRU\u{308}ßE"]);
        check("\"annual report\"", Field::Any, "annual, report; annual the report", &["annual, report"]);
        check("invo*", Field::Any, "Invoices invo inv", &["Invoices", "invo"]);
        check("inv*", Field::Any, "Invoices inv", &["inv"]);
        check("会議", Field::Any, "今日の会議です議", &["会議"]);
        check("bo@example.com", Field::From, "Bo <bo@example.com>", &["bo@example.com"]);
    }

    #[test]
    fn only_where_they_were_asked_for() {
        check("from:bo plan", Field::Subject, "bo has a plan", &["plan"]);
        check("from:bo plan", Field::From, "bo", &["bo"]);
        check("to:bo", Field::Cc, "bo", &["bo"]);
        check("cc:bo", Field::To, "bo", &[]);
        check("-plan is:unread", Field::Subject, "plan", &[]);
    }

    #[test]
    fn marks_do_not_overlap_and_keep_to_characters() {
        check("\"a b\" \"b c\"", Field::Any, "a b c", &["a b c"]);
        check("a b", Field::Any, "\u{1f600}a\u{1f600}b\u{202e}", &["a", "b"]);
        let query = Query::words("\"x x x\" x*");
        let text = "x ".repeat(10_000);
        assert_eq!(query.marks(Field::Any).find(&text).len(), 1);
    }
}
