//! What waits for a person: mail that is held, and what the machine under the box needs.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::core::Core;
use crate::limits;
use crate::net::rt;
use crate::relay::DeliveryState;
use crate::store::StoreError;

const ALARM_HELD: &str = "held";
const ALARM_MACHINE: &str = "machine";
/// On the appliance: a sentence for each thing that the system needs (`image/box`, `care`). Elsewhere there is none.
const CARE: &str = "/run/lifeboat-box/care";
const CARE_MAX_OCTETS: usize = 4096;
/// Held recipients that are counted; what is more is "more than".
const COUNTED_MAX: usize = 10 * limits::QUEUE_PAGE_ENTRIES;

/// Held mail is nobody's business but a person's, and nobody would know of it: the sender was told that it was taken.
pub async fn look_at_held(core: &Arc<Core>) {
    let there = core.clone();
    match rt::unblock(move || there.waits_for_a_person()).await {
        Ok(0) => core.clear_alarm(ALARM_HELD),
        Ok(count) => {
            let how_many = if count >= COUNTED_MAX { format!("More than {COUNTED_MAX}") } else { count.to_string() };
            let text = format!(
                "{how_many} deliveries are held, because the primary refuses them or they are not whole; their senders believe that they \
                 arrived. `lifeboat queue list` says why: release them when the reason is gone, or bounce them."
            );
            core.raise_alarm(ALARM_HELD, text);
        }
        Err(StoreError::NotReady { .. }) => {}
        Err(error) => log::error!("held recipients not readable: {error}"),
    }
}

/// What the appliance says that its system needs.
pub async fn look_at_machine(core: &Arc<Core>) {
    match rt::unblock(|| care(Path::new(CARE))).await {
        Some(text) => core.raise_alarm(ALARM_MACHINE, text),
        None => core.clear_alarm(ALARM_MACHINE),
    }
}

/// The sentences of that file in one line.
fn care(file: &Path) -> Option<String> {
    let mut octets = Vec::new();
    std::fs::File::open(file).ok()?.take(CARE_MAX_OCTETS as u64).read_to_end(&mut octets).ok()?;
    let text = String::from_utf8_lossy(&octets).split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

impl Core {
    /// Recipients that have been held for a while, and that nothing but a person will try again; at most [`COUNTED_MAX`].
    fn waits_for_a_person(&self) -> Result<usize, StoreError> {
        let (view, now) = (self.store.view(), self.now().wall);
        let (mut after, mut count) = (None, 0);
        while count < COUNTED_MAX {
            let page = view.held(after, limits::QUEUE_PAGE_ENTRIES)?;
            let Some(last) = page.last() else { break };
            after = Some((last.message, last.recipient));
            let is_long = |state: &DeliveryState| matches!(state, DeliveryState::Held { at, by_gate: false, .. } if now.since(*at) > limits::QUEUE_OLD);
            count += page.iter().filter(|to| is_long(&to.state)).count();
        }
        Ok(count.min(COUNTED_MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::core::lock;
    use crate::app::testing::World;
    use crate::clock::Wall;

    /// Held for that long; whether somebody is told.
    fn check(held: &[(Duration, bool)], expected: Option<&str>) {
        let world = World::new();
        for (age, by_gate) in held {
            let at = Wall(world.core.now().wall.0 - age.as_millis() as u64);
            world.stored("ann", DeliveryState::Held { at, reason: "550 5.7.1 no".to_owned(), by_gate: *by_gate, attempts: 1 });
        }
        rt::block_on(look_at_held(&world.core));
        let text = lock(&world.core.alarms).get(ALARM_HELD).cloned();
        assert_eq!(text.as_deref().and_then(|text| text.split(' ').next()), expected, "{held:?}");
    }

    #[test]
    fn held_mail_is_an_alarm_unless_it_is_tried_again_by_itself() {
        let long = limits::QUEUE_OLD + Duration::from_secs(60);
        check(&[], None);
        check(&[(Duration::ZERO, false)], None);
        check(&[(long, true)], None);
        check(&[(long, false), (long, true), (long, false), (Duration::ZERO, false)], Some("2"));
    }

    #[test]
    fn the_alarm_goes_with_its_reason() {
        let world = World::new();
        let at = Wall(world.core.now().wall.0 - limits::QUEUE_OLD.as_millis() as u64 - 60_000);
        let held = DeliveryState::Held { at, reason: "550 5.7.1 no".to_owned(), by_gate: false, attempts: 1 };
        let message = world.stored("ann", held);
        rt::block_on(look_at_held(&world.core));
        assert!(lock(&world.core.alarms).contains_key(ALARM_HELD));
        let delivered = DeliveryState::Delivered { at, reply: "250 2.0.0 ok".to_owned(), by: "mail:25".to_owned() };
        rt::block_on(world.core.write_states(message, vec![(0, delivered)]));
        rt::block_on(look_at_held(&world.core));
        assert!(!lock(&world.core.alarms).contains_key(ALARM_HELD));
    }

    #[test]
    fn what_the_machine_needs_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("care");
        assert_eq!(care(&file), None);
        std::fs::write(&file, "\n").unwrap();
        assert_eq!(care(&file), None);
        std::fs::write(&file, "A restart is due.\nThe system\u{7f} is full.\n").unwrap();
        assert_eq!(care(&file).as_deref(), Some("A restart is due. The system\u{7f} is full."));
        std::fs::write(&file, "x".repeat(100_000)).unwrap();
        assert_eq!(care(&file).map(|text| text.len()), Some(CARE_MAX_OCTETS));
    }
}
