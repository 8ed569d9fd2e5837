//! The audit trail, a page at a time, checked on the way: who did what and when, and whether anybody changed the record.

use std::collections::VecDeque;

use serde_json::json;

use super::core::Core;
use crate::control::{Answer, Audit, AuditQuery, AuditShown};
use crate::limits::AUDIT_PAGE_MAX;

/// The newest lines that fit, the oldest of them first. Reads the whole ledger: not from async code.
pub fn list(core: &Core, query: &AuditQuery) -> Answer {
    let limit = query.limit.unwrap_or(AUDIT_PAGE_MAX).clamp(1, AUDIT_PAGE_MAX);
    let mut lines: VecDeque<AuditShown> = VecDeque::new();
    let mut is_cut = false;
    let seen = core.ledger.each(&mut |line| {
        let Some(shown) = AuditShown::of(&line).filter(|shown| query.fits(shown)) else { return };
        if lines.len() >= limit {
            lines.pop_front();
            is_cut = true;
        }
        lines.push_back(shown);
    });
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return Answer::failed(format!("The ledger cannot be read: {error}.")),
    };
    let before = lines.front().map(|first| first.number).filter(|_| is_cut);
    let audit = Audit { lines: lines.into(), before, total: seen.lines, broken_at: seen.broken_at, last: seen.last_hash };
    let mut text: String = audit.lines.iter().map(|line| format!("{}  {}  {}\n", line.at, line.by, line.what)).collect();
    if text.is_empty() {
        text.push_str("Nothing is on record that fits.\n");
    }
    Answer::done(text, json!(audit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    fn asked(world: &World, query: AuditQuery) -> Audit {
        serde_json::from_value(list(&world.core, &query).json).unwrap()
    }

    #[test]
    fn the_newest_come_first_page_by_page_and_all_of_them_once() {
        let world = World::new();
        for number in 0..7 {
            world.core.audit(if number % 2 == 0 { "cli:ann" } else { "web:bo" }, "deed", number.to_string());
        }
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = asked(&world, AuditQuery { before, limit: Some(3), ..AuditQuery::default() });
            assert!(page.broken_at.is_none() && page.total == 7);
            seen.splice(0..0, page.lines.iter().map(|line| line.what.clone()));
            before = page.before;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..7).map(|number| format!("deed {number}")).collect::<Vec<_>>());
        let of_ann = asked(&world, AuditQuery { by: Some("ann".to_owned()), ..AuditQuery::default() });
        assert_eq!(of_ann.lines.len(), 4);
    }

    #[test]
    fn a_record_that_was_changed_is_shown_as_such() {
        let world = World::new();
        world.core.audit("cli:ann", "deed", "true".to_owned());
        world.core.audit("cli:ann", "deed", "two".to_owned());
        let path = world.core.config.server.data_dir.join("ledger/ledger.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("true", "less", 1)).unwrap();
        assert_eq!(asked(&world, AuditQuery::default()).broken_at, Some(1));
    }
}
