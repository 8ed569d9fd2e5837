//! Takes the TOML apart: tables, keys and values with their lines, and a place to note every mistake.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, nearest};

/// The longest piece of the file that is quoted in a message, in characters.
const SHOWN_MAX_CHARS: usize = 60;

/// Why a value is refused.
pub(super) enum Wrong {
    /// It is something else altogether: `... is not a time (example: "5s")`.
    Kind,
    /// The whole text after the value: `... is more than 3650 days`.
    Because(String),
}

/// What a key wants: a noun with its article, and an example as it would stand in the file.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub what: &'static str,
    pub example: &'static str,
}

/// A table that is known, whether it is in the file or not.
pub(super) struct Section<'t> {
    pub name: &'static str,
    /// Of its header; 0 if it is not in the file.
    line: usize,
    table: Option<&'t DeTable<'t>>,
}

pub(super) struct Reader<'t> {
    text: &'t str,
    /// Offsets at which lines begin.
    line_starts: Vec<usize>,
    /// Where each key stands that was found.
    pub key_lines: BTreeMap<String, usize>,
    /// Lines that are no TOML: what the parser made of the rest of such a line is not looked at.
    broken_lines: Vec<usize>,
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Reader<'t> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Reader { text, line_starts, key_lines: BTreeMap::new(), broken_lines: Vec::new(), errors: Vec::new(), warnings: Vec::new() }
    }

    /// Notes what the TOML parser did not understand: at most one mistake a line, the others follow from the first.
    pub fn note_syntax(&mut self, errors: &[toml::de::Error]) {
        for error in errors {
            let line = error.span().map_or(0, |span| self.line(span.start));
            if !self.broken_lines.contains(&line) {
                self.broken_lines.push(line);
                self.errors.push(Problem { line, key: "syntax".into(), text: error.message().replace('\n', " ") });
            }
        }
    }

    /// The first line like `[server` that is broken: nobody can tell which table the keys behind it are of, so
    /// there even a "duplicate key" means nothing.
    pub fn broken_header(&self) -> Option<usize> {
        let is_header = |line: &usize| self.text.lines().nth(line.saturating_sub(1)).is_some_and(|text| text.trim_start().starts_with('['));
        self.broken_lines.iter().copied().filter(is_header).min()
    }

    /// Takes the known tables out of the file and notes everything else as unknown.
    /// `known` is each table's name with its keys.
    pub fn sections(&mut self, root: &'t DeTable<'t>, known: &[(&'static str, &[&str])]) -> Vec<Section<'t>> {
        for (key, value) in root {
            let name = key.get_ref().as_ref();
            let line = self.line(key.span().start);
            match known.iter().find(|(table, _)| *table == name) {
                Some((table, keys)) => match value.get_ref() {
                    DeValue::Table(inner) => self.unknown_keys(table, keys, known, inner),
                    _ => self.note_error(line, name, &format!("is a table; write it as [{name}]")),
                },
                None => {
                    let text = unknown_table(name, value.get_ref(), known);
                    self.note_error(line, name, &text);
                }
            }
        }
        known.iter().map(|(name, _)| self.section(root, name)).collect()
    }

    fn section(&self, root: &'t DeTable<'t>, name: &'static str) -> Section<'t> {
        let entry = root.iter().find(|(key, _)| key.get_ref() == name);
        let table = entry.and_then(|(_, value)| match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        });
        Section { name, line: entry.map_or(0, |(key, _)| self.line(key.span().start)), table }
    }

    fn unknown_keys(&mut self, table: &str, keys: &[&str], known: &[(&'static str, &[&str])], inner: &DeTable<'_>) {
        for (key, _) in inner {
            let name = key.get_ref().as_ref();
            if keys.contains(&name) {
                continue;
            }
            let elsewhere = known.iter().find(|(_, keys)| keys.contains(&name));
            let text = match (nearest(name, keys.iter().copied()), elsewhere) {
                (Some(near), _) => format!("unknown key; did you mean \"{near}\"?"),
                (None, Some((other, _))) => format!("unknown key here; it belongs into [{other}]"),
                (None, None) => format!("unknown key; [{table}] knows {}", keys.join(", ")),
            };
            let line = self.line(key.span().start);
            self.note_error(line, &format!("{table}.{}", shorten(name)), &text);
        }
    }

    /// The value of a key, or None if it is not there or wrong (which is noted).
    pub fn get<T>(
        &mut self,
        section: &Section<'t>,
        key: &str,
        wanted: Wanted,
        parse: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<T> {
        let value = self.find(section, key)?;
        let name = format!("{}.{key}", section.name);
        self.parsed(value, &name, wanted, parse)
    }

    /// Notes the absence of a key that has no default. In a file that is no TOML nothing counts as absent:
    /// it may just stand in the broken part.
    pub fn require(&mut self, section: &Section<'t>, key: &str, example: &str) {
        if self.find(section, key).is_none() && self.broken_lines.is_empty() {
            let text = format!("is missing; it has no default (example: {key} = {example})");
            self.note_error(section.line, &format!("{}.{key}", section.name), &text);
        }
    }

    /// A list. Every wrong element is noted at its own line; None if the key is not there or anything is wrong.
    /// The example of `wanted` is that of one element.
    pub fn list<T>(
        &mut self,
        section: &Section<'t>,
        key: &str,
        wanted: Wanted,
        mut parse: impl FnMut(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let value = self.find(section, key)?;
        let name = format!("{}.{key}", section.name);
        let DeValue::Array(elements) = value.get_ref() else {
            let text = format!("{} is not a list (example: [{}])", self.shown(value.span()), wanted.example);
            self.note_error(self.line(value.span().start), &name, &text);
            return None;
        };
        let parsed: Vec<Option<T>> = elements.iter().map(|element| self.parsed(element, &name, wanted, &mut parse)).collect();
        parsed.into_iter().collect()
    }

    /// A list, or one value that stands for a list of one.
    pub fn one_or_more<T>(
        &mut self,
        section: &Section<'t>,
        key: &str,
        wanted: Wanted,
        mut parse: impl FnMut(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        match self.find(section, key)?.get_ref() {
            DeValue::Array(_) => self.list(section, key, wanted, parse),
            _ => self.get(section, key, wanted, &mut parse).map(|value| vec![value]),
        }
    }

    fn find(&mut self, section: &Section<'t>, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        let (at, value) = section.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        let line = self.line(at.span().start);
        self.key_lines.insert(format!("{}.{key}", section.name), line);
        Some(value)
    }

    fn parsed<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        name: &str,
        wanted: Wanted,
        parse: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<T> {
        let text = match parse(value.get_ref()) {
            Ok(parsed) => return Some(parsed),
            Err(Wrong::Kind) => format!("is not {} (example: {})", wanted.what, wanted.example),
            Err(Wrong::Because(text)) => text,
        };
        let shown = self.shown(value.span());
        self.note_error(self.line(value.span().start), name, &format!("{shown} {text}"));
        None
    }

    /// Whether no mistake was found in any of these keys, so that it makes sense to compare them.
    pub fn sound(&self, keys: &[&str]) -> bool {
        !self.errors.iter().any(|problem| keys.contains(&problem.key.as_str()))
    }

    /// Whether the key stands in the file.
    pub fn given(&self, key: &str) -> bool {
        self.key_lines.contains_key(key)
    }

    /// Notes a mistake at the place of a key.
    pub fn error(&mut self, key: &str, text: impl AsRef<str>) {
        self.note_error(self.key_lines.get(key).copied().unwrap_or(0), key, text.as_ref());
    }

    pub fn warn(&mut self, key: &str, text: impl Into<String>) {
        let line = self.key_lines.get(key).copied().unwrap_or(0);
        self.warnings.push(Problem { line, key: key.to_owned(), text: text.into() });
    }

    fn note_error(&mut self, line: usize, key: &str, text: &str) {
        if line == 0 || !self.broken_lines.contains(&line) {
            self.errors.push(Problem { line, key: key.to_owned(), text: text.to_owned() });
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// A piece of the file as it is written there, in one short line.
    fn shown(&self, span: Range<usize>) -> String {
        shorten(self.text.get(span).unwrap_or("?"))
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.lines().next().unwrap_or("").chars().filter(|c| !c.is_control()).take(SHOWN_MAX_CHARS).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

fn unknown_table(name: &str, value: &DeValue<'_>, known: &[(&'static str, &[&str])]) -> String {
    if !matches!(value, DeValue::Table(_) | DeValue::Array(_))
        && let Some((table, _)) = known.iter().find(|(_, keys)| keys.contains(&name))
    {
        return format!("unknown key here; it belongs into [{table}]");
    }
    match nearest(name, known.iter().map(|(table, _)| *table)) {
        Some(near) => format!("unknown table; did you mean [{near}]?"),
        None => format!("unknown table; there are {}", known.iter().map(|(table, _)| format!("[{table}]")).collect::<Vec<_>>().join(", ")),
    }
}
