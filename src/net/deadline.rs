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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_answer_and_deadline_counts() {
        let (hour, moment) = (Duration::from_secs(3600), Duration::from_millis(1));
        assert_eq!(smol::block_on(within(hour, async { 7 })), Ok(7));
        assert_eq!(smol::block_on(within(moment, std::future::pending::<()>())), Err(Elapsed));
        // Whoever is ready at once is not late, whatever the limit.
        assert_eq!(smol::block_on(within(Duration::ZERO, async { 7 })), Ok(7));
        assert_eq!(smol::block_on(within(Duration::MAX, async { 7 })), Ok(7));
    }
}
