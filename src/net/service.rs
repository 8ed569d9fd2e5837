//! The service manager: readiness, watchdog, stop signals.
//!
//! Speaks sd_notify(3). Without systemd (no `NOTIFY_SOCKET`) every call does nothing; a failing one is logged and never an error,
//! because mail does not depend on it.

use std::time::Duration;

use async_signal::{Signal, Signals};
use sd_notify::NotifyState;
use smol::stream::StreamExt;

/// SIGTERM and SIGINT, from when it is made on: one that comes before anybody waits for it is not lost, and does not end the process.
pub struct StopSignals(std::io::Result<Signals>);

impl StopSignals {
    pub fn listen() -> StopSignals {
        StopSignals(Signals::new([Signal::Term, Signal::Int]))
    }

    /// Waits for one of them.
    pub async fn wait(self) {
        match self.0 {
            Ok(mut signals) => {
                if let Some(Ok(signal)) = signals.next().await {
                    log::info!("service stop signal={signal:?}");
                }
            }
            Err(error) => {
                // The signals keep their default action then: they end the process, which the spool survives.
                log::error!("service signals unavailable error={error}");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Tells systemd that the box is ready, with a status line. Without systemd nothing happens.
pub fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// Tells systemd the new status line.
pub fn status(status: &str) {
    notify(&[NotifyState::Status(&one_line(status))]);
}

/// Tells systemd that the box is stopping.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// A sixth of the watchdog's time, if systemd wants to be fed: several looks in a row have to fail before it ends the service.
pub fn watchdog_interval() -> Option<Duration> {
    let mut usec = 0;
    // `false`: the environment stays as it is; changing it is not safe once threads run.
    (sd_notify::watchdog_enabled(false, &mut usec) && usec > 0).then(|| Duration::from_micros(usec / 6))
}

/// Tells systemd's watchdog that the box lives.
pub fn feed_watchdog() {
    notify(&[NotifyState::Watchdog]);
}

fn notify(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(false, state) {
        log::debug!("service notify failed error={error}");
    }
}

/// A line break in a status would begin another assignment of the protocol.
fn one_line(status: &str) -> String {
    status.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_cannot_begin_another_assignment() {
        assert_eq!(one_line("mode normal\nSTOPPING=1"), "mode normal STOPPING=1");
    }

    #[test]
    fn without_systemd_nothing_happens() {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            ready("up");
            stopping();
        }
    }
}
