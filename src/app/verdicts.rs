//! What the primary said about recipients that the directory does not know.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Mono;
use crate::limits;
use crate::mail::Mailbox;

/// A refusal is believed for this long while the primary can be asked again; new staff must not wait longer.
const REFUSAL_AGE_MAX: Duration = Duration::from_secs(10 * 60);

/// Remembered verdicts; at most [`limits::RECIPIENT_VERDICTS_MAX`], the oldest go first.
#[derive(Debug, Default)]
pub struct Verdicts {
    known: HashMap<Mailbox, (bool, Mono)>,
}

impl Verdicts {
    pub fn note(&mut self, mailbox: Mailbox, exists: bool, now: Mono) {
        if self.known.len() >= limits::RECIPIENT_VERDICTS_MAX && !self.known.contains_key(&mailbox) {
            // Dropping a tenth at a time keeps the search for the oldest rare.
            let mut ages: Vec<Mono> = self.known.values().map(|(_, at)| *at).collect();
            ages.sort_unstable();
            let limit = ages[ages.len() / 10];
            self.known.retain(|_, (_, at)| *at > limit);
        }
        self.known.insert(mailbox, (exists, now));
    }

    /// A new directory may know better.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Whether the primary knows this mailbox, as far as we remember. `askable`: the primary can be asked, so that an
    /// old refusal counts for nothing.
    pub fn get(&self, mailbox: &Mailbox, askable: bool, now: Mono) -> Option<bool> {
        let (exists, at) = *self.known.get(mailbox)?;
        let stale = !exists && askable && now.since(at) > REFUSAL_AGE_MAX;
        (!stale).then_some(exists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn mailbox(text: &str) -> Mailbox {
        Address::parse(text).unwrap().mailbox()
    }

    #[test]
    fn refusals_age_only_while_the_primary_can_be_asked() {
        let mut verdicts = Verdicts::default();
        let new = mailbox("new@example.com");
        verdicts.note(new.clone(), false, Mono(0));
        let later = Mono(REFUSAL_AGE_MAX.as_millis() as u64 + 1);
        assert_eq!(verdicts.get(&new, true, Mono(1)), Some(false));
        assert_eq!(verdicts.get(&new, true, later), None);
        assert_eq!(verdicts.get(&new, false, later), Some(false));
        verdicts.note(new.clone(), true, Mono(0));
        assert_eq!(verdicts.get(&new, true, later), Some(true));
    }

    #[test]
    fn memory_is_bounded() {
        let mut verdicts = Verdicts::default();
        for n in 0..limits::RECIPIENT_VERDICTS_MAX as u64 * 2 {
            verdicts.note(mailbox(&format!("p{n}@example.com")), true, Mono(n));
        }
        assert!(verdicts.known.len() <= limits::RECIPIENT_VERDICTS_MAX);
        let newest = mailbox(&format!("p{}@example.com", limits::RECIPIENT_VERDICTS_MAX * 2 - 1));
        assert_eq!(verdicts.get(&newest, false, Mono(0)), Some(true));
    }
}
