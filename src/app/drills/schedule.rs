//! Drills that come by themselves (`[drill]`).

use jiff::tz::TimeZone;

use super::verbs;
use crate::app::core::{Core, lock};
use crate::clock::Wall;
use crate::continuity::{Kind, Mode};
use crate::control::Whom;
use crate::limits::DRILL_LATE_MAX;
use crate::mail::date;

/// Who starts them, for the record.
pub const BY: &str = "schedule";

/// Waits for the next time.
#[derive(Clone, Debug)]
pub struct Scheduler {
    zone: TimeZone,
    next: Option<Wall>,
}

impl Scheduler {
    /// A time that came while the box was off is left out, with a line in the log.
    pub fn new(core: &Core) -> Scheduler {
        let mut scheduler = Scheduler { zone: date::zone(), next: None };
        let now = core.now().wall;
        if let (Some(schedule), Some(alive)) = (&core.config.drill.schedule, last_alive(core))
            && let Some(missed) = schedule.next_after(alive, &scheduler.zone).filter(|at| *at < now)
        {
            log::warn!("drill schedule={schedule} missed={} reason=the box was off", date::rfc3339(missed));
        }
        scheduler.plan(core, now);
        scheduler
    }

    fn plan(&mut self, core: &Core, after: Wall) {
        self.next = core.config.drill.schedule.as_ref().and_then(|schedule| schedule.next_after(after, &self.zone));
        lock(&core.drills).next = self.next;
    }

    /// Starts the drill whose time has come, and plans the next one.
    pub fn look(&mut self, core: &Core) {
        let now = core.now().wall;
        let Some(due) = self.next else { return };
        // A clock that was set back a long way plans anew, and does not repeat what has been.
        if core.config.drill.schedule.as_ref().and_then(|schedule| schedule.next_after(now, &self.zone)).is_some_and(|next| next < due) {
            self.plan(core, now);
            return;
        }
        if now < due {
            return;
        }
        self.plan(core, now.max(due));
        let why_not = match core.mode().mode {
            _ if now.since(due) > DRILL_LATE_MAX => Some("the box was asleep or its clock jumped".to_owned()),
            Mode::Suspect => Some("the primary does not answer as it should".to_owned()),
            Mode::Continuity | Mode::Recovering => Some("a continuity event is open".to_owned()),
            Mode::Normal if core.scopes().iter().any(|scope| scope.event.kind == Kind::Outage) => {
                Some("a continuity event is open for some people".to_owned())
            }
            Mode::Normal if in_maintenance(core, now) => Some("it is maintenance".to_owned()),
            Mode::Normal if has_begun(core, due) => Some("it has begun before".to_owned()),
            Mode::Normal => start(core, due).err(),
        };
        if let Some(why_not) = why_not {
            log::warn!("drill scheduled={} left-out reason={why_not:?}", date::rfc3339(due));
        }
    }
}

fn start(core: &Core, due: Wall) -> Result<(), String> {
    let drill = &core.config.drill;
    let mailboxes = drill.people.iter().map(ToString::to_string).collect();
    let whom = Whom { mailboxes, groups: drill.groups.clone(), ..Whom::default() };
    let all = whom.is_everybody();
    verbs::begin(core, &whom, all, "scheduled", BY, Some(due)).map(|_| ())
}

/// Whether the drill of that time was started: a clock that is set back does not repeat it.
fn has_begun(core: &Core, due: Wall) -> bool {
    let lines = core.ledger.read("drill-begun").unwrap_or_default();
    lines.iter().any(|line| line.data["scheduled"] == serde_json::json!(due))
}

fn in_maintenance(core: &Core, now: Wall) -> bool {
    core.windows().iter().any(|window| window.is_now(now))
}

/// When the box last wrote something down before this start.
fn last_alive(core: &Core) -> Option<Wall> {
    let last = |kind| core.ledger.read(kind).ok()?.iter().map(|line| line.at).filter(|at| *at < core.started.wall).max();
    ["readiness", "mode", "drill-begun", "audit"].into_iter().filter_map(last).max()
}
