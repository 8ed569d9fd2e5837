//! When the box last saw what shows that it is in the mail path: a stranger at its SMTP port, its own mail delivered outside, a journal
//! report. Kept in a file, so that a restart does not make a well-used box look new; losing the file costs some points for some days.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// The file is written again when something in it is older than this: it is read for days, not for minutes.
const SAVE_AFTER: Duration = Duration::from_secs(3600);

/// Last times, by the wall clock: they are only shown, and judged by the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sights {
    /// Somebody connected who is neither the primary nor trusted nor this machine.
    pub stranger: Option<Wall>,
    /// Another server took mail to the outside.
    pub delivered: Option<Wall>,
    pub journal: Option<Wall>,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Stranger,
    Delivered,
    Journal,
}

#[derive(Debug, Default)]
pub struct Seen {
    now: Sights,
    saved: Sights,
}

pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("seen.json")
}

impl Seen {
    /// A file that is not there or cannot be read is nothing seen.
    pub fn load(file: &Path) -> Seen {
        let saved: Sights = std::fs::read(file).ok().and_then(|octets| serde_json::from_slice(&octets).ok()).unwrap_or_default();
        Seen { now: saved, saved }
    }

    pub fn note(&mut self, sight: Sight, at: Wall) {
        let place = match sight {
            Sight::Stranger => &mut self.now.stranger,
            Sight::Delivered => &mut self.now.delivered,
            Sight::Journal => &mut self.now.journal,
        };
        *place = Some(at);
    }

    pub fn sights(&self) -> Sights {
        self.now
    }

    /// What the file should have, if it is worth writing it again.
    pub fn take_unsaved(&mut self) -> Option<Vec<u8>> {
        // A clock that was set back makes an old time look new: that is written, too.
        let is_news = |now: Option<Wall>, saved: Option<Wall>| match (now, saved) {
            (Some(now), Some(saved)) => now.since(saved).max(saved.since(now)) >= SAVE_AFTER,
            (now, saved) => now != saved,
        };
        let (now, saved) = (self.now, self.saved);
        let changed =
            is_news(now.stranger, saved.stranger) || is_news(now.delivered, saved.delivered) || is_news(now.journal, saved.journal);
        if !changed {
            return None;
        }
        self.saved = now;
        serde_json::to_vec(&now).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_survives_a_restart_and_is_not_written_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let mut seen = Seen::load(&file);
        assert_eq!((seen.sights(), seen.take_unsaved()), (Sights::default(), None));
        seen.note(Sight::Stranger, Wall(5_000));
        std::fs::write(&file, seen.take_unsaved().unwrap()).unwrap();
        seen.note(Sight::Stranger, Wall(5_000).plus(SAVE_AFTER - Duration::from_secs(1)));
        assert_eq!(seen.take_unsaved(), None);
        assert_eq!(Seen::load(&file).sights(), Sights { stranger: Some(Wall(5_000)), ..Sights::default() });
        seen.note(Sight::Stranger, Wall(5_000).plus(SAVE_AFTER));
        seen.note(Sight::Journal, Wall(1));
        assert!(seen.take_unsaved().is_some());
        std::fs::write(&file, b"{").unwrap();
        assert_eq!(Seen::load(&file).sights(), Sights::default());
    }
}
