//! The runtime, for the rooms above: tasks, timers, blocking work, channels.

use std::future::Future;
use std::time::Duration;

pub use smol::Task;
pub use smol::channel;
pub use smol::lock::{Mutex, Semaphore};

/// Starts a task on the global executor. Dropping the handle cancels it; `detach` lets it run.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    smol::spawn(future)
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

/// The first of two futures; the other is dropped.
pub async fn race<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    smol::future::race(one, other).await
}
