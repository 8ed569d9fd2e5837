//! Whom a message may be for, while it is typed: people of the directory, groups, and people written to before.

use super::reader::Reader;
use super::visit::Visit;
use super::words::{self, visible};
use super::{Answer, Context, response};
use crate::limits::{COMPLETION_FOUND_MAX, COMPLETION_LISTED_MAX, COMPLETION_PREFIX_MAX_CHARS};
use crate::mail::parse;

/// `/mail/people?q=`: what begins so, for the script of the form.
pub fn find(visit: &Visit<'_>) -> Answer {
    let prefix: String = visit.query("q").unwrap_or_default().trim().chars().take(COMPLETION_PREFIX_MAX_CHARS).collect();
    let found = if prefix.is_empty() { Vec::new() } else { beginning(visit.context, visit.reader, &prefix, COMPLETION_FOUND_MAX) };
    let answer = serde_json::json!(found);
    Ok(response::plain(200, "application/json", answer.to_string().into_bytes()).into())
}

/// A short list that is in the page itself, for browsers without scripts.
pub fn known(context: &Context<'_>, reader: Reader<'_>) -> Vec<String> {
    beginning(context, reader, "", COMPLETION_LISTED_MAX)
}

/// As they are typed, without doubles: written to before first, then groups, then the directory.
fn beginning(context: &Context<'_>, reader: Reader<'_>, prefix: &str, max: usize) -> Vec<String> {
    let wanted = prefix.to_lowercase();
    let begins = |text: &str| {
        let text = text.to_lowercase();
        text.starts_with(&wanted) || text.split([' ', '.', '-', ',', '"', '\'']).any(|word| !word.is_empty() && word.starts_with(&wanted))
    };
    let mut found: Vec<parse::Person> = context.store.written_to(reader.mailbox(), prefix, max).unwrap_or_default();
    let groups = context.directory.groups().filter(|group| begins(&group.name));
    let groups: Vec<String> = groups.take(max).map(|group| group_line(&group.name)).collect();
    let people = context.directory.people().filter(|person| begins(&person.name) || begins(&person.address.to_string()));
    found.extend(people.take(max).map(|person| parse::Person { name: person.name.clone(), address: person.address.to_string() }));
    let mut seen = std::collections::HashSet::new();
    found.retain(|person| seen.insert(person.address.to_lowercase()));
    groups.into_iter().chain(found.iter().map(words::recipient)).take(max).collect()
}

/// A group by its name alone: it is expanded when the message is sent.
fn group_line(name: &str) -> String {
    let name = visible(name);
    if name.contains([',', ';', '(', '<', '"']) { format!("\"{}\"", name.replace('"', "'")) } else { name }
}
