//! What the admins are told by mail: that an event began, that it is over, that something needs them.

use crate::clock::Wall;
use crate::mail::compose::Draft;
use crate::mail::parse::Person;
use crate::mail::{Address, date};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The box has taken over; why, in the words of the one who decided.
    Begun { since: Wall, reason: String },
    /// How it went ([`super::event_summary`]).
    Over { summary: String },
    /// The text of an alarm.
    Alarm { text: String },
}

/// Who writes, and for which office.
#[derive(Clone, Debug)]
pub struct Letterhead<'a> {
    pub hostname: &'a str,
    /// The first of the served domains: the office, and the domain that the notice comes from.
    pub domain: &'a str,
    pub to: &'a [Address],
}

/// The notice, ready to be written and sent outward.
pub fn notice(letterhead: &Letterhead<'_>, notice: &Notice, message_id: String, now: Wall) -> Draft {
    let Letterhead { hostname, domain, to } = letterhead;
    let person = |address: &Address| Person { name: String::new(), address: address.to_string() };
    Draft {
        from: Person { name: "Lifeboat".to_owned(), address: format!("postmaster@{domain}") },
        to: to.iter().map(person).collect(),
        cc: vec![],
        subject: subject(domain, notice),
        text: format!("{}\n\nThis is {hostname}. On the box, `lifeboat status` says how things are now.\n", text(hostname, notice)),
        in_reply_to: None,
        references: vec![],
        attachments: vec![],
        message_id,
        date: now,
        // RFC 3834 section 5: so that no vacation notice answers it.
        auto_submitted: Some("auto-generated"),
    }
}

fn subject(domain: &str, notice: &Notice) -> String {
    match notice {
        Notice::Begun { .. } => format!("Exchange is down; Lifeboat keeps the mail of {domain} going"),
        Notice::Over { .. } => format!("Exchange is back; the mail of {domain} works normally again"),
        Notice::Alarm { .. } => format!("Lifeboat needs you ({domain})"),
    }
}

fn text(hostname: &str, notice: &Notice) -> String {
    match notice {
        Notice::Begun { since, reason } => format!(
            "Since {} UTC Lifeboat takes the office's mail.\n\nWhy: {reason}\n\nPeople read and answer their mail at https://{hostname}/ until \
             Exchange works again; `lifeboat credential issue ADDRESS` makes a password for who has none. When Exchange is back, Lifeboat hands everything \
             over by itself. You need not do anything here: look after Exchange.",
            date::minute(*since)
        ),
        Notice::Over { summary } => summary.clone(),
        Notice::Alarm { text } => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(about: Notice) -> (String, String) {
        let admin = Address::parse("admin@phone.example").unwrap();
        let letterhead = Letterhead { hostname: "box.example.com", domain: "example.com", to: &[admin] };
        let draft = notice(&letterhead, &about, "id@box".to_owned(), Wall(1_772_529_302_000));
        assert_eq!((draft.from.address.as_str(), draft.to[0].address.as_str()), ("postmaster@example.com", "admin@phone.example"));
        assert_eq!(draft.auto_submitted, Some("auto-generated"));
        (draft.subject, draft.text)
    }

    #[test]
    fn a_notice_says_what_is_and_what_to_do() {
        let (subject, text) = written(Notice::Begun { since: Wall(1_772_529_302_000), reason: "It refused the connection.".to_owned() });
        assert_eq!(subject, "Exchange is down; Lifeboat keeps the mail of example.com going");
        for part in ["Since 2026-03-03 09:15 UTC", "Why: It refused the connection.", "https://box.example.com/", "credential issue"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (subject, text) = written(Notice::Over { summary: super::super::event_summary(1, 1, 0, 0, 0) });
        assert_eq!(subject, "Exchange is back; the mail of example.com works normally again");
        assert!(text.starts_with("Mail works normally again. 1 message was taken; 1 delivered"), "{text}");
        let (subject, text) = written(Notice::Alarm { text: "The disk is nearly full.".to_owned() });
        assert_eq!(subject, "Lifeboat needs you (example.com)");
        assert!(text.starts_with("The disk is nearly full.\n\nThis is box.example.com."), "{text}");
    }
}
