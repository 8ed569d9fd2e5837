//! What the reader calls folders and days in a search: `in:` and `before:`.

use super::pages::layout::folder_name;
use super::texts::Texts;
use crate::clock::Wall;
use crate::mail::date;
use crate::store::{Folder, FolderRow, Names};

/// Folders that everybody has, under every name that the pages have for them, and those of the reader's own.
pub struct SearchNames<'a> {
    pub own: &'a [FolderRow],
    pub now: Wall,
}

const COMMON: [Folder; 6] = [Folder::Inbox, Folder::Sent, Folder::Drafts, Folder::Archive, Folder::Junk, Folder::Trash];
const OTHER_NAMES: [(&str, Folder); 8] = [
    ("sent", Folder::Sent),
    ("drafts", Folder::Drafts),
    ("spam", Folder::Junk),
    ("junk", Folder::Junk),
    ("trash", Folder::Trash),
    ("bin", Folder::Trash),
    ("deleted", Folder::Trash),
    ("papierkorb", Folder::Trash),
];
const DAY_MS: u64 = 24 * 3600 * 1000;

impl Names for SearchNames<'_> {
    fn folder(&self, name: &str) -> Option<Folder> {
        // `in:my-orders` is easier to type than `in:"my orders"`.
        let plain = |name: &str| name.trim().to_lowercase().replace(['-', '_'], " ");
        let name = plain(name);
        let own = self.own.iter().find(|own| plain(&own.name) == name).map(|own| Folder::Own(own.id));
        let common = || COMMON.into_iter().find(|folder| Texts::all().any(|texts| plain(folder_name(texts, *folder)) == name));
        let other = || OTHER_NAMES.iter().find(|(known, _)| *known == name).map(|(_, folder)| *folder);
        own.or_else(common).or_else(other)
    }

    fn day(&self, text: &str) -> Option<Wall> {
        let today = date::minute(self.now).get(..10)?.to_owned();
        let written = match text.to_lowercase().as_str() {
            "today" | "heute" => today,
            "yesterday" | "gestern" => date::minute(Wall(self.now.0.saturating_sub(DAY_MS))).get(..10)?.to_owned(),
            text => iso(text, today.get(..4)?)?,
        };
        date::read(&format!("{written} 00:00"))
    }
}

// `2026-03-01`, `2026/3/1`, `1.3.2026`, `1.3.`, `2026-03` (its first day) and `2026`, as RFC 3339 writes a day.
fn iso(text: &str, this_year: &str) -> Option<String> {
    let numbers: Vec<&str> = text.split(['-', '/', '.']).collect();
    let is_german = text.contains('.');
    let (year, month, day) = match numbers[..] {
        [day, month, ""] if is_german => (this_year, month, day),
        [day, month, year] if is_german => (year, month, day),
        [year, month, day] => (year, month, day),
        [year, month] if !is_german => (year, month, "1"),
        [year] => (year, "1", "1"),
        _ => return None,
    };
    let number = |text: &str, digits: usize| {
        let fits = !text.is_empty() && text.len() <= digits && text.bytes().all(|octet| octet.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    if year.len() != 4 {
        return None;
    }
    Some(format!("{:04}-{:02}-{:02}", number(year, 4)?, number(month, 2)?, number(day, 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Counts, FolderId};

    #[test]
    fn folders_are_known_by_their_names_in_every_language() {
        let row = |id: u64, name: &str| FolderRow { id: FolderId(id), parent: None, name: name.to_owned(), counts: Counts::default() };
        let own = [row(7, "Orders 2026"), row(8, "Größe")];
        let names = SearchNames { own: &own, now: Wall(0) };
        for (name, folder) in [
            ("inbox", Folder::Inbox),
            ("INBOX", Folder::Inbox),
            ("Posteingang", Folder::Inbox),
            ("spam", Folder::Junk),
            ("papierkorb", Folder::Trash),
            ("orders-2026", Folder::Own(FolderId(7))),
            ("GRÖßE", Folder::Own(FolderId(8))),
        ] {
            assert_eq!(names.folder(name), Some(folder), "{name}");
        }
        assert_eq!((names.folder(""), names.folder("nowhere")), (None, None));
    }

    #[test]
    fn days_are_written_in_many_ways() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(iso(text, "2026").as_deref(), expected, "{text}");
        check("2026-03-01", Some("2026-03-01"));
        check("2026/3/1", Some("2026-03-01"));
        check("1.3.2026", Some("2026-03-01"));
        check("1.3.", Some("2026-03-01"));
        check("2026-03", Some("2026-03-01"));
        check("2025", Some("2025-01-01"));
        for odd in ["", "soon", "1", "26-03-01", "2026-03-01-01", "2026--1", "+026-01-01", "2026-1e-1", "3.2026", "....", "٢٠٢٦"] {
            check(odd, None);
        }
        let names = SearchNames { own: &[], now: Wall(1_772_529_302_000) };
        assert!(names.day("yesterday") < names.day("heute") && names.day("today").is_some());
        assert_eq!(names.day("2026-02-30"), None);
    }
}
