//! What keeps transactions of a queue out of each other's way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::limits::DIRECT_PER_DOMAIN_MAX;
use crate::mail::Mailbox;

/// A way that only so many transactions take at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Towards the primary: one at a time, so that order holds for each person.
    Mailbox(Mailbox),
    /// To another domain's own servers: a few, so that a slow one does not take all places.
    Domain(String),
}

impl Lane {
    fn max(&self) -> usize {
        match self {
            Lane::Mailbox(_) => 1,
            Lane::Domain(_) => DIRECT_PER_DOMAIN_MAX,
        }
    }
}

/// The lanes of the transactions under way, by message.
#[derive(Default)]
pub struct Lanes {
    under_way: HashMap<u64, BTreeSet<Lane>>,
}

impl Lanes {
    pub fn start(&mut self, message: u64, lanes: BTreeSet<Lane>) {
        self.under_way.insert(message, lanes);
    }

    pub fn end(&mut self, message: u64) {
        self.under_way.remove(&message);
    }

    pub fn count(&self) -> usize {
        self.under_way.len()
    }

    pub fn has(&self, message: u64) -> bool {
        self.under_way.contains_key(&message)
    }

    /// People whose mail is under way.
    pub fn mailboxes(&self) -> BTreeSet<Mailbox> {
        let mailbox = |lane: &Lane| if let Lane::Mailbox(mailbox) = lane { Some(mailbox.clone()) } else { None };
        self.under_way.values().flatten().filter_map(mailbox).collect()
    }

    /// How full each lane is now.
    pub fn fill(&self) -> Fill {
        let mut fill = Fill::default();
        self.under_way.values().for_each(|lanes| fill.add(lanes));
        fill
    }
}

#[derive(Default)]
pub struct Fill(BTreeMap<Lane, usize>);

impl Fill {
    /// Somebody takes these lanes, or waits for them: who comes later does not overtake.
    pub fn add(&mut self, lanes: &BTreeSet<Lane>) {
        for lane in lanes {
            *self.0.entry(lane.clone()).or_default() += 1;
        }
    }

    pub fn is_free(&self, lanes: &BTreeSet<Lane>) -> bool {
        lanes.iter().all(|lane| self.0.get(lane).is_none_or(|taken| *taken < lane.max()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn lanes(words: &str) -> BTreeSet<Lane> {
        let lane = |word: &str| match Address::parse(word) {
            Ok(address) => Lane::Mailbox(address.mailbox()),
            Err(_) => Lane::Domain(word.to_owned()),
        };
        words.split_whitespace().map(lane).collect()
    }

    #[test]
    fn one_person_one_message() {
        let mut under_way = Lanes::default();
        under_way.start(1, lanes("ann@example.com bo@example.com"));
        let is_free = |under_way: &Lanes, words| under_way.fill().is_free(&lanes(words));
        assert!(!is_free(&under_way, "bo@example.com"));
        assert!(is_free(&under_way, "carla@example.com"));
        under_way.end(1);
        assert!(is_free(&under_way, "bo@example.com"));
    }

    #[test]
    fn one_domain_a_few_messages() {
        let mut fill = Fill::default();
        for _ in 0..DIRECT_PER_DOMAIN_MAX {
            assert!(fill.is_free(&lanes("example.net")));
            fill.add(&lanes("example.net"));
        }
        assert!(!fill.is_free(&lanes("example.net")) && fill.is_free(&lanes("example.org")));
    }
}
