//! What people write in a drill. It is in memory only and belongs to one drill: it is never in the spool, so it can neither be queued, filed to
//! others, counted, pinned, put into a digest nor exported, and it is gone when the drill ends or the box restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::{PRACTICE_LETTER_MAX_OCTETS, PRACTICE_LETTERS_MAX, PRACTICE_TOTAL_MAX_OCTETS};
use crate::mail::Mailbox;
use crate::web::PracticeLetter;

/// Letters by who wrote them, oldest first.
#[derive(Debug, Default)]
pub struct Sandbox {
    letters: BTreeMap<Mailbox, Vec<Arc<PracticeLetter>>>,
    octets: usize,
}

impl Sandbox {
    /// Keeps a letter under the person's next number, as far as there is room: of a large one only its head, of many the newest.
    pub fn put(&mut self, mailbox: &Mailbox, mut letter: PracticeLetter) {
        let room = PRACTICE_TOTAL_MAX_OCTETS.saturating_sub(self.octets).min(PRACTICE_LETTER_MAX_OCTETS);
        if letter.message.len() > room {
            let head = letter.message.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
            letter.message.truncate(if head <= room { head } else { 0 });
            letter.message.shrink_to_fit();
            letter.cut = true;
        }
        self.octets += letter.message.len();
        let own = self.letters.entry(mailbox.clone()).or_default();
        letter.number = own.last().map_or(0, |last| last.number) + 1;
        own.push(Arc::new(letter));
        if own.len() > PRACTICE_LETTERS_MAX {
            self.octets -= own.remove(0).message.len();
        }
    }

    /// Those of one person, newest first.
    pub fn of(&self, mailbox: &Mailbox) -> Vec<Arc<PracticeLetter>> {
        self.letters.get(mailbox).map(|own| own.iter().rev().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::mail::Address;

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    fn letter(number: u64, octets: usize) -> PracticeLetter {
        let mut message = b"Subject: x\r\n\r\n".to_vec();
        message.resize(octets.max(message.len()), b'y');
        PracticeLetter { number, at: Wall(number), to: vec!["bo@example.com".to_owned()], message, cut: false }
    }

    #[test]
    fn everybody_sees_their_own_newest_first() {
        let mut sandbox = Sandbox::default();
        for number in 1..=3 {
            sandbox.put(&mailbox("ann"), letter(number, 100));
        }
        sandbox.put(&mailbox("bo"), letter(9, 100));
        let numbers: Vec<u64> = sandbox.of(&mailbox("ann")).iter().map(|letter| letter.number).collect();
        assert_eq!(numbers, [3, 2, 1]);
        assert_eq!(sandbox.of(&mailbox("carla")).len(), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut sandbox = Sandbox::default();
        sandbox.put(&mailbox("ann"), letter(0, PRACTICE_LETTER_MAX_OCTETS + 1));
        let large = &sandbox.of(&mailbox("ann"))[0];
        assert!(large.cut && large.message == b"Subject: x\r\n\r\n");
        for number in 0..1000 {
            let name = format!("p{}", number % 40);
            sandbox.put(&mailbox(&name), letter(number, PRACTICE_LETTER_MAX_OCTETS));
        }
        assert!(sandbox.octets <= PRACTICE_TOTAL_MAX_OCTETS, "{}", sandbox.octets);
        let kept: usize = sandbox.letters.values().flatten().map(|letter| letter.message.len()).sum();
        assert_eq!(kept, sandbox.octets);
        for number in 0..1000 {
            sandbox.put(&mailbox("ann"), letter(number, 20));
        }
        assert_eq!(sandbox.of(&mailbox("ann")).len(), PRACTICE_LETTERS_MAX);
    }
}
