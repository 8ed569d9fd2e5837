//! What to try next out of a page of queue entries.

use super::{Route, backoff};
use crate::clock::Wall;
use crate::limits::SMTP_SEND_RECIPIENTS_MAX;

/// A queued recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Sequence number of the message.
    pub message: u64,
    /// Number of the recipient within the message.
    pub recipient: u32,
    pub route: Route,
    pub attempts: u32,
    pub next_at: Wall,
}

/// One transaction to make: recipients of one message and one route, at most [`SMTP_SEND_RECIPIENTS_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub message: u64,
    pub route: Route,
    pub recipients: Vec<u32>,
}

/// Transactions that are due, oldest message first, at most `room` of them, without messages in `busy`. At most one a message: the
/// rest of a message (another route, more recipients than fit) is due when that one is done.
/// `page` is in queue order. A `next_at` further away than the wait after so many tries is due too: the wall clock jumped.
pub fn due(page: &[QueueEntry], now: Wall, busy: &dyn Fn(u64) -> bool, room: usize) -> Vec<Transaction> {
    let messages = page.chunk_by(|one, next| one.message == next.message);
    messages.filter(|entries| !busy(entries[0].message)).filter_map(|entries| transaction(entries, now)).take(room).collect()
}

/// The first transaction of one message, if a recipient of it is due.
fn transaction(entries: &[QueueEntry], now: Wall) -> Option<Transaction> {
    let mut due = entries.iter().filter(|entry| is_due(entry, now)).peekable();
    let (message, route) = due.peek().map(|entry| (entry.message, entry.route))?;
    let recipients = due.filter(|entry| entry.route == route).map(|entry| entry.recipient);
    Some(Transaction { message, route, recipients: recipients.take(SMTP_SEND_RECIPIENTS_MAX).collect() })
}

/// Without the second half what was accepted before a step back of the clock would be overtaken by all that came after it.
fn is_due(entry: &QueueEntry, now: Wall) -> bool {
    entry.next_at <= now || entry.next_at > now.plus(backoff::longest(entry.attempts))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(1_000_000_000);

    /// Entries written as `message.recipient:route:seconds from now`, tried often.
    fn page(text: &str) -> Vec<QueueEntry> {
        let entry = |word: &str| {
            let parts: Vec<&str> = word.split([':', '.']).collect();
            let route = match parts[2] {
                "p" => Route::Primary,
                "s" => Route::Submit,
                _ => Route::Outbound,
            };
            let next_at = Wall(NOW.0.saturating_add_signed(parts[3].parse::<i64>().unwrap() * 1000));
            QueueEntry { message: parts[0].parse().unwrap(), recipient: parts[1].parse().unwrap(), route, attempts: 9, next_at }
        };
        text.split_whitespace().map(entry).collect()
    }

    fn check(text: &str, busy: &[u64], room: usize, expected: &str) {
        let due = due(&page(text), NOW, &|message| busy.contains(&message), room);
        let words: Vec<String> = due.iter().map(|t| format!("{}:{:?}:{:?}", t.message, t.route, t.recipients).replace(' ', "")).collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn one_transaction_for_each_message_oldest_first() {
        check("", &[], 9, "");
        check("1.0:p:0 1.1:p:-5 2.0:p:0", &[], 9, "1:Primary:[0,1] 2:Primary:[0]");
        check("1.0:p:0 2.0:p:0 3.0:p:0", &[], 2, "1:Primary:[0] 2:Primary:[0]");
        check("1.0:p:0", &[], 0, "");
        check("1.0:p:0 1.1:s:0 1.2:p:0", &[], 9, "1:Primary:[0,2]");
        check("1.1:s:0", &[], 9, "1:Submit:[1]");
        check("1.0:o:0 1.1:o:0", &[], 9, "1:Outbound:[0,1]");
    }

    #[test]
    fn who_is_not_due_steps_aside() {
        check("1.0:p:1 2.0:p:0", &[], 9, "2:Primary:[0]");
        check("1.0:p:60 1.1:p:0 1.2:s:0 2.0:p:0", &[], 1, "1:Primary:[1]");
        check("1.0:p:60 1.1:s:0", &[], 9, "1:Submit:[1]");
    }

    #[test]
    fn a_busy_message_takes_no_room() {
        check("1.0:p:0 2.0:p:0 3.0:p:0", &[1], 2, "2:Primary:[0] 3:Primary:[0]");
    }

    #[test]
    fn a_clock_that_jumped_back_delays_nothing() {
        check("1.0:p:1800 2.0:p:1801 3.0:p:900000000", &[], 9, "2:Primary:[0] 3:Primary:[0]");
    }

    #[test]
    fn what_was_hardly_tried_waits_no_longer_than_that_allows() {
        let check = |attempts, seconds: u64, expected| {
            let next_at = Wall(NOW.0 + seconds * 1000);
            let entry = QueueEntry { message: 1, recipient: 0, route: Route::Primary, attempts, next_at };
            assert_eq!(super::due(&[entry], NOW, &|_| false, 9).len(), expected, "{attempts} tries, in {seconds} s");
        };
        check(0, 30, 0);
        check(0, 31, 1);
        check(1, 30, 0);
        check(2, 60, 0);
        check(2, 61, 1);
        check(7, 1800, 0);
        check(7, 1801, 1);
    }

    #[test]
    fn no_more_recipients_than_exchange_takes() {
        let many: Vec<String> = (0..450).map(|n| format!("7.{n}:p:0")).collect();
        let mut left = page(&many.join(" "));
        let mut sizes = vec![];
        while let [transaction] = &due(&left, NOW, &|_| false, 9)[..] {
            sizes.push(transaction.recipients.len());
            left.retain(|entry| !transaction.recipients.contains(&entry.recipient));
        }
        assert_eq!(sizes, [200, 200, 50]);
    }
}
