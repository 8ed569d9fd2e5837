//! Content lines (RFC 5545 section 3.1).

use crate::limits::{CALENDAR_LINE_MAX_OCTETS, CALENDAR_LINES_MAX};

/// One line, unfolded. The name and the names of parameters are in upper case.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub name: String,
    pub parameters: Vec<(String, String)>,
    pub value: String,
}

impl Line {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value as text (section 3.3.11), as clean lines.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(escaped) => out.push(escaped),
                    None => {}
                },
                c if c.is_control() && c != '\t' => {}
                c => out.push(c),
            }
        }
        out.trim().to_owned()
    }
}

/// The lines of a calendar, at most [`CALENDAR_LINES_MAX`], each cut at [`CALENDAR_LINE_MAX_OCTETS`].
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut unfolded: Vec<String> = Vec::new();
    for raw in text.lines() {
        if let (Some(more), Some(last)) = (raw.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            if last.len() + more.len() <= CALENDAR_LINE_MAX_OCTETS {
                last.push_str(more);
            }
        } else if unfolded.len() < CALENDAR_LINES_MAX {
            unfolded.push(crate::mail::parse::start_of(raw, CALENDAR_LINE_MAX_OCTETS).to_owned());
        } else {
            break;
        }
    }
    unfolded.iter().filter_map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Option<Line> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    // A quote that never ends: the first colon then.
    let at = colon.map(|(at, _)| at).or_else(|| line.find(':'))?;
    let (head, value) = (&line[..at], &line[at + 1..]);
    let mut quoted = false;
    let mut pieces = head.split(|c: char| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    let name = pieces.next()?.trim().to_ascii_uppercase();
    let parameters = pieces.filter_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        Some((key.trim().to_ascii_uppercase(), value.replace('"', "")))
    });
    (!name.is_empty()).then(|| Line { parameters: parameters.collect(), name, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_unfolded_and_split() {
        let found = lines("ATTENDEE;CN=\"Ann; the: boss\";ROLE=X:mailto:ann@ex\r\n ample.com\r\nsummary:a\\, b\\nc\r\nbroken\r\n");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].value.as_str()), ("ATTENDEE", "mailto:ann@example.com"));
        assert_eq!((found[0].parameter("CN"), found[0].parameter("ROLE")), (Some("Ann; the: boss"), Some("X")));
        assert_eq!((found[1].name.as_str(), found[1].text().as_str()), ("SUMMARY", "a, b\nc"));
    }
}
