//! Planned maintenance: windows on record, and the moment in which one begins.
//!
//! Ledger lines of kind `maintenance` are the truth; a window is in the list until it is removed. What was announced, and to whom, is
//! for the notices: they ask [`Core::windows`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::core::{Core, lock};
use crate::clock::Wall;
use crate::continuity::{Input, Window, WindowClock, WindowError, may_plan, next_window, rest_of_window};
use crate::control::{Answer, WindowStatus};
use crate::limits::{WINDOW_LENGTH_MAX, WINDOWS_MAX};
use crate::mail::date;

const ALARM_CLOCK: &str = "maintenance-clock";

/// A ledger line of kind `maintenance`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MaintenanceLine {
    /// Planned.
    #[serde(default)]
    pub window: Option<Window>,
    /// Given up.
    #[serde(default)]
    pub removed: Option<u64>,
    pub by: String,
}

/// The windows that are not removed, also those that are over.
#[derive(Debug, Default)]
pub struct Maintenance {
    windows: Arc<Vec<Window>>,
    /// Of all that there ever were.
    latest: u64,
    clock: Option<WindowClock>,
}

impl Maintenance {
    pub fn apply(&mut self, line: MaintenanceLine) {
        let windows = Arc::make_mut(&mut self.windows);
        if let Some(window) = line.window {
            self.latest = self.latest.max(window.id);
            windows.push(window);
        }
        windows.retain(|window| Some(window.id) != line.removed);
    }
}

impl Core {
    /// Every window that was planned and not removed, by its number; those that are over, too.
    pub fn windows(&self) -> Arc<Vec<Window>> {
        lock(&self.maintenance).windows.clone()
    }

    /// Begins the window that is running now. Waits for the ledger: not from async code.
    pub(super) fn look_at_windows(&self) {
        let now = self.now();
        let (windows, is_steady) = {
            let mut maintenance = lock(&self.maintenance);
            let clock = maintenance.clock.get_or_insert_with(|| WindowClock::new(now));
            let is_steady = clock.is_steady(now);
            (maintenance.windows.clone(), is_steady)
        };
        let Some(window) = windows.iter().find(|window| window.is_now(now.wall) && !self.has_begun(window)) else {
            return self.clear_alarm(ALARM_CLOCK);
        };
        if !is_steady {
            let text = "A maintenance window should begin now, but the clock of this box has just jumped: it begins when the clock has gone \
                        steadily for ten minutes. Earlier with `lifeboat event start`.";
            return self.raise_alarm(ALARM_CLOCK, text.to_owned());
        }
        self.clear_alarm(ALARM_CLOCK);
        self.audit("maintenance", "window-begins", format!("window={} reason={:?}", window.id, window.reason));
        self.feed(Input::Window { id: window.id, reason: words(window), left: rest_of_window(window, now.wall) });
    }

    fn has_begun(&self, window: &Window) -> bool {
        self.machine().saved().windows_begun.contains(&window.id)
    }

    /// The window that is running, or the next one.
    pub(super) fn next_window(&self) -> Option<WindowStatus> {
        next_window(&self.windows(), self.now().wall).map(|window| status(self, window))
    }
}

fn words(window: &Window) -> String {
    match window.reason.as_str() {
        "" => "planned maintenance".to_owned(),
        reason => format!("planned maintenance: {reason}"),
    }
}

/// As a script sees it.
pub fn status(core: &Core, window: &Window) -> WindowStatus {
    WindowStatus {
        id: window.id,
        from: date::rfc3339(window.from),
        to: date::rfc3339(window.to),
        reason: window.reason.clone(),
        by: window.by.clone(),
        announce: window.announce,
        begun: core.has_begun(window),
    }
}

/// What an operator wants to plan.
pub struct Plan {
    pub from: String,
    pub to: String,
    pub reason: String,
    pub announce: bool,
    pub by: String,
}

/// Plans a window.
pub fn add(core: &Core, plan: Plan) -> Answer {
    let (from, to) = match (date::read(&plan.from), date::read(&plan.to)) {
        (Some(from), Some(to)) => (from, to),
        (None, _) => return no_time(&plan.from),
        (_, None) => return no_time(&plan.to),
    };
    let id = lock(&core.maintenance).latest + 1;
    let window = Window { id, from, to, reason: plan.reason, by: plan.by, announce: plan.announce }.bounded();
    if let Err(error) = may_plan(&core.windows(), &window, core.now().wall) {
        return Answer::failed(refusal(error));
    }
    let line = MaintenanceLine { window: Some(window.clone()), removed: None, by: window.by.clone() };
    // What is not on disk would be gone with the next restart: better to say so.
    if let Err(error) = core.ledger.append("maintenance", &line, core.now().wall) {
        return Answer::failed(format!("The window could not be recorded: {error}."));
    }
    lock(&core.maintenance).apply(line);
    core.audit(&window.by, "maintenance-add", format!("window={id} from={} to={}", date::rfc3339(from), date::rfc3339(to)));
    let told = if window.announce { " People are told beforehand." } else { "" };
    let text = format!("Window {id}: from {} to {} this box takes the mail.{told}\n", date::minute(from), date::minute(to));
    Answer::done(text, json!(status(core, &window)))
}

fn no_time(text: &str) -> Answer {
    Answer::failed(format!("{text:?} is no time. Write it like this: \"2026-12-01 20:00\"."))
}

fn refusal(error: WindowError) -> String {
    match error {
        WindowError::Backwards => "The window ends before it begins.".to_owned(),
        WindowError::Past => "That time is over already.".to_owned(),
        WindowError::TooLong => format!("A window may last {} days at most.", WINDOW_LENGTH_MAX.as_secs() / 86_400),
        WindowError::Overlap(id) => format!("It overlaps with window {id}. `lifeboat maintenance list` shows all."),
        WindowError::TooMany => format!("{WINDOWS_MAX} windows are planned already."),
    }
}

/// The windows that are not over, in their order.
pub fn list(core: &Core) -> Answer {
    let now = core.now().wall;
    let windows = core.windows();
    let mut ahead: Vec<&Window> = windows.iter().filter(|window| window.to > now).collect();
    ahead.sort_by_key(|window| window.from);
    let mut text = String::new();
    for window in &ahead {
        let state = if window.is_now(now) { "now, " } else { "" };
        let told = if window.announce { ", people are told beforehand" } else { "" };
        let (from, to) = (date::minute(window.from), date::minute(window.to));
        text += &format!("{}  {state}from {from} to {to}{told}  {}\n", window.id, window.reason);
    }
    if text.is_empty() {
        text.push_str("No maintenance is planned.\n");
    }
    let windows: Vec<WindowStatus> = ahead.into_iter().map(|window| status(core, window)).collect();
    Answer::done(text, json!({ "windows": windows }))
}

/// Gives a window up that has not begun.
pub fn remove(core: &Core, id: u64, by: &str) -> Answer {
    let now: Wall = core.now().wall;
    let windows = core.windows();
    let Some(window) = windows.iter().find(|window| window.id == id && window.to > now) else {
        return Answer::failed(format!("No window {id} is planned. `lifeboat maintenance list` shows all."));
    };
    if core.has_begun(window) {
        return Answer::failed("This window has begun. End its event with `lifeboat event end`.");
    }
    let line = MaintenanceLine { window: None, removed: Some(id), by: by.to_owned() };
    if let Err(error) = core.ledger.append("maintenance", &line, now) {
        return Answer::failed(format!("This could not be recorded: {error}."));
    }
    lock(&core.maintenance).apply(line);
    core.audit(by, "maintenance-remove", format!("window={id}"));
    Answer::done(format!("Window {id} is given up.\n"), json!({ "removed": id }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::testing::World;
    use crate::continuity::Mode;

    fn plan(world: &World, from: i64, to: i64) -> Answer {
        let at = |seconds: i64| date::minute(Wall(world.core.now().wall.0.saturating_add_signed(seconds * 1000)));
        let by = "ann".to_owned();
        add(&world.core, Plan { from: at(from), to: at(to), reason: "updates".to_owned(), announce: true, by })
    }

    #[test]
    fn a_window_begins_once_and_survives_a_restart() {
        let world = World::new();
        world.core.look_at_windows();
        assert_eq!(plan(&world, -3600, 3600).exit, 0);
        assert_eq!(plan(&world, 600, 7200).exit, 1, "overlap");
        let world = world.restarted();
        world.core.look_at_windows();
        assert_eq!(world.core.mode().mode, Mode::Continuity);
        assert!(world.core.machine().saved().planned.is_some_and(|planned| planned.window == Some(1)));
        assert!(remove(&world.core, 1, "ann").text.contains("has begun"));
        world.core.feed(Input::End { by: "ann".to_owned(), force: true });
        world.core.look_at_windows();
        assert_ne!(world.core.mode().mode, Mode::Continuity, "it begins once");
        let world = world.restarted();
        world.core.look_at_windows();
        assert_ne!(world.core.mode().mode, Mode::Continuity, "also after a restart");
    }

    #[test]
    fn a_window_that_was_removed_never_begins() {
        let world = World::new();
        assert_eq!(plan(&world, -3600, 3600).exit, 0);
        assert_eq!(plan(&world, 7200, 9000).exit, 0);
        assert_eq!(world.core.next_window().map(|window| window.id), Some(1));
        assert_eq!(remove(&world.core, 1, "ann").exit, 0);
        assert_eq!(remove(&world.core, 1, "ann").exit, 1);
        world.core.look_at_windows();
        assert_eq!(world.core.mode().mode, Mode::Normal);
        assert_eq!(world.core.next_window().map(|window| window.id), Some(2));
        let world = world.restarted();
        assert_eq!(world.core.windows().len(), 1);
        assert_eq!(plan(&world, 20_000, 30_000).json["id"], 3, "numbers are used once");
        assert!(list(&world.core).text.contains("people are told beforehand"));
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        let world = World::new();
        let by = || "ann".to_owned();
        let odd = Plan { from: "tomorrow".to_owned(), to: "2026-12-01 20:00".to_owned(), reason: String::new(), announce: false, by: by() };
        assert!(add(&world.core, odd).text.contains("\"2026-12-01 20:00\""));
        assert!(plan(&world, 3600, 600).text.contains("before it begins"));
        assert!(plan(&world, -7200, -3600).text.contains("over already"));
        assert!(plan(&world, 600, 8 * 86_400).text.contains("7 days"));
        let long_ago = Wall(0).plus(Duration::from_secs(1));
        assert!(next_window(&world.core.windows(), long_ago).is_none());
    }
}
