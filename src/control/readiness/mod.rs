//! How ready the box and the office are for an outage: a score with its reasons. Pure.
//!
//! Each item asks one question, and says in plain words what it found and what to do about it. [`assess`] is given facts; who collects
//! them is `app/readiness.rs`.

mod box_items;
mod people_items;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use crate::continuity::drill::Grade;

/// How one item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Works, but could be better.
    Warn,
    /// Would hurt in an outage.
    Bad,
    /// Cannot be told yet: it earns no points until it is known.
    Unknown,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Stable, for scripts: `probes`, `people-reachable`, ...
    pub name: String,
    pub state: State,
    pub points: u32,
    /// The most that it could earn.
    pub of: u32,
    /// What was found, and what to do if it is not all right.
    pub text: String,
}

/// `readiness --json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// 0 to 100: the sum of all points.
    pub score: u32,
    pub items: Vec<Item>,
}

impl Readiness {
    /// What could be better, the most valuable first.
    pub fn to_do(&self) -> Vec<&Item> {
        let mut open: Vec<&Item> = self.items.iter().filter(|item| item.state != State::Ok).collect();
        open.sort_by_key(|item| std::cmp::Reverse(item.of - item.points));
        open
    }

    /// For people.
    pub fn to_text(&self) -> String {
        words::text(self)
    }
}

/// The certificate of the web pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// There is no TLS (only possible on loopback).
    None,
    SelfMade,
    Given,
    /// Given, and ends in so many days at most.
    Ends {
        days: u32,
    },
    /// Given, and out of its dates or unreadable.
    Unusable,
}

/// What is known. Ages are whole days; None is "never seen" or "not known".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub canary: bool,
    pub health_pages: bool,
    pub witnesses: bool,
    pub automatic: bool,
    /// Days of mail in the cache.
    pub cached_days: u32,
    pub retention_days: u32,
    pub people: usize,
    pub directory_age_days: Option<u32>,
    /// The newest file could not be taken in.
    pub directory_trouble: bool,
    /// People who can be told something while Exchange is down: another address, a phone, a printed card.
    pub reachable: usize,
    /// People who have a password, or get one when an event begins.
    pub with_login: usize,
    /// Age and grade of the last drill that ran to its end.
    pub last_drill: Option<(u32, Grade)>,
    /// A schedule for drills is configured.
    pub drills_scheduled: bool,
    pub certificate: Certificate,
    pub free_octets: u64,
    /// See [`disk_days_left`].
    pub disk_days_left: Option<u32>,
    /// Whether the wall clock is trusted; None in the first hour.
    pub clock_trusted: Option<bool>,
    /// Since a stranger last connected to the SMTP port.
    pub stranger_days: Option<u32>,
    /// There is a way to the outside.
    pub has_route: bool,
    /// Since mail to the outside was last delivered.
    pub delivered_days: Option<u32>,
    /// Reports are taken.
    pub takes_journal: bool,
    /// Since the last journal report.
    pub journal_days: Option<u32>,
    /// Admins with an address outside, or another channel.
    pub admins: usize,
    pub index_ready: bool,
    pub ledger_whole: bool,
}

/// Judges. The points of all items add up to 100.
pub fn assess(facts: &Facts) -> Readiness {
    let mut items = people_items::items(facts);
    items.extend(box_items::items(facts));
    let score = items.iter().map(|item| item.points).sum();
    Readiness { score, items }
}

/// How many days the free room lasts when the cache grows as it has: octets used, and the days in which that came together. None while
/// there is less than a day to go by.
pub fn disk_days_left(used_octets: u64, cached_days: u32, free_octets: u64) -> Option<u32> {
    if cached_days == 0 {
        return None;
    }
    let a_day = (used_octets / u64::from(cached_days)).max(1);
    Some(u32::try_from(free_octets / a_day).unwrap_or(u32::MAX))
}

/// An item with all of its points, or some, or none: the state follows unless it is said.
fn item(name: &str, of: u32, points: u32, text: impl Into<String>) -> Item {
    let state = match points {
        0 => State::Bad,
        points if points < of => State::Warn,
        _ => State::Ok,
    };
    Item { name: name.to_owned(), state, points: points.min(of), of, text: text.into() }
}

fn unknown(name: &str, of: u32, text: impl Into<String>) -> Item {
    Item { name: name.to_owned(), state: State::Unknown, points: 0, of, text: text.into() }
}

/// Points for `have` of `all`, rounded down: only all of them earn all points.
fn share(of: u32, have: u64, all: u64) -> u32 {
    let points = u64::from(of) * have.min(all) / all.max(1);
    u32::try_from(points).unwrap_or(of)
}

/// `1 day`, `12 days`.
fn days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// `today`, `1 day ago`, `12 days ago`.
fn ago(days: u32) -> String {
    if days == 0 { "today".to_owned() } else { format!("{} ago", self::days(days)) }
}
