//! Reports about mail: what became of it (RFC 3464), and whether it was read (RFC 8098). Written by strangers, so only believed as far
//! as it is shown.

use crate::limits::REPORT_RECIPIENTS_MAX;

/// What a report says of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// As the sender wrote it if that is told, else as the last server knows it.
    pub address: String,
    pub action: Action,
    pub why: Why,
    /// RFC 3463, e.g. `5.1.1`; empty if there is none.
    pub status: String,
    /// What the other server said, as one line; may be empty.
    pub said: String,
}

/// RFC 3464 section 2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Failed,
    Delayed,
    Delivered,
    /// To a server that tells no more, or to a list.
    Relayed,
}

/// An enhanced status code in the words that matter to a sender (RFC 3463 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing is said, or nothing that helps.
    Unsaid,
    NoSuchPerson,
    NoSuchDomain,
    MailboxClosed,
    MailboxFull,
    TooLarge,
    /// The other server has trouble of its own.
    TheirSystem,
    Unreachable,
    /// Tried for too long.
    GaveUp,
    Loop,
    /// Content of a kind that they do not take.
    Content,
    /// Refused by a rule: taken for spam, or the sender may not write there.
    NotAllowed,
}

/// The recipients of a `message/delivery-status`. Empty if it names none.
pub fn delivery_status(text: &str) -> Vec<Fate> {
    let mut fates = Vec::new();
    for group in groups(text) {
        let Some(address) = address(&group, "original-recipient").or_else(|| address(&group, "final-recipient")) else { continue };
        let status = status(field(&group, "status").unwrap_or_default()).unwrap_or_default();
        let said = field(&group, "diagnostic-code").map(|said| value_of(said).to_owned()).unwrap_or_default();
        let action = match field(&group, "action").unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "delivered" => Action::Delivered,
            "relayed" | "expanded" => Action::Relayed,
            "delayed" => Action::Delayed,
            _ => Action::Failed,
        };
        // Some say 5.0.0 and put the real code into the words.
        let told = if matches!(why(&status), Why::Unsaid) { said.split(' ').find_map(self::status) } else { None };
        let why = why(told.as_deref().unwrap_or(&status));
        fates.push(Fate { address, action, why, status: told.unwrap_or(status), said: cut(&said, 500) });
        if fates.len() >= REPORT_RECIPIENTS_MAX {
            break;
        }
    }
    fates
}

/// Whether a message was read, as its reader's program tells (`message/disposition-notification`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub address: String,
    /// Shown to somebody; otherwise deleted, or handled without anybody looking.
    pub displayed: bool,
    /// Message-ID of what was read, without angle brackets.
    pub about: String,
}

/// RFC 8098 section 3. None if it names nobody.
pub fn receipt(text: &str) -> Option<Receipt> {
    let groups = groups(text);
    let group = groups.first()?;
    let disposition = field(group, "disposition")?.to_ascii_lowercase();
    Some(Receipt {
        address: address(group, "final-recipient")?,
        displayed: disposition.rsplit(';').next().is_some_and(|kind| kind.trim().starts_with("displayed")),
        about: cut(field(group, "original-message-id").unwrap_or_default().trim_matches(['<', '>', ' ']), 500),
    })
}

fn why(status: &str) -> Why {
    let mut numbers = status.split('.').map(|number| number.parse::<u16>().unwrap_or_default());
    let (_, subject, detail) = (numbers.next(), numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    match (subject, detail) {
        (1, 2) | (4, 3 | 4) => Why::NoSuchDomain,
        // 5.1.10 is Exchange's word for an unknown recipient.
        (1, 0 | 1 | 3 | 6 | 10) | (2, 4) => Why::NoSuchPerson,
        (2, 1) => Why::MailboxClosed,
        (2, 2) => Why::MailboxFull,
        (2, 3) | (3, 4) => Why::TooLarge,
        (3, _) => Why::TheirSystem,
        (4, 7) => Why::GaveUp,
        (4, 6 | 14) => Why::Loop,
        (4, _) => Why::Unreachable,
        (6, _) => Why::Content,
        (7, _) | (1, 7 | 8) => Why::NotAllowed,
        _ => Why::Unsaid,
    }
}

// `5.1.1 (mailbox unknown)`, and codes within other words.
fn status(text: &str) -> Option<String> {
    let word = text.trim().split([' ', '(', ';']).next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(number) && matches!(parts[0], "2" | "4" | "5")).then(|| word.to_owned())
}

type Fields = Vec<(String, String)>;

// Groups of fields, separated by empty lines; folded lines are joined.
fn groups(text: &str) -> Vec<Fields> {
    let mut groups: Vec<Fields> = vec![Vec::new()];
    for line in text.lines() {
        let last = groups.len() - 1;
        if line.trim().is_empty() {
            if !groups[last].is_empty() {
                groups.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = groups[last].last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            groups[last].push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if groups.len() > REPORT_RECIPIENTS_MAX + 2 {
            break;
        }
    }
    groups
}

fn field<'g>(group: &'g Fields, name: &str) -> Option<&'g str> {
    group.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn address(group: &Fields, name: &str) -> Option<String> {
    let address = cut(value_of(field(group, name)?).trim_matches(['<', '>', '"', ' ']), 320);
    (!address.is_empty()).then_some(address)
}

// `rfc822; ann@example.com`
fn value_of(typed: &str) -> &str {
    typed.split_once(';').map_or(typed, |(_, value)| value).trim()
}

fn cut(text: &str, max_octets: usize) -> String {
    super::parse::one_line(text, max_octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Reporting-MTA: dns; mx.example.com\nArrival-Date: x\n\n\
        Original-Recipient: rfc822;ann@example.com\nFinal-Recipient: rfc822; a.smith@inner.example\nAction: failed\nStatus: 5.1.1 (unknown)\n\
        Diagnostic-Code: smtp; 550 5.1.1\n  no such user\n\n\
        Final-Recipient: rfc822; bo@example.com\nAction: delayed\nStatus: 4.4.1\n\n\
        Final-Recipient: rfc822; carl@example.com\nAction: FAILED\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 over quota\n";

    #[test]
    fn recipients_are_told_apart() {
        let fates = delivery_status(STATUS);
        let shown: Vec<_> = fates.iter().map(|fate| (fate.address.as_str(), fate.action, fate.why, fate.status.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("ann@example.com", Action::Failed, Why::NoSuchPerson, "5.1.1"),
                ("bo@example.com", Action::Delayed, Why::Unreachable, "4.4.1"),
                ("carl@example.com", Action::Failed, Why::MailboxFull, "5.2.2"),
            ]
        );
        assert_eq!(fates[0].said, "550 5.1.1 no such user");
        assert!(delivery_status("").is_empty() && delivery_status("no fields\n\n\n: \n").is_empty());
    }

    #[test]
    fn codes_have_reasons() {
        for (code, expected) in [
            ("5.1.1", Why::NoSuchPerson),
            ("5.1.10", Why::NoSuchPerson),
            ("5.1.2", Why::NoSuchDomain),
            ("5.4.4", Why::NoSuchDomain),
            ("4.2.2", Why::MailboxFull),
            ("5.3.4", Why::TooLarge),
            ("4.3.1", Why::TheirSystem),
            ("4.4.7", Why::GaveUp),
            ("5.4.6", Why::Loop),
            ("5.7.1", Why::NotAllowed),
            ("5.0.0", Why::Unsaid),
            ("", Why::Unsaid),
        ] {
            assert_eq!(why(code), expected, "{code}");
        }
    }

    #[test]
    fn receipts_say_who_read_what() {
        let text = "Reporting-UA: x\nFinal-Recipient: rfc822;ann@example.com\nOriginal-Message-ID: <a@b>\n\
                    Disposition: manual-action/MDN-sent-manually; displayed\n";
        let expected = Receipt { address: "ann@example.com".to_owned(), displayed: true, about: "a@b".to_owned() };
        assert_eq!(receipt(text), Some(expected));
        assert!(!receipt(&text.replace("displayed", "deleted")).unwrap().displayed);
        assert_eq!(receipt("Disposition: x"), None);
    }

    #[test]
    fn reports_are_bounded() {
        let many = "Final-Recipient: rfc822; a@b\n\n".repeat(REPORT_RECIPIENTS_MAX * 2);
        assert_eq!(delivery_status(&many).len(), REPORT_RECIPIENTS_MAX);
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let mut octets = STATUS.as_bytes().to_vec();
            for _ in 0..5 {
                let at = random.usize(..octets.len());
                octets[at] = random.u8(..);
            }
            let text = String::from_utf8_lossy(&octets);
            delivery_status(&text);
            receipt(&text);
        }
    }
}
