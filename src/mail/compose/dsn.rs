//! Bounces: delivery status notifications (RFC 3464) in multipart/report (RFC 6522).

use std::io;

use super::body::{self, Part};
use super::header::{Fields, one_line};
use super::{Action, Dsn, DsnRecipient, File, Returned};
use crate::mail::date;
use crate::mail::parse::Person;

/// A report (RFC 3464): multipart/report with a text for people, the delivery-status, and the original message or its header. To be sent with the null reverse-path (RFC 3464 section 2).
///
/// # Errors
/// None that can happen: nothing here lies on a disk.
pub fn write_dsn(dsn: &Dsn) -> io::Result<Vec<u8>> {
    let mut fields = Fields::new();
    fields.raw("Date", &date::rfc5322(dsn.date));
    let from = Person { name: "Mail Delivery System".to_owned(), address: format!("mailer-daemon@{}", dsn.reporting_mta) };
    fields.persons("From", &[from]);
    fields.persons("To", &[Person { name: String::new(), address: dsn.to.to_string() }]);
    fields.text("Subject", &dsn.subject);
    fields.ids("Message-ID", std::slice::from_ref(&dsn.message_id));
    // RFC 3834 section 5.2: nobody's vacation answers this.
    fields.raw("Auto-Submitted", "auto-replied");
    fields.raw("MIME-Version", "1.0");
    let parts = vec![
        body::text(&dsn.text),
        Part::lines("message/delivery-status", &[], delivery_status(dsn).into_bytes()),
        match &dsn.original {
            Returned::Header(header) => original(header),
            Returned::Whole(message) => {
                let content = message.clone().into();
                body::file(&File { name: "message.eml".to_owned(), media_type: "message/rfc822".to_owned(), content })?
            }
        },
    ];
    let mut out = Vec::new();
    body::multipart("report", &["report-type=delivery-status"], parts, &dsn.message_id)?.write(fields, &mut out)?;
    Ok(out)
}

// RFC 3464 section 2: fields of the message, then of each recipient, in groups parted by empty lines.
fn delivery_status(dsn: &Dsn) -> String {
    let mut group = Fields::new();
    if let Some(id) = &dsn.envelope_id {
        group.raw("Original-Envelope-Id", &ascii(&one_line(id)));
    }
    group.raw("Reporting-MTA", &format!("dns; {}", ascii(&dsn.reporting_mta)));
    group.raw("Arrival-Date", &date::rfc5322(dsn.arrived));
    let mut out = group.finish();
    for recipient in &dsn.recipients {
        out.push_str("\r\n");
        out.push_str(&recipient_fields(recipient, dsn.action));
    }
    out
}

fn recipient_fields(recipient: &DsnRecipient, action: Action) -> String {
    let mut group = Fields::new();
    if let Some(address) = &recipient.original {
        group.raw("Original-Recipient", &original_recipient(&one_line(address)));
    }
    group.raw("Final-Recipient", &final_recipient(&recipient.address.to_string()));
    let (word, class) = match action {
        Action::Failed => ("failed", '5'),
        Action::Relayed => ("relayed", '2'),
        Action::Delayed { .. } => ("delayed", '4'),
    };
    group.raw("Action", word);
    group.raw("Status", &status(&recipient.status, class));
    if let Some(diagnostic) = &recipient.diagnostic {
        const DIAGNOSTIC_MAX_OCTETS: usize = 800;
        let diagnostic: String = ascii(&one_line(diagnostic)).chars().take(DIAGNOSTIC_MAX_OCTETS).collect();
        group.raw("Diagnostic-Code", &format!("smtp; {}", diagnostic.trim()));
    }
    if let Action::Delayed { until } = action {
        group.raw("Will-Retry-Until", &date::rfc5322(until));
    }
    group.finish()
}

// `rfc822; ann@example.com`; letters beyond ASCII as RFC 6533 section 3 writes them.
fn original_recipient(text: &str) -> String {
    match text.split_once(';') {
        Some((kind, address)) => format!("{}; {}", ascii(kind.trim()), escaped(address.trim())),
        None => ascii(text),
    }
}

// RFC 6533 section 3: a non-ASCII address in a 7-bit report is a utf-8-addr-xtext.
fn final_recipient(address: &str) -> String {
    if address.is_ascii() {
        return format!("rfc822; {address}");
    }
    format!("utf-8; {}", escaped(address))
}

fn escaped(address: &str) -> String {
    if address.is_ascii() {
        return address.to_owned();
    }
    let mut out = String::new();
    for c in address.chars() {
        match c {
            '!'..='~' if !"+=\\".contains(c) => out.push(c),
            c => out.push_str(&format!("\\x{{{:02X}}}", u32::from(c))),
        }
    }
    out
}

// RFC 3463 section 2; anything else, and another class than the action's, says no more than the class.
fn status(text: &str, class: char) -> String {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_status = parts.len() == 3 && parts.iter().all(is_number);
    match is_status && (text.starts_with(class) || (class == '5' && text.starts_with('4'))) {
        true => text.to_owned(),
        false => format!("{class}.0.0"),
    }
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

// The header of the original message as it was, if it can be sent as lines; else encoded.
fn original(header: &[u8]) -> Part {
    const LINE_MAX_OCTETS: usize = 998;
    let text = body::crlf(&String::from_utf8_lossy(header));
    let fits = text.split("\r\n").all(|line| line.len() <= LINE_MAX_OCTETS);
    if fits && text.is_ascii() {
        Part::lines("text/rfc822-headers", &[], text.into_bytes())
    } else {
        Part::quoted_printable("text/rfc822-headers", &["charset=utf-8"], &text)
    }
}
