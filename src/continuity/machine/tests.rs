//! Every state against every input, as scripts of words.
//!
//! A word is one input; time goes on by 5 s (the default interval) after each. What the machine answers is written as words too:
//! `>suspect` is a change, `probe!` a request, `+isolated` and `-isolated` an alarm that comes and goes.

use std::time::Duration;

use super::*;
use crate::clock::Wall;
use crate::continuity::{Class, Members};
use crate::limits;

pub(super) fn policy(health_pages: bool) -> Policy {
    Policy {
        fall: 3,
        rise: 6,
        health_pages,
        hold_down_first: limits::HOLD_DOWN_FIRST,
        hold_down_max: limits::HOLD_DOWN_MAX,
        flap_window: limits::FLAP_WINDOW,
    }
}

pub(super) fn start_of_test() -> Now {
    Now { mono: Mono(1_000), wall: Wall(1_772_529_302_000) }
}

pub(super) struct Bench {
    pub machine: Machine,
    now: Now,
    changes: Vec<Transition>,
}

impl Bench {
    pub fn new(health_pages: bool) -> Bench {
        let now = start_of_test();
        Bench { machine: Machine::new(policy(health_pages), true, now), now, changes: vec![] }
    }

    pub fn run(&mut self, script: &str) -> String {
        let mut said = vec![];
        for word in script.split_whitespace() {
            let (word, count) = match word.split_once('*') {
                Some((word, count)) => (word, count.parse().unwrap()),
                None => (word, 1),
            };
            for _ in 0..count {
                said.extend(self.step(word));
            }
        }
        said.join(" ")
    }

    fn step(&mut self, word: &str) -> Vec<String> {
        let by = || "ann".to_owned();
        let input = match word {
            "tick" => Input::Tick,
            "client" => Input::ForeignClient,
            "start" => Input::Start { by: by(), reason: "update tonight".to_owned() },
            "end" => Input::End { by: by(), force: false },
            "force" => Input::End { by: by(), force: true },
            "on" => Input::Automatic { by: by(), on: true },
            "off" => Input::Automatic { by: by(), on: false },
            "done" => Input::Gate(Gate::Done),
            "relapse" => Input::Gate(Gate::Relapse { refused: 2, tried: 4 }),
            "scope" | "drill" => {
                let kind = if word == "drill" { Kind::Drill } else { Kind::Outage };
                let members = Members { groups: vec!["sales".to_owned()], ..Members::default() };
                Input::StartScope(NewScope { kind, members, length: Some(Duration::from_secs(3600)), by: by(), reason: String::new() })
            }
            "planned" => Input::StartPlanned { by: by(), reason: String::new(), length: Duration::from_secs(3600) },
            "window" => Input::Window { id: 1, reason: "planned maintenance: updates".to_owned(), left: Duration::from_secs(3600) },
            "window-2" => Input::Window { id: 2, reason: String::new(), left: Duration::from_secs(7200) },
            "end-scope" => Input::EndScope { by: by(), id: self.oldest_scope(), force: false },
            "force-scope" => Input::EndScope { by: by(), id: self.oldest_scope(), force: true },
            "done-scope" => Input::ScopeHandedOver { id: self.oldest_scope() },
            "hour" => {
                self.pass(3600);
                Input::Tick
            }
            "restart" => {
                let json = serde_json::to_string(self.machine.saved()).unwrap();
                self.now.mono = Mono(0);
                let policy = self.machine.policy.clone();
                self.machine = Machine::restore(policy, serde_json::from_str(&json).unwrap(), self.now);
                return vec![];
            }
            "clock-1970" => {
                self.now.wall = Wall(5_000);
                return vec![];
            }
            "clock-2099" => {
                self.now.wall = Wall(4_070_908_800_000);
                return vec![];
            }
            other => Input::Observed(self.evidence(other)),
        };
        let actions = self.machine.handle(input, self.now);
        self.pass(5);
        actions.into_iter().map(|action| self.word(action)).collect()
    }

    fn oldest_scope(&self) -> EventId {
        self.machine.saved().scopes.first().map_or(EventId("none".to_owned()), |event| event.id.clone())
    }

    fn pass(&mut self, seconds: u64) {
        self.now.mono = self.now.mono.plus(Duration::from_secs(seconds));
        self.now.wall = self.now.wall.plus(Duration::from_secs(seconds));
    }

    fn evidence(&self, word: &str) -> Evidence {
        let (probe, class) = word.split_once('-').unwrap_or_else(|| panic!("what is {word}?"));
        let probe = match probe {
            "smtp" => Probe::Smtp,
            "pages" => Probe::HealthPages,
            "relay" => Probe::Relay,
            "witness" => Probe::Witnesses,
            _ => panic!("what is {word}?"),
        };
        let (class, answered) = match class {
            "reset" => (Class::Down, true),
            other => (serde_json::from_value(serde_json::Value::from(other)).unwrap(), false),
        };
        Evidence { answered, ..Evidence::new(self.now.wall, probe, class, "192.0.2.10:25 said nothing for 4 s") }
    }

    fn word(&mut self, action: Action) -> String {
        let name = |alarm: Alarm| serde_json::to_value(alarm).unwrap().as_str().unwrap().to_owned();
        match action {
            Action::Changed(transition) => {
                let to = serde_json::to_value(transition.to).unwrap();
                self.changes.push(transition);
                format!(">{}", to.as_str().unwrap())
            }
            Action::ScopeChanged(change) => format!("{:?}>{:?}", change.event.kind, change.event.phase).to_lowercase(),
            Action::ProbeNow => "probe!".to_owned(),
            Action::Alarm(alarm) => format!("+{}", name(alarm)),
            Action::AlarmOver(alarm) => format!("-{}", name(alarm)),
        }
    }
}

pub(super) fn check(script: &str, expected: &str) {
    assert_eq!(Bench::new(false).run(script), expected, "{script}");
}

fn check_pages(script: &str, expected: &str) {
    assert_eq!(Bench::new(true).run(script), expected, "{script}");
}

#[test]
fn fall() {
    check("smtp-healthy smtp-down smtp-down", ">suspect");
    check("smtp-healthy smtp-down smtp-hanging smtp-refusing", ">suspect >continuity");
    check("smtp-down smtp-healthy smtp-down smtp-healthy", ">suspect >normal >suspect >normal");
    check("smtp-down smtp-down smtp-slow smtp-down smtp-down", ">suspect >normal >suspect");
    check("smtp-slow*20", "");
    check("smtp-isolated*9", "");
    check_pages("pages-unhealthy-page*3", ">suspect >continuity");
    check_pages("smtp-down pages-down smtp-down pages-down", ">suspect");
    check_pages("smtp-down pages-down smtp-healthy", ">suspect");
    check_pages("smtp-down pages-down smtp-healthy pages-healthy", ">suspect >normal");
    check("pages-down*9", "");
}

#[test]
fn a_fall_of_one_enters_at_once() {
    let mut bench = Bench::new(false);
    bench.machine.policy.fall = 1;
    assert_eq!(bench.run("smtp-down"), ">continuity");
    let zero = Machine::new(Policy { fall: 0, rise: 0, ..policy(false) }, true, start_of_test());
    assert_eq!((zero.policy.fall, zero.policy.rise), (1, 1));
    assert_eq!(zero.mode(), Mode::Normal);
}

#[test]
fn failing_relays_only_ask_for_a_look() {
    check("smtp-healthy relay-down", ">suspect probe!");
    check("relay-hanging*50", &format!(">suspect {}", ["probe!"; 50].join(" ")));
    check("relay-down smtp-healthy*2", ">suspect probe!");
    check("relay-down smtp-healthy*3", ">suspect probe! >normal");
    check("relay-down smtp-down*2 smtp-down", ">suspect probe! >continuity");
    check("relay-healthy relay-slow smtp-healthy", "");
}

#[test]
fn a_hundred_failing_relays_do_not_cause_a_hundred_probes() {
    let mut bench = Bench::new(false);
    let mut asked = 0;
    for _ in 0..100 {
        let evidence = bench.evidence("relay-down");
        asked += bench.machine.handle(Input::Observed(evidence), bench.now).iter().filter(|a| **a == Action::ProbeNow).count();
        bench.now.mono.0 += 30;
    }
    assert_eq!(asked, 3, "100 relays within 3 s");
}

#[test]
fn relays_do_not_make_an_outage_come_sooner() {
    check("smtp-down relay-down relay-down", ">suspect");
}

#[test]
fn the_way_back() {
    let outage = "smtp-down*3";
    check(&format!("{outage} smtp-healthy*5"), ">suspect >continuity");
    check(&format!("{outage} smtp-healthy*6"), ">suspect >continuity >recovering");
    check(&format!("{outage} smtp-slow*6 done"), ">suspect >continuity >recovering >normal");
    check(&format!("{outage} smtp-healthy*5 smtp-down smtp-healthy*5"), ">suspect >continuity");
    check(&format!("{outage} done relapse tick"), ">suspect >continuity");
    check_pages(&format!("{outage} smtp-healthy*20"), ">suspect >continuity");
    check_pages(&format!("{outage} smtp-healthy*6 pages-healthy*5"), ">suspect >continuity");
    check_pages(&format!("{outage} smtp-healthy*6 pages-healthy*6"), ">suspect >continuity >recovering");
}

#[test]
fn greens_from_before_the_outage_do_not_count_for_the_way_back() {
    check_pages("pages-healthy*20 smtp-down*3 smtp-healthy*6", ">suspect >continuity");
}

#[test]
fn recovering() {
    let back = "smtp-down*3 smtp-healthy*6";
    let seen = ">suspect >continuity >recovering";
    check(&format!("{back} smtp-down*2"), seen);
    check(&format!("{back} smtp-down*3"), &format!("{seen} >continuity"));
    check(&format!("{back} relapse"), &format!("{seen} >continuity"));
    check(&format!("{back} smtp-down done"), seen);
    check(&format!("{back} smtp-down done smtp-healthy done"), &format!("{seen} >normal"));
    check(&format!("{back} relay-down done"), &format!("{seen} probe! >normal"));
    check(&format!("{back} relay-down done tick smtp-healthy"), &format!("{seen} probe! >normal"));
    check(&format!("{back} end"), seen);
    check(&format!("{back} force"), seen);
    check(&format!("{back} start"), &format!("{seen} >continuity"));
    check(&format!("{back} done done"), &format!("{seen} >normal"));
}

#[test]
fn a_suspicion_does_not_begin_the_green_time_again() {
    let mut bench = Bench::new(false);
    let mut check = |script: &str, expected: Option<Wall>| {
        bench.run(script);
        assert_eq!(bench.machine.saved().green_since, expected, "{script}");
        bench.now.wall
    };
    let started = Some(start_of_test().wall);
    check("smtp-down smtp-healthy hour smtp-down restart", started);
    let fallen = check("smtp-down*3", None);
    let back = check("smtp-healthy*6", None);
    assert!(back > fallen);
    check("done", Some(back));
    check("relay-down smtp-healthy*3 smtp-down smtp-healthy restart smtp-down*2", Some(back));
    check("smtp-down", None);
}

#[test]
fn an_event_keeps_its_name_through_relapses() {
    let mut bench = Bench::new(false);
    bench.run("smtp-down*3 smtp-healthy*6 smtp-down*3 smtp-healthy*6 relapse hour smtp-healthy*6 done smtp-down*3");
    let events: Vec<_> = bench.changes.iter().filter_map(|change| change.event.clone()).map(|id| id.0).collect();
    let (last, before) = events.split_last().unwrap();
    assert_eq!(before.len(), 7, "{events:?}");
    assert!(before.iter().all(|id| *id == "2026-03-03T09-15-12"), "{events:?}");
    assert_ne!(last, &before[0]);
    assert_eq!(bench.machine.saved().event.as_ref().map(|id| &id.0), Some(last));
}

#[test]
fn the_closing_change_names_the_event() {
    let mut bench = Bench::new(false);
    bench.run("smtp-down*3 smtp-healthy*6 done");
    assert!(bench.changes[0].event.is_none());
    assert!(bench.changes.last().unwrap().event.is_some());
    let saved = bench.machine.saved();
    assert_eq!((&saved.event, saved.event_since, saved.mode), (&None, None, Mode::Normal));
}

#[test]
fn operator() {
    check("start", ">continuity");
    check("smtp-down start", ">suspect >continuity");
    check("start smtp-healthy*60 hour tick", ">continuity");
    check("start smtp-healthy*60 end done", ">continuity >recovering >normal");
    check("start end", ">continuity >recovering");
    check("end force smtp-healthy", "");
    check("smtp-down end force", ">suspect");
    // Ending while the primary is red.
    check("start smtp-down end", ">continuity");
    check("start smtp-down force", ">continuity >recovering");
    // An automatic event that the operator takes over, and one that is ended early.
    check("smtp-down*3 start smtp-healthy*60 end", ">suspect >continuity >recovering");
    check("smtp-down*3 smtp-healthy end", ">suspect >continuity >recovering");
    check("smtp-down*3 end", ">suspect >continuity");
}

#[test]
fn an_operators_event_that_relapses_after_its_end_is_the_boxs_own() {
    check("start end relapse smtp-healthy*6", ">continuity >recovering >continuity >recovering");
}

#[test]
fn a_forced_end_holds_automatic_until_green() {
    let forced = "smtp-down*3 force";
    let seen = ">suspect >continuity >recovering";
    check(&format!("{forced} smtp-down*2 done"), seen);
    check(&format!("{forced} smtp-down*9 relapse"), &format!("{seen} +automatic-off"));
    check(&format!("{forced} smtp-down*9 smtp-healthy smtp-down*2"), &format!("{seen} +automatic-off -automatic-off"));
    check(&format!("{forced} smtp-healthy smtp-down*3"), &format!("{seen} >continuity"));
    check(&format!("{forced} smtp-healthy done smtp-down*3"), &format!("{seen} >normal >suspect >continuity"));
    check(&format!("{forced} smtp-down*3 restart smtp-down*3"), &format!("{seen} +automatic-off +automatic-off"));
    check(&format!("{forced} smtp-down*3 start"), &format!("{seen} +automatic-off >continuity -automatic-off"));
    check(&format!("{forced} smtp-down*3 on"), &format!("{seen} +automatic-off >continuity -automatic-off"));
}

#[test]
fn a_new_start_lifts_the_hold_of_a_forced_end() {
    let mut bench = Bench::new(false);
    bench.run("smtp-down*3 force");
    assert!(bench.machine.saved().held_until_green);
    bench.run("start");
    assert!(!bench.machine.saved().held_until_green);
}

#[test]
fn a_forced_end_needs_every_probe_back() {
    check_pages("smtp-down*3 pages-down force smtp-healthy smtp-down*3 ", ">suspect >continuity >recovering +automatic-off");
    check_pages("smtp-down*3 pages-down force pages-healthy smtp-healthy smtp-down*3", ">suspect >continuity >recovering >continuity");
}

#[test]
fn automatic_off_changes_nothing_by_itself() {
    check("off smtp-down*9", ">suspect +automatic-off");
    check("off smtp-down*9 smtp-healthy", ">suspect +automatic-off >normal -automatic-off");
    check("off smtp-down*3 on", ">suspect +automatic-off >continuity -automatic-off");
    check("off smtp-down*3 start", ">suspect +automatic-off >continuity -automatic-off");
    // In an event: neither left, nor entered again; what an operator began goes on.
    check("smtp-down*3 off smtp-healthy*9", ">suspect >continuity +automatic-off");
    check("smtp-down*3 off smtp-healthy*9 on", ">suspect >continuity +automatic-off >recovering -automatic-off");
    check("smtp-down*3 off smtp-healthy*9 end done", ">suspect >continuity +automatic-off >recovering -automatic-off >normal");
    check("smtp-down*3 smtp-healthy*6 off smtp-down*3", ">suspect >continuity >recovering +automatic-off");
    check("smtp-down*3 smtp-healthy*6 off relapse", ">suspect >continuity >recovering >continuity");
    check("start off smtp-healthy*60", ">continuity");
}

#[test]
fn hold_down_grows_with_flapping() {
    let mut bench = Bench::new(false);
    bench.machine.policy.rise = 1;
    for expected in [15, 30, 60, 120, 240, 480, 900, 900] {
        bench.run("smtp-down*3");
        assert_eq!(bench.machine.mode(), Mode::Continuity);
        let held = bench.machine.held_down_until;
        // The change came with the third of the three observations, 5 s ago.
        assert_eq!(held.since(bench.now.mono).as_secs() + 5, expected);
        bench.run("smtp-healthy");
        assert_eq!(bench.machine.mode(), Mode::Continuity, "held down");
        bench.now.mono = held;
        assert_eq!(bench.run("tick done"), ">recovering >normal");
    }
    bench.run("hour smtp-down*3");
    assert_eq!(bench.machine.held_down_until.since(bench.now.mono).as_secs() + 5, 15, "an hour later it is forgotten");
}

#[test]
fn restart() {
    check("smtp-down restart smtp-down*2", ">suspect >suspect");
    check("smtp-down*3 restart tick smtp-healthy*5", ">suspect >continuity");
    check("smtp-down*3 restart smtp-healthy*6 done", ">suspect >continuity >recovering >normal");
    // Nothing is red before somebody has looked: that the queue is empty proves nothing then.
    check("smtp-down*3 smtp-healthy*6 restart done*3", ">suspect >continuity >recovering");
    check("smtp-down*3 smtp-healthy*6 restart smtp-healthy done", ">suspect >continuity >recovering >normal");
    check_pages("smtp-down*3 force restart pages-healthy done smtp-down done", ">suspect >continuity >recovering");
    check("smtp-down*3 smtp-healthy*6 restart smtp-down*3", ">suspect >continuity >recovering >continuity");
    check("start restart smtp-healthy*60 end", ">continuity >recovering");
    check("off restart smtp-down*3", ">suspect +automatic-off");
    check(
        "smtp-down*3 clock-1970 restart smtp-healthy*6 done smtp-down*3",
        ">suspect >continuity >recovering >normal >suspect >continuity",
    );
    check("smtp-down*3 clock-2099 restart smtp-healthy*6 done", ">suspect >continuity >recovering >normal");
}

#[test]
fn a_restart_keeps_the_hold_down() {
    let mut bench = Bench::new(false);
    for _ in 0..4 {
        bench.run("smtp-down*3 hour");
        bench.now.mono = bench.now.mono.plus(limits::HOLD_DOWN_MAX);
        bench.now.wall = Wall(bench.now.wall.0 - 3_600_000);
    }
    bench.machine.saved.recent_failovers = vec![bench.now.wall; 3];
    bench.machine.saved.since = bench.now.wall;
    bench.run("restart");
    assert_eq!(bench.machine.held_down_until.since(bench.now.mono).as_secs(), 60);
    bench.now.wall = bench.now.wall.plus(Duration::from_secs(20));
    bench.run("restart");
    assert_eq!(bench.machine.held_down_until.since(bench.now.mono).as_secs(), 40, "20 s have passed while the box was off");
}

#[test]
fn a_restart_forgets_no_flapping() {
    let mut bench = Bench::new(false);
    bench.run("smtp-down*3 smtp-healthy*6 done restart smtp-down*3");
    // The change came with the third observation, 5 s ago; it is the second failover within the hour.
    assert_eq!(bench.machine.held_down_until.since(bench.now.mono).as_secs() + 5, 30);
}

#[test]
fn wall_clock_jumps_decide_nothing() {
    let expected = ">suspect >continuity >recovering >continuity >recovering >normal >suspect >continuity";
    let steps = ["smtp-down*2", "smtp-down", "smtp-healthy*6", "smtp-down*3", "smtp-healthy*6", "done", "smtp-down*3"];
    for jump in ["clock-1970", "clock-2099", "tick"] {
        let script: Vec<String> = steps.iter().map(|step| format!("{jump} {step}")).collect();
        check(&script.join(" "), expected);
    }
}

#[test]
fn reasons_are_plain_words() {
    let mut bench = Bench::new(true);
    bench.run("smtp-hanging*3 smtp-healthy*6 pages-healthy*6 relapse start end smtp-healthy done pages-down*3");
    let reasons: Vec<_> = bench.changes.iter().map(|change| (change.by.as_str(), change.reason.as_str())).collect();
    let expected = [
        ("monitor", "A probe of the primary failed: 192.0.2.10:25 said nothing for 4 s."),
        ("monitor", "The primary did not answer 3 probes in a row: 192.0.2.10:25 said nothing for 4 s."),
        ("monitor", "The primary passed 6 probes in a row. The mail that was taken for it is handed over now."),
        ("monitor", "The primary answers, but refused 2 of the first 4 messages. It is not fully restored yet."),
        ("ann", "Ended by ann. The mail that was taken is handed over to the primary now."),
        ("monitor", "Everything that can be handed over is handed over. Mail works normally again."),
        ("monitor", "The primary's health pages failed: 192.0.2.10:25 said nothing for 4 s."),
        ("monitor", "The primary's health pages failed 3 probes in a row: 192.0.2.10:25 said nothing for 4 s."),
    ];
    assert_eq!(reasons, expected);
    let mut bench = Bench::new(false);
    bench.run("start");
    assert_eq!(bench.changes[0].reason, "Started by ann: update tonight.");
}

#[test]
fn evidence_is_the_newest_first_and_bounded() {
    let mut bench = Bench::new(true);
    bench.run("relay-down*99 witness-healthy*99 pages-healthy*99 smtp-healthy*99 smtp-hanging*3");
    let change = bench.changes.last().unwrap();
    assert_eq!(change.to, Mode::Continuity);
    assert_eq!(change.evidence.len(), EVIDENCE_MAX);
    assert!(change.evidence[..3].iter().all(|e| e.class == Class::Hanging));
    let suspect = &bench.changes[bench.changes.len() - 2];
    assert_eq!((suspect.to, suspect.evidence.len()), (Mode::Suspect, EVIDENCE_OF_SUSPICION_MAX));
}

#[test]
fn what_people_type_is_bounded() {
    let mut bench = Bench::new(false);
    let long = "x\r\n".repeat(9999);
    let actions = bench.machine.handle(Input::Start { by: long.clone(), reason: long }, bench.now);
    let [Action::Changed(change)] = &actions[..] else { panic!("{actions:?}") };
    assert!(change.by.len() <= OPERATOR_NAME_MAX_OCTETS && change.reason.len() < 500 && !change.reason.contains('\n'));
}

#[test]
fn may_end_says_why_not() {
    let may = |script: &str, force| {
        let mut bench = Bench::new(false);
        bench.run(script);
        bench.machine.may_end(force)
    };
    assert_eq!(may("tick", false), Err(EndError::NoEvent));
    assert_eq!(may("smtp-down", true), Err(EndError::NoEvent));
    assert_eq!(may("smtp-down*3", false), Err(EndError::PrimaryDown));
    assert_eq!(may("smtp-down*3", true), Ok(()));
    assert_eq!(may("smtp-down*3 smtp-healthy", false), Ok(()));
    assert_eq!(may("start", false), Ok(()));
    assert_eq!(may("start end", true), Err(EndError::NoEvent));
}

fn check_outlook(script: &str, expected: &str) {
    let mut bench = Bench::new(false);
    bench.run(script);
    let outlook = bench.machine.outlook();
    assert!(outlook.contains(expected), "{script}: {outlook:?} lacks {expected:?}");
}

#[test]
fn the_outlook_says_what_happens_next() {
    check_outlook("tick", "The primary has not been looked at yet.");
    check_outlook("smtp-healthy", "All is well. After 3 failed probes in a row the box takes over.");
    check_outlook("off smtp-healthy", "nothing happens by itself, because automatic is off");
    check_outlook("smtp-misconfigured", "a setting needs attention");
    check_outlook("smtp-down*2", "2 of 3 failed probes in a row; at 3 the box takes over.");
    check_outlook("relay-down", "A delivery to the primary failed");
    check_outlook("off smtp-down*3", "`lifeboat event start`");
    check_outlook("smtp-down*3", "The primary is still down. The hand-over begins by itself when it is back.");
    check_outlook("smtp-down*3 off", "Automatic is off: when it is back, end this with `lifeboat event end`.");
    check_outlook("smtp-down*3 smtp-healthy*4", "4 of 6 good probes in a row; at 6 the hand-over begins.");
    check_outlook("smtp-down*3 off smtp-healthy*9", "automatic is off: begin the hand-over");
    check_outlook("smtp-healthy smtp-down*3 smtp-misconfigured", "a probe meets a wrong setting");
    check_outlook("start smtp-healthy", "it ends with `lifeboat event end`");
    check_outlook("smtp-down*3 smtp-healthy*6", "is being handed over");
    check_outlook("smtp-down*3 smtp-healthy*6 smtp-down", "(1 of 3 probes); at 3 the box takes over again");
    check_outlook("smtp-down*3 smtp-healthy*6 off smtp-down", "take over again with `lifeboat event start`");
    check_outlook("smtp-down*3 force", "waits safely until it does");
    check_outlook("witness-healthy witness-isolated smtp-down", "This box seems to be cut off");
}

/// The longest time from the primary's death until continuity, in ms, over every phase of the probes, with the defaults:
/// interval 5 s from start to start, timeout 4 s, fall 3.
fn worst_detection(answer_after_ms: u64, class: Class) -> u64 {
    let (interval, fall_back) = (5_000, 60_000);
    let mut worst = 0;
    for dies_at in (0..interval).step_by(50) {
        let mut machine = Machine::new(policy(false), true, start_of_test());
        // A probe that began before the death was answered; each later one is red after `answer_after_ms`.
        let entered = (0..).map(|n| n * interval).take_while(|began| *began < fall_back).find_map(|began| {
            let dead = began >= dies_at;
            let at = if dead { began + answer_after_ms } else { began };
            let now = Now { mono: Mono(at), wall: Wall(at) };
            let seen = Evidence::new(now.wall, Probe::Smtp, if dead { class } else { Class::Healthy }, "");
            machine.handle(Input::Observed(seen), now);
            (machine.mode() == Mode::Continuity).then_some(at)
        });
        worst = worst.max(entered.expect("a dead primary is always noticed") - dies_at);
    }
    worst
}

#[test]
fn a_dead_or_hanging_primary_is_entered_before_20_s() {
    let refusing = worst_detection(0, Class::Down);
    let hanging = worst_detection(4_000, Class::Hanging);
    assert!(refusing < 20_000 && hanging < 20_000, "{refusing} ms, {hanging} ms");
    assert!(refusing > 10_000 && hanging > 14_000, "{refusing} ms, {hanging} ms: the test measures nothing");
}

#[test]
fn maintenance_at_the_primary_is_an_outage_and_a_wrong_setting_is_none() {
    check("smtp-healthy smtp-draining*3", ">suspect >continuity");
    check("smtp-healthy smtp-certificate*9 smtp-healthy", "+certificate -certificate");
    check("smtp-healthy smtp-login*9 smtp-healthy", "+login -login");
    // Each says what it is, also one after the other, and beside another probe's.
    check("smtp-certificate smtp-login smtp-misconfigured", "+certificate +login -certificate +misconfigured -login");
    check_pages("smtp-healthy pages-certificate smtp-login smtp-healthy pages-healthy", "+certificate +login -login -certificate");
    // What was known to pass does not lead out of an outage with a wrong setting; what never passed does.
    check("smtp-healthy smtp-down*3 smtp-certificate*9", ">suspect >continuity +certificate");
    check("smtp-certificate smtp-down*3 smtp-certificate*9", "+certificate >suspect >continuity >recovering");
}
