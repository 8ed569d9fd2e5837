//! Web sessions, in memory: a restart signs people out, nothing else.

use std::collections::HashMap;

use crate::clock::Mono;
use crate::mail::Mailbox;

/// 256 random bits in hex; what the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub mailbox: Mailbox,
    /// Must come with every form.
    pub csrf: String,
    pub since: Mono,
    pub last_seen: Mono,
}

/// At most [`crate::limits::WEB_SESSIONS_MAX`]; the one that was silent longest goes first.
#[derive(Debug, Default)]
pub struct Sessions {
    by_token: HashMap<Token, Session>,
}

impl Sessions {
    pub fn open(&mut self, _token: Token, _csrf: String, _mailbox: Mailbox, _now: Mono) {
        let _ = &self.by_token;
        todo!()
    }

    /// The session of a token, unless it is over ([`crate::limits::SESSION_IDLE`], [`crate::limits::SESSION_AGE_MAX`]); notes that it was seen.
    pub fn get(&mut self, _token: &Token, _now: Mono) -> Option<Session> {
        todo!()
    }

    pub fn close(&mut self, _token: &Token) {
        todo!()
    }

    /// Signs everybody out (the event is over).
    pub fn clear(&mut self) {
        todo!()
    }

    pub fn len(&self) -> usize {
        self.by_token.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }
}
