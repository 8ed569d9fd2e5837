//! What a person does, and how long it takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Inbox,
    /// In the pane beside the list, where the peer has one.
    Open,
    /// In a page of its own.
    OpenPage,
    Search,
}

impl Action {
    pub const ALL: [Action; 4] = [Action::Inbox, Action::Open, Action::OpenPage, Action::Search];

    pub fn name(self) -> &'static str {
        match self {
            Action::Inbox => "inbox",
            Action::Open => "open a message",
            Action::OpenPage => "open it as a page",
            Action::Search => "search",
        }
    }
}

/// A person with a connection and a session of their own.
pub trait Visitor: Send {
    /// Seconds of each request that the action takes. What comes back is checked: it panics if it is not what was asked for.
    fn act(&mut self, action: Action, turn: usize) -> Vec<f64>;
}

/// A different message each turn, all over the mailbox (7919 is a prime that divides no power of ten).
pub fn number_of_turn(turn: usize, messages: usize) -> usize {
    (turn * 7919) % messages
}

/// What was measured: for each action and number of clients the seconds of its requests.
#[derive(Default)]
pub struct Samples(BTreeMap<(Action, usize), Vec<Vec<f64>>>);

/// How long a visit of all clients goes on.
#[derive(Clone, Copy)]
pub struct Length {
    /// Each client acts at least so often, and at most.
    pub least: usize,
    pub most: usize,
    /// Beyond `least` only within this time.
    pub time: Duration,
}

impl Samples {
    /// All clients act at the same time, again and again without a pause. `turn` is where their turns begin; gives where the next begin.
    pub fn take(&mut self, action: Action, visitors: &mut [Box<dyn Visitor>], length: Length, turn: usize) -> usize {
        let clients = visitors.len();
        let started = Instant::now();
        let lists: Vec<Vec<Vec<f64>>> = std::thread::scope(|scope| {
            let threads: Vec<_> = visitors
                .iter_mut()
                .enumerate()
                .map(|(at, visitor)| {
                    scope.spawn(move || {
                        let mut list = Vec::new();
                        while list.len() < length.least || (list.len() < length.most && started.elapsed() < length.time) {
                            list.push(visitor.act(action, turn + at + list.len() * clients));
                        }
                        list
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("a visitor")).collect()
        });
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        self.0.entry((action, clients)).or_default().extend(lists.into_iter().flatten());
        turn + longest * clients
    }

    pub fn of(&self, action: Action, clients: usize) -> Times<'_> {
        Times(self.0.get(&(action, clients)).map_or(&[], Vec::as_slice))
    }
}

/// The samples of one action.
#[derive(Clone, Copy)]
pub struct Times<'a>(&'a [Vec<f64>]);

impl Times<'_> {
    pub fn count(self) -> usize {
        self.0.len()
    }

    /// Requests that the action takes.
    pub fn requests(self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    /// Milliseconds of the whole action.
    pub fn whole(self, percent: usize) -> f64 {
        percentile(self.0.iter().map(|parts| parts.iter().sum()).collect(), percent)
    }

    /// Milliseconds of one of its requests.
    pub fn part(self, at: usize, percent: usize) -> f64 {
        percentile(self.0.iter().filter_map(|parts| parts.get(at).copied()).collect(), percent)
    }
}

/// The nearest rank, in milliseconds.
fn percentile(mut seconds: Vec<f64>, percent: usize) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let rank = (seconds.len() * percent).div_ceil(100).max(1);
    seconds.get(rank - 1).map_or(f64::NAN, |seconds| seconds * 1000.0)
}
