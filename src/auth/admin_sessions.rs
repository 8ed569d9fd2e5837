//! Sessions of the admin's place, in memory: shorter than people's, closed by name, with one message for the next page.

use std::collections::HashMap;

use super::{Role, Token};
use crate::clock::Mono;
use crate::limits::{ADMIN_SESSION_AGE_MAX, ADMIN_SESSION_IDLE, ADMIN_SESSIONS_MAX};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminSession {
    /// Of the account.
    pub name: String,
    pub role: Role,
    /// Must come with every form.
    pub csrf: String,
    pub since: Mono,
    pub last_seen: Mono,
    /// Said once, on the next page.
    pub flash: Option<Flash>,
}

/// What a form has done, for the page that follows it. It may hold a new password, so it is never written down.
#[derive(Clone, PartialEq, Eq)]
pub struct Flash {
    pub worked: bool,
    pub text: String,
}

impl std::fmt::Debug for Flash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flash(worked={})", self.worked)
    }
}

impl AdminSession {
    fn is_over(&self, now: Mono) -> bool {
        now.since(self.last_seen) >= ADMIN_SESSION_IDLE || now.since(self.since) >= ADMIN_SESSION_AGE_MAX
    }
}

/// At most [`ADMIN_SESSIONS_MAX`]; the one that was silent longest goes first.
#[derive(Debug, Default)]
pub struct AdminSessions {
    by_token: HashMap<Token, AdminSession>,
}

impl AdminSessions {
    pub fn open(&mut self, token: Token, csrf: String, name: &str, role: Role, now: Mono) {
        self.by_token.retain(|_, session| !session.is_over(now));
        if self.by_token.len() >= ADMIN_SESSIONS_MAX
            && let Some(silent) = self.by_token.iter().min_by_key(|(_, session)| session.last_seen).map(|(token, _)| token.clone())
        {
            self.by_token.remove(&silent);
        }
        self.by_token.insert(token, AdminSession { name: name.to_owned(), role, csrf, since: now, last_seen: now, flash: None });
    }

    /// The session of a token, unless it is over ([`ADMIN_SESSION_IDLE`], [`ADMIN_SESSION_AGE_MAX`]). `is_person` says whether a
    /// person asks: a page that looks again by itself keeps nobody signed in.
    pub fn get(&mut self, token: &Token, is_person: bool, now: Mono) -> Option<AdminSession> {
        let session = self.by_token.get_mut(token)?;
        if session.is_over(now) {
            self.by_token.remove(token);
            return None;
        }
        if is_person {
            session.last_seen = now;
        }
        Some(session.clone())
    }

    /// Says something on the next page of this session.
    pub fn say(&mut self, token: &Token, flash: Flash) {
        if let Some(session) = self.by_token.get_mut(token) {
            session.flash = Some(flash);
        }
    }

    /// It was shown.
    pub fn said(&mut self, token: &Token) {
        if let Some(session) = self.by_token.get_mut(token) {
            session.flash = None;
        }
    }

    pub fn close(&mut self, token: &Token) {
        self.by_token.remove(token);
    }

    /// Closes all sessions of an account, but for one.
    pub fn close_all_of(&mut self, name: &str, except: Option<&Token>) {
        self.by_token.retain(|token, session| session.name != name || Some(token) == except);
    }

    /// Live ones.
    pub fn count(&mut self, now: Mono) -> usize {
        self.by_token.retain(|_, session| !session.is_over(now));
        self.by_token.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn token(name: &str) -> Token {
        Token(name.to_owned())
    }

    /// Opens a session at 0, looks at it at each of `seen_s`, as a person or not; is it still there at the last?
    fn check(seen_s: &[(u64, bool)], expected: bool) {
        let mut sessions = AdminSessions::default();
        sessions.open(token("a"), "csrf".to_owned(), "eva", Role::Admin, Mono(0));
        let mut found = None;
        for (second, is_person) in seen_s {
            found = sessions.get(&token("a"), *is_person, Mono(0).plus(Duration::from_secs(*second)));
        }
        assert_eq!(found.is_some(), expected, "{seen_s:?}");
    }

    #[test]
    fn sessions_end_by_silence_and_by_age_and_a_page_that_looks_by_itself_is_silence() {
        let (idle, age) = (ADMIN_SESSION_IDLE.as_secs(), ADMIN_SESSION_AGE_MAX.as_secs());
        check(&[(idle - 1, true)], true);
        check(&[(idle, true)], false);
        check(&[(idle - 1, true), (2 * idle - 2, true)], true);
        check(&[(idle - 1, false), (idle, false)], false);
        let busy: Vec<(u64, bool)> = (0..age).step_by(600).map(|at| (at, true)).collect();
        check(&busy, true);
        check(&[&busy[..], &[(age, true)]].concat(), false);
    }

    #[test]
    fn an_account_is_signed_out_everywhere_but_here() {
        let mut sessions = AdminSessions::default();
        for (name, who) in [("a", "eva"), ("b", "eva"), ("c", "max")] {
            sessions.open(token(name), String::new(), who, Role::Admin, Mono(0));
        }
        sessions.close_all_of("eva", Some(&token("b")));
        let there = |sessions: &mut AdminSessions| ["a", "b", "c"].map(|name| sessions.get(&token(name), true, Mono(1)).is_some());
        assert_eq!(there(&mut sessions), [false, true, true]);
        sessions.close_all_of("eva", None);
        assert_eq!(there(&mut sessions), [false, false, true]);
    }

    #[test]
    fn what_was_said_is_said_once_and_never_logged() {
        let mut sessions = AdminSessions::default();
        sessions.open(token("a"), String::new(), "eva", Role::Admin, Mono(0));
        sessions.say(&token("a"), Flash { worked: true, text: "password: lamp-river".to_owned() });
        let session = sessions.get(&token("a"), true, Mono(1)).unwrap();
        assert!(session.flash.is_some() && !format!("{session:?}").contains("lamp"));
        sessions.said(&token("a"));
        assert_eq!(sessions.get(&token("a"), true, Mono(2)).unwrap().flash, None);
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let mut sessions = AdminSessions::default();
        for number in 0..=ADMIN_SESSIONS_MAX as u64 {
            sessions.open(token(&number.to_string()), String::new(), "eva", Role::Admin, Mono(number));
        }
        assert_eq!(sessions.count(Mono(1000)), ADMIN_SESSIONS_MAX);
        assert!(sessions.get(&token("0"), true, Mono(1000)).is_none());
    }
}
