//! The page of what a person looked for in the own mailbox.

use std::ops::Range;

use super::pages::rows::Row;
use super::pages::search::{SearchPage, Trouble};
use super::places::Places;
use super::search_names::SearchNames;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Context, act, folder, pages, reader, response};
use crate::limits::{PAGE_ENTRIES, SEARCH_BEHIND_SHOWN, SEARCH_QUERY_MAX_CHARS, SEARCH_SNIPPETS_MAX_OCTETS};
use crate::mail::form::parse_urlencoded;
use crate::mail::parse;
use crate::store::{Entry, Field, Marks, Query, SearchState, Seq};

/// Around the first hit in a text.
const SNIPPET_CHARS_BEFORE: usize = 50;
const SNIPPET_CHARS_AFTER: usize = 120;

/// `/mail/search?q=WORDS`
pub fn show(visit: &Visit<'_>) -> Answer {
    let Visit { request, context, reader, .. } = *visit;
    let query = parse_urlencoded(&request.query);
    let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let before = asked("before").and_then(|value| value.parse().ok()).map(Seq);
    let words = cut(&visible(asked("q").unwrap_or_default()), SEARCH_QUERY_MAX_CHARS);

    let places = Places::load(context, reader).unwrap_or_else(|_| Places::of(context.texts, Vec::new()));
    let asked_for = Query::parse(&words, &SearchNames { own: places.own(), now: context.now.wall });
    let found = context.store.find(reader.mailbox(), &asked_for, before, PAGE_ENTRIES);
    let trouble = match (&found, context.store.search_state()) {
        (Err(_), _) | (_, SearchState::Unavailable) => Some(Trouble::Unavailable),
        (_, SearchState::Behind(records)) if records > SEARCH_BEHIND_SHOWN => Some(Trouble::Behind),
        _ => None,
    };
    if let Err(error) = &found {
        log::info!("web search unavailable: {error}");
    }
    let (entries, older) = found.map(|found| (found.entries, found.next)).unwrap_or_default();
    let acting = if entries.is_empty() { None } else { folder::acting(visit, None, None)? };
    let misread = asked_for.misread().to_vec();
    let page = SearchPage {
        rows: rows(context, &places, &entries, &asked_for),
        acting,
        words,
        older,
        is_newest: before.is_none(),
        trouble,
        misread,
    };
    let mut shell = reader::shell(context, context.texts.get("search"));
    shell.told = act::told(visit);
    Ok(response::page(200, pages::search::page(&shell, &page)).into())
}

// With the folder that each one is in: what a person looks for may be anywhere.
fn rows(context: &Context<'_>, places: &Places, entries: &[Entry], query: &Query) -> Vec<Row> {
    let marks = query.marks(Field::Any);
    let mut room = SEARCH_SNIPPETS_MAX_OCTETS;
    let row = |entry: &Entry| {
        let row = Row { place: Some(places.name(entry.folder)), ..folder::row(context.texts, entry, context.now.wall) };
        let mut row = folder::marked(row, query);
        let is_shown = !row.hits.who.is_empty() || !row.hits.subject.is_empty();
        if !is_shown && !marks.is_empty() && entry.size <= room {
            room -= entry.size;
            row.hits.text = snippet(context, entry, &marks);
        }
        row
    };
    entries.iter().map(row).collect()
}

/// A line of the text around what was found in it.
fn snippet(context: &Context<'_>, entry: &Entry, marks: &Marks) -> Option<(String, Vec<Range<usize>>)> {
    // One that cannot be read is no reason to show nothing.
    let text = parse::open(&context.store.body(entry.message).ok()?).text;
    let hit = marks.first(&text)?;
    let before: Vec<char> = text[..hit.start].chars().rev().take(SNIPPET_CHARS_BEFORE).collect();
    let before: String = before.into_iter().rev().collect();
    // Not from the middle of a word, unless there is nothing else.
    let begins = before.len() == hit.start;
    let before = if begins { before.as_str() } else { before.split_once(char::is_whitespace).map_or("", |(_, rest)| rest) };
    let after: String = text[hit.start..].chars().take(SNIPPET_CHARS_AFTER).collect();
    let ends = hit.start + after.len() == text.len();
    let joined = format!("{before}{after}");
    let line = visible(&joined).split_whitespace().filter(|word| *word != ">").collect::<Vec<_>>().join(" ");
    let line = format!("{}{line}{}", if begins { "" } else { "… " }, if ends { "" } else { " …" });
    let hits = marks.find(&line);
    (!hits.is_empty()).then_some((line, hits))
}
