//! What probes have seen, on disk: `data_dir/probes`, one file of fixed length. A restart may lose the last minute; a file that is no
//! history is begun afresh.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::core::{Core, lock};
use crate::clock::Wall;
use crate::continuity::Evidence;
use crate::continuity::history::{Grain, HISTORY_OCTETS, History, PROBES, Seen};
use crate::control::Answer;
use crate::limits::{HISTORY_HOURS, HISTORY_MINUTES, HISTORY_SAVE_EVERY};
use crate::mail::date;
use crate::net::rt;
use crate::store::{Disk, Files, How, replace_file};

pub struct Probes {
    file: PathBuf,
    history: Mutex<History>,
}

impl Probes {
    /// Reads the file; makes it if it is missing or no history.
    pub fn load(data_dir: &Path) -> Probes {
        let file = data_dir.join("probes");
        let history = match read(&file) {
            Ok(Some((history, damaged))) => {
                if damaged > 0 {
                    log::warn!("probe history: {damaged} slots of {} were damaged and are empty", file.display());
                }
                history
            }
            Ok(None) => begin(&file, "is no probe history"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => begin(&file, "is made"),
            Err(error) => begin(&file, &error.to_string()),
        };
        Probes { file, history: Mutex::new(history) }
    }

    pub fn note(&self, evidence: &Evidence) {
        lock(&self.history).note(evidence);
    }

    /// Writes what has changed. Waits for the disk: not from async code.
    pub fn save(&self) {
        let changes = lock(&self.history).take_changes();
        if let Err(error) = self.write(&changes) {
            // What was not written is lost with a restart, no more.
            log::warn!("probe history not saved file={} error={error}", self.file.display());
        }
    }

    fn write(&self, changes: &[(u64, Vec<u8>)]) -> io::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let file = Disk.open(&self.file, How::Write)?;
        if file.length()? != HISTORY_OCTETS as u64 {
            return replace_file(&self.file, &lock(&self.history).to_octets());
        }
        for (at, octets) in changes {
            file.write_at(*at, octets)?;
        }
        file.sync_data()
    }

    pub fn seen(&self, grain: Grain, from: Wall, to: Wall) -> Vec<(crate::continuity::Probe, Vec<Seen>)> {
        let history = lock(&self.history);
        PROBES.into_iter().map(|probe| (probe, history.seen(probe, grain, from, to))).collect()
    }
}

fn read(file: &Path) -> io::Result<Option<(History, usize)>> {
    // A file of another length is none: it is not read whole, however long it is.
    if std::fs::metadata(file)?.len() != HISTORY_OCTETS as u64 {
        return Ok(None);
    }
    Ok(History::from_octets(&std::fs::read(file)?))
}

fn begin(file: &Path, why: &str) -> History {
    log::info!("probe history begins afresh: {} {why}", file.display());
    let history = History::default();
    if let Err(error) = replace_file(file, &history.to_octets()) {
        log::warn!("probe history not saved file={} error={error}", file.display());
    }
    history
}

/// Saves, for ever.
pub async fn keep(core: Arc<Core>) {
    loop {
        rt::sleep(HISTORY_SAVE_EVERY).await;
        let there = core.clone();
        rt::unblock(move || there.probes.save()).await;
    }
}

/// `lifeboat probes`: the last `hours` hours, by the minute as far as that goes.
pub fn show(core: &Core, hours: u32) -> Answer {
    let now = core.now().wall;
    let hours = u64::from(hours.clamp(1, HISTORY_HOURS as u32));
    let grain = if hours <= HISTORY_MINUTES as u64 / 60 { Grain::Minutes } else { Grain::Hours };
    let from = Wall(now.0.saturating_sub(hours * 3_600_000));
    let found = core.probes.seen(grain, from, now);
    let mut text = String::new();
    for (probe, seen) in &found {
        let name = json!(probe).as_str().unwrap_or_default().to_owned();
        // A row for each change: a day of minutes that are all alike is one line.
        for (at, run) in seen.chunk_by(|one, other| one.worst == other.worst).map(|run| (run[0].at, run)) {
            let (count, red) = run.iter().fold((0, 0), |(count, red), seen| (count + seen.count, red + seen.red));
            let class = json!(run[0].worst).as_str().unwrap_or_default().to_owned();
            let slowest = run.iter().filter_map(|seen| seen.latency_ms).map(|(_, _, max)| max).max();
            let slowest = slowest.map(|ms| format!(", at most {ms} ms")).unwrap_or_default();
            text += &format!("{}  {name:<13} {class:<15} {count} probes, {red} failed{slowest}\n", date::rfc3339(at));
        }
    }
    if text.is_empty() {
        text.push_str("Nothing was seen in that time.\n");
    }
    let rows = |seen: &[Seen]| -> Vec<serde_json::Value> {
        let row = |seen: &Seen| {
            let (min, median, max) = seen.latency_ms.map_or((None, None, None), |(min, median, max)| (Some(min), Some(median), Some(max)));
            json!({ "at": seen.at, "worst": seen.worst, "count": seen.count, "red": seen.red, "min_ms": min, "median_ms": median, "max_ms": max })
        };
        seen.iter().map(row).collect()
    };
    let probes: Vec<_> = found.iter().map(|(probe, seen)| json!({ "probe": probe, "seen": rows(seen) })).collect();
    Answer::done(text, json!({ "from": from, "to": now, "bucket_ms": grain.ms(), "probes": probes }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuity::{Class, Probe};

    const NOW: Wall = Wall(1_772_530_000_000);

    fn count(probes: &Probes) -> usize {
        probes.seen(Grain::Minutes, NOW, NOW)[0].1.len()
    }

    #[test]
    fn the_history_survives_a_restart_and_a_damaged_file_is_begun_afresh() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("probes");
        let probes = Probes::load(folder.path());
        let length = std::fs::metadata(&file).unwrap().len();
        probes.note(&Evidence::new(NOW, Probe::Smtp, Class::Down, "x"));
        assert_eq!(count(&Probes::load(folder.path())), 0, "not saved yet");
        probes.save();
        assert_eq!(count(&Probes::load(folder.path())), 1);
        assert_eq!(std::fs::metadata(&file).unwrap().len(), length, "it never grows");
        std::fs::write(&file, "something else").unwrap();
        probes.note(&Evidence::new(NOW, Probe::Smtp, Class::Down, "x"));
        probes.save();
        assert_eq!(count(&Probes::load(folder.path())), 1, "the whole is written again");
        std::fs::write(&file, "something else").unwrap();
        assert_eq!(count(&Probes::load(folder.path())), 0);
        assert_eq!(std::fs::metadata(&file).unwrap().len(), length);
    }
}
