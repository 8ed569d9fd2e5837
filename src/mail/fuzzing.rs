//! What must hold of what reads strangers' mail, whatever the octets are: that it ends, that what it gives stays within its bounds and is
//! fit to be shown, and that what is written from it can be read again. Only for the fuzzer (`tests/fuzz/`) and for a test with seeded octets.

use std::io;
use std::sync::Arc;

use super::calendar::{self, Answer, Guest};
use super::form::Form;
use super::parse::{self, Letter, Sparse};
use super::{Blob, Content, Summary, nested, report, sanitise, tnef};
use crate::clock::Wall;
use crate::limits::{
    CALENDAR_EVENTS_MAX, CALENDAR_GUESTS_MAX, FORM_FIELDS_MAX, INDEX_ROW_MAX_OCTETS, MIME_PARTS_MAX, NESTED_DEPTH_MAX,
    SHOWN_TEXT_MAX_OCTETS, TNEF_RTF_MAX_OCTETS,
};

/// A message, and what is inside it.
pub fn letter(message: &[u8]) {
    opens(message, NESTED_DEPTH_MAX);
}

fn opens(message: &[u8], depth: usize) {
    let summary = parse::summarise(message);
    assert!(serde_json::to_vec(&summary).is_ok_and(|row| row.len() <= INDEX_ROW_MAX_OCTETS));
    let normal = parse::normal(message);
    let letter = Letter::new(&normal);
    let opened = letter.opened();
    // The summary for folders looks at less, and says the same.
    assert_eq!(Summary { attachments: false, ..opened.summary.clone() }, Summary { attachments: false, ..summary });
    assert!(opened.text.len() <= SHOWN_TEXT_MAX_OCTETS && opened.attachments.len() <= MIME_PARTS_MAX);
    assert!(!opened.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{:?}", opened.text);
    for attachment in &opened.attachments {
        let (again, content) = letter.attachment(attachment.number).expect("an offered part is there");
        assert_eq!((&again, content.len()), (attachment, attachment.size));
        assert!(content.len() <= normal.len());
        assert!(!attachment.name.is_empty() && !attachment.name.contains(['/', '\\', '\n', '\r', '\0']), "{:?}", attachment.name);
        letter.attachment_text(attachment.number);
        let text = String::from_utf8_lossy(&content);
        report::delivery_status(&text);
        report::receipt(&text);
        if let Some(inner) = nested::open(&letter, attachment.number).filter(|_| depth > 0) {
            opens(&inner, depth - 1);
        }
    }
    if depth == NESTED_DEPTH_MAX {
        is_the_same_where_parts_are_left_out(message, &letter);
    }
    if let Some(html) = &opened.html {
        let clean = sanitise::sanitise(html, &|_| None).html;
        assert!(!clean.contains("<script") && !clean.contains("javascript:"), "{clean}");
    }
}

/// Whatever is left on the disk, it is the same message.
fn is_the_same_where_parts_are_left_out(message: &[u8], letter: &Letter<'_>) {
    const GAP_MIN: usize = 8;
    let sparse = Sparse::read_with(Blob::new(Arc::new(Dribbles(message.to_vec()))), GAP_MIN).expect("memory does not fail");
    assert!(sparse.whole().bytes().expect("memory does not fail") == message);
    let same = sparse.letter();
    assert_eq!(format!("{:?}", same.opened()), format!("{:?}", letter.opened()));
    for attachment in letter.attachments() {
        let number = attachment.number;
        let whole = letter.attachment(number);
        assert_eq!(same.attachment(number), whole);
        assert_eq!(same.attachment_text(number), letter.attachment_text(number));
        let (about, file) = same.file(number).expect("it is there");
        let content = whole.map(|(_, content)| content.into_owned()).unwrap_or_default();
        assert_eq!((about, file.len()), (attachment, content.len() as u64));
        // From the middle first, and from there back.
        let middle = content.len() / 2;
        assert!(file.slice(middle as u64..u64::MAX).bytes().expect("memory does not fail") == content[middle..]);
        assert!(file.bytes().expect("memory does not fail") == content);
        let inner = nested::descend(&same, number).map(|inner| inner.bytes().expect("memory does not fail"));
        assert_eq!(inner, nested::open(letter, number));
    }
}

/// A form with files, which says its boundary; however its octets come, it is the same form.
pub fn form(body: &[u8]) {
    let read = |blob: &Blob| Form::parse("multipart/form-data; boundary=b", blob);
    let whole = read(&body.into());
    let dribbled = read(&Blob::new(Arc::new(Dribbles(body.to_vec()))));
    let (form, same) = match (whole, dribbled) {
        (Ok(form), Ok(same)) => (form, same),
        (whole, dribbled) => return assert_eq!(whole.err(), dribbled.err()),
    };
    assert_eq!(form.fields, same.fields);
    assert!(form.fields.len() + form.files.len() <= FORM_FIELDS_MAX && form.files.len() == same.files.len());
    let mut octets = 0;
    for (file, same) in form.files.iter().zip(&same.files) {
        assert_eq!((&file.name, &file.media_type), (&same.name, &same.media_type));
        let content = file.content.bytes().expect("memory does not fail");
        assert!(content == same.content.bytes().expect("memory does not fail"));
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\n', '\r', '\0']), "{:?}", file.name);
        octets += content.len();
    }
    assert!(octets <= body.len());
}

/// Gives fewer octets than were asked for.
struct Dribbles(Vec<u8>);

impl Content for Dribbles {
    fn octets(&self) -> u64 {
        self.0.len() as u64
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.0.piece(offset, length.min(1 + offset as usize % 5))
    }
}

/// A `winmail.dat`, behind its signature.
pub fn packed(stream: &[u8]) {
    assert!(stream.starts_with(&tnef::SIGNATURE_OCTETS) || tnef::as_message(stream).is_none());
    let stream = [&tnef::SIGNATURE_OCTETS, stream].concat();
    let Some(message) = tnef::as_message(&stream) else { return };
    // A character becomes three octets at most; heads of parts are small.
    assert!(message.len() <= 8 * stream.len() + 2 * TNEF_RTF_MAX_OCTETS + 100_000, "{} of {}", message.len(), stream.len());
    opens(&message, NESTED_DEPTH_MAX);
}

/// A calendar, and the answer to each of its events.
pub fn calendar(octets: &[u8]) {
    let text = format!("BEGIN:VCALENDAR\r\n{}", String::from_utf8_lossy(octets));
    let Some(calendar) = calendar::read(&text) else { return };
    assert!(calendar.events.len() <= CALENDAR_EVENTS_MAX);
    for event in &calendar.events {
        assert!(event.guests.len() <= CALENDAR_GUESTS_MAX);
        let times = event.times(Wall(0), Wall(4_000_000_000_000), 10);
        assert!(times.len() <= 10 && times.is_sorted_by_key(|(begin, _)| begin.wall()), "{times:?}");
        assert!(times.iter().all(|(begin, end)| begin.wall() <= end.wall()), "{times:?}");
        let me = Guest { name: event.summary.clone(), address: "ann@example.com".to_owned(), answer: Answer::Accepted, optional: false };
        let reply = calendar::reply(event, &me, &event.description, Wall(0));
        assert!(reply.split("\r\n").all(|line| line.len() <= 75 && !line.contains(char::is_control)), "{reply:?}");
        // Whoever gets it reads an answer of this one guest to this event.
        let read = calendar::read(&reply).expect("a calendar");
        assert_eq!((read.method, read.events.len()), (calendar::Method::Reply, 1), "{reply}");
        let [guest] = read.events[0].guests.as_slice() else { panic!("{reply}") };
        assert_eq!((guest.address.as_str(), guest.answer), ("ann@example.com", Answer::Accepted), "{reply}");
        assert_eq!(read.events[0].uid.trim(), event.uid.trim(), "{reply}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: usize = 2_000;

    /// Octets made of words that matter.
    fn check(words: &[&str], target: fn(&[u8])) {
        let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..ROUNDS {
            let mut octets = Vec::new();
            for _ in 0..random.usize(..30) {
                octets.extend_from_slice(words[random.usize(..words.len())].as_bytes());
                if random.u8(..30) == 0 {
                    octets.push(random.u8(..));
                }
            }
            target(&octets);
        }
    }

    #[test]
    fn letters() {
        let words = [
            "From: A <a@b>\r\n",
            "Subject: =?utf-8?Q?=FC?= \r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n",
            "Content-Type: multipart/alternative; boundary=c\r\n",
            "Content-Type: text/html; charset=utf-7\r\n",
            "Content-Type: text/plain; format=flowed\r\n",
            "Content-Type: message/rfc822; name=\"../a\"\r\n",
            "Content-Type: application/octet-stream; name*0=\"=?x?B?\"\r\n",
            "Content-Disposition: attachment; filename*=utf-8''%2e%2e%2f\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n",
            "\r\n",
            "\r\n",
            "--b\r\n",
            "--c\r\n",
            "--b--\r\n",
            "--c--\r\n",
            "PGI+aQ==",
            "QUJDREVG\r\nR0hJSktM\r\nTU5PUFFS\r\nU1RVVldY\r\n",
            "QUJDREVG\nR0hJSktM\nTU5PUFFS\nU1RVVldY\nab\n",
            "=3D=\r\n",
            "<b><script>",
            "text > \n",
            "\r",
        ];
        check(&words, letter);
        check(&words[2..], letter);
    }

    #[test]
    fn forms() {
        let words = [
            "--b\r\n",
            "\r\n--b\r\n",
            "\r\n--b--\r\n",
            "--b--\r\n",
            "Content-Disposition: form-data; name=\"a\"\r\n",
            "Content-Disposition: form-data; name=f; filename=\"../%22\"\r\n",
            "; filename*=utf-8''%c3%a4",
            "Content-Type: a/b\r\n",
            "\r\n\r\n",
            "\r\n",
            "\r",
            "--b",
            "x",
        ];
        check(&words, form);
        // Mostly whole ones.
        check(&["--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "x\r\n", "\r\n--b--\r\n", "\r\n", "--b"], form);
    }

    #[test]
    fn packed_messages() {
        // Level, attribute, length, then properties: what a message and its files are made of.
        let words = [
            "\u{1}\u{4}\0\u{1}\0",
            "\u{1}\u{3}\0\u{6}\0",
            "\u{2}\u{2}\0\u{6}\0",
            "\u{2}\u{5}\0\u{6}\0",
            "\u{2}\u{f}\0\u{6}\0",
            "\u{4}\0\0\0",
            "\u{1}\0\0\0",
            "\u{0}\u{0}",
            "\u{1e}\0\u{0}\u{10}",
            "\u{2}\u{1}\u{9}\u{10}",
            "LZFu",
            "abcd",
        ];
        check(&words, packed);
        check(&words[..8], packed);
    }

    #[test]
    fn calendars() {
        let words = [
            "BEGIN:VEVENT\r\n",
            "END:VEVENT\r\n",
            "BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
            "UID:a\\,b;c\r\n",
            "DTSTART;TZID=x:20260303T100000\r\n",
            "DTSTART;VALUE=DATE:20260303\r\n",
            "DTEND:20250303T100000Z\r\n",
            "DURATION:-P1D\r\n",
            "RRULE:FREQ=MONTHLY;BYDAY=-1MO;COUNT=9\r\n",
            "RRULE:FREQ=YEARLY;INTERVAL=0;UNTIL=99990101\r\n",
            "EXDATE:20260303,20260403T100000\r\n",
            "SUMMARY:ü\"\\n\u{7}\u{85}\r\n",
            "DESCRIPTION:a long one with many words that goes on and on until its line is folded, and more\r\n",
            "ORGANIZER;CN=\"a:b\":mailto:x@y\r\n",
            "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:b@c\r\n",
            " folded\r\n",
            "RECURRENCE-ID:20260303\r\n",
        ];
        check(&words, calendar);
        check(&words[..8], calendar);
    }
}
