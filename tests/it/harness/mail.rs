//! Messages and their comparison.

use std::collections::BTreeMap;

/// Fields that servers put in front (RFC 5321 section 4.4; Postfix adds the last two).
const TRACE: [&str; 4] = ["received", "return-path", "x-original-to", "delivered-to"];

/// The message without the trace fields at its very start, with CRLF line ends (mailboxes on disk have LF).
pub fn without_trace(message: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = message.split_inclusive(|octet| *octet == b'\n').collect();
    let mut start = 0;
    while start < lines.len() && is_trace(lines[start]) {
        start += 1;
        while lines.get(start).is_some_and(|line| line.starts_with(b" ") || line.starts_with(b"\t")) {
            start += 1;
        }
    }
    let mut out = Vec::with_capacity(message.len());
    for line in lines.split_off(start) {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(content.strip_suffix(b"\r").unwrap_or(content));
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn is_trace(line: &[u8]) -> bool {
    let name: String = line.iter().take_while(|octet| **octet != b':').map(|octet| char::from(octet.to_ascii_lowercase())).collect();
    TRACE.contains(&name.as_str()) || name.starts_with("x-lifeboat-") || name.starts_with("lifeboat-")
}

/// A plain message with a unique subject; CRLF line ends.
pub fn message(to: &str, subject: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "From: Outside <out@outside.example>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{}@outside.example>\r\n\
         Date: Tue, 03 Mar 2026 09:15:02 +0000\r\n\r\n",
        subject.replace(' ', ".")
    );
    let mut bytes = head.into_bytes();
    for line in body.lines() {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Everything that was accepted, by recipient.
#[derive(Default)]
pub struct Ledger {
    accepted: Vec<(String, Vec<u8>)>,
}

impl Ledger {
    pub fn note(&mut self, recipient: &str, message: &[u8]) {
        self.accepted.push((recipient.to_owned(), without_trace(message)));
    }

    pub fn len(&self) -> usize {
        self.accepted.len()
    }

    /// What is missing, and what is there more than once, in mailboxes (recipient to messages as they lie there).
    pub fn compare(&self, mailboxes: &BTreeMap<String, Vec<Vec<u8>>>) -> (Vec<String>, Vec<String>) {
        let mut held: BTreeMap<(&str, Vec<u8>), usize> = BTreeMap::new();
        for (recipient, messages) in mailboxes {
            for message in messages {
                *held.entry((recipient, without_trace(message))).or_default() += 1;
            }
        }
        let (mut missing, mut double) = (Vec::new(), Vec::new());
        for (recipient, message) in &self.accepted {
            let name = || format!("{recipient} {}", subject(message));
            match held.get(&(recipient.as_str(), message.clone())) {
                None => missing.push(name()),
                Some(1) => {}
                Some(_) => double.push(name()),
            }
        }
        (missing, double)
    }
}

/// The value of Message-Id, as smtp-source writes it.
pub fn message_id(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    text.lines().find_map(|line| line.strip_prefix("Message-Id: ")).unwrap_or_default().trim().to_owned()
}

/// The Subject field as it stands.
pub fn subject(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}

#[test]
fn comparison_can_fail() {
    let sent = message("ann@example.com", "one", ".\n..\nx");
    let mut stored = b"Return-Path: <a@b>\nReceived: by x\n\tfor y\n".to_vec();
    stored.extend(String::from_utf8(sent.clone()).unwrap().replace("\r\n", "\n").into_bytes());
    let mut ledger = Ledger::default();
    ledger.note("ann@example.com", &sent);
    let check = |messages: Vec<Vec<u8>>, missing: usize, double: usize| {
        let found = ledger.compare(&BTreeMap::from([("ann@example.com".to_owned(), messages)]));
        assert_eq!((found.0.len(), found.1.len()), (missing, double));
    };
    check(vec![stored.clone()], 0, 0);
    check(vec![], 1, 0);
    check(vec![stored.clone(), stored.clone()], 0, 1);
    let mut changed = stored;
    changed.insert(0, b'X');
    check(vec![changed], 1, 0);
}
