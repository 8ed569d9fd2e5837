//! The proof: what was accepted against what the stand-ins hold, byte for byte. Pure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::stand_in::Kept;

/// A message that somebody got 250 for, and one of its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Unique; also in the subject.
    pub id: String,
    /// Lower case.
    pub recipient: String,
    /// As sent, without what the box put in front.
    pub bytes: Arc<[u8]>,
}

/// The result. `accepted` counts pairs of message and recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub accepted: usize,
    pub delivered: usize,
    /// `id recipient` of pairs that are nowhere with the right bytes.
    pub lost: Vec<String>,
    /// Deliveries of a pair beyond the first.
    pub duplicated: usize,
}

/// Trace fields that a relay may put before a message (RFC 5321 section 4.4).
const TRACE: [&str; 2] = ["received", "return-path"];
/// Our own, against loops.
const TRACE_PREFIXES: [&str; 2] = ["lifeboat-", "x-lifeboat-"];

/// The message without the trace fields at its very start.
pub fn without_trace(message: &[u8]) -> &[u8] {
    let mut rest = message;
    while let Some(length) = trace_field_len(rest) {
        rest = &rest[length..];
    }
    rest
}

/// Octets of the first field with its folded lines, if it is a trace field.
fn trace_field_len(message: &[u8]) -> Option<usize> {
    let colon = message.iter().take(80).position(|octet| *octet == b':')?;
    let name = std::str::from_utf8(&message[..colon]).ok()?.to_ascii_lowercase();
    if !TRACE.contains(&name.as_str()) && !TRACE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let mut end = 0;
    loop {
        end += message[end..].iter().position(|octet| *octet == b'\n')? + 1;
        // A line that begins with white space belongs to the field (RFC 5322 section 2.2.3).
        if !matches!(message.get(end), Some(b' ' | b'\t')) {
            return Some(end);
        }
    }
}

/// Compares. Every pair must be held exactly once with exactly its bytes.
pub fn prove(accepted: &[Accepted], kept: &[Kept]) -> Proof {
    let mut held: HashMap<&[u8], BTreeMap<String, usize>> = HashMap::new();
    for message in kept {
        let recipients = held.entry(without_trace(&message.bytes)).or_default();
        for recipient in &message.recipients {
            *recipients.entry(recipient.to_lowercase()).or_default() += 1;
        }
    }
    let mut proof = Proof { accepted: accepted.len(), ..Proof::default() };
    for pair in accepted {
        match held.get(&pair.bytes[..]).and_then(|recipients| recipients.get(&pair.recipient)) {
            None => proof.lost.push(format!("{} {}", pair.id, pair.recipient)),
            Some(times) => {
                proof.delivered += 1;
                proof.duplicated += times - 1;
            }
        }
    }
    proof
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Mono;

    fn check_trace(message: &str, expected: &str) {
        assert_eq!(String::from_utf8_lossy(without_trace(message.as_bytes())), expected);
    }

    #[test]
    fn strips_only_leading_trace_fields() {
        check_trace("From: a\r\n\r\nx", "From: a\r\n\r\nx");
        check_trace("Received: by x;\r\n\tnow\r\nReceived: y\r\nFrom: a\r\n\r\nx", "From: a\r\n\r\nx");
        check_trace("X-Lifeboat-Loop: t\r\nReturn-Path: <>\r\nFrom: a\r\nReceived: z\r\n\r\n", "From: a\r\nReceived: z\r\n\r\n");
        check_trace("Subject: Received: no\r\n\r\n", "Subject: Received: no\r\n\r\n");
        check_trace("Received: without end", "Received: without end");
    }

    fn pair(id: &str, recipient: &str, bytes: &str) -> Accepted {
        Accepted { id: id.to_owned(), recipient: recipient.to_owned(), bytes: bytes.as_bytes().into() }
    }

    fn kept(recipients: &[&str], bytes: &str) -> Kept {
        Kept {
            reverse_path: None,
            recipients: recipients.iter().map(|address| (*address).to_owned()).collect(),
            bytes: bytes.as_bytes().into(),
            at: Mono(0),
        }
    }

    fn check(kept: &[Kept], delivered: usize, lost: &[&str], duplicated: usize) {
        let accepted = [pair("m1", "ann@example.com", "A: 1\r\n\r\n.\r\n"), pair("m1", "bo@example.com", "A: 1\r\n\r\n.\r\n")];
        let proof = prove(&accepted, kept);
        let expected = Proof { accepted: 2, delivered, lost: lost.iter().map(|text| (*text).to_owned()).collect(), duplicated };
        assert_eq!(proof, expected);
    }

    #[test]
    fn tells_delivered_lost_changed_and_duplicated() {
        let (ann, bo) = ("Ann@example.com", "bo@example.com");
        check(&[kept(&[ann, bo], "Received: x\r\nA: 1\r\n\r\n.\r\n")], 2, &[], 0);
        check(&[kept(&[ann], "A: 1\r\n\r\n.\r\n"), kept(&[bo], "A: 1\r\n\r\n.\r\n")], 2, &[], 0);
        check(&[kept(&[ann], "A: 1\r\n\r\n.\r\n")], 1, &["m1 bo@example.com"], 0);
        check(&[kept(&[ann, bo], "A: 1\r\n\r\n\r\n")], 0, &["m1 ann@example.com", "m1 bo@example.com"], 0);
        check(&[kept(&[ann, bo], "A: 1\r\n\r\n.\r\n"), kept(&[bo], "A: 1\r\n\r\n.\r\n")], 2, &[], 1);
        check(&[], 0, &["m1 ann@example.com", "m1 bo@example.com"], 0);
    }
}
