//! The page of what a person looked for in the own mailbox.

use super::pages::rows::Row;
use super::pages::search::{SearchPage, Trouble};
use super::places::Places;
use super::reader::Reader;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Context, act, folder, pages, reader, response};
use crate::limits::{PAGE_ENTRIES, SEARCH_BEHIND_SHOWN, SEARCH_PAGES_MAX, SEARCH_QUERY_MAX_CHARS};
use crate::mail::form::parse_urlencoded;
use crate::store::{Entry, Query, SearchState, Seq, StoreError};

/// `/mail/search?q=WORDS`
pub fn show(visit: &Visit<'_>) -> Answer {
    let Visit { request, context, reader, .. } = *visit;
    let query = parse_urlencoded(&request.query);
    let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let before = asked("before").and_then(|value| value.parse().ok()).map(Seq);
    let words = cut(&visible(asked("q").unwrap_or_default()), SEARCH_QUERY_MAX_CHARS);

    let found = find(context, reader, &words, before);
    let trouble = match (&found, context.store.search_state()) {
        (Err(_), _) | (_, SearchState::Unavailable) => Some(Trouble::Unavailable),
        (_, SearchState::Behind(records)) if records > SEARCH_BEHIND_SHOWN => Some(Trouble::Behind),
        _ => None,
    };
    if let Err(error) = &found {
        log::info!("web search unavailable: {error}");
    }
    let (entries, older) = found.unwrap_or_default();
    let acting = folder::acting(visit, None, None)?;
    let page = SearchPage { rows: rows(context, reader, &entries, &words)?, acting, words, older, is_newest: before.is_none(), trouble };
    let mut shell = reader::shell(context, context.texts.get("search"));
    shell.told = act::told(visit);
    Ok(response::page(200, pages::search::page(&shell, &page)).into())
}

// With the folder that each one is in: what a person looks for may be anywhere.
fn rows(context: &Context<'_>, reader: Reader<'_>, entries: &[Entry], words: &str) -> Result<Vec<Row>, StoreError> {
    let (places, query) = (Places::load(context, reader)?, Query::words(words));
    let row = |entry: &Entry| {
        let row = Row { place: Some(places.name(entry.folder)), ..folder::row(context.texts, entry, context.now.wall) };
        folder::marked(row, &query)
    };
    Ok(entries.iter().map(row).collect())
}

// One page of what the mailbox shows of the candidates, and where the next one begins. Candidates may be in no folder any more, so
// there may have to be several looks; somebody with very many such gets a short page that can be turned.
fn find(context: &Context<'_>, reader: Reader<'_>, words: &str, before: Option<Seq>) -> Result<(Vec<Entry>, Option<Seq>), StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before = before;
    for _ in 0..SEARCH_PAGES_MAX {
        let candidates = context.store.search(reader.mailbox(), words, before, PAGE_ENTRIES + 1)?;
        for &candidate in &candidates {
            if entries.len() == PAGE_ENTRIES {
                return Ok((entries, before));
            }
            entries.extend(context.store.view().entry(reader.mailbox(), candidate)?);
            before = Some(candidate);
        }
        if candidates.len() <= PAGE_ENTRIES {
            return Ok((entries, None));
        }
    }
    Ok((entries, before))
}
