//! What the primary said about recipients that the directory does not know. It is kept in a file, so that a box that starts in an outage
//! knows it too; losing the file costs only questions.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
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
    /// Something changed since it was written.
    is_new: bool,
}

/// Where verdicts are kept.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("verdicts.json")
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
        // The same word again changes the file no more than it has to.
        self.is_new |= self.known.insert(mailbox, (exists, now)).is_none_or(|(before, _)| before != exists);
    }

    /// Reads what another run of this box knew; refusals count as heard now, so that they are asked about again soon. A file that is not
    /// there or cannot be read is nothing known.
    pub fn load(file: &Path, now: Mono) -> Verdicts {
        let read = std::fs::read(file).ok().and_then(|octets| serde_json::from_slice::<BTreeMap<Mailbox, bool>>(&octets).ok());
        let known = read.unwrap_or_default().into_iter().take(limits::RECIPIENT_VERDICTS_MAX);
        Verdicts { known: known.map(|(mailbox, exists)| (mailbox, (exists, now))).collect(), is_new: false }
    }

    /// What the file should have, if there is anything new.
    pub fn take_unsaved(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_new) {
            return None;
        }
        let known: BTreeMap<&Mailbox, bool> = self.known.iter().map(|(mailbox, (exists, _))| (mailbox, *exists)).collect();
        serde_json::to_vec(&known).ok()
    }

    /// A new directory may know better.
    pub fn clear(&mut self) {
        self.is_new |= !self.known.is_empty();
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

    #[test]
    fn another_run_knows_them_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let mut verdicts = Verdicts::load(&file, Mono(0));
        assert_eq!(verdicts.take_unsaved(), None, "nothing is known yet");
        verdicts.note(mailbox("new@example.com"), true, Mono(1));
        verdicts.note(mailbox("nobody@example.com"), false, Mono(1));
        crate::store::replace_file(&file, &verdicts.take_unsaved().unwrap()).unwrap();
        verdicts.note(mailbox("new@example.com"), true, Mono(2));
        assert_eq!(verdicts.take_unsaved(), None, "the same word again");

        let mut again = Verdicts::load(&file, Mono(5));
        assert_eq!(again.get(&mailbox("new@example.com"), false, Mono(5)), Some(true));
        assert_eq!(again.get(&mailbox("nobody@example.com"), false, Mono(5)), Some(false));
        assert_eq!(again.get(&mailbox("nobody@example.com"), true, Mono(5 + REFUSAL_AGE_MAX.as_millis() as u64 + 1)), None);
        again.clear();
        assert_eq!(again.take_unsaved().as_deref(), Some(&b"{}"[..]));
        std::fs::write(&file, "{half").unwrap();
        assert_eq!(Verdicts::load(&file, Mono(0)).get(&mailbox("new@example.com"), false, Mono(0)), None);
    }
}
