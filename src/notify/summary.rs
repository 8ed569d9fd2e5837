//! How an event went, in one or two sentences.

/// How an event went, for the log, `event show` and the demo:
/// `Mail works normally again. 12 messages were taken; 12 delivered, 0 held, 0 failed, 0 still waiting.`
/// Held and waiting ones are explained: the reader is the admin.
pub fn event_summary(accepted: u64, delivered: u64, held: u64, failed: u64, waiting: u64) -> String {
    let taken = if accepted == 1 { "1 message was taken".to_owned() } else { format!("{accepted} messages were taken") };
    let mut text =
        format!("Mail works normally again. {taken}; {delivered} delivered, {held} held, {failed} failed, {waiting} still waiting.");
    if held > 0 {
        text.push_str(" Held messages were refused by the primary and wait for you: see `lifeboat queue list`.");
    }
    if waiting > 0 {
        text.push_str(" What waits is tried again by itself.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(counts: [u64; 5], expected: &str) {
        let [accepted, delivered, held, failed, waiting] = counts;
        let text = event_summary(accepted, delivered, held, failed, waiting);
        assert_eq!(text, format!("Mail works normally again. {expected}"));
    }

    #[test]
    fn says_what_became_of_everything() {
        check([12, 12, 0, 0, 0], "12 messages were taken; 12 delivered, 0 held, 0 failed, 0 still waiting.");
        check([1, 1, 0, 0, 0], "1 message was taken; 1 delivered, 0 held, 0 failed, 0 still waiting.");
        check(
            [5, 1, 2, 1, 1],
            "5 messages were taken; 1 delivered, 2 held, 1 failed, 1 still waiting. Held messages were refused by the primary and \
             wait for you: see `lifeboat queue list`. What waits is tried again by itself.",
        );
    }
}
