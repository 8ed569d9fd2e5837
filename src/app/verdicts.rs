//! What the primary said about recipients that the directory does not know. It is kept in a file, so that a box that starts in an outage
//! knows it too; losing the file costs only questions.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits;
use crate::mail::Mailbox;

/// A refusal is believed for this long while the primary can be asked again; new staff must not wait longer.
const REFUSAL_AGE_MAX: Duration = Duration::from_secs(10 * 60);
/// Any verdict is believed for this long: a refusal while the primary cannot be asked (who was hired since must not be bounced for as long as an
/// outage lasts), and that somebody exists while it can (who has left must not be taken for ever).
const VERDICT_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
/// The same word again is written down anew after this long.
const SAVED_AGE_MAX: Duration = Duration::from_secs(6 * 3600);

/// Remembered verdicts; at most [`limits::RECIPIENT_VERDICTS_MAX`], the oldest go first.
#[derive(Debug, Default)]
pub struct Verdicts {
    known: HashMap<Mailbox, Verdict>,
    /// Something changed since it was written.
    is_new: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Verdict {
    exists: bool,
    at: Wall,
}

/// As it stands in the file; an earlier version wrote no times.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Dated(Verdict),
    Undated(bool),
}

/// Where verdicts are kept.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("verdicts.json")
}

impl Verdicts {
    pub fn note(&mut self, mailbox: Mailbox, exists: bool, now: Wall) {
        if self.known.len() >= limits::RECIPIENT_VERDICTS_MAX && !self.known.contains_key(&mailbox) {
            // Dropping a tenth at a time keeps the search for the oldest rare.
            let mut ages: Vec<Wall> = self.known.values().map(|verdict| verdict.at).collect();
            ages.sort_unstable();
            let limit = ages[ages.len() / 10];
            self.known.retain(|_, verdict| verdict.at > limit);
        }
        let before = self.known.get(&mailbox);
        let is_written = before.is_some_and(|before| before.exists == exists && is_younger(before.at, SAVED_AGE_MAX, now));
        // The same word again changes the file no more than it has to: what is older there is asked about sooner after a start.
        self.is_new |= !is_written;
        self.known.insert(mailbox, Verdict { exists, at: now });
    }

    /// Reads what another run of this box knew. A file that is not there or cannot be read is nothing known.
    pub fn load(file: &Path, now: Wall) -> Verdicts {
        let read = std::fs::read(file).ok().and_then(|octets| serde_json::from_slice::<BTreeMap<Mailbox, Kept>>(&octets).ok());
        let dated = |kept| match kept {
            Kept::Dated(verdict) => verdict,
            Kept::Undated(exists) => Verdict { exists, at: now },
        };
        let known = read.unwrap_or_default().into_iter().take(limits::RECIPIENT_VERDICTS_MAX);
        Verdicts { known: known.map(|(mailbox, kept)| (mailbox, dated(kept))).collect(), is_new: false }
    }

    /// What the file should have, if there is anything new.
    pub fn take_unsaved(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_new) {
            return None;
        }
        serde_json::to_vec(&self.known.iter().collect::<BTreeMap<_, _>>()).ok()
    }

    /// A new directory may know better who exists. That somebody exists stays: it lists no groups and shared mailboxes, and in an outage nobody
    /// could be asked again.
    pub fn forget_refusals(&mut self) {
        let before = self.known.len();
        self.known.retain(|_, verdict| verdict.exists);
        self.is_new |= self.known.len() != before;
    }

    /// Whether the primary knows this mailbox, as far as we remember. `askable`: the primary can be asked, so that an
    /// old verdict counts for nothing.
    pub fn get(&self, mailbox: &Mailbox, askable: bool, now: Wall) -> Option<bool> {
        let Verdict { exists, at } = *self.known.get(mailbox)?;
        let age_max = match (exists, askable) {
            // Nobody can say anything newer, and mail for somebody is never refused on a guess.
            (true, false) => return Some(true),
            (false, true) => REFUSAL_AGE_MAX,
            _ => VERDICT_AGE_MAX,
        };
        is_younger(at, age_max, now).then_some(exists)
    }
}

/// What is dated after now was noted by a clock that was wrong.
fn is_younger(at: Wall, age_max: Duration, now: Wall) -> bool {
    at <= now && now.since(at) <= age_max
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    const START: Wall = Wall(1_700_000_000_000);

    fn mailbox(text: &str) -> Mailbox {
        Address::parse(text).unwrap().mailbox()
    }

    #[test]
    fn verdicts_age_by_what_they_would_do() {
        let mut verdicts = Verdicts::default();
        let new = mailbox("new@example.com");
        let later = |age: Duration| START.plus(age).plus(Duration::from_millis(1));
        verdicts.note(new.clone(), false, START);
        assert_eq!(verdicts.get(&new, true, START), Some(false));
        assert_eq!(verdicts.get(&new, true, later(REFUSAL_AGE_MAX)), None);
        assert_eq!(verdicts.get(&new, false, later(REFUSAL_AGE_MAX)), Some(false));
        assert_eq!(verdicts.get(&new, false, later(VERDICT_AGE_MAX)), None, "somebody may have been hired since");
        assert_eq!(verdicts.get(&new, false, Wall(START.0 - 1)), None, "heard by a clock that was wrong");
        verdicts.note(new.clone(), true, START);
        assert_eq!(verdicts.get(&new, true, later(REFUSAL_AGE_MAX)), Some(true));
        assert_eq!(verdicts.get(&new, true, later(VERDICT_AGE_MAX)), None, "somebody may have left");
        assert_eq!(verdicts.get(&new, false, later(VERDICT_AGE_MAX)), Some(true), "and nobody can be asked");
    }

    #[test]
    fn memory_is_bounded() {
        let mut verdicts = Verdicts::default();
        for n in 0..limits::RECIPIENT_VERDICTS_MAX as u64 * 2 {
            verdicts.note(mailbox(&format!("p{n}@example.com")), true, Wall(START.0 + n));
        }
        assert!(verdicts.known.len() <= limits::RECIPIENT_VERDICTS_MAX);
        let newest = mailbox(&format!("p{}@example.com", limits::RECIPIENT_VERDICTS_MAX * 2 - 1));
        assert_eq!(verdicts.get(&newest, false, START), Some(true));
    }

    #[test]
    fn another_run_knows_them_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let mut verdicts = Verdicts::load(&file, START);
        assert_eq!(verdicts.take_unsaved(), None, "nothing is known yet");
        verdicts.note(mailbox("new@example.com"), true, START);
        verdicts.note(mailbox("nobody@example.com"), false, START);
        crate::store::replace_file(&file, &verdicts.take_unsaved().unwrap()).unwrap();
        let later = START.plus(SAVED_AGE_MAX);
        verdicts.note(mailbox("new@example.com"), true, later);
        assert_eq!(verdicts.take_unsaved(), None, "the same word again");

        let mut again = Verdicts::load(&file, later);
        assert_eq!(again.get(&mailbox("new@example.com"), false, later), Some(true));
        assert_eq!(again.get(&mailbox("nobody@example.com"), false, later), Some(false));
        assert_eq!(again.get(&mailbox("nobody@example.com"), false, START.plus(VERDICT_AGE_MAX * 2)), None, "a start makes it no younger");
        again.note(mailbox("new@example.com"), true, later.plus(SAVED_AGE_MAX));
        assert!(again.take_unsaved().is_some(), "the same word, long after");
        again.forget_refusals();
        assert!(again.take_unsaved().is_some());
        assert_eq!(again.get(&mailbox("nobody@example.com"), false, later), None);
        assert_eq!(again.get(&mailbox("new@example.com"), false, later), Some(true), "a list of people says nothing about groups");
        again.forget_refusals();
        assert_eq!(again.take_unsaved(), None);
        std::fs::write(&file, "{half").unwrap();
        assert_eq!(Verdicts::load(&file, START).get(&mailbox("new@example.com"), false, START), None);
        std::fs::write(&file, r#"{"new@example.com":true,"nobody@example.com":false}"#).unwrap();
        let undated = Verdicts::load(&file, START);
        assert_eq!(undated.get(&mailbox("new@example.com"), true, START), Some(true), "of a version that wrote no times");
        assert_eq!(undated.get(&mailbox("nobody@example.com"), true, START), Some(false));
    }
}
