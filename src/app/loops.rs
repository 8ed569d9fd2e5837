//! Mail that comes by again and again: each pass leaves a token in the header (DESIGN section 4).
//!
//! The token is a keyed hash of the direction and the recipients, so that nobody else can write one, or learn from one who else got the
//! message. A message that has two of the same already is refused; mail that other programs route in wider circles is found by its
//! `Received:` fields.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::mail::Address;
use crate::relay::{Queue, Route};
use crate::store::{Recipient, replace_file};

/// Passes with the same direction and recipients that are possible; the next is a loop.
const PASSES_MAX: usize = 2;
const FIELD: &str = "Lifeboat-Loop";
const TOKEN_OCTETS: usize = 8;

pub struct Loops {
    key: [u8; 32],
}

impl Loops {
    /// The key is made once and kept; one that cannot be kept only forgets what is under way at a restart.
    pub fn open(data_dir: &Path) -> Loops {
        let file = data_dir.join("loop.key");
        if let Some(key) = std::fs::read(&file).ok().and_then(|octets| octets.try_into().ok()) {
            return Loops { key };
        }
        let mut key = [0; 32];
        if let Err(error) = getrandom::fill(&mut key) {
            log::warn!("loops no random key error={error}");
        }
        if let Err(error) = replace_file(&file, &key) {
            log::warn!("loops key not kept file={} error={error}", file.display());
        }
        Loops { key }
    }

    /// The field that this pass adds: a token for each direction that the message takes.
    ///
    /// # Errors
    /// The message has come by too often: `header` is full of it.
    pub fn pass(&self, recipients: &[Recipient], header: &[u8]) -> Result<Vec<u8>, ()> {
        let there = tokens(header);
        let tokens: Vec<String> = [Queue::Primary, Queue::Outbound]
            .into_iter()
            .filter_map(|queue| {
                let whom = recipients.iter().filter(|to| Route::queue(to.route) == queue).map(|to| &to.address);
                self.token(queue, whom)
            })
            .collect();
        let is_loop = |token: &String| there.iter().filter(|other| other == &token).count() >= PASSES_MAX;
        if tokens.iter().any(is_loop) {
            return Err(());
        }
        Ok(format!("{FIELD}: {}\r\n", tokens.join(" ")).into_bytes())
    }

    /// None without recipients.
    fn token<'a>(&self, queue: Queue, recipients: impl Iterator<Item = &'a Address>) -> Option<String> {
        let mut names: Vec<String> = recipients.map(|address| address.mailbox().to_string()).collect();
        if names.is_empty() {
            return None;
        }
        names.sort();
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(format!("{queue:?}"));
        for name in names {
            hash.update([0]);
            hash.update(name);
        }
        let digest: [u8; 32] = hash.finalize().into();
        Some(digest[..TOKEN_OCTETS].iter().map(|octet| format!("{octet:02x}")).collect())
    }
}

/// All tokens of a header block, ours or not.
fn tokens(header: &[u8]) -> Vec<String> {
    let is_field = |line: &&[u8]| {
        let name = line.get(..FIELD.len()).unwrap_or_default();
        name.eq_ignore_ascii_case(FIELD.as_bytes()) && line.get(FIELD.len()) == Some(&b':')
    };
    let fields = header.split(|octet| *octet == b'\n').filter(is_field);
    fields
        .flat_map(|line| String::from_utf8_lossy(&line[FIELD.len() + 1..]).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::writing::queued_now;
    use crate::clock::Wall;

    fn to(words: &str) -> Vec<Recipient> {
        let recipient = |word: &str| Recipient {
            address: Address::parse(word).unwrap(),
            route: if word.ends_with("@example.com") { Route::Primary } else { Route::Outbound },
            state: queued_now(Wall(0)),
        };
        words.split_whitespace().map(recipient).collect()
    }

    fn loops() -> Loops {
        Loops { key: [7; 32] }
    }

    #[test]
    fn the_third_time_is_a_loop() {
        let mut header = b"Subject: round\r\n".to_vec();
        for pass in 0..3 {
            let passed = loops().pass(&to("ann@example.com bo@example.com"), &header);
            assert_eq!(passed.is_ok(), pass < PASSES_MAX, "pass {pass}");
            header = [b"Received: from elsewhere\r\n".to_vec(), passed.unwrap_or_default(), header].concat();
        }
        assert!(loops().pass(&to("bo@example.com ann@example.com"), &header).is_err(), "in whatever order");
        assert!(loops().pass(&to("ann@example.com"), &header).is_ok(), "others are another way");
    }

    #[test]
    fn in_and_out_are_two_directions() {
        let field = String::from_utf8(loops().pass(&to("ann@example.com x@y.example"), b"").unwrap()).unwrap();
        let tokens: Vec<&str> = field.trim_end().trim_start_matches("Lifeboat-Loop: ").split(' ').collect();
        assert_eq!(tokens.len(), 2, "{field}");
        assert_ne!(tokens[0], tokens[1]);
        assert!(!field.contains("ann") && field.ends_with("\r\n"));
    }

    #[test]
    fn nobody_else_writes_a_token() {
        let forged = Loops { key: [8; 32] }.pass(&to("ann@example.com"), b"").unwrap().repeat(9);
        assert!(loops().pass(&to("ann@example.com"), &forged).is_ok());
    }

    #[test]
    fn the_key_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let key = Loops::open(folder.path()).key;
        assert_eq!(Loops::open(folder.path()).key, key);
        assert_ne!(key, [0; 32]);
    }
}
