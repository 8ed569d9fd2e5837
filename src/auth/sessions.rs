//! Web sessions, in memory: a restart signs people out, nothing else.

use std::collections::HashMap;
use std::fmt;

use crate::clock::Mono;
use crate::limits::{SESSION_AGE_MAX, SESSION_IDLE, WEB_SESSIONS_MAX, WEB_SESSIONS_PER_PERSON_MAX};
use crate::mail::Mailbox;

/// 256 random bits in hex; what the cookie holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(pub String);

/// Whoever reads a log may not take over a session.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub mailbox: Mailbox,
    /// Must come with every form.
    pub csrf: String,
    pub since: Mono,
    pub last_seen: Mono,
}

impl Session {
    fn is_over(&self, now: Mono) -> bool {
        now.since(self.last_seen) >= SESSION_IDLE || now.since(self.since) >= SESSION_AGE_MAX
    }
}

/// At most [`crate::limits::WEB_SESSIONS_MAX`], and [`crate::limits::WEB_SESSIONS_PER_PERSON_MAX`] of one person; the one that was silent longest goes first.
#[derive(Debug, Default)]
pub struct Sessions {
    by_token: HashMap<Token, Session>,
}

impl Sessions {
    pub fn open(&mut self, token: Token, csrf: String, mailbox: Mailbox, now: Mono) {
        if self.by_token.values().filter(|session| session.mailbox == mailbox).count() >= WEB_SESSIONS_PER_PERSON_MAX {
            self.close_most_silent(|session| session.mailbox == mailbox);
        }
        if self.by_token.len() >= WEB_SESSIONS_MAX {
            self.make_room(now);
        }
        self.by_token.insert(token, Session { mailbox, csrf, since: now, last_seen: now });
    }

    fn make_room(&mut self, now: Mono) {
        self.by_token.retain(|_, session| !session.is_over(now));
        if self.by_token.len() >= WEB_SESSIONS_MAX {
            self.close_most_silent(|_| true);
        }
    }

    fn close_most_silent(&mut self, among: impl Fn(&Session) -> bool) {
        let those = self.by_token.iter().filter(|(_, session)| among(session));
        if let Some(silent) = those.min_by_key(|(_, session)| session.last_seen).map(|(token, _)| token.clone()) {
            self.by_token.remove(&silent);
        }
    }

    /// The session of a token, unless it is over ([`crate::limits::SESSION_IDLE`], [`crate::limits::SESSION_AGE_MAX`]); notes that it was seen.
    pub fn get(&mut self, token: &Token, now: Mono) -> Option<Session> {
        let session = self.by_token.get_mut(token)?;
        if session.is_over(now) {
            self.by_token.remove(token);
            return None;
        }
        session.last_seen = now;
        Some(session.clone())
    }

    /// The same without noting that it was seen: a page that asks by itself keeps nobody signed in.
    pub fn look(&mut self, token: &Token, now: Mono) -> Option<Session> {
        let last_seen = self.by_token.get(token)?.last_seen;
        let session = self.get(token, now)?;
        self.by_token.get_mut(token)?.last_seen = last_seen;
        Some(Session { last_seen, ..session })
    }

    pub fn close(&mut self, token: &Token) {
        self.by_token.remove(token);
    }

    /// Those of one person.
    pub fn of(&self, mailbox: &Mailbox, now: Mono) -> Vec<Session> {
        self.by_token.values().filter(|session| session.mailbox == *mailbox && !session.is_over(now)).cloned().collect()
    }

    /// Signs one person out everywhere.
    pub fn close_all_of(&mut self, mailbox: &Mailbox) {
        self.by_token.retain(|_, session| session.mailbox != *mailbox);
    }

    /// Signs out whoever may not stay (their event is over).
    pub fn keep(&mut self, may_stay: impl Fn(&Mailbox) -> bool) {
        self.by_token.retain(|_, session| may_stay(&session.mailbox));
    }

    pub fn len(&self) -> usize {
        self.by_token.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mail::Address;

    fn token(name: impl fmt::Display) -> Token {
        Token(name.to_string())
    }

    fn open(sessions: &mut Sessions, name: &str, now: Mono) {
        sessions.open(token(name), format!("csrf-{name}"), Address::parse("ann@example.com").unwrap().mailbox(), now);
    }

    /// Opens a session at 0, looks at it at each of `seen_s`; is it still there at the last?
    fn check(seen_s: &[u64], expected: bool) {
        let mut sessions = Sessions::default();
        open(&mut sessions, "a", Mono(0));
        let mut found = None;
        for second in seen_s {
            found = sessions.get(&token("a"), Mono(0).plus(Duration::from_secs(*second)));
        }
        assert_eq!(found.is_some(), expected, "{seen_s:?}");
        assert_eq!(sessions.is_empty(), !expected, "a session that is over is forgotten");
    }

    #[test]
    fn sessions_end_by_silence_and_by_age() {
        let idle = SESSION_IDLE.as_secs();
        let age = SESSION_AGE_MAX.as_secs();
        check(&[0], true);
        check(&[idle - 1], true);
        check(&[idle], false);
        check(&[idle - 1, 2 * idle - 2], true);
        let busy: Vec<u64> = (0..age).step_by(600).collect();
        check(&busy, true);
        check(&[&busy[..], &[age]].concat(), false);
    }

    #[test]
    fn a_page_that_asks_by_itself_keeps_nobody_signed_in() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "a", Mono(0));
        let at = |second| Mono(0).plus(Duration::from_secs(second));
        let idle = SESSION_IDLE.as_secs();
        for second in (0..idle).step_by(10) {
            assert!(sessions.look(&token("a"), at(second)).is_some(), "{second}");
        }
        assert_eq!(sessions.look(&token("a"), at(idle)), None);
        assert!(sessions.is_empty());
    }

    #[test]
    fn closed_sessions_are_gone() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "a", Mono(0));
        open(&mut sessions, "b", Mono(0));
        sessions.close(&token("a"));
        assert_eq!(sessions.get(&token("a"), Mono(1)), None);
        assert_eq!(sessions.get(&token("b"), Mono(1)).unwrap().csrf, "csrf-b");
        assert_eq!(sessions.get(&token("c"), Mono(1)), None);
        sessions.keep(|mailbox| mailbox.as_str() == "ann@example.com");
        assert_eq!(sessions.len(), 1);
        sessions.keep(|_| false);
        assert!(sessions.is_empty());
    }

    #[test]
    fn a_person_can_be_signed_out_everywhere() {
        let mut sessions = Sessions::default();
        let ann = Address::parse("ann@example.com").unwrap().mailbox();
        open(&mut sessions, "a", Mono(0));
        open(&mut sessions, "b", Mono(0));
        sessions.open(token("c"), "csrf".to_owned(), Address::parse("bo@example.com").unwrap().mailbox(), Mono(0));
        assert_eq!(sessions.of(&ann, Mono(1)).len(), 2);
        assert_eq!(sessions.of(&ann, Mono(0).plus(SESSION_IDLE)).len(), 0);
        sessions.close_all_of(&ann);
        assert_eq!((sessions.of(&ann, Mono(1)).len(), sessions.len()), (0, 1));
    }

    #[test]
    fn the_longest_silent_makes_room() {
        let mut sessions = Sessions::default();
        for n in 0..WEB_SESSIONS_MAX as u64 {
            let mailbox = Address::parse(&format!("p{n}@example.com")).unwrap().mailbox();
            sessions.open(token(n), "csrf".to_owned(), mailbox, Mono(n));
        }
        // The oldest was just seen, so the second oldest has to go.
        assert!(sessions.get(&token(0), Mono(100_000)).is_some());
        open(&mut sessions, "new", Mono(100_001));
        assert_eq!(sessions.len(), WEB_SESSIONS_MAX);
        assert!(sessions.get(&token(0), Mono(100_002)).is_some());
        assert!(sessions.get(&token(1), Mono(100_002)).is_none());
        assert!(sessions.get(&token("new"), Mono(100_002)).is_some());
    }

    #[test]
    fn who_signs_in_again_and_again_pushes_out_nobody_else() {
        let mut sessions = Sessions::default();
        sessions.open(token("bo"), "csrf".to_owned(), Address::parse("bo@example.com").unwrap().mailbox(), Mono(0));
        for n in 1..=WEB_SESSIONS_MAX as u64 {
            open(&mut sessions, &n.to_string(), Mono(n));
        }
        assert_eq!(sessions.len(), WEB_SESSIONS_PER_PERSON_MAX + 1);
        assert!(sessions.get(&token("bo"), Mono(6000)).is_some());
        assert!(sessions.get(&token(WEB_SESSIONS_MAX), Mono(6000)).is_some());
        assert!(sessions.get(&token(1), Mono(6000)).is_none());
    }

    #[test]
    fn tokens_do_not_show_in_logs() {
        assert_eq!(format!("{:?}", token("secret")), "Token(..)");
    }
}
