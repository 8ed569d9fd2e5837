//! Waits between tries.

use std::time::Duration;

use crate::limits::{BACKOFF_FIRST, BACKOFF_MAX};

/// The wait after `attempts` failed tries (from 1; 0 is taken as 1): doubling from [`BACKOFF_FIRST`] to [`BACKOFF_MAX`], then up to a quarter
/// shorter by `random`, so that what failed together does not come back together. Never longer than [`BACKOFF_MAX`].
pub fn wait(attempts: u32, random: u64) -> Duration {
    let full = longest(attempts);
    let quarter_millis = u64::try_from(full.as_millis() / 4).unwrap_or(u64::MAX);
    full.saturating_sub(Duration::from_millis(random % (quarter_millis + 1)))
}

/// The longest wait after so many tries.
pub fn longest(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    BACKOFF_FIRST.saturating_mul(1 << doublings).min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempts: u32, expected_s: u64) {
        assert_eq!(wait(attempts, 0), Duration::from_secs(expected_s), "{attempts}");
        let mut rng = fastrand::Rng::with_seed(u64::from(attempts));
        for _ in 0..1000 {
            let wait = wait(attempts, rng.u64(..));
            assert!(wait <= Duration::from_secs(expected_s) && wait * 4 >= Duration::from_secs(expected_s) * 3, "{attempts}: {wait:?}");
        }
    }

    #[test]
    fn doubles_up_to_half_an_hour() {
        check(0, 30);
        check(1, 30);
        check(2, 60);
        check(3, 120);
        check(6, 960);
        check(7, 1800);
        check(u32::MAX, 1800);
    }

    #[test]
    fn jitter_spreads() {
        assert_ne!(wait(1, 1), wait(1, 5_000));
    }
}
