//! What people like here: their signature, their language, how lists look.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::SIGNATURE_MAX_CHARS;
use crate::mail::Mailbox;

/// Of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Below what they write, with `\n` line ends; at most [`SIGNATURE_MAX_CHARS`].
    pub signature: String,
    /// The tag of a language that the webmail speaks; none: what the browser asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Answers stand together with what they answer.
    pub conversations: bool,
    /// Single keys do something (WCAG 2.1.4: they can be turned off).
    pub shortcuts: bool,
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences { signature: String::new(), language: None, conversations: false, shortcuts: true }
    }
}

impl Preferences {
    /// With a signature as it is kept: one kind of line end, nothing invisible at its end, not too long.
    pub fn with_signature(self, typed: &str) -> Preferences {
        let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = lines.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).take(SIGNATURE_MAX_CHARS).collect();
        Preferences { signature: kept.trim_end().trim_start_matches('\n').to_owned(), ..self }
    }
}

/// A ledger line of kind `preferences`. A person's last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferencesLine {
    pub mailbox: Mailbox,
    #[serde(flatten)]
    pub preferences: Preferences,
    pub at: Wall,
}

/// Of everybody who chose something. Bounded by the people who were ever in the directory.
#[derive(Clone, Debug, Default)]
pub struct AllPreferences {
    by_mailbox: HashMap<Mailbox, Preferences>,
}

impl AllPreferences {
    /// Takes a line of the ledger, in their order.
    pub fn apply(&mut self, line: PreferencesLine) {
        self.by_mailbox.insert(line.mailbox, line.preferences);
    }

    /// Of this person; without a word of theirs what is usual.
    pub fn of(&self, mailbox: &Mailbox) -> Preferences {
        self.by_mailbox.get(mailbox).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    #[test]
    fn the_last_word_counts_and_survives_a_restart() {
        let ann = Address::parse("ann@example.com").unwrap().mailbox();
        let mut all = AllPreferences::default();
        assert_eq!(all.of(&ann), Preferences::default());
        for language in ["en", "de"] {
            let preferences = Preferences { language: Some(language.to_owned()), ..Preferences::default() };
            let line = PreferencesLine { mailbox: ann.clone(), preferences, at: Wall(1) };
            let text = serde_json::to_string(&line).unwrap();
            all.apply(serde_json::from_str(&text).unwrap());
        }
        assert_eq!(all.of(&ann).language.as_deref(), Some("de"));
        // Lines of an older box lack what came later.
        let line: PreferencesLine = serde_json::from_str(r#"{"mailbox":"ann@example.com","at":1}"#).unwrap();
        assert_eq!(line.preferences, Preferences::default());
    }

    #[test]
    fn a_signature_is_kept_within_bounds() {
        let check = |typed: &str, expected: &str| assert_eq!(Preferences::default().with_signature(typed).signature, expected);
        check("Ann Smith\r\nOffice\r\n\r\n", "Ann Smith\nOffice");
        check("\n\nAnn\u{0}\u{7}\tx", "Ann\tx");
        check("  ", "");
        check(&"ä".repeat(SIGNATURE_MAX_CHARS + 1), &"ä".repeat(SIGNATURE_MAX_CHARS));
    }
}
