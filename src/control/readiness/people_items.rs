//! What concerns the people: whether they can be told, get in, and have practised.

use super::{Facts, Item, ago, days, item, share};
use crate::continuity::drill::Grade;

/// Who cannot be told does not come: nothing else of the box is of use to them. So this weighs most.
const REACHABLE: u32 = 13;
/// What has never been tried does not work: the second most.
const DRILL: u32 = 12;
/// A person who is told and cannot sign in is as badly off as one who is not told, but the helpdesk mends that in a minute.
const LOGIN: u32 = 8;
/// People who are missing get their mail all the same once the primary is back.
const DIRECTORY: u32 = 5;
/// Nobody is told of trouble: it is found out late.
const ADMINS: u32 = 5;

/// A good drill counts fully for a quarter of a year, and half for another quarter: people change desks and forget.
const DRILL_FRESH_DAYS: u32 = 100;
const DRILL_STALE_DAYS: u32 = 200;
/// An office changes; a list that nobody has looked at for half a year is doubted.
const DIRECTORY_FRESH_DAYS: u32 = 180;

pub(super) fn items(facts: &Facts) -> Vec<Item> {
    vec![directory(facts), reachable(facts), login(facts), drill(facts), admins(facts)]
}

fn directory(facts: &Facts) -> Item {
    let name = "directory";
    let people = facts.people;
    if people == 0 {
        return item(name, DIRECTORY, 0, "The box knows nobody: fill the directory file, or say `lifeboat directory import FILE`.");
    }
    if facts.directory_trouble {
        let text = format!("{people} people are known, but the newest directory file has a mistake: see the alarms of `lifeboat status`.");
        return item(name, DIRECTORY, DIRECTORY / 2, text);
    }
    match facts.directory_age_days {
        Some(age) if age > DIRECTORY_FRESH_DAYS => {
            let text = format!("The list of {people} people is {} old: look whether it is still right, and import it again.", days(age));
            item(name, DIRECTORY, DIRECTORY / 2, text)
        }
        _ => item(name, DIRECTORY, DIRECTORY, format!("{people} people are in the directory.")),
    }
}

fn reachable(facts: &Facts) -> Item {
    let (have, all) = (facts.reachable.min(facts.people), facts.people);
    let name = "people-reachable";
    if all == 0 {
        return item(name, REACHABLE, 0, "There is nobody in the directory who could be told.");
    }
    let points = share(REACHABLE, have as u64, all as u64);
    let text = if have == all {
        "Everybody can be told when Exchange is down.".to_owned()
    } else {
        format!(
            "{} of {all} people cannot be told when Exchange is down: they have no other address, no phone and no emergency card. Invite them.",
            all - have
        )
    };
    item(name, REACHABLE, points, text)
}

fn login(facts: &Facts) -> Item {
    let (have, all) = (facts.with_login.min(facts.people), facts.people);
    let name = "people-login";
    if all == 0 {
        return item(name, LOGIN, 0, "There is nobody in the directory who could sign in.");
    }
    let text = if have == all {
        "Everybody has a password, or gets one when an event begins.".to_owned()
    } else {
        format!("{} of {all} people could not sign in: `lifeboat credential issue ADDRESS` gives them a password.", all - have)
    };
    item(name, LOGIN, share(LOGIN, have as u64, all as u64), text)
}

fn drill(facts: &Facts) -> Item {
    let name = "drill";
    let how = if facts.drills_scheduled {
        "One is scheduled."
    } else {
        "Start one: `lifeboat event drill --all`, or schedule it (`drill.schedule`)."
    };
    let Some((age, grade)) = facts.last_drill else {
        return item(name, DRILL, 0, format!("Nobody has practised yet. {how}"));
    };
    let of_grade = match grade {
        Grade::A | Grade::B => DRILL,
        Grade::C => DRILL * 3 / 4,
        Grade::D => DRILL / 2,
        Grade::F => DRILL / 4,
    };
    let last = format!("The last drill was {}, with the grade {grade}.", ago(age));
    let better = if grade >= Grade::C { " Its report says who was not reached or did not sign in." } else { "" };
    match age {
        age if age > DRILL_STALE_DAYS => item(name, DRILL, 0, format!("{last} That is long ago. {how}")),
        age if age > DRILL_FRESH_DAYS => item(name, DRILL, of_grade / 2, format!("{last} It is time for another. {how}")),
        _ => item(name, DRILL, of_grade, format!("{last}{better}")),
    }
}

fn admins(facts: &Facts) -> Item {
    match facts.admins {
        0 => item(
            "admins",
            ADMINS,
            0,
            "No admin is told of events and alarms: set `notify.admins` to addresses outside of this office's mail.",
        ),
        // One admin may be ill or on holiday, but is told.
        1 => item("admins", ADMINS, ADMINS, "One admin is told of events and alarms."),
        more => item("admins", ADMINS, ADMINS, format!("{more} admins are told of events and alarms.")),
    }
}
