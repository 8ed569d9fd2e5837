//! How far the hand-over is, for people who wait for its end.

use std::sync::Mutex;

use super::core::{Core, lock};
use crate::clock::Wall;
use crate::continuity::Mode;

/// Of the newest time in Recovering, as far as anybody looked. In memory only: after a restart it begins anew with what is left.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Option<Seen>>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// When the mode became Recovering.
    since: Wall,
    /// The longest that the queue was.
    most: u64,
    percent: u8,
}

impl Progress {
    /// In percent; `waiting` counts the recipients in the primary's queue now. At most 99: that it is over, the mode tells. Never less than
    /// it was, for new mail comes behind the old. None if nothing waited.
    pub fn look(&self, since: Wall, waiting: u64) -> Option<u8> {
        let mut seen = lock(&self.0);
        let before = seen.filter(|seen| seen.since == since).unwrap_or(Seen { since, most: 0, percent: 0 });
        let most = before.most.max(waiting);
        let done = (most - waiting).saturating_mul(100).checked_div(most)?;
        let percent = u8::try_from(done).unwrap_or(99).min(99).max(before.percent);
        *seen = Some(Seen { since, most, percent });
        Some(percent)
    }
}

impl Core {
    /// How much of everybody's mail has been handed over, in percent; none in other modes.
    pub fn handed_over(&self) -> Option<u8> {
        let mode = self.mode();
        if mode.mode != Mode::Recovering {
            return None;
        }
        let waiting = self.store.view().queue_counts().ok()?.primary;
        self.progress.look(mode.since, waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::continuity::Input;

    #[test]
    fn percents_grow_and_never_say_that_it_is_over() {
        let progress = Progress::default();
        let looks = |since: u64, waiting: &[u64]| waiting.iter().map(|waiting| progress.look(Wall(since), *waiting)).collect::<Vec<_>>();
        assert_eq!(looks(1, &[0, 0]), [None, None], "nothing waited");
        assert_eq!(looks(1, &[200, 150, 50]), [Some(0), Some(25), Some(75)]);
        assert_eq!(looks(1, &[60, 300, 1, 0]), [Some(75), Some(75), Some(99), Some(99)]);
        assert_eq!(looks(2, &[10, 5]), [Some(0), Some(50)], "another hand-over");
    }

    #[test]
    fn it_begins_with_what_waits_when_the_primary_is_back() {
        let world = World::new();
        world.core.feed(Input::Start { by: "cli:ann".to_owned(), reason: String::new() });
        let messages: Vec<_> = (0..4).map(|_| world.queued_for("ann")).collect();
        assert_eq!(world.core.handed_over(), None);
        world.core.feed(Input::End { by: "cli:ann".to_owned(), force: true });
        // Nobody looked until half of it was gone.
        for message in &messages[..2] {
            let done = crate::relay::DeliveryState::Delivered { at: Wall(0), reply: "250".to_owned(), by: "primary".to_owned() };
            crate::net::rt::block_on(world.core.write_states(*message, vec![(0, done)]));
        }
        assert_eq!(world.core.handed_over(), Some(50));
    }
}
