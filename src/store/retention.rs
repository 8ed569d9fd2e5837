//! What may go: whole segments, oldest first.
//!
//! Only from the oldest on: a later segment may hold what became of messages in an earlier one, never the other way round. What must
//! stay of a segment (undelivered, held, pinned) is carried over: written again, with all that is known of it now, at the spool's end. One
//! message that is held for months must not keep everything that came after it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use super::index::{Index, Place, SegmentRow};
use super::record::Head;
use super::segment::{self, Segment};
use super::writer::{Done, Pending, Write, Writer};
use super::{Change, Completion, Seq, Staged, StoreError};
use crate::clock::Wall;
use crate::limits::{
    CARRY_GROUP_OCTETS, CARRY_MAX_PERCENT, CARRY_SMALL_MAX_OCTETS, DISK_RESERVE_OCTETS, DISK_ROOM_AGAIN_OCTETS, RETENTION_PAGE,
};

/// Messages that stay whatever their age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(Vec<(Seq, Option<Seq>)>);

impl Pins {
    /// All that there is.
    pub fn all() -> Pins {
        Pins(vec![(Seq(0), None)])
    }

    /// Those from `first` on and before `before`, if anything ends them.
    pub fn keep(&mut self, first: Seq, before: Option<Seq>) {
        self.0.push((first, before));
    }

    pub fn hold(&self, message: Seq) -> bool {
        self.0.iter().any(|(first, before)| message >= *first && before.is_none_or(|before| message < before))
    }
}

/// See [`super::Store::purge`].
#[derive(Clone, Debug)]
pub struct Purge {
    /// None: however young, to make room. Then nothing is carried over that does not free as much.
    pub older_than: Option<Wall>,
    pub pins: Pins,
    pub now: Wall,
}

impl Writer {
    /// Drops what may go; how many segments went. None while the clock is behind what it was when the last record was written: no age
    /// can be told from it.
    pub fn purge(&mut self, purge: &Purge) -> Result<usize, StoreError> {
        if purge.now < self.settled()?.applied()?.at {
            return Ok(0);
        }
        self.drop_while(purge, &|_| true)
    }

    /// Makes room on a full disk: what is delivered and not pinned goes, oldest first, however young, until there is room. True if there is.
    pub fn make_room(&mut self, at: Wall) -> bool {
        let purge = Purge { older_than: None, pins: self.pins.clone(), now: at };
        let enough = |writer: &Writer| {
            writer.files.free_octets(&writer.spool).is_ok_and(|free| free >= DISK_RESERVE_OCTETS + DISK_ROOM_AGAIN_OCTETS)
        };
        match self.drop_while(&purge, &|writer| !enough(writer)) {
            Ok(dropped) => log::warn!("store made-room segments-dropped={dropped}"),
            Err(error) => log::error!("store room not made: {error}"),
        }
        enough(self)
    }

    fn drop_while(&mut self, purge: &Purge, wanted: &dyn Fn(&Writer) -> bool) -> Result<usize, StoreError> {
        let mut dropped = 0;
        // What is carried over now is not looked at again now.
        let end = self.settled()?.applied()?.segment;
        while wanted(self) {
            // Carrying one segment over changes what the index knows of the next.
            let index = self.settled()?;
            let segments = segment::list(&*self.files, &self.spool)?;
            if segments.first().is_none_or(|first| first.number >= end) || !self.drop_first(purge, &segments, end, &index)? {
                break;
            }
            dropped += 1;
        }
        Ok(dropped)
    }

    // What may go is the index's to say: it must have everything.
    fn settled(&self) -> Result<Arc<Index>, StoreError> {
        self.feed.settle()?;
        self.current_index().ok_or(StoreError::NotReady { percent: 0 })
    }

    fn drop_first(&mut self, purge: &Purge, segments: &[Segment], end: u64, index: &Index) -> Result<bool, StoreError> {
        let [segment, ..] = segments else { return Ok(false) };
        let known: BTreeMap<u64, SegmentRow> = index.segments()?.into_iter().collect();
        let row = known.get(&segment.number).copied();
        if row.is_none() {
            if !self.holds_nothing(segment, index)? {
                return Ok(false);
            }
        } else {
            let old = (0..segments.len()).take_while(|at| segments[*at].number < end && is_old(purge, &segments[*at..], &known));
            let Some(kept) = kept(purge, &segments[..old.count()], index)? else { return Ok(false) };
            self.carry(purge, segment, &kept, index)?;
            self.feed.settle()?;
        }
        self.drop_segment(segment, row, index)?;
        Ok(true)
    }

    // The index knows nothing of it: that is right only if there is no record in it. The spool is the truth.
    fn holds_nothing(&self, segment: &Segment, index: &Index) -> Result<bool, StoreError> {
        let start = super::index::Applied::default();
        let found = super::recover::read_spool(&*self.files, std::slice::from_ref(segment), &start, &mut |_| Ok(()))?;
        if found.records > 0 {
            index.distrust(&format!("it does not know segment {}", segment.number));
        }
        Ok(found.records == 0 && !found.unreadable && found.damaged.is_empty())
    }

    // On disk before the segment goes; a crash in between leaves both, and the later one counts.
    fn carry(&mut self, purge: &Purge, segment: &Segment, kept: &[(Seq, Place)], index: &Index) -> Result<(), StoreError> {
        let (mut changes, mut octets) = (index.folders_in(segment.number)?, 0);
        for (message, place) in kept {
            let accepted = match self.reader.head(place)? {
                Head::Message(accepted) => *accepted,
                Head::Carried(carried) => carried.accepted,
                _ => return Err(StoreError::Damaged(format!("record {} is no message", place.record))),
            };
            // Damage is met here, and then the segment stays as it is.
            let body = self.reader.body(place)?;
            octets += body.len();
            changes.push(Change::Carried(Box::new(index.snapshot(*message, accepted)?), Arc::new(Staged::from_bytes(body))));
            if octets >= CARRY_GROUP_OCTETS || changes.len() >= RETENTION_PAGE {
                self.write_now(std::mem::take(&mut changes), purge.now)?;
                octets = 0;
            }
        }
        self.write_now(changes, purge.now)?;
        if !kept.is_empty() {
            log::info!("segment={} spool carried-over messages={}", segment.number, kept.len());
        }
        Ok(())
    }

    fn write_now(&mut self, changes: Vec<Change>, at: Wall) -> Result<(), StoreError> {
        let (sender, receiver) = sync_channel(1);
        let done: Completion = Box::new(move |written| drop(sender.send(written)));
        let mut pending: Vec<Pending> = Vec::new();
        self.write(Write { changes, at, done: Done::new(done), unhurried: false }, &mut pending);
        self.finish(&mut pending);
        receiver.recv().unwrap_or(Err(StoreError::Closed)).map(drop)
    }

    // One rename takes it out of the spool, then the index forgets it, then the file goes. A crash in between is finished by the next
    // start, which removes from the index what has no segment and then every file that was set aside.
    fn drop_segment(&mut self, segment: &Segment, row: Option<SegmentRow>, index: &Index) -> Result<(), StoreError> {
        let aside = segment::aside(&self.spool, segment);
        self.files.rename(&segment.path, &aside).map_err(StoreError::of)?;
        self.paths.set(segment.number, aside.clone());
        self.files.sync_folder(&self.spool).map_err(StoreError::of)?;
        if row.is_some() {
            index.forget_segment(segment.number)?;
        }
        self.paths.remove(segment.number);
        self.reader.forget(segment.number);
        self.files.remove(&aside).map_err(StoreError::of)?;
        log::info!("segment={} spool dropped records={}", segment.number, row.map_or(0, |row| row.records));
        Ok(())
    }
}

// Whether everything in the first of these, which are all from it on, is old enough.
fn is_old(purge: &Purge, segments: &[Segment], known: &BTreeMap<u64, SegmentRow>) -> bool {
    let written = written(segments, known, purge.now);
    written.is_some_and(|written| purge.older_than.is_none_or(|older_than| written < older_than))
}

// When the newest of the first of these segments was written, at the latest; none if the index does not know it. A clock that was ahead then
// (it was 2038 for an hour) does not say, but what was written later does: the later one of the two segments that follow, because a clock that is put
// right may be set back too far first. What is carried to a segment is older than it: its name says when it was begun.
fn written(segments: &[Segment], known: &BTreeMap<u64, SegmentRow>, now: Wall) -> Option<Wall> {
    let newest = |segment: &Segment| known.get(&segment.number).map(|row| row.newest);
    let (first, later) = segments.split_first()?;
    let own = newest(first)?;
    if own <= now {
        return Some(own);
    }
    let later = later.iter().filter_map(|segment| newest(segment).max(segment::day_of_name(&segment.name())));
    Some(later.filter(|at| *at <= now).take(2).max().unwrap_or(own))
}

// What must stay of the first of these segments, which are all old enough; none if carrying it over would not pay: then it waits, and all
// behind it (promise 6: retention stops for whatever is undelivered). It pays if each octet that is written again frees at least one, here or
// in those behind it, which cannot go before it; retention by age also pays more for what may not be kept any longer, as long as it is little.
fn kept(purge: &Purge, old: &[Segment], index: &Index) -> Result<Option<Vec<(Seq, Place)>>, StoreError> {
    let (mut first, mut balance, mut frees) = (None, Balance::default(), false);
    for segment in old {
        balance.length += segment.length;
        let Some(stays) = stays(purge, segment, balance.room(), index)? else { break };
        balance.carried += stays.octets;
        frees |= stays.frees;
        let first = first.get_or_insert(stays.messages);
        if balance.pays() {
            return Ok(Some(std::mem::take(first)));
        }
    }
    // Where nothing goes, nothing is written again: it would be each time.
    Ok(first.filter(|_| frees && purge.older_than.is_some()))
}

/// What segments have to be written for, and what that frees, in octets.
#[derive(Default)]
struct Balance {
    carried: u64,
    length: u64,
}

impl Balance {
    fn pays(&self) -> bool {
        self.carried <= self.pays_max()
    }

    /// So much more may stay before it is too much.
    fn room(&self) -> u64 {
        self.pays_max().saturating_add(CARRY_SMALL_MAX_OCTETS).saturating_sub(self.carried)
    }

    fn pays_max(&self) -> u64 {
        self.length.saturating_mul(CARRY_MAX_PERCENT) / 100
    }
}

/// What must stay of a segment.
struct Stays {
    messages: Vec<(Seq, Place)>,
    octets: u64,
    /// Some message does not stay, or there is none.
    frees: bool,
}

// None if it is more than so many octets.
fn stays(purge: &Purge, segment: &Segment, octets_max: u64, index: &Index) -> Result<Option<Stays>, StoreError> {
    let (mut stays, mut after, mut looked) = (Stays { messages: Vec::new(), octets: 0, frees: false }, None, 0);
    loop {
        let page = index.messages_in(segment.number, after, RETENTION_PAGE)?;
        let Some((last, _)) = page.last() else {
            stays.frees = stays.messages.is_empty() || stays.messages.len() < looked;
            return Ok(Some(stays));
        };
        after = Some(*last);
        looked += page.len();
        for (message, place) in page {
            if purge.pins.hold(message) || index.is_open(message)? {
                stays.octets += u64::from(place.head_octets) + place.body_octets;
                stays.messages.push((message, place));
            }
        }
        if stays.octets > octets_max {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;
    const DAY_MS: u64 = 86_400_000;

    /// How much of a segment stays, and its length, in MiB: does carrying it over pay, and is it too much even for retention by age?
    fn check(carried: u64, length: u64, expected: (bool, bool)) {
        let before = Balance { carried: 0, length: length * MIB };
        let after = Balance { carried: carried * MIB, ..before };
        assert_eq!((after.pays(), before.room() < after.carried), expected, "{carried} of {length}");
    }

    #[test]
    fn what_is_written_again_frees_as_much_or_is_little() {
        check(0, 1, (true, false));
        check(128, 256, (true, false));
        check(129, 256, (false, false));
        check(192, 256, (false, false));
        check(193, 256, (false, true));
        check(40, 41, (false, false));
        check(140, 140, (false, true));
    }

    /// Segments as days since 1970: on which they were begun, and of the newest in them if that was carried there. When was the first written, as known
    /// on day 50?
    fn check_written(days: &str, expected: u64) {
        let (mut segments, mut known) = (Vec::new(), BTreeMap::new());
        for (number, word) in (1..).zip(days.split(' ')) {
            let (begun, newest) = word.split_once('<').unwrap_or((word, word));
            let path = segment::file_name(begun.parse().unwrap(), number).into();
            segments.push(Segment { number, path, length: 1, header: None, known_end: None, all_synced: true });
            let newest = Wall(newest.parse::<u64>().unwrap() * DAY_MS);
            known.insert(number, SegmentRow { newest, records: 1, first: Seq(number), last: Seq(number) });
        }
        assert_eq!(written(&segments, &known, Wall(50 * DAY_MS)), Some(Wall(expected * DAY_MS)), "{days}");
    }

    #[test]
    fn what_was_written_while_the_clock_was_ahead_is_older_than_what_came_later() {
        check_written("10 11 12", 10);
        check_written("9000 11 12 13", 12);
        check_written("9000 9001 11 12 13", 12);
        check_written("9000 11", 11);
        check_written("9000 9001", 9000);
        // Set back too far at first; only carried mail.
        check_written("9000 0 11 12", 11);
        check_written("9000 11<1 12<2", 12);
        // A clock that was behind later says nothing about what is young.
        check_written("40 0 0 41", 40);
        check_written("0 40", 0);
        check_written("40<5 41", 5);
    }
}
