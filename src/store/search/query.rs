//! What a person types to find mail: from text to a question. Pure, and never an error: what has no other meaning is a word.
//!
//! | typed | finds |
//! | --- | --- |
//! | `invoice march` | both words, anywhere in a message |
//! | `"annual report"` | these words in a row |
//! | `invo*` | words that begin so (four letters or more; a shorter one is a word) |
//! | `from:` `to:` `cc:` `subject:` | the word, or the phrase in quotes, there; `to:` looks in Cc, too |
//! | `has:attachment` | messages with a file |
//! | `is:unread` `is:read` `is:flagged` | as marked in the mailbox |
//! | `in:inbox` | in this folder; several: in any of them |
//! | `before:2026-03-01` `after:2026-03-01` | written before that day; on that day or later |
//! | `-` before any of these | what is not so |
//!
//! The operators have German names as well (`von:`, `an:`, `betreff:`, `hat:anhang`, `ist:ungelesen`, `vor:`, `nach:`). Their case does not matter.

use super::words;
use crate::clock::Wall;
use crate::limits::{SEARCH_QUERY_FOLDERS_MAX, SEARCH_QUERY_MAX_CHARS, SEARCH_QUERY_WORDS_MAX};
use crate::mail::Mailbox;
use crate::store::Folder;

/// What only the page knows: the names of folders, and when a day begins in the office.
pub trait Names {
    /// The folder that a person calls so.
    fn folder(&self, name: &str) -> Option<Folder>;
    /// The first moment of a day.
    fn day(&self, text: &str) -> Option<Wall>;
}

/// Where a word must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Anywhere. As the place of a text: its body.
    Any,
    From,
    To,
    Cc,
    Subject,
}

/// A word, or several in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub field: Field,
    pub text: String,
    /// Its last word may go on.
    pub starred: bool,
    pub negated: bool,
}

/// A question. [`Query::default`] asks for nothing and finds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) terms: Vec<Term>,
    pub(in crate::store) facts: Facts,
    misread: Vec<String>,
}

/// What must be true of a message besides its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Facts {
    /// In any of these; all if there is none.
    pub folders: Vec<Folder>,
    pub not_folders: Vec<Folder>,
    pub unread: Option<bool>,
    pub flagged: Option<bool>,
    pub attachment: Option<bool>,
    /// Written before this moment, and from that one on.
    pub before: Option<Wall>,
    pub from: Option<Wall>,
}

#[derive(Clone, Copy)]
enum Operator {
    Text(Field),
    Has,
    Is,
    In,
    Before,
    After,
}

fn operator(name: &str) -> Option<Operator> {
    let known = match name.to_lowercase().as_str() {
        "from" | "von" => Operator::Text(Field::From),
        "to" | "an" => Operator::Text(Field::To),
        "cc" | "kopie" => Operator::Text(Field::Cc),
        "subject" | "betreff" => Operator::Text(Field::Subject),
        "has" | "hat" => Operator::Has,
        "is" | "ist" => Operator::Is,
        "in" => Operator::In,
        "before" | "vor" => Operator::Before,
        "after" | "nach" => Operator::After,
        _ => return None,
    };
    Some(known)
}

impl Query {
    /// Reads what was typed. What is beyond [`SEARCH_QUERY_MAX_CHARS`], [`SEARCH_QUERY_WORDS_MAX`] or [`SEARCH_QUERY_FOLDERS_MAX`] is not
    /// looked at.
    pub fn parse(text: &str, names: &dyn Names) -> Query {
        let mut query = Query::default();
        for token in tokens(text) {
            query.take(token, names);
        }
        query
    }

    /// Words alone, as they stand: no operator has a meaning.
    pub fn words(text: &str) -> Query {
        let mut query = Query::default();
        for Token { name, negated, value, quoted } in tokens(text) {
            let sign = if negated { "-" } else { "" };
            let value = if name.is_empty() { format!("{sign}{value}") } else { format!("{sign}{name}:{value}") };
            query.word(Field::Any, &value, false, quoted);
        }
        query
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.facts == Facts::default()
    }

    /// Operators whose values say nothing, as typed (`in:nowhere`, `before:soon`): they were taken as words.
    pub fn misread(&self) -> &[String] {
        &self.misread
    }

    fn take(&mut self, token: Token, names: &dyn Names) {
        let Token { name, negated, value, quoted } = token;
        let known = match operator(&name) {
            None => return self.word(Field::Any, &value, negated, quoted),
            Some(Operator::Text(field)) => return self.word(field, &value, negated, quoted),
            Some(Operator::Has) => self.has(&value, negated),
            Some(Operator::Is) => self.is(&value, negated),
            Some(Operator::In) => self.within(&value, negated, names),
            Some(Operator::Before) => self.date(&value, !negated, names),
            Some(Operator::After) => self.date(&value, negated, names),
        };
        if known.is_none() {
            let typed = format!("{name}:{value}");
            self.word(Field::Any, &typed, negated, true);
            if self.misread.len() < SEARCH_QUERY_WORDS_MAX {
                self.misread.push(typed);
            }
        }
    }

    fn word(&mut self, field: Field, text: &str, negated: bool, quoted: bool) {
        let (stem, starred) = match text.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (text, false),
        };
        // Round brackets around words are no part of them.
        let stem = if quoted { stem } else { stem.trim_matches(['(', ')', ',', ';']) };
        if self.terms.len() < SEARCH_QUERY_WORDS_MAX && stem.chars().any(char::is_alphanumeric) {
            self.terms.push(Term { field, text: stem.to_owned(), starred, negated });
        }
    }

    fn has(&mut self, value: &str, negated: bool) -> Option<()> {
        let known = ["attachment", "attachments", "attach", "file", "files", "anhang", "anhänge", "datei", "dateien"];
        known.contains(&value.to_lowercase().as_str()).then(|| self.facts.attachment = Some(!negated))
    }

    fn is(&mut self, value: &str, negated: bool) -> Option<()> {
        let facts = &mut self.facts;
        match value.to_lowercase().as_str() {
            "unread" | "unseen" | "new" | "ungelesen" | "neu" => facts.unread = Some(!negated),
            "read" | "seen" | "gelesen" => facts.unread = Some(negated),
            "flagged" | "starred" | "markiert" | "gekennzeichnet" => facts.flagged = Some(!negated),
            "unflagged" | "unmarkiert" => facts.flagged = Some(negated),
            _ => return None,
        }
        Some(())
    }

    fn within(&mut self, value: &str, negated: bool, names: &dyn Names) -> Option<()> {
        let folder = names.folder(value)?;
        let folders = if negated { &mut self.facts.not_folders } else { &mut self.facts.folders };
        if folders.len() < SEARCH_QUERY_FOLDERS_MAX && !folders.contains(&folder) {
            folders.push(folder);
        }
        Some(())
    }

    // Several dates: all of them must hold.
    fn date(&mut self, value: &str, before: bool, names: &dyn Names) -> Option<()> {
        let day = names.day(value)?;
        let Facts { before: end, from: start, .. } = &mut self.facts;
        if before {
            *end = Some(end.map_or(day, |end| end.min(day)));
        } else {
            *start = Some(start.map_or(day, |start| start.max(day)));
        }
        Some(())
    }

    /// What to ask the table of words for. None: no word is asked for, only facts.
    pub(super) fn expression(&self, mailbox: &Mailbox) -> Option<String> {
        let side = |negated: bool| {
            let terms = self.terms.iter().filter(move |term| term.negated == negated);
            terms.filter_map(|term| {
                let text = words::term_expression(&term.text, term.starred)?;
                Some(match term.field {
                    // Whoever types the word of a mailbox must not find its messages by it.
                    Field::Any => format!("- box : ({text})"),
                    Field::From => format!("sender : ({text})"),
                    Field::To => format!("{{addressees copies}} : ({text})"),
                    Field::Cc => format!("copies : ({text})"),
                    Field::Subject => format!("subject : ({text})"),
                })
            })
        };
        let wanted: Vec<String> = side(false).collect();
        let unwanted: Vec<String> = side(true).collect();
        if wanted.is_empty() && unwanted.is_empty() {
            return None;
        }
        let mut expression = format!("(box : \"{}\"", words::mailbox_word(mailbox));
        wanted.iter().for_each(|term| expression.extend([" AND ", term]));
        expression.push(')');
        if !unwanted.is_empty() {
            expression.extend([" NOT (", &unwanted.join(" OR "), ")"]);
        }
        Some(expression)
    }
}

struct Token {
    /// Before a colon, if an operator is called so; empty otherwise.
    name: String,
    negated: bool,
    value: String,
    quoted: bool,
}

// White space and quotes part tokens. A quote that is not closed ends with the text.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut begun = Begun::default();
    let mut quoted = false;
    for c in text.chars().take(SEARCH_QUERY_MAX_CHARS) {
        if is_quote(c) {
            // What stands before an opening quote: an operator, a minus, or a word of its own.
            if quoted || !begun.opens_phrase() {
                tokens.extend(begun.finish(quoted));
            }
            quoted = !quoted;
        } else if !quoted && (c.is_whitespace() || c.is_control()) {
            // `from: ann` is meant as `from:ann`.
            if !begun.is_operator_alone() {
                tokens.extend(begun.finish(false));
            }
        } else {
            begun.push(c, quoted);
        }
    }
    tokens.extend(begun.finish(quoted));
    tokens
}

// Telephones and word processors turn quotes round.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}')
}

#[derive(Default)]
struct Begun {
    name: String,
    negated: bool,
    value: String,
}

impl Begun {
    fn push(&mut self, c: char, quoted: bool) {
        if quoted {
            self.value.push(c);
            return;
        }
        let is_first = self.value.is_empty() && self.name.is_empty();
        if c == '-' && is_first && !self.negated {
            self.negated = true;
        } else if c == ':' && self.name.is_empty() && operator(&self.value).is_some() {
            self.name = std::mem::take(&mut self.value);
        } else {
            self.value.push(c);
        }
    }

    fn is_operator_alone(&self) -> bool {
        !self.name.is_empty() && self.value.is_empty()
    }

    fn opens_phrase(&self) -> bool {
        self.value.is_empty()
    }

    fn finish(&mut self, quoted: bool) -> Option<Token> {
        let Begun { name, negated, value } = std::mem::take(self);
        // An operator with nothing behind it is the word that it is.
        let (name, value) = if value.is_empty() { (String::new(), name) } else { (name, value) };
        (!value.is_empty()).then_some(Token { name, negated, value, quoted })
    }
}

#[cfg(test)]
pub(super) use tests::Test as TestNames;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;
    use crate::store::FolderId;

    pub struct Test;

    impl Names for Test {
        fn folder(&self, name: &str) -> Option<Folder> {
            match name {
                "inbox" => Some(Folder::Inbox),
                "Orders 2026" => Some(Folder::Own(FolderId(7))),
                _ => None,
            }
        }

        fn day(&self, text: &str) -> Option<Wall> {
            text.parse().ok().map(Wall)
        }
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, &Test)
    }

    /// Terms as `field text*`, with their sign.
    fn check(text: &str, expected: &[&str]) {
        let shown: Vec<String> = parse(text)
            .terms
            .iter()
            .map(|Term { field, text, starred, negated }| {
                let place = if *field == Field::Any { String::new() } else { format!("{field:?} ") };
                format!("{}{place}{text}{}", if *negated { "-" } else { "" }, if *starred { "*" } else { "" })
            })
            .collect();
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn words_and_phrases() {
        check("invoice march", &["invoice", "march"]);
        check("  \"annual report\" 2026", &["annual report", "2026"]);
        check("“annual report„ «x y»", &["annual report", "x y"]);
        check("\"not closed", &["not closed"]);
        check("a\"b c\"d", &["a", "b c", "d"]);
        check("bo@example.com", &["bo@example.com"]);
        check("invo* \"annual repo*\" *", &["invo*", "annual repo*"]);
        check("(one, two);", &["one", "two"]);
    }

    #[test]
    fn operators_say_where() {
        check("from:bo to:ann cc:eve subject:plan x", &["From bo", "To ann", "Cc eve", "Subject plan", "x"]);
        check("From:bo VON:bo Betreff:plan an:bo", &["From bo", "From bo", "Subject plan", "To bo"]);
        check("subject:\"annual report\"", &["Subject annual report"]);
        check("subject:annual report", &["Subject annual", "report"]);
        check("from: bo from: \"b o\"", &["From bo", "From b o"]);
        check("from:bo* from:", &["From bo*", "from"]);
        check("from:from:bo", &["From from:bo"]);
    }

    #[test]
    fn a_minus_before_a_word_excludes_it() {
        check("-draft -\"old news\" -from:bo a-b -", &["-draft", "-old news", "-From bo", "a-b"]);
        check("--x -- - -", &["--x"]);
        check("-subject:\"x y\"", &["-Subject x y"]);
    }

    #[test]
    fn what_is_no_operator_is_a_word() {
        check("http://example.com re:plan is: 12:30", &["http://example.com", "re:plan", "is:12:30"]);
        check("has:nothing is:odd in:nowhere before:soon", &["has:nothing", "is:odd", "in:nowhere", "before:soon"]);
        assert_eq!(parse("has:nothing in:nowhere x:y").misread(), ["has:nothing", "in:nowhere"]);
        check("a AND (b OR c) NOT d", &["a", "AND", "b", "OR", "c", "NOT", "d"]);
        check("\0 \"\" \" && --", &[]);
        check("", &[]);
    }

    #[test]
    fn facts() {
        let facts = |text: &str| {
            let query = parse(text);
            assert!(query.terms.is_empty() && !query.is_empty(), "{text}");
            query.facts
        };
        assert_eq!(facts("has:attachment").attachment, Some(true));
        assert_eq!(facts("-hat:anhang").attachment, Some(false));
        assert_eq!(facts("is:unread").unread, Some(true));
        assert_eq!((facts("is:read").unread, facts("-is:unread").unread), (Some(false), Some(false)));
        assert_eq!(facts("ist:markiert").flagged, Some(true));
        assert_eq!(facts("in:inbox in:\"Orders 2026\"").folders, [Folder::Inbox, Folder::Own(FolderId(7))]);
        assert_eq!(facts("-in:inbox").not_folders, [Folder::Inbox]);
        let dated = facts("before:9 before:8 after:3 after:5");
        assert_eq!((dated.from, dated.before), (Some(Wall(5)), Some(Wall(8))));
        assert_eq!((facts("-before:4").from, facts("-after:4").before), (Some(Wall(4)), Some(Wall(4))));
        assert!(parse(" \" * ").is_empty());
    }

    fn expression(text: &str) -> Option<String> {
        let mailbox = Address::parse("ann@example.com").unwrap().mailbox();
        parse(text).expression(&mailbox).map(|text| text.replace(&words::mailbox_word(&mailbox), "M"))
    }

    #[test]
    fn only_words_in_quotes_get_into_the_expression() {
        assert_eq!(expression("one \"two three\"").unwrap(), "(box : \"M\" AND - box : (\"one\") AND - box : (\"two three\"))");
        assert_eq!(
            expression("from:bo -to:ann -x").unwrap(),
            "(box : \"M\" AND sender : (\"bo\")) NOT ({addressees copies} : (\"ann\") OR - box : (\"x\"))"
        );
        assert_eq!(expression("-x").unwrap(), "(box : \"M\") NOT (- box : (\"x\"))");
        assert_eq!(expression("is:unread"), None);
        assert_eq!(expression("subject:\"a'); DROP TABLE words;--").unwrap(), "(box : \"M\" AND subject : (\"a'); DROP TABLE words;--\"))");
    }

    #[test]
    fn there_are_bounds() {
        assert_eq!(parse(&"w ".repeat(10_000)).terms.len(), SEARCH_QUERY_WORDS_MAX);
        assert_eq!(parse(&"w".repeat(10_000)).terms[0].text.len(), SEARCH_QUERY_MAX_CHARS);
        assert!(parse(&"in:inbox ".repeat(1000)).facts.folders.len() == 1);
        assert!(parse(&"in:x ".repeat(1000)).misread().len() <= SEARCH_QUERY_WORDS_MAX);
        assert!(parse(&"from:".repeat(1000)).terms.len() <= 1);
    }

    #[test]
    fn words_alone_have_no_operators() {
        let query = Query::words("from:bo -x is:unread \"a b\"");
        assert_eq!(query.facts, Facts::default());
        let texts: Vec<&str> = query.terms.iter().map(|term| term.text.as_str()).collect();
        assert_eq!(texts, ["from:bo", "-x", "is:unread", "a b"]);
        assert!(query.terms.iter().all(|term| term.field == Field::Any && !term.negated));
    }
}
