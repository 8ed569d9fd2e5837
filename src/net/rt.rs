//! The runtime, for the rooms above: tasks, timers, blocking work, channels.
//!
//! smol's own global executor has one thread unless an environment variable says otherwise, and setting one inside a
//! process is unsafe. One thread is too few: a run of TLS handshakes would hold up the probes, and late probes look like a dead
//! primary. So the executor is our own, with [`RT_THREADS`] threads.
//!
//! A task that panics ends alone: the executor catches the panic, the message goes to the panic hook, and it
//! is raised again only in whoever awaits the handle. The threads go on.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;

pub use smol::Task;
pub use smol::channel;
pub use smol::lock::{Mutex, Semaphore, SemaphoreGuardArc};

use crate::limits::RT_THREADS;

static EXECUTOR: smol::Executor<'static> = smol::Executor::new();
static THREADS: Once = Once::new();

/// Starts the threads; later calls do nothing. [`spawn`] does it by itself.
///
/// # Panics
/// If the operating system gives no thread: without one nothing can run.
pub fn start_threads() {
    THREADS.call_once(|| {
        for number in 1..=RT_THREADS {
            std::thread::Builder::new().name(format!("io-{number}")).spawn(run).expect("the system gives no thread for the runtime");
        }
    });
}

/// One thread's life. Tasks cannot get here with a panic (see above); a waker could.
fn run() {
    loop {
        let _ = catch_unwind(AssertUnwindSafe(|| smol::block_on(EXECUTOR.run(std::future::pending::<()>()))));
    }
}

/// Starts a task on the executor. Dropping the handle cancels it; `detach` lets it run.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    start_threads();
    EXECUTOR.spawn(future)
}

/// Runs a future on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    smol::block_on(future)
}

/// Runs work that may wait (files, the store, argon2) on the thread pool for that.
pub async fn unblock<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    smol::unblock(work).await
}

/// Waits.
pub async fn sleep(duration: Duration) {
    smol::Timer::after(duration).await;
}

/// The first of two futures; the other is dropped. If both are ready, the first counts.
pub async fn race<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    smol::future::or(one, other).await
}

/// Both, side by side.
pub async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    smol::future::zip(one, other).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_task_stops_no_other() {
        // More panics than threads: if each took its thread with it, the last task would never run.
        for _ in 0..RT_THREADS * 4 {
            spawn(async { panic!("a session fell over") }).detach();
        }
        assert_eq!(block_on(spawn(async { 7 })), 7);
    }

    #[test]
    fn a_panic_in_blocking_work_stops_no_other() {
        spawn(unblock(|| panic!("a handler fell over"))).detach();
        assert_eq!(block_on(unblock(|| 7)), 7);
    }

    #[test]
    fn two_busy_tasks_do_not_stop_each_other() {
        // Both wait for the other while holding their thread: only two threads get through.
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(2));
        let other = barrier.clone();
        let one = spawn(async move { barrier.wait().is_leader() });
        let two = spawn(async move { other.wait().is_leader() });
        assert!(block_on(async { one.await ^ two.await }));
    }
}
