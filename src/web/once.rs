//! So that nobody sends twice by pressing twice: the Message-ID of what a form sends is made from a secret that the form brings and from
//! all that was typed. Sent once more without a change it has the same one, and the box sends that only once; who goes back and
//! changes a word has another.

use std::io;

use sha2::{Digest, Sha256};

use super::Context;
use super::login::hex;
use crate::limits::STAGE_WRITE_OCTETS;
use crate::mail::Blob;

/// A secret for a form, fresh with each that is shown.
pub fn secret(context: &Context<'_>) -> String {
    hex(&context.random[32..48])
}

/// What makes a message the same.
pub struct Once(Option<Sha256>);

impl Once {
    /// A form that brings no secret is never the same as another.
    pub fn of(secret: &str) -> Once {
        Once((!secret.is_empty()).then(|| Sha256::new_with_prefix(secret)))
    }

    /// One more of the things that were typed.
    pub fn and(self, typed: &str) -> Once {
        let length = (typed.len() as u64).to_be_bytes();
        Once(self.0.map(|hash| hash.chain_update(length).chain_update(typed)))
    }

    /// A file that came along.
    ///
    /// # Errors
    /// Of the disk where it lies.
    pub fn and_file(self, name: &str, content: &Blob) -> io::Result<Once> {
        let mut once = self.and(name).and(&content.len().to_string());
        if let Some(hash) = &mut once.0 {
            let mut at = 0;
            while at < content.len() {
                let piece = content.piece(at, STAGE_WRITE_OCTETS)?;
                hash.update(&piece);
                at += piece.len().max(1) as u64;
            }
        }
        Ok(once)
    }

    /// Without angle brackets.
    pub fn message_id(self, context: &Context<'_>) -> String {
        let local = match self.0 {
            Some(hash) => hex(&hash.finalize()[..16]),
            None => hex(&context.random[..16]),
        };
        format!("{local}@{}", context.hostname)
    }
}
