//! Thirty days of an office's mail: reads `assets/demo-mail.txt` and makes messages of it. Pure.

use std::collections::HashMap;
use std::time::Duration;

use super::drawing;
use super::html::escape;
use super::letter::{self, Encoding, File, Letter};
use super::outside::Parcel;
use super::people::{DOMAIN, OFFICE};
use crate::clock::Wall;
use crate::mail::Address;

const TEXT: &str = include_str!("../../assets/demo-mail.txt");
const DAY: Duration = Duration::from_secs(24 * 3600);

/// One block of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block<'a> {
    days: u32,
    minute: u32,
    from: &'a str,
    to: Vec<&'a str>,
    subject: &'a str,
    options: Vec<&'a str>,
    text: String,
}

/// All sample messages in the order of their dates, the newest shortly before `now`.
///
/// # Errors
/// The line of the file that is wrong.
pub fn parcels(now: Wall) -> Result<Vec<Parcel>, String> {
    let mut threads: HashMap<&str, Vec<String>> = HashMap::new();
    blocks(TEXT)?.iter().enumerate().map(|(number, block)| parcel(number, block, now, &mut threads)).collect()
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(head) = line.strip_prefix("@ ") {
            let block = head_line(head).ok_or_else(|| format!("demo-mail.txt:{}: {line}", number + 1))?;
            blocks.push(block);
        } else if let Some(block) = blocks.last_mut() {
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    Ok(blocks)
}

fn head_line(head: &str) -> Option<Block<'_>> {
    let mut fields = head.split(" | ").map(str::trim);
    let (days, time) = fields.next()?.split_once(' ')?;
    let (hours, minutes) = time.split_once(':')?;
    let (from, to, subject) = (fields.next()?, fields.next()?, fields.next()?);
    let subject = subject.trim_end_matches('|').trim_end();
    Some(Block {
        days: days.parse().ok()?,
        minute: hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?,
        from,
        to: to.split(',').map(str::trim).collect(),
        subject,
        options: fields.next().unwrap_or_default().split_whitespace().collect(),
        text: String::new(),
    })
}

impl<'a> Block<'a> {
    fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    fn value(&self, option: &str) -> Option<&'a str> {
        self.options.iter().find_map(|text| text.strip_prefix(option)?.strip_prefix(':'))
    }

    fn encoding(&self) -> Encoding {
        if self.has("base64") {
            Encoding::Base64
        } else if self.has("latin1") {
            Encoding::Latin1
        } else if self.has("8bit") {
            Encoding::EightBit
        } else {
            Encoding::Quoted
        }
    }

    fn files(&self) -> Vec<File<'a>> {
        let mut files = Vec::new();
        if let Some(name) = self.value("pdf") {
            let title = name.trim_end_matches(".pdf").replace('-', " ");
            let content = drawing::document(&[&title, "", "A sample document of the Lifeboat demonstration."]);
            files.push(File { name, media_type: "application/pdf", content });
        }
        if let Some(name) = self.value("png") {
            files.push(File { name, media_type: "image/png", content: drawing::chart(&[60, 30, 75, 20, 50]) });
        }
        if let Some(name) = self.value("csv") {
            files.push(File { name, media_type: "text/csv", content: b"item,amount\r\nfirst,12\r\nsecond,40\r\n".to_vec() });
        }
        files
    }

    /// An HTML form of the text, as mail programs make it.
    fn html(&self) -> Option<String> {
        if self.has("htmlonly") {
            return Some(self.text.clone());
        }
        if !self.has("html") && !self.has("cid") {
            return None;
        }
        let paragraphs: Vec<String> =
            self.text.trim().split("\n\n").map(|paragraph| format!("<p>{}</p>", escape(paragraph).replace('\n', "<br>\n"))).collect();
        let mut body = paragraphs.join("\n");
        if self.has("cid") {
            body.push_str("\n<p><img src=\"cid:picture\" alt=\"Chart\" width=\"240\" height=\"96\"></p>");
        }
        if self.has("remote") {
            body = format!(
                "<img src=\"https://logistics-letter.example/head.png\" alt=\"The Logistics Letter\">\n{body}\n\
                 <img src=\"https://logistics-letter.example/seen?reader=4711\" width=\"1\" height=\"1\" alt=\"\">"
            );
        }
        Some(format!("<html><body style=\"font-family:Calibri,sans-serif;font-size:11pt\">\n{body}\n</body></html>\n"))
    }
}

fn parcel<'a>(number: usize, block: &Block<'a>, now: Wall, threads: &mut HashMap<&'a str, Vec<String>>) -> Result<Parcel, String> {
    let id = format!("sample-{:02}", number + 1);
    let wrong = |what: &str| format!("demo-mail.txt: message {}: {what}", number + 1);
    let from = block.from.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).ok_or_else(|| wrong("from"))?;
    let from = Address::parse(from).map_err(|error| wrong(&error.to_string()))?;
    let message_id = format!("{id}.{}@{}", now.seconds(), from.domain());
    let thread = block.value("id").or(block.value("re"));
    let references = thread.and_then(|name| threads.get(name)).cloned().unwrap_or_default();
    if block.value("re").is_some() && references.is_empty() && !block.subject.contains("Re:") {
        return Err(wrong("answers nothing"));
    }
    if let Some(name) = thread {
        threads.entry(name).or_default().push(message_id.clone());
    }
    let html = block.html();
    let extra: &[&str] = if block.has("list") {
        &["List-Id: The Logistics Letter <letter.logistics-letter.example>", "Precedence: bulk"]
    } else {
        &["X-Mailer: Outside Mail 4.2"]
    };
    let bytes = letter::write(&Letter {
        from: block.from,
        to: block.to.iter().map(|user| shown_recipient(user)).collect(),
        subject: block.subject,
        date: dated(block, now),
        message_id: &message_id,
        references: &references,
        text: (!block.has("htmlonly")).then_some(block.text.as_str()),
        html: html.as_deref(),
        encoding: block.encoding(),
        picture: block.has("cid").then(|| drawing::chart(&[22, 35, 31, 48, 64, 80])),
        files: block.files(),
        extra,
    });
    let to = block.to.iter().map(|user| Address::parse(&format!("{user}@{DOMAIN}"))).collect::<Result<Vec<_>, _>>();
    Ok(Parcel { id, from, to: to.map_err(|error| wrong(&error.to_string()))?, bytes: bytes.into() })
}

fn shown_recipient(user: &str) -> String {
    let name = OFFICE.iter().find(|person| person.user == user).map_or(user, |person| person.name);
    format!("{name} <{user}@{DOMAIN}>")
}

/// Days before today at the block's time (UTC), never in the future.
fn dated(block: &Block<'_>, now: Wall) -> Wall {
    let day = DAY.as_millis() as u64;
    let midnight = now.0 - now.0 % day;
    let at = (midnight + u64::from(block.minute) * 60_000).saturating_sub(u64::from(block.days) * day);
    Wall(at.min(now.0.saturating_sub(60_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(1_772_530_000_000);

    #[test]
    fn there_are_thirty_days_of_mail() {
        let parcels = parcels(NOW).unwrap();
        assert!((55..=75).contains(&parcels.len()), "{}", parcels.len());
        assert!(blocks(TEXT).unwrap().iter().all(|block| block.days <= 30));
        for person in OFFICE {
            let count = parcels.iter().filter(|parcel| parcel.to.iter().any(|to| to.local() == person.user)).count();
            assert!(count > 10, "{} gets {count}", person.user);
        }
    }

    #[test]
    fn dates_rise_and_stay_in_the_past() {
        let dates: Vec<Wall> = blocks(TEXT).unwrap().iter().map(|block| dated(block, NOW)).collect();
        assert!(dates.is_sorted());
        assert!(dates.iter().all(|date| *date < NOW));
    }

    #[test]
    fn answers_refer_to_what_they_answer() {
        let messages = parcels(NOW).unwrap();
        let last = messages.iter().rev().find(|parcel| String::from_utf8_lossy(&parcel.bytes).contains("Summer party")).unwrap();
        let text = String::from_utf8_lossy(&last.bytes).into_owned();
        assert_eq!(text.split("\r\nMIME-Version").next().unwrap().matches("<sample-").count(), 1 + 1 + 2, "{text}");
    }

    #[test]
    fn bytes_are_fit_for_smtp() {
        for parcel in parcels(NOW).unwrap() {
            let mut rest = &parcel.bytes[..];
            while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
                assert!(end > 0 && rest[end - 1] == b'\r' && end < 998, "{}", parcel.id);
                rest = &rest[end + 1..];
            }
            assert!(rest.is_empty(), "{} ends with a line end", parcel.id);
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let check = |text: &str| assert!(blocks(text).unwrap_err().starts_with("demo-mail.txt:1:"), "{text}");
        check("@ soon | A <a@b.example> | ann | Subject | ");
        check("@ 3 10:00 | A <a@b.example> | ann");
    }
}
