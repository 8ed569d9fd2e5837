//! What people like here, as the ledger has it.

use std::collections::HashMap;
use std::time::Duration;

use super::core::{Core, lock};
use crate::clock::Mono;
use crate::directory::{Preferences, PreferencesLine};
use crate::limits::PREFERENCES_CHANGES_HOUR_MAX;
use crate::mail::Mailbox;
use crate::store::{Line, StoreError};

const HOUR: Duration = Duration::from_secs(3600);

/// How often each person changed something: the ledger is kept for years. Bounded by the people of the directory.
#[derive(Debug, Default)]
pub struct Changes {
    by_mailbox: HashMap<Mailbox, (Mono, u32)>,
}

impl Changes {
    /// Counts one more, unless there were [`PREFERENCES_CHANGES_HOUR_MAX`] within the hour that the first of them began.
    fn admit(&mut self, mailbox: &Mailbox, now: Mono) -> bool {
        let (since, count) = self.by_mailbox.entry(mailbox.clone()).or_insert((now, 0));
        if now.since(*since) >= HOUR {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= PREFERENCES_CHANGES_HOUR_MAX
    }
}

/// What the ledger says, in the order in which it happened.
pub fn load(core: &Core, lines: &[Line]) {
    let mut all = lock(&core.preferences);
    for line in lines.iter().filter(|line| line.kind == "preferences") {
        if let Ok(line) = serde_json::from_value::<PreferencesLine>(line.data.clone()) {
            all.apply(line);
        }
    }
}

impl Core {
    pub fn preferences_of(&self, mailbox: &Mailbox) -> Preferences {
        lock(&self.preferences).of(mailbox)
    }

    /// Records them, then makes them true. Waits for the disk. What changes nothing is no line of the ledger.
    ///
    /// # Errors
    /// They are not on record, and do not count.
    pub fn note_preferences(&self, mailbox: Mailbox, preferences: Preferences) -> Result<(), StoreError> {
        if self.preferences_of(&mailbox) == preferences {
            return Ok(());
        }
        let now = self.now();
        if !lock(&self.preference_changes).admit(&mailbox, now.mono) {
            return Err(StoreError::Io("too many changes of settings within an hour".to_owned()));
        }
        let line = PreferencesLine { mailbox, preferences, at: now.wall };
        self.ledger.append("preferences", &line, line.at)?;
        lock(&self.preferences).apply(line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    #[test]
    fn preferences_are_on_record_and_bounded() {
        let world = World::new();
        let ann = world.address("ann").mailbox();
        for number in 0..PREFERENCES_CHANGES_HOUR_MAX {
            let preferences = Preferences::default().with_signature(&format!("Ann {number}"));
            world.core.note_preferences(ann.clone(), preferences.clone()).unwrap();
            // The same again is no change.
            world.core.note_preferences(ann.clone(), preferences).unwrap();
        }
        let last = world.core.preferences_of(&ann);
        assert_eq!(last.signature, format!("Ann {}", PREFERENCES_CHANGES_HOUR_MAX - 1));
        assert!(world.core.note_preferences(ann.clone(), Preferences::default()).is_err());
        assert_eq!(world.core.preferences_of(&ann), last);
        let bo = world.address("bo").mailbox();
        world.core.note_preferences(bo, Preferences::default().with_signature("Bo")).unwrap();
    }
}
