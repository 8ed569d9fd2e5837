//! Waits between tries.

use std::time::Duration;

/// The wait after `attempts` failed tries (from 1): doubling from [`crate::limits::BACKOFF_FIRST`] to
/// [`crate::limits::BACKOFF_MAX`], with up to a quarter of jitter taken from `random`.
pub fn wait(_attempts: u32, _random: u64) -> Duration {
    todo!()
}
