//! Deadlines: the one home of async-std, on the same reactor as smol.
//!
//! Nearly every deadline is far away and never comes: the answer does. A timer of the reactor for each of them would wake the thread that waits
//! for sockets each time. So they stand in one list, and one task with one timer watches the earliest; a deadline that is later than what the
//! task waits for wakes nobody.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::rt;
use super::rt::channel::{Receiver, Sender, bounded};
use crate::clock::Stopwatch;

/// The deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for `future`, at most `limit`. What is ready at once is not late, whatever the limit.
pub async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut future = pin!(future);
    let mut entry: Option<Entry> = None;
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(value));
        }
        let entry = entry.get_or_insert_with(|| WATCH.enter(limit, context.waker()));
        if entry.is_over(context.waker()) { Poll::Ready(Err(Elapsed)) } else { Poll::Pending }
    })
    .await
}

static WATCH: LazyLock<Watch> = LazyLock::new(Watch::start);

struct Watch {
    started: Stopwatch,
    list: Mutex<List>,
    /// Wakes the task: it has to look earlier than it thinks.
    earlier: Sender<()>,
}

/// A moment, in time since the start of the watch, and a number that makes it unique.
type Key = (Duration, u64);

struct List {
    waiting: BTreeMap<Key, Waker>,
    number: u64,
    /// When the task looks next.
    looks_at: Duration,
}

/// A deadline in the list; dropping it takes it out.
struct Entry {
    key: Key,
    waker: Waker,
}

impl Watch {
    fn start() -> Watch {
        let (earlier, news) = bounded(1);
        rt::spawn(watch(news)).detach();
        let list = List { waiting: BTreeMap::new(), number: 0, looks_at: Duration::MAX };
        Watch { started: Stopwatch::start(), list: Mutex::new(list), earlier }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, limit: Duration, waker: &Waker) -> Entry {
        let at = self.started.elapsed().saturating_add(limit);
        let mut list = self.lock();
        list.number += 1;
        let key = (at, list.number);
        self.put(&mut list, key, waker);
        Entry { key, waker: waker.clone() }
    }

    fn put(&self, list: &mut List, key: Key, waker: &Waker) {
        list.waiting.insert(key, waker.clone());
        if key.0 < list.looks_at {
            list.looks_at = key.0;
            // A full channel has told it already.
            let _ = self.earlier.try_send(());
        }
    }

    /// Wakes those whose time has come; how long until the next.
    fn look(&self) -> Duration {
        let now = self.started.elapsed();
        let mut list = self.lock();
        let later = list.waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut list.waiting, later);
        list.looks_at = list.waiting.keys().next().map_or(Duration::MAX, |(at, _)| *at);
        let left = list.looks_at.saturating_sub(now);
        drop(list);
        due.into_values().for_each(Waker::wake);
        left
    }
}

async fn watch(news: Receiver<()>) {
    loop {
        // Either way it is time to look again.
        let _ = async_std::future::timeout(WATCH.look(), news.recv()).await;
    }
}

impl Entry {
    fn is_over(&mut self, waker: &Waker) -> bool {
        if WATCH.started.elapsed() >= self.key.0 {
            return true;
        }
        if !self.waker.will_wake(waker) {
            self.waker.clone_from(waker);
            WATCH.put(&mut WATCH.lock(), self.key, waker);
        }
        false
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        WATCH.lock().waiting.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);
    const HOUR: Duration = Duration::from_secs(3600);
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

    #[test]
    fn the_earlier_of_answer_and_deadline_counts() {
        assert_eq!(smol::block_on(within(HOUR, async { 7 })), Ok(7));
        assert_eq!(smol::block_on(within(MOMENT, std::future::pending::<()>())), Err(Elapsed));
        // Whoever is ready at once is not late, whatever the limit.
        assert_eq!(smol::block_on(within(Duration::ZERO, async { 7 })), Ok(7));
        assert_eq!(smol::block_on(within(Duration::MAX, async { 7 })), Ok(7));
    }

    #[test]
    fn an_early_deadline_comes_while_late_ones_wait() {
        let late: Vec<_> = (0..100).map(|_| rt::spawn(within(HOUR, std::future::pending::<()>()))).collect();
        let early: Vec<_> = (0..100_u32).map(|number| rt::spawn(within(MOMENT * (number % 7), std::future::pending::<()>()))).collect();
        for task in early {
            assert_eq!(smol::block_on(task), Err(Elapsed));
        }
        // A deadline around others that never come.
        let around = within(MOMENT, within(HOUR, within(Duration::MAX, std::future::pending::<()>())));
        assert!(matches!(smol::block_on(around), Err(Elapsed)));
        drop(late);
    }

    #[test]
    fn a_deadline_finds_whoever_waits_now() {
        // Asked once by another before: the one who asked last is woken.
        let mut waits = Box::pin(within(MOMENT * 20, std::future::pending::<()>()));
        let asked = smol::block_on(std::future::poll_fn(|context| Poll::Ready(waits.as_mut().poll(context))));
        assert!(asked.is_pending());
        assert_eq!(smol::block_on(rt::spawn(waits)), Err(Elapsed));
    }

    #[test]
    fn what_was_answered_is_forgotten() {
        let waiting = || WATCH.lock().waiting.keys().filter(|(at, _)| *at >= YEAR).count();
        let mut asked = false;
        let second = std::future::poll_fn(|context| {
            if std::mem::replace(&mut asked, true) {
                assert_eq!(waiting(), 1);
                return Poll::Ready(7);
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!(smol::block_on(within(YEAR, second)), Ok(7));
        assert_eq!(waiting(), 0);
    }
}
