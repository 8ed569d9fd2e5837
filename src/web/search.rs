//! The page of what a person looked for in the own mailbox.

use super::pages::rows::Row;
use super::pages::search::{SearchPage, Trouble};
use super::places::Places;
use super::search_names::SearchNames;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Context, act, folder, pages, reader, response};
use crate::limits::{PAGE_ENTRIES, SEARCH_BEHIND_SHOWN, SEARCH_QUERY_MAX_CHARS};
use crate::mail::form::parse_urlencoded;
use crate::store::{Entry, Query, SearchState, Seq};

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
    let page =
        SearchPage { rows: rows(context, &places, &entries, &asked_for), acting, words, older, is_newest: before.is_none(), trouble };
    let mut shell = reader::shell(context, context.texts.get("search"));
    shell.told = act::told(visit);
    Ok(response::page(200, pages::search::page(&shell, &page)).into())
}

// With the folder that each one is in: what a person looks for may be anywhere.
fn rows(context: &Context<'_>, places: &Places, entries: &[Entry], query: &Query) -> Vec<Row> {
    let row = |entry: &Entry| {
        let row = Row { place: Some(places.name(entry.folder)), ..folder::row(context.texts, entry, context.now.wall) };
        folder::marked(row, query)
    };
    entries.iter().map(row).collect()
}
