//! The service manager: readiness, watchdog, stop signals.

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() {
    todo!()
}

/// Tells systemd that the box is ready, with a status line. Without systemd nothing happens.
pub fn ready(_status: &str) {
    todo!()
}

/// Tells systemd the new status line.
pub fn status(_status: &str) {
    todo!()
}

pub fn stopping() {
    todo!()
}

/// Half of the watchdog's time, if systemd wants to be fed.
pub fn watchdog_interval() -> Option<std::time::Duration> {
    todo!()
}

pub fn feed_watchdog() {
    todo!()
}
