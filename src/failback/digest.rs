//! Which messages go into which digest.

use crate::limits::{DIGEST_MAX_OCTETS, DIGEST_MESSAGES_MAX};
use crate::mail::Mailbox;

/// One digest mail to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestPart {
    pub mailbox: Mailbox,
    /// From 1.
    pub part: u32,
    pub parts: u32,
    /// Sequence numbers, oldest first.
    pub messages: Vec<u64>,
}

/// Splits what each person wrote (Sent copies and drafts: sequence number, size in octets) into digests of at most
/// [`DIGEST_MAX_OCTETS`] and [`DIGEST_MESSAGES_MAX`] messages each (a single larger message gets one of its own).
/// Parts in `done` are left out. Deterministic, whatever the order of `written`, so that a crash in the middle continues where it was.
pub fn plan_digests(written: &[(Mailbox, Vec<(u64, u64)>)], done: &[(Mailbox, u32)]) -> Vec<DigestPart> {
    let mut people: Vec<&(Mailbox, Vec<(u64, u64)>)> = written.iter().collect();
    people.sort_by(|one, next| one.0.cmp(&next.0));
    let mut plan = vec![];
    for (mailbox, messages) in people {
        let split = split(messages);
        let parts = number(split.len());
        let numbered = (1..).zip(split).map(|(part, messages)| DigestPart { mailbox: mailbox.clone(), part, parts, messages });
        plan.extend(numbered.filter(|part| !done.contains(&(part.mailbox.clone(), part.part))));
    }
    plan
}

fn split(messages: &[(u64, u64)]) -> Vec<Vec<u64>> {
    let mut sorted = messages.to_vec();
    sorted.sort_unstable();
    let mut parts: Vec<Vec<u64>> = vec![];
    let mut octets: u64 = 0;
    for (message, size) in sorted {
        octets = octets.saturating_add(size);
        match parts.last_mut() {
            Some(part) if octets <= DIGEST_MAX_OCTETS && part.len() < DIGEST_MESSAGES_MAX => part.push(message),
            _ => {
                parts.push(vec![message]);
                octets = size;
            }
        }
    }
    parts
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    const MIB: u64 = 1024 * 1024;

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    /// Messages by their size in MiB; the parts by their messages.
    fn check(sizes: &[u64], expected: &[&[u64]]) {
        let messages = (0..).zip(sizes).map(|(number, size)| (number, size * MIB)).collect();
        let plan = plan_digests(&[(mailbox("ann"), messages)], &[]);
        let parts: Vec<&[u64]> = plan.iter().map(|part| part.messages.as_slice()).collect();
        assert_eq!(parts, expected, "{sizes:?}");
        for (number, part) in (1..).zip(&plan) {
            assert_eq!((part.part, part.parts as usize), (number, expected.len()));
        }
    }

    #[test]
    fn splits_by_size() {
        check(&[], &[]);
        check(&[1, 1, 1], &[&[0, 1, 2]]);
        check(&[4, 4], &[&[0, 1]]);
        check(&[4, 4, 1], &[&[0, 1], &[2]]);
        check(&[5, 5, 2, 1], &[&[0], &[1, 2, 3]]);
        check(&[50], &[&[0]]);
        check(&[1, 50, 1], &[&[0], &[1], &[2]]);
        check(&[0, 8, 0, 1], &[&[0, 1, 2], &[3]]);
        check(&[u64::MAX / MIB, u64::MAX / MIB], &[&[0], &[1]]);
    }

    #[test]
    fn splits_by_count() {
        let plan = plan_digests(&[(mailbox("ann"), (0..250).map(|n| (n, 1)).collect())], &[]);
        assert_eq!(plan.iter().map(|part| part.messages.len()).collect::<Vec<_>>(), [100, 100, 50]);
    }

    #[test]
    fn goes_on_where_a_crash_was_in_whatever_order_it_reads() {
        let ann = (mailbox("ann"), vec![(7, 5 * MIB), (3, 5 * MIB), (5, 5 * MIB)]);
        let bo = (mailbox("bo"), vec![(4, 1)]);
        let whole = plan_digests(&[ann.clone(), bo.clone()], &[]);
        assert_eq!(whole.iter().map(|part| part.messages[0]).collect::<Vec<_>>(), [3, 5, 7, 4]);
        let mut shuffled = ann.clone();
        shuffled.1.reverse();
        assert_eq!(plan_digests(&[bo.clone(), shuffled], &[]), whole);

        let done = [(mailbox("ann"), 1), (mailbox("ann"), 2), (mailbox("bo"), 1), (mailbox("cy"), 1)];
        assert_eq!(plan_digests(&[ann, bo], &done), whole[2..3]);
    }
}
