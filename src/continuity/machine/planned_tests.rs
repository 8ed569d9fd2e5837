//! Planned ends of everybody's event, and maintenance windows.

use super::tests::{Bench, check, start_of_test};
use super::*;

#[test]
fn a_planned_event_ends_by_itself_if_the_primary_works() {
    check("smtp-healthy planned smtp-healthy*9 hour tick done", ">continuity >recovering >normal");
    // What an operator began is not left before, however well the primary looks.
    check("smtp-healthy planned smtp-healthy*90", ">continuity");
    // If it does not work, the event goes on as one of the box's own.
    check("smtp-healthy planned smtp-down*3 hour smtp-down smtp-healthy*6 done", ">continuity >recovering >normal");
    check("planned hour smtp-healthy*5", ">continuity");
    check("off planned smtp-healthy*9 hour", ">continuity >recovering");
    check("off planned hour smtp-healthy*9", ">continuity +automatic-off");
}

#[test]
fn an_operator_may_end_it_earlier_or_keep_it() {
    check("smtp-healthy planned end done hour tick", ">continuity >recovering >normal");
    check("smtp-healthy planned start smtp-healthy*9 hour tick", ">continuity");
    // A relapse is an ordinary event: nothing planned is left of the one before.
    check("smtp-healthy planned end smtp-down*3 hour smtp-healthy*9", ">continuity >recovering >continuity >recovering");
}

#[test]
fn a_window_begins_once() {
    check("smtp-healthy window window smtp-healthy*9 hour window tick done window", ">continuity >recovering >normal");
    check("smtp-healthy window end done window window-2", ">continuity >recovering >normal >continuity");
    check("smtp-healthy window end done restart window", ">continuity >recovering >normal");
    // It takes over an event of the box's own, and leaves an operator's alone.
    check("smtp-healthy smtp-down*3 window smtp-healthy*90", ">suspect >continuity");
    check("start window smtp-healthy*9 hour tick", ">continuity");
    // A shorter one within does not end it earlier.
    check("smtp-healthy window-2 window smtp-healthy*9 hour tick", ">continuity");
    // A longer one goes on with a shorter one's event.
    check("smtp-healthy window window-2 smtp-healthy*9 hour smtp-healthy hour done", ">continuity >recovering >normal");
}

#[test]
fn a_restart_keeps_the_planned_end() {
    check("smtp-healthy window restart smtp-healthy*9 hour tick", ">continuity >recovering");
    check("smtp-healthy window clock-1970 restart smtp-healthy*9 hour tick", ">continuity >recovering");
    check("smtp-healthy window clock-2099 restart smtp-healthy*9", ">continuity");
    let mut bench = Bench::new(false);
    bench.run("window-2 restart");
    assert!(bench.machine.outlook().contains("Planned maintenance until"), "{}", bench.machine.outlook());
    bench.run("window-2 end force");
    assert_eq!(bench.machine.saved().planned, None);
}

#[test]
fn begun_windows_are_bounded() {
    let mut bench = Bench::new(false);
    for id in 0..2 * WINDOWS_BEGUN_MAX as u64 {
        bench.machine.handle(Input::Window { id, reason: String::new(), left: Duration::from_secs(60) }, start_of_test());
    }
    assert_eq!(bench.machine.saved().windows_begun.len(), WINDOWS_BEGUN_MAX);
}
