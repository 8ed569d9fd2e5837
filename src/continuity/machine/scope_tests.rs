//! Events of some people: outages and drills.

use std::time::Duration;

use super::tests::{Bench, check};
use super::*;
use crate::continuity::Members;
use crate::limits;

#[test]
fn events_of_some_lie_beneath_the_mode() {
    check("scope smtp-healthy end-scope done-scope", "outage>open outage>handingover outage>over");
    check("drill end-scope end-scope", "drill>open drill>over");
    check("scope done-scope end-scope end-scope", "outage>open outage>handingover");
    // A red primary keeps an outage of some from its end, unless somebody insists; a drill may end.
    check("smtp-down scope end-scope force-scope", ">suspect outage>open outage>handingover");
    check("smtp-down drill end-scope", ">suspect drill>open drill>over");
    check("scope force-scope smtp-down done-scope", "outage>open outage>handingover >suspect");
    // Everybody's event comes and goes above it.
    let above = "scope smtp-down*3 end-scope smtp-healthy*8 done done-scope end-scope done-scope";
    check(above, "outage>open >suspect >continuity >recovering >normal outage>handingover outage>over");
}

#[test]
fn planned_ends_come_by_themselves() {
    check("scope tick hour tick", "outage>open outage>handingover");
    check("drill hour", "drill>open drill>over");
    check("scope smtp-down hour tick smtp-healthy", "outage>open >suspect >normal outage>handingover");
    // Across a restart the wall clock says what is left, where it can be right.
    check("scope restart tick hour", "outage>open outage>handingover");
    check("drill hour restart tick", "drill>open drill>over");
    check("drill clock-1970 restart tick hour", "drill>open drill>over");
    check("drill clock-2099 restart tick hour", "drill>open drill>over");
}

#[test]
fn events_of_some_are_named_apart_and_bounded() {
    let mut bench = Bench::new(false);
    bench.run("drill scope restart scope*20");
    assert_eq!(bench.machine.saved().scopes.iter().filter(|event| event.kind == Kind::Drill).count(), 1);
    let mut names: Vec<String> = bench.machine.saved().scopes.iter().map(|event| event.id.0.clone()).collect();
    assert_eq!(names.len(), limits::SCOPES_MAX);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), limits::SCOPES_MAX);
    let new = |count: usize, length| NewScope {
        kind: Kind::Outage,
        members: Members { groups: vec!["sales".to_owned(); count], ..Members::default() },
        length,
        by: String::new(),
        reason: String::new(),
    };
    let fresh = Bench::new(false).machine;
    assert_eq!(fresh.may_start_scope(&new(0, None)), Err(ScopeError::NobodyNamed));
    assert_eq!(fresh.may_start_scope(&new(limits::SCOPE_MEMBERS_MAX + 1, None)), Err(ScopeError::TooManyNamed));
    assert_eq!(fresh.may_start_scope(&new(1, Some(Duration::ZERO))), Err(ScopeError::Length));
    assert_eq!(bench.machine.may_start_scope(&new(1, None)), Err(ScopeError::TooManyOpen));
}

#[test]
fn nobody_practises_while_it_is_real() {
    check("drill smtp-down*3", "drill>open >suspect >continuity drill>over");
    check("drill start", "drill>open >continuity drill>over");
    check("start drill", ">continuity");
    check("smtp-down drill smtp-healthy end-scope drill", ">suspect drill>open >normal drill>over drill>open");
    check("drill drill end-scope", "drill>open drill>over");
    // Crashed between the change of mode and the end of the drill.
    check("drill restart start restart tick", "drill>open >continuity drill>over");
}
