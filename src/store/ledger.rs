//! The ledger: events, credentials, the directory, the mode and the audit trail. Append-only, fsynced, hash-chained JSON lines,
//! kept longer than the mail. What a line means is for the rooms above: here it is a kind and a value.
//!
//! A line is `{"number":..,"at":..,"kind":..,"data":..,"previous":"..","hash":".."}`. The hash is taken over the octets
//! as they stand in the file up to `,"hash"`, with the closing brace: nobody has to write the JSON again in the same way to check it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ballast::Ballast;
use super::{Disk, Files, How, OpenFile, StoreError};
use crate::clock::Wall;
use crate::limits::LEDGER_LINE_MAX_OCTETS;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// From 1, without gaps.
    pub number: u64,
    pub at: Wall,
    /// `mode`, `event`, `credential`, `directory`, `audit`...
    pub kind: String,
    pub data: serde_json::Value,
    /// SHA-256 in hex of the line before (64 zeros for the first).
    pub previous: String,
    /// SHA-256 in hex over number, at, kind, data and previous.
    pub hash: String,
}

/// The open ledger. Appending is synchronous and fsynced; call it from a thread that may wait.
pub struct Ledger {
    path: PathBuf,
    files: Arc<dyn Files>,
    broken_at: Option<u64>,
    end: Mutex<End>,
}

/// Where the next line goes.
struct End {
    file: Box<dyn OpenFile>,
    offset: u64,
    number: u64,
    previous: String,
    /// Octets of a failed append may lie behind `offset`.
    unclean: bool,
}

const FILE: &str = "ledger.jsonl";
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// `,"hash":"` and what follows it up to the line's end.
const HASH_FIELD: &str = ",\"hash\":\"";
const HASH_FIELD_OCTETS: usize = HASH_FIELD.len() + 64 + 2;

impl Ledger {
    /// Opens and checks the chain, and gives all lines. A torn last line is cut; any other break is reported by [`Ledger::broken_at`] and goes on
    /// after it.
    pub fn open(folder: &Path, files: Arc<dyn Files>) -> Result<(Ledger, Vec<Line>), StoreError> {
        Ledger::open_superseding(folder, files, |_| false)
    }

    /// The same; of these lines only the newest, which supersedes the others: there may be very many of them.
    pub fn open_superseding(
        folder: &Path,
        files: Arc<dyn Files>,
        supersedes: impl Fn(&Line) -> bool,
    ) -> Result<(Ledger, Vec<Line>), StoreError> {
        files.create_dir_all(folder).map_err(StoreError::of)?;
        let path = folder.join(FILE);
        let file = files.open(&path, How::Write).map_err(StoreError::of)?;
        // The file's name and the folder's own must outlive a power cut too.
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            files.sync_folder(folder).map_err(StoreError::of)?;
        }
        let (mut lines, mut newest) = (Vec::new(), None);
        let chain = read_chain(&*file, &mut |line| match supersedes(&line) {
            true => newest = Some(line),
            false => lines.push(line),
        })?;
        lines.extend(newest);
        let length = file.length().map_err(StoreError::of)?;
        if length > chain.end {
            log::warn!("ledger torn line cut octets={}", length - chain.end);
            file.truncate(chain.end).and_then(|()| file.sync_data()).map_err(StoreError::of)?;
        }
        let end = End { file, offset: chain.end, number: chain.lines + 1, previous: chain.previous, unclean: false };
        Ok((Ledger { path, files, broken_at: chain.broken_at, end: Mutex::new(end) }, lines))
    }

    /// Number of the first line whose chain does not hold.
    pub fn broken_at(&self) -> Option<u64> {
        self.broken_at
    }

    /// Appends one line and fsyncs it. After an error the line is not there and the ledger goes on where it was.
    pub fn append(&self, kind: &str, data: &impl Serialize, at: Wall) -> Result<Line, StoreError> {
        let data = serde_json::to_value(data).map_err(not_json)?;
        let mut end = self.end();
        let unsealed = Unsealed { number: end.number, at, kind, data: &data, previous: &end.previous };
        let text = serde_json::to_string(&unsealed).map_err(not_json)?;
        let hash = hash(text.as_bytes());
        let line = format!("{}{HASH_FIELD}{hash}\"}}\n", text.strip_suffix('}').unwrap_or(&text));
        if line.len() > LEDGER_LINE_MAX_OCTETS {
            return Err(StoreError::Damaged(format!("a line of {} octets is too long for the ledger", line.len())));
        }
        match end.write(line.as_bytes()).map_err(StoreError::of) {
            // The mode and the audit trail must get through also where no mail may be stored any more.
            Err(StoreError::Full) if self.data_dir().is_some_and(|data_dir| Ballast::Ledger.give_up(data_dir)) => {
                end.write(line.as_bytes()).map_err(StoreError::of)
            }
            written => written,
        }?;
        let previous = std::mem::replace(&mut end.previous, hash.clone());
        let number = end.number;
        end.number += 1;
        Ok(Line { number, at, kind: kind.to_owned(), data, previous, hash })
    }

    /// All lines of a kind, oldest first, read from disk as far as it goes now, while others go on appending.
    pub fn read(&self, kind: &str) -> Result<Vec<Line>, StoreError> {
        let end = self.end().offset;
        let file = self.files.open(&self.path, How::Read).map_err(StoreError::of)?;
        let mut lines = Vec::new();
        read_chain_to(&*file, end, &mut |line| {
            if line.kind == kind {
                lines.push(line);
            }
        })?;
        Ok(lines)
    }

    /// All lines, oldest first, read from disk once, while others go on appending.
    pub fn each(&self, each: &mut dyn FnMut(Line)) -> Result<Seen, StoreError> {
        let file = self.files.open(&self.path, How::Read).map_err(StoreError::of)?;
        let chain = read_chain(&*file, each)?;
        let torn_octets = file.length().map_err(StoreError::of)?.saturating_sub(chain.end);
        Ok(Seen { lines: chain.lines, broken_at: chain.broken_at, last_hash: chain.previous, torn_octets })
    }

    fn data_dir(&self) -> Option<&Path> {
        self.path.parent()?.parent()
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl End {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.unclean {
            self.file.truncate(self.offset)?;
            self.unclean = false;
        }
        let written = self.file.write_at(self.offset, line).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.offset += line.len() as u64,
            // Cut now if the disk lets us, before the next append in any case: a longer old line must not show behind a new one.
            Err(_) => self.unclean = self.file.truncate(self.offset).is_err(),
        }
        written
    }
}

/// A line before its hash, in the order of its fields.
#[derive(Serialize)]
struct Unsealed<'a> {
    number: u64,
    at: Wall,
    kind: &'a str,
    data: &'a serde_json::Value,
    previous: &'a str,
}

fn not_json(error: serde_json::Error) -> StoreError {
    StoreError::Damaged(format!("this cannot be a line of the ledger: {error}"))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What the file says as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub lines: u64,
    pub broken_at: Option<u64>,
    /// Behind the last complete line.
    pub end: u64,
    pub previous: String,
    /// If the last line is a torn one: where it begins, and where the chain was broken before it.
    torn: Option<(u64, Option<u64>)>,
}

/// Reads complete lines and checks each against the one before. What is no line at all counts and is not given.
fn read_chain(file: &dyn OpenFile, each: &mut dyn FnMut(Line)) -> Result<Chain, StoreError> {
    read_chain_to(file, u64::MAX, each)
}

/// The same up to an offset.
fn read_chain_to(file: &dyn OpenFile, until: u64, each: &mut dyn FnMut(Line)) -> Result<Chain, StoreError> {
    let mut chain = Chain::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let at = chain.end + buffer.len() as u64;
        let room = until.saturating_sub(at).min(piece.len() as u64) as usize;
        let read = file.read_at(at, &mut piece[..room]).map_err(StoreError::of)?;
        if read == 0 {
            chain.give_up_torn();
            return Ok(chain);
        }
        // What was there before has no line feed: a long line is not searched again with each piece.
        let mut searched = buffer.len();
        buffer.extend_from_slice(&piece[..read]);
        let mut start = 0;
        while let Some(more) = buffer[searched..].iter().position(|octet| *octet == b'\n') {
            let end = searched + more;
            chain.take(chain.end + start as u64, &buffer[start..end], each);
            start = end + 1;
            searched = start;
        }
        buffer.drain(..start);
        chain.end += start as u64;
        if buffer.len() > LEDGER_LINE_MAX_OCTETS {
            return Err(StoreError::Damaged(format!("line {} of the ledger is too long", chain.lines + 1)));
        }
    }
}

impl Chain {
    fn new() -> Chain {
        Chain { lines: 0, broken_at: None, end: 0, previous: ZEROS.to_owned(), torn: None }
    }

    // A power cut may leave the end of the last line, with its line feed, and not the sectors before it: those are zeros, which no line has.
    fn give_up_torn(&mut self) {
        if let Some((at, broken_at)) = self.torn.take() {
            (self.end, self.broken_at) = (at, broken_at);
            self.lines -= 1;
        }
    }

    fn take(&mut self, at: u64, bytes: &[u8], each: &mut dyn FnMut(Line)) {
        self.torn = bytes.contains(&0).then_some((at, self.broken_at));
        self.lines += 1;
        let line = serde_json::from_slice::<Line>(bytes).ok();
        let holds = line.as_ref().is_some_and(|line| {
            line.number == self.lines && line.previous == self.previous && sealed(bytes).is_some_and(|hash| hash == line.hash)
        });
        if !holds && self.broken_at.is_none() {
            self.broken_at = Some(self.lines);
        }
        if let Some(line) = line {
            self.previous.clone_from(&line.hash);
            each(line);
        }
    }
}

// The hash that a line should have.
fn sealed(line: &[u8]) -> Option<String> {
    let (text, field) = line.split_at_checked(line.len().checked_sub(HASH_FIELD_OCTETS)?)?;
    field.starts_with(HASH_FIELD.as_bytes()).then(|| hash(&[text, b"}"].concat()))
}

/// What a look at a ledger found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub lines: u64,
    /// The first line that is not as it was written, or not in its place.
    pub broken_at: Option<u64>,
    /// The hash of the last line: who keeps it elsewhere can prove later that nothing before it was changed.
    pub last_hash: String,
    /// At the end, without a line feed: a line that is being written, or that a power cut left.
    pub torn_octets: u64,
}

/// Reads the ledger in a folder without changing it, while a box may be writing to it. An absent one is empty.
///
/// # Errors
/// It cannot be read.
pub fn look(folder: &Path, each: &mut dyn FnMut(Line)) -> Result<Seen, StoreError> {
    let seen = |chain: Chain, torn_octets| Seen { lines: chain.lines, broken_at: chain.broken_at, last_hash: chain.previous, torn_octets };
    let file = match Disk.open(&folder.join(FILE), How::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(seen(Chain::new(), 0)),
        Err(error) => return Err(StoreError::of(error)),
    };
    let chain = read_chain(&*file, each)?;
    let torn = file.length().map_err(StoreError::of)?.saturating_sub(chain.end);
    Ok(seen(chain, torn))
}

/// Looks at a ledger without changing it; none if there is none.
pub(super) fn check(folder: &Path, files: &dyn Files) -> Result<Option<(Chain, u64)>, StoreError> {
    let file = match files.open(&folder.join(FILE), How::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::of(error)),
    };
    let chain = read_chain(&*file, &mut drop)?;
    let torn = file.length().map_err(StoreError::of)?.saturating_sub(chain.end);
    Ok(Some((chain, torn)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::faulty::{Fault, Faulty};
    use super::*;

    fn open(folder: &Path) -> (Ledger, Vec<Line>) {
        Ledger::open(folder, Arc::new(Disk)).unwrap()
    }

    fn with_lines(folder: &Path, lines: u64) -> String {
        let (ledger, _) = open(folder);
        for number in 0..lines {
            let kind = if number % 2 == 0 { "audit" } else { "event" };
            ledger.append(kind, &json!({"b": number, "a": 0.1 + number as f64, "text": "ü\n\"x\""}), Wall(number)).unwrap();
        }
        std::fs::read_to_string(folder.join(FILE)).unwrap()
    }

    /// Writes `text` as the ledger; how many lines are read, where is the chain broken, and can it go on?
    fn check(text: &str, expected: (usize, Option<u64>)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let (ledger, lines) = open(folder.path());
        assert_eq!((lines.len(), ledger.broken_at()), expected, "{text}");
        let added = ledger.append("audit", &"more", Wall(9)).unwrap();
        drop(ledger);
        let (ledger, lines) = open(folder.path());
        assert_eq!(lines.len(), expected.0 + 1);
        assert_eq!(lines.last(), Some(&added));
        assert_eq!(ledger.broken_at(), expected.1, "going on does not break more");
    }

    /// Whether appends worked when each one in turn was the first to meet a full disk.
    fn on_a_full_disk(with_ballast: bool) -> Vec<bool> {
        let try_at = |fails_at| {
            let data = tempfile::tempdir().unwrap();
            if with_ballast {
                super::super::ballast::lay(&Disk, data.path());
            }
            let folder = data.path().join("ledger");
            let (ledger, _) = Ledger::open(&folder, Arc::new(Faulty::new(Fault::Enospc, fails_at))).ok()?;
            let worked = ledger.append("mode", &"continuity", Wall(1)).is_ok();
            drop(ledger);
            assert_eq!(open(&folder).1.len(), usize::from(worked));
            Some(worked)
        };
        (0..4).filter_map(try_at).collect()
    }

    #[test]
    fn a_full_disk_gives_its_ballast_for_the_ledger() {
        assert!(on_a_full_disk(false).contains(&false), "the fault is met");
        assert!(!on_a_full_disk(true).contains(&false));
    }

    #[test]
    fn lines_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        with_lines(folder.path(), 5);
        let (ledger, lines) = open(folder.path());
        assert_eq!(ledger.broken_at(), None);
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(lines[0].previous, ZEROS);
        assert_eq!(lines[4].previous, lines[3].hash);
        assert_eq!(ledger.read("event").unwrap(), [lines[1].clone(), lines[3].clone()]);
        assert_eq!(ledger.read("nothing").unwrap(), []);
    }

    #[test]
    fn of_a_kind_that_supersedes_itself_only_the_newest_line_is_held() {
        let folder = tempfile::tempdir().unwrap();
        with_lines(folder.path(), 6);
        let (ledger, lines) = Ledger::open_superseding(folder.path(), Arc::new(Disk), |line| line.kind == "audit").unwrap();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4, 6, 5]);
        assert_eq!((ledger.broken_at(), ledger.read("audit").unwrap().len()), (None, 3));
    }

    #[test]
    fn a_torn_last_line_is_cut_at_every_octet() {
        let folder = tempfile::tempdir().unwrap();
        let text = with_lines(folder.path(), 3);
        let second = text.match_indices('\n').nth(1).unwrap().0 + 1;
        for end in second..text.len() {
            if text.is_char_boundary(end) {
                check(&text[..end], (2, None));
            }
        }
        check(&text, (3, None));
    }

    #[test]
    fn a_torn_last_line_may_have_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let text = with_lines(folder.path(), 3);
        let second = text.match_indices('\n').nth(1).unwrap().0 + 1;
        let torn = format!("{}{}{}", &text[..second + 9], "\0".repeat(100), &text[second + 109..]);
        check(&torn, (2, None));
        // Anywhere else it is no torn line, and what is torn does not hide a break before it.
        check(&format!("{}{}", torn, &text[second..]), (3, Some(3)));
        check(&torn.replace("\"b\":1", "\"b\":7"), (2, Some(2)));
    }

    #[test]
    fn tampering_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let text = with_lines(folder.path(), 4);
        check(&text.replace("\"b\":1", "\"b\":7"), (4, Some(2)));
        let lines: Vec<&str> = text.lines().collect();
        check(&format!("{}\n{}\n{}\n", lines[0], lines[2], lines[3]), (3, Some(2)));
        check(&format!("{}\n{}\n{}\n{}\n", lines[0], lines[2], lines[1], lines[3]), (4, Some(2)));
        check(&format!("{}\ngarbage\n{}\n{}\n", lines[0], lines[2], lines[3]), (3, Some(2)));
        check(&format!("{}\n{}\n", lines[1], lines[2]), (2, Some(1)));
    }

    #[test]
    fn an_empty_or_missing_ledger_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, lines) = open(&folder.path().join("new"));
        assert_eq!((lines, ledger.broken_at()), (vec![], None));
        check("", (0, None));
    }
}
