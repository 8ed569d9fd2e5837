//! What a list shows of messages, kept from one page to the next: records never change, and the pages that people ask for are mostly the same.
//!
//! Two generations: what is asked for goes into the young one; when that is full, it becomes the old one, and what nobody asked for since is
//! gone. So what is kept is what was used last, without a list of uses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Wall;
use crate::limits::LINES_KEPT_OCTETS;
use crate::mail::Summary;
use crate::store::Seq;

/// Of one message.
#[derive(Debug)]
pub struct Line {
    pub at: Wall,
    pub summary: Summary,
}

/// By the number of the record.
#[derive(Default)]
pub struct Lines(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Seq, Arc<Line>>,
    young_octets: usize,
    old: HashMap<Seq, Arc<Line>>,
}

impl Lines {
    pub fn get(&self, record: Seq) -> Option<Arc<Line>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = generations.young.get(&record) {
            return Some(line.clone());
        }
        let line = generations.old.remove(&record)?;
        generations.put(record, line.clone());
        Some(line)
    }

    pub fn put(&self, record: Seq, line: Arc<Line>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(record, line);
    }
}

impl Generations {
    fn put(&mut self, record: Seq, line: Arc<Line>) {
        let octets = line.octets();
        if self.young_octets + octets > LINES_KEPT_OCTETS / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_octets = 0;
        }
        if self.young.insert(record, line).is_none() {
            self.young_octets += octets;
        }
    }
}

impl Line {
    /// In memory, about, with its place in the table.
    fn octets(&self) -> usize {
        let Summary { message_id, in_reply_to, from_name, from_address, to, subject, date: _, attachments: _ } = &self.summary;
        let ids = [message_id, in_reply_to].into_iter().flatten().map(String::capacity).sum::<usize>();
        let texts = [from_name, from_address, to, subject].into_iter().map(String::capacity).sum::<usize>();
        size_of::<Line>() + 64 + ids + texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> Arc<Line> {
        let subject = format!("{number} {}", "x".repeat(1000));
        Arc::new(Line { at: Wall(number), summary: Summary { subject, ..Summary::default() } })
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let lines = Lines::default();
        lines.put(Seq(1), line(1));
        lines.put(Seq(2), line(2));
        for number in 3..LINES_KEPT_OCTETS as u64 / 500 {
            lines.put(Seq(number), line(number));
            assert_eq!(lines.get(Seq(1)).unwrap().at, Wall(1), "after {number}");
        }
        assert!(lines.get(Seq(2)).is_none());
    }

    #[test]
    fn it_does_not_grow_beyond_its_bound() {
        let lines = Lines::default();
        for number in 0..LINES_KEPT_OCTETS as u64 / 100 {
            lines.put(Seq(number), line(number));
            lines.get(Seq(number / 2));
        }
        let generations = lines.0.lock().unwrap();
        let octets: usize = generations.young.values().chain(generations.old.values()).map(|line| line.octets()).sum();
        assert!(octets <= LINES_KEPT_OCTETS, "{octets}");
        assert!(octets > LINES_KEPT_OCTETS / 4, "{octets}");
    }
}
