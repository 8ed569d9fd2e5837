//! What happens next: a queue by simulated time; what happens at the same millisecond keeps its order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Milliseconds since the scenario began, as a clock that nobody sets would show them.
pub type Millis = u64;

struct Entry<T> {
    at: Millis,
    number: u64,
    what: T,
}

impl<T> Entry<T> {
    fn key(&self) -> (Millis, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Things to come.
pub struct Agenda<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    noted: u64,
}

impl<T> Agenda<T> {
    pub fn new() -> Agenda<T> {
        Agenda { heap: BinaryHeap::new(), noted: 0 }
    }

    pub fn note(&mut self, at: Millis, what: T) {
        self.heap.push(Reverse(Entry { at, number: self.noted, what }));
        self.noted += 1;
    }

    pub fn next(&mut self) -> Option<(Millis, T)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_and_in_order_at_the_same_time() {
        let mut agenda = Agenda::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b'), (5, 'e')] {
            agenda.note(at, what);
        }
        let order: String = std::iter::from_fn(|| agenda.next()).map(|(_, what)| what).collect();
        assert_eq!(order, "abcde");
    }
}
