//! Reports to senders, of failure and of delay, in words that a person understands (RFC 3464).

use crate::clock::Wall;
use crate::limits::OUTBOUND_EXPIRY;
use crate::mail::compose::{Action, Dsn, DsnRecipient, Returned};
use crate::mail::{Address, DsnRequest, RecipientDsn, Ret, date};

/// A recipient that could not be reached, or not yet.
#[derive(Clone, Debug)]
pub struct Unreached {
    pub address: Address,
    /// The other server's reply in one line, or our own words.
    pub reply: String,
    /// What the sender asked about reports on this recipient.
    pub dsn: RecipientDsn,
}

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    Failure,
    Delay,
    /// Success was to be reported, and the next server does not do it.
    Relayed,
}

impl Report {
    /// Whether the sender wants it about this recipient (RFC 3461 section 4.1).
    pub fn is_wanted(self, dsn: &RecipientDsn) -> bool {
        match self {
            Report::Failure => dsn.wants_failure(),
            Report::Delay => dsn.wants_delay(),
            Report::Relayed => dsn.wants_success(),
        }
    }
}

/// The original message.
#[derive(Clone, Debug)]
pub struct Original<'a> {
    pub reverse_path: &'a Address,
    pub subject: &'a str,
    pub accepted_at: Wall,
    pub header: &'a [u8],
    /// All of it, if it is short enough to be returned.
    pub whole: Option<&'a [u8]>,
    pub dsn: &'a DsnRequest,
}

/// The report to the sender.
pub fn dsn(hostname: &str, message_id: String, report: Report, original: &Original<'_>, recipients: &[Unreached], now: Wall) -> Dsn {
    // RFC 3461 section 6.2: the whole message comes back only when it failed, and only when that was asked for.
    let whole = original.whole.filter(|_| report == Report::Failure && original.dsn.ret == Some(Ret::Full));
    let action = match report {
        Report::Failure => Action::Failed,
        Report::Delay => Action::Delayed { until: original.accepted_at.plus(OUTBOUND_EXPIRY) },
        Report::Relayed => Action::Relayed,
    };
    Dsn {
        reporting_mta: hostname.to_owned(),
        to: original.reverse_path.clone(),
        message_id,
        date: now,
        arrived: original.accepted_at,
        subject: subject(report, original.subject),
        text: match report {
            Report::Failure => text(original.subject, &date::minute(original.accepted_at), recipients),
            Report::Delay => delay_text(original, recipients),
            Report::Relayed => relayed_text(original, recipients),
        },
        envelope_id: original.dsn.envid.as_ref().map(|envid| envid.decoded()),
        action,
        recipients: recipients.iter().map(recipient).collect(),
        original: whole.map_or_else(|| Returned::Header(original.header.to_vec()), |whole| Returned::Whole(whole.to_vec())),
    }
}

fn subject(report: Report, original: &str) -> String {
    match (report, original.trim()) {
        (Report::Failure, "") => "Your message was not delivered".to_owned(),
        (Report::Failure, subject) => format!("Not delivered: {subject}"),
        (Report::Delay, "") => "Your message is delayed".to_owned(),
        (Report::Delay, subject) => format!("Delayed: {subject}"),
        (Report::Relayed, "") => "Your message was handed on".to_owned(),
        (Report::Relayed, subject) => format!("Handed on: {subject}"),
    }
}

fn named(subject: &str) -> &str {
    match subject.trim() {
        "" => "(no subject)",
        subject => subject,
    }
}

fn delay_text(original: &Original<'_>, recipients: &[Unreached]) -> String {
    let whom = if recipients.len() == 1 { "this person" } else { "these people" };
    let (written, until) = (date::minute(original.accepted_at), date::minute(original.accepted_at.plus(OUTBOUND_EXPIRY)));
    let mut text = format!("Your message of {written} has not reached {whom} yet:\n\nSubject: {}\n", named(original.subject));
    for unreached in recipients {
        text.push_str(&format!("\n{}\n  The last try: {}\n", unreached.address, unreached.reply));
    }
    text.push_str(&format!(
        "\nYou need not do anything, and need not send it again: it is tried again and again until {until} UTC. You hear from us again only if \
         that was in vain.\n"
    ));
    text
}

fn relayed_text(original: &Original<'_>, recipients: &[Unreached]) -> String {
    let written = date::minute(original.accepted_at);
    let mut text = format!("Your message of {written} was handed on:\n\nSubject: {}\n", named(original.subject));
    for relayed in recipients {
        text.push_str(&format!("\n{}\n  The next server took it: {}\n", relayed.address, relayed.reply));
    }
    text.push_str("\nThat server does not report whether it arrives: you hear no more of it, unless it comes back.\n");
    text
}

/// The part for people: what happened, to whom, why, and what to do. The server's own words stand below ours.
fn text(subject: &str, written: &str, recipients: &[Unreached]) -> String {
    let whom = if recipients.len() == 1 { "this person" } else { "these people" };
    let mut text = format!("Your message of {written} did not reach {whom}:\n\nSubject: {}\n", named(subject));
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
        original: unreached.dsn.orcpt.as_ref().map(|orcpt| orcpt.shown()),
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
        Unreached { address: Address::parse(address).unwrap(), reply: reply.to_owned(), dsn: RecipientDsn::default() }
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
        assert_eq!(subject(Report::Failure, "Offer"), "Not delivered: Offer");
        assert_eq!(subject(Report::Failure, " "), "Your message was not delivered");
        assert_eq!(subject(Report::Delay, "Offer"), "Delayed: Offer");
        assert_eq!(subject(Report::Relayed, "Offer"), "Handed on: Offer");
    }

    #[test]
    fn a_delay_says_that_nothing_is_to_be_done() {
        let ann = Address::parse("ann@example.com").unwrap();
        let request = DsnRequest::default();
        let original = Original { reverse_path: &ann, subject: "", accepted_at: Wall(0), header: b"", whole: None, dsn: &request };
        let text = delay_text(&original, &[unreached("bo@example.net", "mx.example.net:25 refused the connection")]);
        let expected = "Your message of 1970-01-01 00:00 has not reached this person yet:\n\nSubject: (no subject)\n\n\
                        bo@example.net\n  The last try: mx.example.net:25 refused the connection\n\n\
                        You need not do anything, and need not send it again: it is tried again and again until 1970-01-06 00:00 UTC. \
                        You hear from us again only if that was in vain.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_report_goes_to_the_reverse_path_and_says_what_was_asked() {
        let ann = Address::parse("ann@example.com").unwrap();
        let make = |report, ret, whole: Option<&'static [u8]>| {
            let request = DsnRequest::new(ret, crate::mail::Xtext::envid("a+2Bb"));
            let header = b"Subject: Offer\r\n";
            let original = Original { reverse_path: &ann, subject: "Offer", accepted_at: Wall(5), header, whole, dsn: &request };
            let mut unreached = unreached("bo@example.net", "550 5.1.1 no");
            unreached.dsn.orcpt = crate::mail::OriginalRecipient::parse("rfc822;B+2Bo@old.example");
            dsn("box.example.com", "id@box".to_owned(), report, &original, &[unreached], Wall(9))
        };
        let bounce = make(Report::Failure, None, Some(b"all"));
        assert_eq!((bounce.to, bounce.arrived, bounce.date, bounce.recipients.len()), (ann.clone(), Wall(5), Wall(9), 1));
        assert_eq!(
            (bounce.reporting_mta.as_str(), bounce.envelope_id.as_deref(), bounce.action),
            ("box.example.com", Some("a+b"), Action::Failed)
        );
        assert_eq!(bounce.recipients[0].original.as_deref(), Some("rfc822; B+o@old.example"));
        let returned = |report, ret, whole| match make(report, ret, whole).original {
            Returned::Header(octets) => (false, octets),
            Returned::Whole(octets) => (true, octets),
        };
        let header = (false, b"Subject: Offer\r\n".to_vec());
        assert_eq!(returned(Report::Failure, Some(Ret::Headers), Some(b"all")), header);
        assert_eq!(returned(Report::Failure, Some(Ret::Full), Some(b"all")), (true, b"all".to_vec()));
        assert_eq!(returned(Report::Failure, Some(Ret::Full), None), header, "too long");
        assert_eq!(returned(Report::Delay, Some(Ret::Full), Some(b"all")), header);
        assert_eq!(returned(Report::Relayed, Some(Ret::Full), Some(b"all")), header);
    }
}
