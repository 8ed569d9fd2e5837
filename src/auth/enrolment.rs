//! Links by which people say how they are reached, and the codes that confirm an alternate address. No I/O: time and random
//! bytes come in as values.
//!
//! A link is 160 random bits; the ledger holds its SHA-256 only, which is enough for what nobody can guess. Links survive a restart. A code has six
//! digits, so it is only in memory, may be tried a few times, and dies with a restart: then a new one is sent.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{Mono, Wall};
use crate::limits::{ENROL_CODE_AGE, ENROL_CODE_TRIES_MAX, ENROL_CODES_HOUR_MAX, ENROL_LINK_AGE, ENROL_REMIND_AFTER};
use crate::mail::{Address, Mailbox};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
const TOKEN_OCTETS: usize = 20;
const CODE_DIGITS: usize = 6;

/// A ledger line of kind `invitation`: a link went to a person's normal mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLine {
    pub mailbox: Mailbox,
    /// In hex.
    pub token_sha256: String,
    pub at: Wall,
    pub expires_at: Wall,
    /// 0 for the invitation itself: links of an earlier one end. 1 and 2 for its reminders: they have a link more.
    #[serde(default)]
    pub reminder: u32,
    pub by: String,
}

impl InvitationLine {
    pub fn new(mailbox: &Mailbox, token: &str, at: Wall, reminder: u32, by: &str) -> InvitationLine {
        let expires_at = Wall(at.0.saturating_add(millis(ENROL_LINK_AGE)));
        InvitationLine { mailbox: mailbox.clone(), token_sha256: sha256(token), at, expires_at, reminder, by: by.to_owned() }
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The secret part of a link, in hex, from random octets.
pub fn link_token(random: [u8; TOKEN_OCTETS]) -> String {
    random.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A code of six digits.
pub fn enrol_code(random: [u8; 8]) -> String {
    // 64 bits for about 20: the remainder favours no code by anything that counts.
    format!("{:06}", u64::from_be_bytes(random) % 1_000_000)
}

fn sha256(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What came of a code that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// The address that it went to is the person's.
    Right(Address),
    /// So many tries are left.
    Wrong(u32),
    /// There is no code to be typed: none was sent, it was used, it is too old, or was tried too often.
    None,
}

/// Who was invited, and which codes are under way. Bounded by the people who were ever invited.
#[derive(Debug, Default)]
pub struct Enrolment {
    invited: HashMap<Mailbox, Invited>,
    by_token: HashMap<String, Mailbox>,
    codes: HashMap<Mailbox, Code>,
    sent: HashMap<Mailbox, VecDeque<Mono>>,
}

#[derive(Debug)]
struct Invited {
    /// SHA-256, until when.
    links: Vec<(String, Wall)>,
    at: Wall,
    last_at: Wall,
    reminders: u32,
    done: bool,
}

#[derive(Debug)]
struct Code {
    digits: String,
    address: Address,
    since: Mono,
    wrong: u32,
}

impl Code {
    fn is_live(&self, now: Mono) -> bool {
        now.since(self.since) < ENROL_CODE_AGE && self.wrong < ENROL_CODE_TRIES_MAX
    }
}

impl Enrolment {
    /// Takes a line of the ledger, in their order.
    pub fn apply(&mut self, line: InvitationLine) {
        let fresh = || Invited { links: Vec::new(), at: line.at, last_at: line.at, reminders: 0, done: false };
        let invited = self.invited.entry(line.mailbox.clone()).or_insert_with(fresh);
        if line.reminder == 0 {
            let before = std::mem::replace(invited, fresh());
            before.links.iter().for_each(|(hash, _)| drop(self.by_token.remove(hash)));
            self.codes.remove(&line.mailbox);
        }
        invited.last_at = line.at;
        invited.reminders = line.reminder;
        invited.links.push((line.token_sha256.clone(), line.expires_at));
        self.by_token.insert(line.token_sha256, line.mailbox);
    }

    /// The person confirmed: no reminders any more, and nothing can be changed by these links.
    pub fn done(&mut self, mailbox: &Mailbox) {
        if let Some(invited) = self.invited.get_mut(mailbox) {
            invited.done = true;
        }
        self.codes.remove(mailbox);
    }

    /// Whose link it is, if it is a live one.
    pub fn whose(&self, token: &str, now: Wall) -> Option<&Mailbox> {
        let hash = sha256(token);
        let mailbox = self.by_token.get(&hash)?;
        let (_, expires_at) = self.invited.get(mailbox)?.links.iter().find(|(link, _)| *link == hash)?;
        (now < *expires_at).then_some(mailbox)
    }

    pub fn is_done(&self, mailbox: &Mailbox) -> bool {
        self.invited.get(mailbox).is_some_and(|invited| invited.done)
    }

    /// When the person was invited last; reminders do not count.
    pub fn invited_at(&self, mailbox: &Mailbox) -> Option<Wall> {
        self.invited.get(mailbox).map(|invited| invited.at)
    }

    /// The number of the reminder that is due. Each comes once, and they keep their distance also when the clock jumps.
    pub fn reminder_due(&self, mailbox: &Mailbox, now: Wall) -> Option<u32> {
        let invited = self.invited.get(mailbox).filter(|invited| !invited.done)?;
        let wait = ENROL_REMIND_AFTER.get(usize::try_from(invited.reminders).ok()?)?;
        (now.0.saturating_sub(invited.last_at.0) >= millis(*wait)).then_some(invited.reminders + 1)
    }

    /// Whether one more address (a code goes to it) or phone may be given for this person.
    pub fn may_send(&self, mailbox: &Mailbox, now: Mono) -> bool {
        let recent = |sent: &VecDeque<Mono>| sent.iter().filter(|at| now.since(**at) < HOUR).count();
        self.sent.get(mailbox).is_none_or(|sent| recent(sent) < ENROL_CODES_HOUR_MAX)
    }

    /// A code goes to that address; one that was sent before ends.
    pub fn send(&mut self, mailbox: &Mailbox, address: Address, digits: String, now: Mono) {
        self.gave(mailbox, now);
        self.codes.insert(mailbox.clone(), Code { digits, address, since: now, wrong: 0 });
    }

    /// The person gave something that is on record, and no code goes out for it.
    pub fn gave(&mut self, mailbox: &Mailbox, now: Mono) {
        let sent = self.sent.entry(mailbox.clone()).or_default();
        sent.retain(|at| now.since(*at) < HOUR);
        sent.push_back(now);
    }

    /// Where the code went that may still be typed.
    pub fn waits_for(&self, mailbox: &Mailbox, now: Mono) -> Option<&Address> {
        self.codes.get(mailbox).filter(|code| code.is_live(now)).map(|code| &code.address)
    }

    /// Counts a try. Spaces and whatever else stands between digits is forgiven.
    pub fn try_code(&mut self, mailbox: &Mailbox, typed: &str, now: Mono) -> CodeVerdict {
        let Some(code) = self.codes.get_mut(mailbox).filter(|code| code.is_live(now)) else { return CodeVerdict::None };
        let typed: String = typed.chars().filter(char::is_ascii_digit).take(CODE_DIGITS + 1).collect();
        if typed == code.digits {
            let address = code.address.clone();
            self.codes.remove(mailbox);
            return CodeVerdict::Right(address);
        }
        code.wrong += 1;
        match ENROL_CODE_TRIES_MAX - code.wrong {
            0 => CodeVerdict::None,
            left => CodeVerdict::Wrong(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600 * 1000;
    const START: Wall = Wall(1_772_530_000_000);

    fn ann() -> Mailbox {
        Address::parse("ann@example.com").unwrap().mailbox()
    }

    fn later(days: u64) -> Wall {
        Wall(START.0 + days * DAY)
    }

    fn invited(token: &str) -> Enrolment {
        let mut enrolment = Enrolment::default();
        enrolment.apply(InvitationLine::new(&ann(), token, START, 0, "cli:root"));
        enrolment
    }

    #[test]
    fn a_link_is_its_persons_for_two_weeks() {
        let enrolment = invited("t1");
        assert_eq!(enrolment.whose("t1", START), Some(&ann()));
        assert_eq!(enrolment.whose("t1", Wall(later(14).0 - 1)), Some(&ann()));
        assert_eq!(enrolment.whose("t1", later(14)), None);
        assert_eq!(enrolment.whose("t2", START), None);
        assert_eq!(enrolment.whose("", START), None);
    }

    #[test]
    fn a_new_invitation_ends_old_links_and_a_reminder_does_not() {
        let mut enrolment = invited("t1");
        enrolment.apply(InvitationLine::new(&ann(), "t2", later(3), 1, "box"));
        assert!(enrolment.whose("t1", later(3)).is_some() && enrolment.whose("t2", later(3)).is_some());
        assert_eq!(enrolment.invited_at(&ann()), Some(START));
        enrolment.done(&ann());
        enrolment.apply(InvitationLine::new(&ann(), "t3", later(4), 0, "cli:root"));
        assert!(enrolment.whose("t1", later(4)).is_none() && enrolment.whose("t2", later(4)).is_none());
        assert!(enrolment.whose("t3", later(4)).is_some() && !enrolment.is_done(&ann()));
        assert_eq!(enrolment.by_token.len(), 1);
    }

    #[test]
    fn two_reminders_and_then_silence() {
        let mut enrolment = invited("t1");
        assert_eq!(enrolment.reminder_due(&ann(), later(2)), None);
        assert_eq!(enrolment.reminder_due(&ann(), later(3)), Some(1));
        // A clock that jumped a year does not bring both at once.
        enrolment.apply(InvitationLine::new(&ann(), "t2", later(365), 1, "box"));
        assert_eq!(enrolment.reminder_due(&ann(), later(365)), None);
        assert_eq!(enrolment.reminder_due(&ann(), later(369)), Some(2));
        enrolment.apply(InvitationLine::new(&ann(), "t3", later(369), 2, "box"));
        assert_eq!(enrolment.reminder_due(&ann(), later(4000)), None);
        let mut done = invited("t1");
        done.done(&ann());
        assert_eq!(done.reminder_due(&ann(), later(30)), None);
    }

    /// A code `123456` is sent at 0; what comes of these tries.
    fn check(tries: &[(&str, u64)], expected: CodeVerdict) {
        let mut enrolment = Enrolment::default();
        enrolment.send(&ann(), Address::parse("ann@a.test").unwrap(), "123456".to_owned(), Mono(0));
        let mut last = CodeVerdict::None;
        for (typed, second) in tries {
            last = enrolment.try_code(&ann(), typed, Mono(0).plus(std::time::Duration::from_secs(*second)));
        }
        assert_eq!(last, expected, "{tries:?}");
    }

    #[test]
    fn a_code_is_tried_a_few_times_and_used_once() {
        let right = || CodeVerdict::Right(Address::parse("ann@a.test").unwrap());
        check(&[("123456", 0)], right());
        check(&[(" 123 456\r\n", 0)], right());
        check(&[("123456", 0), ("123456", 0)], CodeVerdict::None);
        check(&[("1234567", 0)], CodeVerdict::Wrong(4));
        check(&[("", 0)], CodeVerdict::Wrong(4));
        check(&[("1", 0), ("2", 0), ("3", 0), ("4", 0), ("123456", 0)], right());
        check(&[("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 0)], CodeVerdict::None);
        check(&[("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 0), ("123456", 0)], CodeVerdict::None);
        check(&[("123456", ENROL_CODE_AGE.as_secs() - 1)], right());
        check(&[("123456", ENROL_CODE_AGE.as_secs())], CodeVerdict::None);
        assert_eq!(Enrolment::default().try_code(&ann(), "123456", Mono(0)), CodeVerdict::None);
    }

    #[test]
    fn codes_are_not_sent_without_end() {
        let mut enrolment = Enrolment::default();
        for n in 0..ENROL_CODES_HOUR_MAX {
            assert!(enrolment.may_send(&ann(), Mono(n as u64)));
            enrolment.send(&ann(), Address::parse("ann@a.test").unwrap(), "123456".to_owned(), Mono(n as u64));
        }
        assert!(!enrolment.may_send(&ann(), Mono(10)));
        assert!(enrolment.may_send(&ann(), Mono(10).plus(HOUR)));
        assert!(enrolment.may_send(&Address::parse("bo@example.com").unwrap().mailbox(), Mono(10)));
        assert_eq!(enrolment.waits_for(&ann(), Mono(10)), Address::parse("ann@a.test").ok().as_ref());
    }

    #[test]
    fn tokens_and_codes_have_their_form() {
        assert_eq!(link_token([0xab; TOKEN_OCTETS]), "ab".repeat(20));
        assert_eq!(enrol_code([0; 8]), "000000");
        assert_eq!(enrol_code(1_234_567u64.to_be_bytes()), "234567");
    }

    #[test]
    fn the_wire_form_is_stable_and_holds_no_secret() {
        let line = InvitationLine::new(&ann(), "secret", START, 1, "box");
        let text = serde_json::to_string(&line).unwrap();
        assert!(!text.contains("secret"));
        let old = format!(
            r#"{{"mailbox":"ann@example.com","token_sha256":"{}","at":1772530000000,"expires_at":1773739600000,"by":"box"}}"#,
            line.token_sha256
        );
        assert_eq!(serde_json::from_str::<InvitationLine>(&old).unwrap(), InvitationLine { reminder: 0, ..line });
    }
}
