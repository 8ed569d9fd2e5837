//! The last good answer of each name, for when DNS is down. Bounded: the oldest name makes room.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::limits::DNS_NAMES_KEPT_MAX;

#[derive(Default)]
pub(super) struct Memory {
    answers: HashMap<String, Vec<IpAddr>>,
    /// In the order of their first answer.
    order: VecDeque<String>,
}

impl Memory {
    pub fn get(&self, name: &str) -> Option<Vec<IpAddr>> {
        self.answers.get(name).cloned()
    }

    pub fn put(&mut self, name: &str, addresses: Vec<IpAddr>) {
        if self.answers.insert(name.to_owned(), addresses).is_none() {
            self.order.push_back(name.to_owned());
        }
        while self.order.len() > DNS_NAMES_KEPT_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.answers.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_name_makes_room() {
        let mut memory = Memory::default();
        for number in 0..=DNS_NAMES_KEPT_MAX {
            memory.put(&format!("host{number}.example"), vec![IpAddr::from([192, 0, 2, 1])]);
        }
        assert_eq!(memory.get("host0.example"), None);
        assert!(memory.get("host1.example").is_some());
        assert_eq!((memory.answers.len(), memory.order.len()), (DNS_NAMES_KEPT_MAX, DNS_NAMES_KEPT_MAX));
    }

    #[test]
    fn a_newer_answer_replaces_the_older() {
        let mut memory = Memory::default();
        memory.put("host.example", vec![IpAddr::from([192, 0, 2, 1])]);
        memory.put("host.example", vec![IpAddr::from([192, 0, 2, 2])]);
        assert_eq!(memory.get("host.example"), Some(vec![IpAddr::from([192, 0, 2, 2])]));
        assert_eq!(memory.order.len(), 1);
    }
}
