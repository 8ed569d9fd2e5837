//! Deadlines: the one home of async-std, on the same reactor as smol.

use std::future::Future;
use std::time::Duration;

/// The deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for `future`, at most `limit`.
pub async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    async_std::future::timeout(limit, future).await.map_err(|_| Elapsed)
}
