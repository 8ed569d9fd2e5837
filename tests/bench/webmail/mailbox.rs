//! The mail that both sides hold: the same message for the same number, whoever asks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::messages::{word, words};

/// The mailbox's address.
pub const ADDRESS: &str = "ann@example.com";
/// Messages have 2 to 20 KiB, small ones more often: 6.6 KiB on average.
const MIN_OCTETS: usize = 2 * 1024;
const MORE_OCTETS: f64 = 18.0 * 1024.0;
/// People who write.
const SENDERS: usize = 300;
/// Of ten messages so many have a second form in HTML, and so many an attachment.
const HTML_OF_TEN: usize = 4;
const ATTACHED_OF_TEN: usize = 1;
/// Of ten messages so many answer one of the last hundred.
const ANSWERS_OF_TEN: usize = 4;
const ANSWERED_BACK: usize = 100;
/// 2025-01-01 00:00 UTC, and so many seconds between two messages.
const FIRST_AT: u64 = 1_735_689_600;
const SECONDS_APART: u64 = 25;
/// RFC 4648 section 4.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A word that only this message has, in its text.
pub fn mark(number: usize) -> String {
    format!("mark{number}x")
}

/// A word that only this message has, in its subject.
pub fn subject_mark(number: usize) -> String {
    format!("no{number}y")
}

/// Words to look for, by turns: such as one message in twenty has, one in forty, one in a hundred, and only one.
pub fn asked(turn: usize, messages: usize) -> String {
    const RANKS: [usize; 3] = [1_000, 5_000, 12_000];
    match RANKS.get(turn % (RANKS.len() + 1)) {
        Some(rank) => word(rank + turn % 290),
        None => mark((turn * 7919) % messages),
    }
}

/// Header and body with line feeds.
pub fn message(number: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number as u64);
    let octets = MIN_OCTETS + (random.f64().powi(3) * MORE_OCTETS) as usize;
    let mut text = header(&mut random, number);
    let is_html = random.usize(..10) < HTML_OF_TEN;
    let is_attached = random.usize(..10) < ATTACHED_OF_TEN;
    let left = octets.saturating_sub(text.len()).max(600);
    if is_attached {
        text += "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n";
        body(&mut text, &mut random, number, left / 4, is_html);
        text += "\n--outer\nContent-Type: application/pdf; name=report.pdf\nContent-Disposition: attachment; filename=report.pdf\n\
                 Content-Transfer-Encoding: base64\n\n";
        for _ in 0..left / 103 {
            (0..76).for_each(|_| text.push(ALPHABET[random.usize(..64)] as char));
            text.push('\n');
        }
        text += "--outer--\n";
    } else {
        body(&mut text, &mut random, number, left, is_html);
    }
    text
}

fn header(random: &mut fastrand::Rng, number: usize) -> String {
    let sender = random.usize(..SENDERS);
    let at = jiff::Timestamp::from_second((FIRST_AT + SECONDS_APART * number as u64) as i64).expect("a time");
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut text = format!(
        "From: {} {} <s{sender}@outside.example>\nTo: Ann <{ADDRESS}>\nMessage-ID: <{number}@outside.example>\nDate: {date}\nMIME-Version: 1.0\n",
        word(sender + 4_000),
        word(sender + 8_000)
    );
    let answers = number > ANSWERED_BACK && random.usize(..10) < ANSWERS_OF_TEN;
    if answers {
        let earlier = number - 1 - random.usize(..ANSWERED_BACK);
        let _ = writeln!(text, "In-Reply-To: <{earlier}@outside.example>\nReferences: <{earlier}@outside.example>");
    }
    let subject = words(random, 48).replace('\n', " ");
    let _ = writeln!(text, "Subject: {}{} {}", if answers { "Re: " } else { "" }, subject.trim_end(), subject_mark(number));
    text
}

fn body(text: &mut String, random: &mut fastrand::Rng, number: usize, octets: usize, is_html: bool) {
    let plain_only = "Content-Type: text/plain; charset=utf-8\n\n";
    if !is_html {
        let _ = writeln!(text, "{plain_only}{} {}", mark(number), words(random, octets));
        return;
    }
    let words = words(random, octets / 2);
    let _ = writeln!(text, "Content-Type: multipart/alternative; boundary=inner\n\n--inner\n{plain_only}{} {words}", mark(number));
    let _ = writeln!(text, "--inner\nContent-Type: text/html; charset=utf-8\n\n<html><body><h1>{}</h1><table>", mark(number));
    for line in words.lines() {
        let _ = writeln!(text, "<tr><td style=\"color: #333\"><b>{}</b></td><td>{line}</td></tr>", &line[..line.len().min(3)]);
    }
    *text += "</table></body></html>\n--inner--\n";
}

/// Writes a maildir as a server that sorts by names will number it: by `number`.
pub fn write_maildir(folder: &Path, messages: usize) {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(folder.join(part)).expect("a maildir");
    }
    let cur = folder.join("cur");
    for number in 0..messages {
        let at = FIRST_AT + SECONDS_APART * number as u64;
        let text = message(number);
        // Its size in the name is what saves Dovecot a look at the file; its own deliveries have it, too.
        let name = format!("{at}.M{number:07}P1.bench,S={}:2,", text.len());
        fs::write(cur.join(name), text).expect("room for the maildir");
    }
}
