//! The address book.

use super::pages::people::{self, Entry, PeoplePage};
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, reader, response};
use crate::directory::Person;
use crate::limits::{PAGE_ENTRIES, SEARCH_QUERY_MAX_CHARS};

/// `/people?q=WORDS&group=NAME&page=N`
pub fn show(visit: &Visit<'_>) -> Answer {
    let context = visit.context;
    let words = cut(&visible(&visit.query("q").unwrap_or_default()), SEARCH_QUERY_MAX_CHARS);
    let group = visit.query("group").map(|group| cut(&visible(&group), SEARCH_QUERY_MAX_CHARS)).filter(|group| !group.is_empty());
    let number = visit.query("page").and_then(|page| page.parse().ok()).unwrap_or(0_usize);

    let wanted: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let is_wanted = |person: &&Person| {
        group.as_ref().is_none_or(|group| person.groups.contains(group)) && wanted.iter().all(|word| has_word(person, word))
    };
    let mut found: Vec<&Person> = context.directory.people().filter(is_wanted).collect();
    found.sort_by_cached_key(|person| (shown_name(person).to_lowercase(), person.mailbox.clone()));
    let first = number.saturating_mul(PAGE_ENTRIES);
    let page = PeoplePage {
        total: found.len() as u64,
        people: found.iter().skip(first).take(PAGE_ENTRIES).map(|person| entry(person)).collect(),
        previous: number.checked_sub(1),
        next: (found.len() > first.saturating_add(PAGE_ENTRIES)).then_some(number.saturating_add(1)),
        words,
        group,
        may_write: reader::access(context).may_write(),
    };
    let shell = reader::shell(context, context.texts.get("people-title"));
    Ok(response::page(200, people::page(&shell, &page)).into())
}

/// Whether a word (in lower case) stands in what colleagues may see.
fn has_word(person: &Person, word: &str) -> bool {
    let texts = [person.name.clone(), person.address.to_string()];
    let aliases = person.aliases.iter().map(ToString::to_string);
    texts.into_iter().chain(aliases).chain(person.groups.iter().cloned()).any(|text| text.to_lowercase().contains(word))
}

fn shown_name(person: &Person) -> String {
    let name = visible(&person.name);
    if name.is_empty() { person.address.to_string() } else { name }
}

fn entry(person: &Person) -> Entry {
    Entry {
        name: shown_name(person),
        address: person.address.to_string(),
        aliases: person.aliases.iter().map(ToString::to_string).collect(),
        groups: person.groups.iter().map(|group| visible(group)).collect(),
    }
}
