//! Bounces in words that a person understands (RFC 3464).

use crate::clock::Wall;
use crate::mail::compose::{Dsn, DsnRecipient};
use crate::mail::{Address, date};

/// A recipient that could not be reached.
#[derive(Clone, Debug)]
pub struct Unreached {
    pub address: Address,
    /// The other server's reply in one line, or our own words.
    pub reply: String,
}

/// The original message.
#[derive(Clone, Debug)]
pub struct Original<'a> {
    pub reverse_path: &'a Address,
    pub subject: &'a str,
    pub accepted_at: Wall,
    pub header: &'a [u8],
}

/// The bounce to the sender.
pub fn dsn(hostname: &str, message_id: String, original: &Original<'_>, recipients: &[Unreached], now: Wall) -> Dsn {
    Dsn {
        reporting_mta: hostname.to_owned(),
        to: original.reverse_path.clone(),
        message_id,
        date: now,
        arrived: original.accepted_at,
        subject: subject(original.subject),
        text: text(original.subject, &date::minute(original.accepted_at), recipients),
        recipients: recipients.iter().map(recipient).collect(),
        original_header: original.header.to_vec(),
    }
}

fn subject(original: &str) -> String {
    match original.trim() {
        "" => "Your message was not delivered".to_owned(),
        subject => format!("Not delivered: {subject}"),
    }
}

/// The part for people: what happened, to whom, why, and what to do. The server's own words stand below ours.
fn text(subject: &str, written: &str, recipients: &[Unreached]) -> String {
    let subject = match subject.trim() {
        "" => "(no subject)",
        subject => subject,
    };
    let whom = if recipients.len() == 1 { "this person" } else { "these people" };
    let mut text = format!("Your message of {written} did not reach {whom}:\n\nSubject: {subject}\n");
    for unreached in recipients {
        let (why, advice) = explain(&status(&unreached.reply));
        text.push_str(&format!("\n{}\n  {why}\n  {advice}\n  The answer was: {}\n", unreached.address, unreached.reply));
    }
    text.push_str("\nNobody will try again. Everyone who is not named above has got it, or will be reported on separately.\n");
    text
}

fn recipient(unreached: &Unreached) -> DsnRecipient {
    let is_reply = unreached.reply.split(' ').next().is_some_and(|code| code.len() == 3 && code.parse::<u16>().is_ok());
    DsnRecipient {
        address: unreached.address.clone(),
        status: status(&unreached.reply),
        diagnostic: is_reply.then(|| unreached.reply.clone()),
    }
}

/// The enhanced status code (RFC 3463) of `550 5.1.1 unknown` or `4.4.7 given up`; `5.0.0` if there is none.
fn status(reply: &str) -> String {
    let is_status = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3 && matches!(parts[0], "4" | "5") && digits(parts[1]) && digits(parts[2])
    };
    reply.split(' ').take(2).find(is_status).unwrap_or("5.0.0").to_owned()
}

/// A status code in plain words, and what the sender can do. RFC 3463 section 3.
fn explain(status: &str) -> (&'static str, &'static str) {
    let detail = status.split_once('.').map_or("", |(_, detail)| detail);
    match detail {
        "1.0" | "1.1" | "1.3" | "1.6" | "1.10" => {
            ("There is no such mailbox.", "Check the spelling of the address, or ask the person for the right one.")
        }
        "1.2" | "4.4" => ("There is no such mail domain.", "Check the part after the @."),
        "2.1" => ("The mailbox is closed.", "Reach the person another way."),
        "2.2" => ("The mailbox is full.", "Tell the person another way, and send again later."),
        "2.3" | "3.4" => ("The message is too big.", "Send less or smaller attachments, or a link."),
        "4.7" => ("Their server could not be reached for days.", "Send it again later, or reach the person another way."),
        "6.3" | "6.7" => {
            ("Their server cannot take this kind of message.", "Send it again as plain text, to an address with plain letters.")
        }
        _ if detail.starts_with("7.") => {
            ("Their server does not accept this message.", "If it is wanted mail, ask the person to tell their administrator.")
        }
        _ => ("Their server refused the message.", "The answer below may say why; your administrator can read it."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreached(address: &str, reply: &str) -> Unreached {
        Unreached { address: Address::parse(address).unwrap(), reply: reply.to_owned() }
    }

    fn check_recipient(reply: &str, status: &str, diagnostic: bool) {
        let recipient = recipient(&unreached("bo@example.net", reply));
        assert_eq!((recipient.status.as_str(), recipient.diagnostic.is_some()), (status, diagnostic), "{reply}");
    }

    #[test]
    fn the_status_is_the_servers() {
        check_recipient("550 5.1.1 unknown", "5.1.1", true);
        check_recipient("550 5.7.509 denied", "5.7.509", true);
        check_recipient("550 no such user 1.2.3.4", "5.0.0", true);
        check_recipient("552 5.3.4 the message is larger than smart.example takes", "5.3.4", true);
        check_recipient("4.4.7 given up after 5 days; the last try: 451 4.3.0 busy", "4.4.7", false);
        check_recipient("an administrator gave it up", "5.0.0", false);
        check_recipient("", "5.0.0", false);
        check_recipient("550 2.1.5 odd", "5.0.0", true);
        check_recipient("550 5.1.1111 odd", "5.0.0", true);
    }

    #[test]
    fn people_are_told_what_happened_and_what_to_do() {
        let text = text("Offer", "2026-03-03 09:15", &[unreached("bo@example.net", "550 5.1.1 unknown")]);
        let expected = "Your message of 2026-03-03 09:15 did not reach this person:\n\n\
                        Subject: Offer\n\n\
                        bo@example.net\n  There is no such mailbox.\n  \
                        Check the spelling of the address, or ask the person for the right one.\n  \
                        The answer was: 550 5.1.1 unknown\n\n\
                        Nobody will try again. Everyone who is not named above has got it, or will be reported on separately.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn every_recipient_is_named_with_its_own_reason() {
        let two = [unreached("bo@example.net", "552 5.2.2 full"), unreached("cy@example.org", "554 5.7.1 spam")];
        let text = text("", "today", &two);
        for part in
            ["these people", "(no subject)", "bo@example.net\n  The mailbox is full.", "cy@example.org\n  Their server does not accept"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn the_subject_names_the_message() {
        assert_eq!(subject("Offer"), "Not delivered: Offer");
        assert_eq!(subject(" "), "Your message was not delivered");
    }

    #[test]
    fn the_bounce_goes_to_the_reverse_path_and_carries_the_header() {
        let ann = Address::parse("ann@example.com").unwrap();
        let original = Original { reverse_path: &ann, subject: "Offer", accepted_at: Wall(5), header: b"Subject: Offer\r\n" };
        let dsn = dsn("box.example.com", "id@box".to_owned(), &original, &[unreached("bo@example.net", "550 5.1.1 no")], Wall(9));
        assert_eq!((dsn.to, dsn.arrived, dsn.date, dsn.recipients.len()), (ann.clone(), Wall(5), Wall(9), 1));
        assert_eq!((dsn.reporting_mta.as_str(), dsn.original_header.as_slice()), ("box.example.com", &b"Subject: Offer\r\n"[..]));
    }
}
