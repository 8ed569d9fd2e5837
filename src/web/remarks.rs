//! What a reader should know about a message beside its words: seals, oddities of the sender, reports, ways to unsubscribe.

use super::pages::message::{Remark, ReportView, Unsubscribe};
use super::texts::Texts;
use super::words::{Fate, visible};
use crate::limits::UNSUBSCRIBE_MAX;
use crate::mail::parse::{Letter, Opened};
use crate::mail::report::{self, Action, Why};
use crate::mail::seal::{self, Seal};

/// Short sentences, the important ones first.
pub fn remarks(t: Texts, letter: &Letter<'_>, opened: &Opened) -> Vec<Remark> {
    let mut out = Vec::new();
    let mut warn = |key| out.push(Remark { warns: true, text: t.get(key).to_owned() });
    if opened.from.len() > 1 || letter.count("From") > 1 {
        warn("remark-many-senders");
    }
    if opened.from.iter().any(|person| names_another(&person.name, &person.address)) {
        warn("remark-other-address");
    }
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    let from: Vec<_> = opened.from.iter().map(|person| domain(&person.address)).collect();
    if letter.field("List-Id").is_none() && opened.reply_to.iter().any(|person| !from.contains(&domain(&person.address))) {
        warn("remark-other-reply");
    }
    let mut say = |key| out.push(Remark { warns: false, text: t.get(key).to_owned() });
    match seal::seal(letter, &opened.text) {
        Some(Seal::Signed) => say("remark-signed"),
        Some(Seal::SmimeEncrypted) => say("remark-encrypted"),
        Some(Seal::PgpEncrypted) => say("remark-encrypted-pgp"),
        None => {}
    }
    match importance(letter) {
        Some(true) => say("remark-high"),
        Some(false) => say("remark-low"),
        None => {}
    }
    if letter.field("Disposition-Notification-To").is_some() {
        say("remark-receipt");
    }
    out
}

/// `boss@example.com <someone@else.example>`: a name made to look like an address, but not of who wrote.
fn names_another(name: &str, address: &str) -> bool {
    let word = name.split([' ', '<', '>', '"', '\'', '(', ')', ',']).find(|word| {
        word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.starts_with('.'))
    });
    word.is_some_and(|word| !word.eq_ignore_ascii_case(address))
}

// RFC 2156 section 5.3.6, and what Outlook and others write. True for high.
fn importance(letter: &Letter<'_>) -> Option<bool> {
    let field = |name| letter.field(name).map(|value| value.to_ascii_lowercase()).unwrap_or_default();
    match (field("Importance").as_str(), field("X-Priority").chars().next(), field("Priority").as_str()) {
        ("high", ..) | (_, Some('1' | '2'), _) | (.., "urgent") => Some(true),
        ("low", ..) | (_, Some('4' | '5'), _) | (.., "non-urgent") => Some(false),
        _ => None,
    }
}

/// What a report about mail says, recipient by recipient.
pub fn report(t: Texts, letter: &Letter<'_>) -> Vec<ReportView> {
    let text_of =
        |wanted: [&str; 2]| letter.numbers_of(|kind| wanted.contains(&kind)).first().and_then(|&number| letter.attachment_text(number));
    if let Some((text, _)) = text_of(["message/delivery-status", "message/global-delivery-status"]) {
        return report::delivery_status(&text).into_iter().map(|fate| fate_view(t, fate)).collect();
    }
    let receipt = text_of(["message/disposition-notification", "message/global-disposition-notification"]);
    let Some(receipt) = receipt.and_then(|(text, _)| report::receipt(&text)) else { return Vec::new() };
    let what = t.get(if receipt.displayed { "report-read" } else { "report-unread" }).to_owned();
    vec![ReportView { address: visible(&receipt.address), fate: Fate::Done, what, advice: "", said: String::new() }]
}

fn fate_view(t: Texts, fate: report::Fate) -> ReportView {
    let (shade, what) = match fate.action {
        Action::Failed => (Fate::Failed, t.get("report-failed")),
        Action::Delayed => (Fate::Waiting, t.get("report-delayed")),
        Action::Delivered => (Fate::Done, t.get("report-delivered")),
        Action::Relayed => (Fate::Done, t.get("report-relayed")),
    };
    let is_good = shade == Fate::Done;
    let (why, advice) = match fate.why {
        _ if is_good => ("", ""),
        Why::Unsaid => ("", if shade == Fate::Failed { t.get("advice-unsaid") } else { "" }),
        Why::NoSuchPerson => (t.get("why-person"), t.get("advice-person")),
        Why::NoSuchDomain => (t.get("why-domain"), t.get("advice-domain")),
        Why::MailboxClosed => (t.get("why-closed"), t.get("advice-other-way")),
        Why::MailboxFull => (t.get("why-full"), t.get("advice-other-way")),
        Why::TooLarge => (t.get("why-large"), t.get("advice-large")),
        Why::TheirSystem => (t.get("why-system"), t.get("advice-later")),
        Why::Unreachable => (t.get("why-unreachable"), t.get("advice-later")),
        Why::GaveUp => (t.get("why-gave-up"), t.get("advice-later")),
        Why::Loop => (t.get("why-loop"), t.get("advice-admin")),
        Why::Content => (t.get("why-content"), t.get("advice-content")),
        Why::NotAllowed => (t.get("why-rule"), t.get("advice-rule")),
    };
    // Delayed mail is still on its way: there is nothing to do yet.
    let advice = if fate.action == Action::Delayed { t.get("advice-wait") } else { advice };
    let what = if why.is_empty() { what.to_owned() } else { format!("{what} {why}") };
    let said = if is_good { String::new() } else { visible(&format!("{} {}", fate.status, fate.said.trim_start_matches(&fate.status))) };
    ReportView { address: visible(&fate.address), fate: shade, what, advice, said }
}

/// RFC 2369 section 3.2. Nothing is followed by itself.
pub fn unsubscribe(letter: &Letter<'_>, may_write: bool) -> Vec<Unsubscribe> {
    let Some(field) = letter.field("List-Unsubscribe") else { return Vec::new() };
    let addresses = field.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(address, _)| address.replace(' ', ""));
    let shown = addresses.filter_map(|address| {
        let (scheme, rest) = address.split_once(':')?;
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" if rest.starts_with("//") => Some(Unsubscribe::Page(address)),
            "mailto" if may_write => {
                let (to, query) = rest.split_once('?').unwrap_or((rest, ""));
                let asked = query.split('&').find_map(|pair| pair.strip_prefix("subject=")).unwrap_or("unsubscribe");
                let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+=%".contains(c));
                (to.contains('@') && plain(to) && plain(asked))
                    .then(|| Unsubscribe::Mail(format!("/mail/new?to={}&subject={}", to.replace('+', "%2B"), asked.replace('+', "%2B"))))
            }
            _ => None,
        }
    });
    shown.take(UNSUBSCRIBE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_addresses_are_noticed() {
        for (name, address, expected) in [
            ("Ann", "ann@example.com", false),
            ("ann@example.com", "Ann@Example.com", false),
            ("boss@example.com", "x@evil.example", true),
            ("\"Boss (boss@example.com)\"", "x@evil.example", true),
            ("Meet @ 9.30", "x@evil.example", false),
            ("", "x@evil.example", false),
        ] {
            assert_eq!(names_another(name, address), expected, "{name}");
        }
    }

    fn said(message: &str) -> Vec<(bool, String)> {
        let letter = Letter::new(message.as_bytes());
        remarks(Texts::english(), &letter, &letter.opened()).into_iter().map(|remark| (remark.warns, remark.text)).collect()
    }

    #[test]
    fn oddities_are_said_and_ordinary_mail_is_left_alone() {
        assert!(said("From: Ann <ann@x.test>\r\nReply-To: office@x.test\r\nX-Priority: 3\r\n\r\nhi\r\n").is_empty());
        let all = said(
            "From: \"boss@x.test\" <a@evil.test>, b@x.test\r\nReply-To: c@other.test\r\nImportance: High\r\n\
             Disposition-Notification-To: a@evil.test\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n",
        );
        assert_eq!(all.iter().map(|(warns, _)| *warns).collect::<Vec<_>>(), [true, true, true, false, false, false], "{all:?}");
    }

    #[test]
    fn ways_to_unsubscribe_lead_nowhere_else() {
        let check = |field: &str, expected: &[Unsubscribe]| {
            let message = format!("List-Unsubscribe: {field}\r\n\r\n");
            assert_eq!(unsubscribe(&Letter::new(message.as_bytes()), true), expected, "{field}");
        };
        let mail = |path: &str| Unsubscribe::Mail(path.to_owned());
        check("<mailto:off@x.test?subject=stop>", &[mail("/mail/new?to=off@x.test&subject=stop")]);
        check(
            "<https://x.test/a?b=c>, <mailto:off@x.test>",
            &[Unsubscribe::Page("https://x.test/a?b=c".to_owned()), mail("/mail/new?to=off@x.test&subject=unsubscribe")],
        );
        check("<javascript:alert(1)>, <data:text/html,x>, <mailto:a@x.test&bcc=b@x.test>, <https:x>", &[]);
        assert!(unsubscribe(&Letter::new(b"List-Unsubscribe: <mailto:a@x.test>\r\n\r\n"), false).is_empty());
    }

    #[test]
    fn reports_are_explained() {
        let message = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n\
                       --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; bo@x.test\r\n\
                       Action: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 full\r\n--b--\r\n";
        let found = report(Texts::english(), &Letter::new(message.as_bytes()));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address.as_str(), found[0].fate), ("bo@x.test", Fate::Failed));
        assert!(found[0].what.contains("full") && !found[0].advice.is_empty() && found[0].said.contains("552"), "{found:?}");
    }
}
