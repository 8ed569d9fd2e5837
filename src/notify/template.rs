//! Templates: the words of each notice, built in and overridable.
//!
//! A template is plain text. Its first line is the subject, then an empty line, then paragraphs. A paragraph is wrapped anew; a line that begins
//! with a space is kept as it is. `{name}` stands for a value; a paragraph or kept line whose placeholders are all without a value is left out.
//! A short one (`event-start.short.txt`) is a single paragraph, for phones.

use std::collections::BTreeMap;

use super::notice::Notice;

/// What every notice knows.
pub(super) const SHARED: [&str; 6] = ["office", "hostname", "link", "ip_link", "name", "address"];

/// The built-in templates: file name without `.txt`, and text.
const BUILT_IN: [(&str, &str); 31] = [
    ("admin-alarm", include_str!("../../assets/notices/admin-alarm.txt")),
    ("admin-drill-end", include_str!("../../assets/notices/admin-drill-end.txt")),
    ("admin-drill-start", include_str!("../../assets/notices/admin-drill-start.txt")),
    ("admin-event-reminder", include_str!("../../assets/notices/admin-event-reminder.txt")),
    ("admin-event-start", include_str!("../../assets/notices/admin-event-start.txt")),
    ("admin-hand-over", include_str!("../../assets/notices/admin-hand-over.txt")),
    ("admin-maintenance", include_str!("../../assets/notices/admin-maintenance.txt")),
    ("confirmation-code", include_str!("../../assets/notices/confirmation-code.txt")),
    ("confirmation-code.short", include_str!("../../assets/notices/confirmation-code.short.txt")),
    ("drill-end", include_str!("../../assets/notices/drill-end.txt")),
    ("drill-end.short", include_str!("../../assets/notices/drill-end.short.txt")),
    ("drill-start", include_str!("../../assets/notices/drill-start.txt")),
    ("drill-start.short", include_str!("../../assets/notices/drill-start.short.txt")),
    ("drill-start-again", include_str!("../../assets/notices/drill-start-again.txt")),
    ("drill-start-again.short", include_str!("../../assets/notices/drill-start-again.short.txt")),
    ("drill-start-standing", include_str!("../../assets/notices/drill-start-standing.txt")),
    ("drill-start-standing.short", include_str!("../../assets/notices/drill-start-standing.short.txt")),
    ("event-end", include_str!("../../assets/notices/event-end.txt")),
    ("event-end.short", include_str!("../../assets/notices/event-end.short.txt")),
    ("event-reminder", include_str!("../../assets/notices/event-reminder.txt")),
    ("event-reminder.short", include_str!("../../assets/notices/event-reminder.short.txt")),
    ("event-start", include_str!("../../assets/notices/event-start.txt")),
    ("event-start.short", include_str!("../../assets/notices/event-start.short.txt")),
    ("event-start-again", include_str!("../../assets/notices/event-start-again.txt")),
    ("event-start-again.short", include_str!("../../assets/notices/event-start-again.short.txt")),
    ("event-start-standing", include_str!("../../assets/notices/event-start-standing.txt")),
    ("event-start-standing.short", include_str!("../../assets/notices/event-start-standing.short.txt")),
    ("invitation", include_str!("../../assets/notices/invitation.txt")),
    ("invitation-reminder", include_str!("../../assets/notices/invitation-reminder.txt")),
    ("maintenance", include_str!("../../assets/notices/maintenance.txt")),
    ("maintenance.short", include_str!("../../assets/notices/maintenance.short.txt")),
];

/// A mistake in a template: `event-start.txt:3: ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    pub file: String,
    /// From 1; 0 is the whole file.
    pub line: usize,
    pub text: String,
}

impl std::fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// The words in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    own: BTreeMap<String, String>,
}

impl Templates {
    /// Names of all files that can be overridden, without `.txt`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Takes an admin's files, as (name with `.txt`, text). One with a mistake is left out: its built-in counts. All mistakes come back.
    pub fn with(files: &[(String, String)]) -> (Templates, Vec<TemplateProblem>) {
        let (mut templates, mut problems) = (Templates::default(), Vec::new());
        for (file, text) in files {
            let found = check(file, text);
            if found.is_empty() {
                templates.own.insert(file.trim_end_matches(".txt").to_owned(), text.clone());
            }
            problems.extend(found);
        }
        (templates, problems)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let built_in = || BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text);
        self.own.get(name).map(String::as_str).or_else(built_in)
    }
}

/// What is wrong with an admin's file.
fn check(file: &str, text: &str) -> Vec<TemplateProblem> {
    let problem = |line: usize, text: String| TemplateProblem { file: file.to_owned(), line, text };
    let Some(name) = file.strip_suffix(".txt").filter(|name| Templates::names().any(|known| known == *name)) else {
        let names: Vec<String> = Templates::names().map(|name| format!("{name}.txt")).collect();
        return vec![problem(0, format!("is no notice; there are {}", names.join(", ")))];
    };
    let known = placeholders_of(name.trim_end_matches(".short"));
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for unknown in placeholders(line).into_iter().filter(|found| !known.contains(found)) {
            let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
            problems.push(problem(number, format!("{{{unknown}}} is no placeholder here; there are {}", known.join(", "))));
        }
    }
    let mut lines = text.lines();
    if lines.next().is_none_or(|subject| subject.trim().is_empty()) {
        problems.push(problem(1, "has no text in its first line".to_owned()));
    } else if !name.ends_with(".short") && lines.next().is_some_and(|line| !line.trim().is_empty()) {
        problems.push(problem(2, "must be empty: the first line is the subject".to_owned()));
    }
    problems
}

/// The placeholders that a notice's template may have.
fn placeholders_of(name: &str) -> Vec<&'static str> {
    let own = Notice::samples().into_iter().find(|notice| notice.template() == name).map(|notice| notice.values()).unwrap_or_default();
    SHARED.into_iter().chain(own.into_iter().map(|(name, _)| name)).collect()
}

/// Names between braces.
fn placeholders(line: &str) -> Vec<&str> {
    let pieces = line.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    pieces.filter(|name| is_name(name)).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')
}

/// A piece of a filled template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Running text, in one line.
    Paragraph(String),
    /// Lines as they are.
    Kept(Vec<String>),
}

/// Subject and blocks.
pub(super) fn fill(template: &str, values: &[(&'static str, String)]) -> (String, Vec<Block>) {
    let (subject, body) = template.split_once('\n').unwrap_or((template, ""));
    (substituted(subject, values).unwrap_or_default(), blocks(body, values))
}

/// A short template in one line.
pub(super) fn fill_short(template: &str, values: &[(&'static str, String)]) -> String {
    substituted(&template.split_whitespace().collect::<Vec<_>>().join(" "), values).unwrap_or_default()
}

fn blocks(body: &str, values: &[(&'static str, String)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for paragraph in body.split("\n\n") {
        let lines: Vec<&str> = paragraph.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.first().is_some_and(|line| line.starts_with(' ')) {
            let kept: Vec<String> = lines.iter().filter_map(|line| substituted(line, values)).collect();
            if !kept.is_empty() {
                blocks.push(Block::Kept(kept));
            }
        } else if let Some(text) = substituted(&lines.join(" "), values).filter(|text| !text.trim().is_empty()) {
            // A value may have lines of its own: a summary, say.
            blocks.extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| Block::Paragraph(line.trim().to_owned())));
        }
    }
    blocks
}

/// Values for placeholders; None if there are any and none has a value. What a value says is not looked at again.
fn substituted(text: &str, values: &[(&'static str, String)]) -> Option<String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let (mut found, mut filled) = (false, false);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}').filter(|(name, _)| is_name(name)) {
            Some((name, behind)) => {
                let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str());
                found = true;
                filled |= !value.is_empty();
                out.push_str(value);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    (!found || filled).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_template_is_sound_and_every_notice_has_one() {
        for (name, text) in BUILT_IN {
            assert_eq!(check(&format!("{name}.txt"), text), [], "{name}");
        }
        for notice in Notice::samples() {
            assert!(Templates::default().get(notice.template()).is_some(), "{notice:?}");
        }
        let on_disk = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/notices")).unwrap().count();
        assert_eq!(on_disk, BUILT_IN.len());
    }

    fn check_with(file: &str, text: &str, expected: &[&str]) {
        let (templates, problems) = Templates::with(&[(file.to_owned(), text.to_owned())]);
        let shown: Vec<String> = problems.iter().map(|problem| problem.to_string().chars().take(60).collect()).collect();
        assert_eq!(shown, expected, "{text:?}");
        assert_eq!(templates == Templates::default(), !expected.is_empty(), "one with a mistake is left out");
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        check_with("event-end.txt", "Back\n\nHello {name}, {not a placeholder} {office}.\n", &[]);
        check_with(
            "event-end.txt",
            "Back {nmae}\n\nx\n{password}\n",
            &[
                "event-end.txt:1: {nmae} is no placeholder here; there are {o",
                "event-end.txt:4: {password} is no placeholder here; there ar",
            ],
        );
        check_with("event-end.txt", "", &["event-end.txt:1: has no text in its first line"]);
        check_with("event-end.txt", "Back\nHello\n", &["event-end.txt:2: must be empty: the first line is the subjec"]);
        check_with("event-end.short.txt", "Back\nHello {name}\n", &[]);
        check_with("event-ends.txt", "Back\n", &["event-ends.txt: is no notice; there are admin-alarm.txt, adm"]);
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let template = "S {a}\n\nOne {a}\ntwo.\n\n  x {a}\n  y {b}\n\nFor: {b}\n\n{a}{b}\n";
        let kept = |lines: &[&str]| Block::Kept(lines.iter().map(|line| (*line).to_owned()).collect());
        let paragraph = |text: &str| Block::Paragraph(text.to_owned());
        let (subject, blocks) = fill(template, &[("a", "{b}".to_owned()), ("b", String::new())]);
        assert_eq!(subject, "S {b}", "values are not looked at again");
        assert_eq!(blocks, [paragraph("One {b} two."), kept(&["  x {b}"]), paragraph("{b}")]);
        assert_eq!(fill_short("a {a}\nb\n", &[("a", "1".to_owned())]), "a 1 b");
    }
}
