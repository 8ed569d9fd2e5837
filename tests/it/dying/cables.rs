//! Whose cable was pulled: a box that is cut off itself never takes over, says so, and is as before when it is plugged in again; and it does
//! take over when it is the primary that was cut off.

use std::time::{Duration, Instant};

use lifeboat::control::Verb;
use serde_json::Value;

use super::stage::{ANN, PEOPLE};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail::{self, Ledger};
use crate::harness::netns::{NET, Network};
use crate::harness::postfix::Postfix;
use crate::harness::{folder, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(180);
/// The box is cut off for so long: three falls with the default settings, and longer than a client that came before is remembered.
const CUT_OFF: Duration = Duration::from_secs(75);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is pulled, and put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The box's cable, at the switch.
    BoxCable,
    /// The box's own interface. No witness is named: it is the default gateway.
    BoxInterface,
    /// The primary's cable: the witnesses are there.
    PrimaryCable,
    /// The switch's way to the witnesses alone.
    WitnessCable,
}

impl Cut {
    fn pull(self, network: &Network) {
        match self {
            Cut::BoxCable => network.unplug("box"),
            Cut::BoxInterface => network.switch_off("box"),
            Cut::PrimaryCable => network.unplug("primary"),
            Cut::WitnessCable => network.unplug("witness"),
        }
    }

    fn put_back(self, network: &Network) {
        match self {
            Cut::BoxCable => network.plug_in("box"),
            Cut::BoxInterface => {
                network.switch_on("box");
                // The kernel forgets it with the interface; an office's own network service sets it again.
                network.route("box", "witness");
            }
            Cut::PrimaryCable => network.plug_in("primary"),
            Cut::WitnessCable => network.plug_in("witness"),
        }
    }
}

/// Box, primary, witness and a client outside, each at the end of its own cable.
struct Office {
    network: Network,
    postfix: Postfix,
    lifeboat: Lifeboat,
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

impl Office {
    /// None where there can be no networks.
    fn open(cut: Cut) -> Option<Office> {
        let network = Network::new(&["box", "primary", "witness", "client"])?;
        let folder = folder();
        let people = PEOPLE.map(str::to_owned);
        let postfix = network.at("primary", || Postfix::start(folder.path(), network.address("primary"), &people));
        // Nobody listens there: that it refuses shows that it is there.
        let monitor = match cut {
            Cut::BoxInterface => {
                network.route("box", "witness");
                String::new()
            }
            _ => format!("witnesses = [\"{}:53\"]\n", network.address("witness")),
        };
        let setup = Setup {
            patient: true,
            ip: network.address("box"),
            monitor,
            web: format!("networks = [\"{NET}\"]\n"),
            ..Setup::new(postfix.smtp)
        };
        let lifeboat = network.at("box", || Lifeboat::start(folder.path(), &setup));
        Some(Office { network, postfix, lifeboat, ledger: Ledger::default(), _folder: folder })
    }

    fn send(&mut self, subject: &str) {
        let message = mail::message(ANN, subject, "text");
        let reply = self.network.at("client", || sender::deliver(self.lifeboat.smtp, "out@outside.example", &[ANN], &message)).unwrap();
        assert!(reply.starts_with("250"), "{subject}: {reply}");
        self.ledger.note(ANN, &message);
    }

    /// The control socket is a file: it knows no network.
    fn status(&self) -> Value {
        self.lifeboat.ask(&Verb::Status).expect("the box answers")
    }

    fn class(&self, probe: &str) -> String {
        let status = self.status();
        let probes = status["probes"].as_array().unwrap().iter().filter(|seen| seen["probe"] == probe);
        probes.filter_map(|seen| seen["class"].as_str()).collect()
    }

    fn has_alarm(&self, name: &str) -> bool {
        self.status()["alarms"].as_array().unwrap().iter().any(|alarm| alarm["name"] == name)
    }

    fn is_well(&self) -> bool {
        let mode = self.status()["mode"] == "normal";
        mode && self.class("smtp") == "healthy" && self.class("witnesses") == "healthy" && !self.has_alarm("isolated")
    }
}

/// False where it cannot be played.
fn check(cut: Cut) -> bool {
    let Some(mut office) = Office::open(cut) else { return false };
    wait_for("all is well", LIMIT, || office.is_well().then_some(()));
    office.send("before");
    cut.pull(&office.network);
    match cut {
        Cut::PrimaryCable => {
            wait_for("the box takes over", LIMIT, || (office.status()["mode"] == "continuity").then_some(()));
            assert!(!office.has_alarm("isolated"), "{}", office.status());
            office.send("during");
        }
        Cut::WitnessCable => {
            wait_for("the witness is missed", LIMIT, || (office.class("witnesses") == "isolated").then_some(()));
            no_event_for(&office, CUT_OFF, false);
            office.send("during");
        }
        Cut::BoxCable | Cut::BoxInterface => {
            no_event_for(&office, CUT_OFF, true);
            assert_eq!(office.class("witnesses"), "isolated", "{}", office.status());
            let outlook = office.status()["outlook"].to_string();
            assert!(outlook.contains("cut off"), "{outlook}");
        }
    }
    cut.put_back(&office.network);
    wait_for("all is well again", LIMIT, || office.is_well().then_some(()));
    office.send("after");
    wait_for("the queue is empty", LIMIT, || (office.lifeboat.queued() == 0).then_some(()));
    office.postfix.wait_idle();
    assert_eq!(office.ledger.compare(&office.postfix.mailboxes()), (vec![], vec![]), "(missing, twice)");
    let events: Value = serde_json::from_str(&office.lifeboat.command(&["event", "list", "--json"])).unwrap();
    let expected = usize::from(cut == Cut::PrimaryCable);
    assert_eq!((events["closed"].as_array().unwrap().len(), &events["open"]), (expected, &Value::Null), "{events}");
    true
}

/// Looks all the time; `cut_off`: the box has to say so in the end.
fn no_event_for(office: &Office, time: Duration, cut_off: bool) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        let status = office.status();
        let mode = status["mode"].as_str().unwrap_or_default();
        assert!(matches!(mode, "normal" | "suspect"), "{status}");
        assert!(cut_off || !office.has_alarm("isolated"), "{status}");
        std::thread::sleep(LOOK_EVERY);
    }
    assert_eq!(office.has_alarm("isolated"), cut_off, "{}", office.status());
}

fn check_or_skip(cut: Cut) {
    if !check(cut) {
        eprintln!("SKIPPED: {cut:?} (no network namespaces here)");
    }
}

#[test]
fn a_box_whose_own_cable_was_pulled_begins_no_event_and_says_isolated() {
    check_or_skip(Cut::BoxCable);
}

#[test]
fn a_box_whose_own_interface_is_off_begins_no_event_and_says_isolated() {
    check_or_skip(Cut::BoxInterface);
}

#[test]
fn a_primary_whose_cable_was_pulled_is_an_outage() {
    check_or_skip(Cut::PrimaryCable);
}

#[test]
fn witnesses_alone_decide_nothing() {
    check_or_skip(Cut::WitnessCable);
}
