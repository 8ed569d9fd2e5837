//! The log: one event a line on standard error, for the journal or for a terminal.

use std::io::Write;
use std::os::unix::fs::MetadataExt;

use env_logger::{Builder, Env};
use log::{Level, Record};

/// What is logged if `RUST_LOG` does not say otherwise. Parts that are not ours speak only when something is wrong.
const DEFAULT_FILTER: &str = "info,sled=warn,rustls=warn,hickory_proto=warn,hickory_resolver=warn";

pub fn start() {
    let mut builder = Builder::from_env(Env::default().default_filter_or(DEFAULT_FILTER));
    if goes_to_the_journal() {
        builder.format(|out, record| writeln!(out, "<{}>{}", priority(record.level()), line(record)));
    } else {
        builder.format(|out, record| writeln!(out, "{} {:<5} {}", out.timestamp_millis(), record.level(), line(record)));
    }
    // A second logger (in a test) changes nothing.
    let _ = builder.try_init();
}

/// Whether standard error is the journal's stream. `JOURNAL_STREAM` alone does not say so: a terminal inherits the
/// variable from a session that systemd started (systemd.exec(5)).
fn goes_to_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/proc/self/fd/2").is_ok_and(|stderr| is_stream(&stream, stderr.dev(), stderr.ino()))
}

/// `JOURNAL_STREAM` is the device and inode number of the journal's socket: `8:12345`.
fn is_stream(stream: &str, device: u64, inode: u64) -> bool {
    stream == format!("{device}:{inode}")
}

/// sd-daemon(3). The journal keeps the time itself.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// The message as one line: what a peer sent cannot begin a line of its own, nor draw on a terminal.
fn line(record: &Record<'_>) -> String {
    escaped(&record.args().to_string())
}

fn escaped(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for c in message.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(escaped("session=4f2a smtp rejected rcpt=<é@y>"), "session=4f2a smtp rejected rcpt=<é@y>");
        assert_eq!(escaped("a\r\n<3>b\x1b[2J"), "a\\r\\n<3>b\\u{1b}[2J");
    }

    #[test]
    fn the_journal_is_known_by_its_socket() {
        assert!(is_stream("8:12345", 8, 12345));
        assert!(!is_stream("8:12345", 8, 12346));
        assert!(!is_stream("", 8, 12345));
    }

    #[test]
    fn priorities_are_those_of_syslog() {
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
        assert_eq!(levels.map(priority), [3, 4, 6, 7, 7]);
    }
}
