//! What is wrong without being an outage: settings, and our own network. Scripts as in `tests`.

use super::tests::check;

#[test]
fn misconfigured_is_an_alarm_and_no_outage() {
    check("smtp-healthy smtp-misconfigured*9 smtp-healthy", "+misconfigured -misconfigured");
    check("smtp-misconfigured relay-misconfigured smtp-healthy relay-healthy", "+misconfigured -misconfigured");
    check("smtp-healthy smtp-down smtp-misconfigured smtp-down*2", ">suspect +misconfigured >continuity");
    check("smtp-healthy smtp-down smtp-misconfigured*9 smtp-slow", ">suspect +misconfigured >normal -misconfigured");
}

#[test]
fn a_canary_that_never_passed_does_not_hold_the_box_in_an_outage() {
    check("smtp-misconfigured smtp-down*3 smtp-misconfigured*6 done", "+misconfigured >suspect >continuity >recovering >normal");
    check("smtp-healthy smtp-down*3 smtp-misconfigured*60", ">suspect >continuity +misconfigured");
}

#[test]
fn a_canary_that_was_deleted_while_all_was_well_does_not_either() {
    let deleted = "smtp-healthy smtp-misconfigured*3";
    check(&format!("{deleted} smtp-down*3 smtp-misconfigured*6 done"), "+misconfigured >suspect >continuity >recovering >normal");
    check(&format!("{deleted} smtp-down smtp-misconfigured"), "+misconfigured >suspect >normal");
    // It was put right: what says so again after an outage is half restored.
    let right = format!("{deleted} smtp-healthy smtp-down*3 smtp-misconfigured*60");
    check(&right, "+misconfigured -misconfigured >suspect >continuity +misconfigured");
    check("smtp-healthy smtp-misconfigured smtp-down*3 smtp-misconfigured*60", "+misconfigured >suspect >continuity");
    // Nor is it learnt in an event, nor in an outage that nobody takes over.
    check(
        "smtp-healthy smtp-down*3 smtp-misconfigured*60 end relapse smtp-misconfigured*60",
        ">suspect >continuity +misconfigured >recovering >continuity",
    );
    check("off smtp-healthy smtp-down*3 smtp-misconfigured*60", ">suspect +automatic-off +misconfigured -automatic-off");
}

#[test]
fn isolated() {
    let well = "witness-healthy smtp-healthy";
    check(&format!("{well} smtp-down witness-isolated smtp-down*9"), ">suspect +isolated");
    check(&format!("{well} witness-isolated smtp-down*9"), "+isolated");
    check(&format!("{well} witness-isolated smtp-down*9 smtp-healthy"), "+isolated -isolated");
    check(&format!("{well} smtp-down witness-isolated smtp-down*9 witness-healthy smtp-healthy"), ">suspect +isolated -isolated >normal");
    // Back on the network while the primary is down: a fresh row.
    check(&format!("{well} witness-isolated smtp-down*9 witness-healthy smtp-down*2"), "+isolated -isolated >suspect");
    check(&format!("{well} witness-isolated smtp-down*9 witness-healthy smtp-down*3"), "+isolated -isolated >suspect >continuity");
    // The primary, or somebody else, shows that the network is there.
    check(&format!("{well} witness-isolated smtp-reset*3"), ">suspect >continuity");
    check(&format!("{well} witness-isolated smtp-refusing*3"), ">suspect >continuity");
    check(&format!("{well} witness-isolated smtp-down client smtp-down*3"), "+isolated -isolated >suspect >continuity");
    // In an event nothing changes either.
    check(&format!("{well} smtp-down*3 smtp-healthy*6 witness-isolated smtp-down*9"), ">suspect >continuity >recovering +isolated");
    // Witnesses that never answered say nothing.
    check("witness-isolated smtp-down*3", "+witness-unknown >suspect >continuity");
    check("witness-isolated witness-healthy", "+witness-unknown -witness-unknown");
    // Nor do those that were silent while the primary was well.
    let mute = "witness-healthy smtp-healthy witness-isolated*3 smtp-healthy";
    check(&format!("{mute} smtp-down*3"), "+witness-unknown >suspect >continuity");
    check(
        &format!("{mute} witness-healthy smtp-down witness-isolated smtp-down*9"),
        "+witness-unknown -witness-unknown >suspect +isolated",
    );
}

#[test]
fn an_unplugged_busy_box_starts_no_event() {
    // Clients came until the cable was pulled; that they were there before proves nothing about now.
    check("witness-healthy smtp-healthy client client smtp-down witness-isolated smtp-down*30", ">suspect +isolated");
}
