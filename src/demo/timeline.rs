//! What happened, with the time since the start, on the terminal and for the demo page.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Mono};
use crate::limits::DEMO_TIMELINE_MAX;

/// Shared by everything that has something to tell. Clones share it.
#[derive(Clone)]
pub struct Timeline {
    clock: Arc<dyn Clock>,
    start: Mono,
    lines: Arc<Mutex<VecDeque<Line>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Since the start.
    pub at: Duration,
    pub text: String,
}

impl Timeline {
    pub fn new(clock: Arc<dyn Clock>) -> Timeline {
        let start = clock.now().mono;
        Timeline { clock, start, lines: Arc::default() }
    }

    pub fn elapsed(&self) -> Duration {
        self.clock.now().mono.since(self.start)
    }

    /// Notes it and prints it.
    pub fn tell(&self, text: impl Into<String>) {
        let line = Line { at: self.elapsed(), text: text.into() };
        print(&format!("[{:>6}] {}", seconds(line.at), line.text));
        self.note(line);
    }

    fn note(&self, line: Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= DEMO_TIMELINE_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The newest first.
    pub fn newest(&self, count: usize) -> Vec<Line> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().rev().take(count).cloned().collect()
    }
}

/// `12.3 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Prints a line. A closed terminal is no reason to stop (and `println!` would panic).
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn forgets_the_oldest() {
        let timeline = Timeline::new(Arc::new(SystemClock::new()));
        for number in 0..DEMO_TIMELINE_MAX + 2 {
            timeline.note(Line { at: Duration::ZERO, text: number.to_string() });
        }
        let lines = timeline.newest(usize::MAX);
        assert_eq!(lines.len(), DEMO_TIMELINE_MAX);
        assert_eq!(lines.last().map(|line| line.text.as_str()), Some("2"));
    }
}
