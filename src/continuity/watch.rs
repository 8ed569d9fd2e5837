//! Counts: how often each probe was red or green in a row, and which of the reds count.

use std::collections::BTreeMap;

use super::{Class, Evidence, Probe};
use crate::clock::Mono;
use crate::limits::{CANARY_FALL, FOREIGN_CLIENT_RECENT};

/// What is known of one probe.
#[derive(Clone, Debug, Default)]
struct Tally {
    newest: Option<Evidence>,
    seen_at: Mono,
    /// Observations of the newest colour in a row, for showing.
    streak: u32,
    /// Reds in a row that count; reds of an isolated box do not.
    reds: u32,
    greens: u32,
    /// When the newest row of reds began, counted or not.
    red_since: Option<Mono>,
    /// Was healthy since the start of the process, and has not been found to be wrong since while the primary was well: what is wrong then
    /// says nothing about an outage.
    passed: bool,
}

/// All probes together.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    tallies: BTreeMap<Probe, Tally>,
    /// The probes whose reds and greens decide.
    deciding: Vec<Probe>,
    /// The settings that probes found to be wrong, until they are green.
    settings: BTreeMap<Probe, Class>,
    /// A real relay failed; so many SMTP probes have not been red since.
    relay_doubt: Option<u32>,
    foreign_client: Option<Mono>,
}

impl Watch {
    pub fn new(health_pages: bool) -> Watch {
        let deciding = if health_pages { vec![Probe::Smtp, Probe::HealthPages] } else { vec![Probe::Smtp] };
        Watch { tallies: BTreeMap::new(), deciding, settings: BTreeMap::new(), relay_doubt: None, foreign_client: None }
    }

    /// The canary message decides, too.
    pub fn watch_canary(&mut self) {
        self.deciding.push(Probe::Canary);
    }

    /// Notes one observation. `fall` ends the doubt that a failed relay left.
    pub fn note(&mut self, evidence: Evidence, fall: u32, now: Mono) {
        let (probe, class) = (evidence.probe, evidence.class);
        match class {
            class if class.is_setting() => _ = self.settings.insert(probe, class),
            Class::Healthy | Class::Slow => _ = self.settings.remove(&probe),
            _ => {}
        }
        self.tallies.entry(probe).or_default().show(evidence, now);
        if probe == Probe::Relay && class.is_red() {
            self.relay_doubt = Some(0);
        }
        if probe == Probe::Smtp && !class.is_red() {
            self.relay_doubt = self.relay_doubt.map(|calm| calm + 1).filter(|calm| *calm < fall);
        }
        if self.frequent().any(|(frequent, _)| frequent == probe) && class.is_green() {
            self.doubt_witnesses(fall);
        }
        if self.isolated(now) {
            self.forget_reds();
        } else if self.deciding.contains(&probe) {
            self.tallies.entry(probe).or_default().count(class);
        }
    }

    /// The box is in no event: a setting that is wrong so often in a row was not made wrong by an outage, and is ignored until it is right again.
    pub fn learn_settings(&mut self, fall: u32) {
        if self.most_reds() >= fall {
            return;
        }
        for tally in self.tallies.values_mut().filter(|tally| tally.streak >= fall) {
            tally.passed &= !tally.newest.as_ref().is_some_and(|newest| newest.class.is_setting());
        }
    }

    // Witnesses that have been silent for a while when the primary answers do not show whether the network is there. One look is too few: an answer
    // is heard some seconds before it is noted.
    fn doubt_witnesses(&mut self, fall: u32) {
        if self.witnesses_silent()
            && let Some(tally) = self.tallies.get_mut(&Probe::Witnesses)
        {
            tally.passed &= tally.streak < fall.max(2);
        }
    }

    pub fn foreign_client(&mut self, now: Mono) {
        self.foreign_client = Some(now);
    }

    /// The probe that has been red often enough, and how often.
    pub fn fallen(&self, fall: u32) -> Option<(Probe, u32)> {
        let fall_of = |probe| if probe == Probe::Canary { CANARY_FALL.min(fall) } else { fall };
        let mut deciding = self.deciding().filter(|(probe, tally)| tally.is_red() && tally.reds >= fall_of(*probe));
        deciding.next().map(|(probe, tally)| (probe, tally.reds))
    }

    /// Whether every configured probe has been green often enough. The canary comes seldom: one is enough.
    pub fn risen(&self, rise: u32) -> bool {
        self.fewest_greens() >= rise && !self.is_canary_red()
    }

    /// The newest canary message has not come back.
    pub fn is_canary_red(&self) -> bool {
        self.deciding.contains(&Probe::Canary) && self.tallies.get(&Probe::Canary).is_some_and(Tally::is_red)
    }

    /// Greens in a row of the probe that has the fewest, the canary aside.
    pub fn fewest_greens(&self) -> u32 {
        self.deciding
            .iter()
            .filter(|probe| **probe != Probe::Canary)
            .map(|probe| self.tallies.get(probe).map_or(0, |tally| tally.greens))
            .min()
            .unwrap_or(0)
    }

    /// Counted reds in a row of the probe that has the most, the canary aside.
    pub fn most_reds(&self) -> u32 {
        self.frequent().map(|(_, tally)| tally.reds).max().unwrap_or(0)
    }

    /// Whether a probe looks at the primary as red at this moment, counted or not.
    pub fn is_red(&self) -> bool {
        self.deciding().any(|(_, tally)| tally.is_red())
    }

    /// Whether a probe has looked since the start of the process.
    pub fn has_looked(&self) -> bool {
        self.deciding().next().is_some()
    }

    /// Whether every probe that decides has looked since the start of the process (the canary takes minutes: it is not waited for), and none
    /// is red at this moment.
    pub fn is_seen_up(&self) -> bool {
        let has_looked = |probe: &Probe| *probe == Probe::Canary || self.tallies.contains_key(probe);
        self.deciding.iter().all(has_looked) && !self.is_red()
    }

    /// Something counts against the primary.
    pub fn is_doubtful(&self) -> bool {
        let canary = self.tallies.get(&Probe::Canary).is_some_and(|tally| tally.reds > 0);
        self.relay_doubt.is_some() || self.most_reds() > 0 || (canary && self.is_canary_red())
    }

    pub fn has_relay_doubt(&self) -> bool {
        self.relay_doubt.is_some()
    }

    /// Nothing counts against the primary, and no probe is red.
    pub fn is_settled(&self) -> bool {
        !self.is_doubtful() && !self.is_red()
    }

    /// Not the primary but our own network is gone (DESIGN section 3, Witnesses): no witness answers though one did while the primary did, nothing came
    /// back from the primary, and nobody has connected to us. A client that came, and an answer that was heard, before the reds began
    /// prove nothing: the cable may have been pulled after them (a probe of a slow primary is under way for a minute).
    pub fn isolated(&self, now: Mono) -> bool {
        // What the canary saw is minutes old.
        let Some(red_since) = self.frequent().filter_map(|(_, tally)| tally.red_since).min() else { return false };
        let silent = |tally: &Tally| tally.seen_at < red_since || tally.newest.as_ref().is_some_and(|newest| !newest.shows_network());
        let silent = self.frequent().all(|(_, tally)| silent(tally));
        let foreign = self.foreign_client.is_some_and(|at| at >= red_since && now.since(at) < FOREIGN_CLIENT_RECENT);
        self.witnesses_silent() && self.witness_passed() && silent && !foreign
    }

    /// No witness answers, and none did when the primary last answered: they say nothing.
    pub fn witness_unknown(&self) -> bool {
        self.witnesses_silent() && !self.witness_passed()
    }

    pub fn is_misconfigured(&self) -> bool {
        !self.settings.is_empty()
    }

    /// Whether a probe found a wrong setting of this class.
    pub fn has_setting(&self, class: Class) -> bool {
        self.settings.values().any(|found| *found == class)
    }

    /// From here on a fresh row of reds is asked for.
    pub fn forget_reds(&mut self) {
        self.tallies.values_mut().for_each(|tally| tally.reds = 0);
    }

    /// From here on a fresh row of greens is asked for.
    pub fn forget_greens(&mut self) {
        self.tallies.values_mut().for_each(|tally| tally.greens = 0);
    }

    pub fn forget_relay_doubt(&mut self) {
        self.relay_doubt = None;
    }

    /// The newest observation of each probe and its colour's count in a row.
    pub fn observations(&self) -> Vec<(Evidence, u32)> {
        self.tallies.values().filter_map(|tally| tally.newest.clone().map(|newest| (newest, tally.streak))).collect()
    }

    pub fn newest(&self, probe: Probe) -> Option<&Evidence> {
        self.tallies.get(&probe)?.newest.as_ref()
    }

    /// The deciding probes that have looked.
    fn deciding(&self) -> impl Iterator<Item = (Probe, &Tally)> {
        self.deciding.iter().filter_map(|probe| self.tallies.get(probe).map(|tally| (*probe, tally)))
    }

    /// The same without the canary.
    fn frequent(&self) -> impl Iterator<Item = (Probe, &Tally)> {
        self.deciding().filter(|(probe, _)| *probe != Probe::Canary)
    }

    fn witnesses_silent(&self) -> bool {
        self.newest(Probe::Witnesses).is_some_and(|newest| !newest.class.is_green())
    }

    fn witness_passed(&self) -> bool {
        self.tallies.get(&Probe::Witnesses).is_some_and(|tally| tally.passed)
    }
}

impl Tally {
    fn is_red(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.class.is_red())
    }

    fn show(&mut self, evidence: Evidence, now: Mono) {
        let colour = |class: Class| (class.is_red(), class.is_green());
        let same = self.newest.as_ref().is_some_and(|newest| colour(newest.class) == colour(evidence.class));
        self.streak = if same { self.streak.saturating_add(1) } else { 1 };
        self.passed |= evidence.class.is_green();
        self.red_since = evidence.class.is_red().then(|| self.red_since.unwrap_or(now));
        self.seen_at = now;
        self.newest = Some(evidence);
    }

    fn count(&mut self, class: Class) {
        // A canary that never passed, or was refused while all was well, is a mistake in our configuration. It must not keep the box in an
        // outage for ever, so it is ignored (DESIGN section 3): that the primary got as far as saying so is green enough.
        let ignored = class.is_setting() && !self.passed;
        if class.is_red() {
            (self.reds, self.greens) = (self.reds.saturating_add(1), 0);
        } else if class.is_green() || ignored {
            (self.reds, self.greens) = (0, self.greens.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;

    const FALL: u32 = 3;

    /// Observations one second apart, written as words: `smtp-down`, `pages-healthy`, `relay-hanging`, `witness-isolated`, `client`.
    fn watched(pages: bool, words: &str) -> (Watch, Mono) {
        let mut watch = Watch::new(pages);
        let mut now = Mono(0);
        for word in words.split_whitespace() {
            now.0 += 1000;
            match word.split_once('-') {
                None => watch.foreign_client(now),
                Some((probe, class)) => watch.note(observation(probe, class), FALL, now),
            }
        }
        (watch, now)
    }

    #[test]
    fn a_canary_decides_with_the_second_and_one_leads_back() {
        let canary = |watch: &mut Watch, class| watch.note(Evidence::new(Wall(0), Probe::Canary, class, ""), FALL, Mono(9_000));
        let (mut watch, now) = watched(false, "smtp-healthy smtp-healthy");
        canary(&mut watch, Class::Undelivered);
        canary(&mut watch, Class::Undelivered);
        assert_eq!((watch.fallen(FALL), watch.is_doubtful(), watch.is_red()), (None, false, false), "it was not asked for");
        watch.watch_canary();
        watch.tallies.remove(&Probe::Canary);
        canary(&mut watch, Class::Undelivered);
        assert_eq!((watch.fallen(FALL), watch.is_doubtful(), watch.most_reds()), (None, true, 0));
        canary(&mut watch, Class::Undelivered);
        assert_eq!((watch.fallen(FALL), watch.risen(1)), (Some((Probe::Canary, 2)), false));
        canary(&mut watch, Class::Healthy);
        assert!(watch.fallen(FALL).is_none() && watch.risen(2) && watch.is_settled());
        // Minutes later, what it saw says nothing about our own cable.
        watch.note(Evidence::new(Wall(0), Probe::Witnesses, Class::Healthy, ""), FALL, now);
        watch.note(Evidence::new(Wall(0), Probe::Smtp, Class::Down, ""), FALL, now);
        watch.note(Evidence::new(Wall(0), Probe::Witnesses, Class::Isolated, ""), FALL, now);
        assert!(watch.isolated(now));
    }

    fn observation(probe: &str, class: &str) -> Evidence {
        let probe = match probe {
            "smtp" => Probe::Smtp,
            "pages" => Probe::HealthPages,
            "relay" => Probe::Relay,
            _ => Probe::Witnesses,
        };
        let (class, answered) = match class {
            "reset" => (Class::Down, true),
            other => (serde_json::from_value(serde_json::Value::from(other)).unwrap(), false),
        };
        Evidence { answered, ..Evidence::new(Wall(0), probe, class, "") }
    }

    fn check_reds(words: &str, expected: u32) {
        assert_eq!(watched(true, words).0.most_reds(), expected, "{words}");
    }

    #[test]
    fn reds_count_in_a_row_and_per_probe() {
        check_reds("smtp-down smtp-hanging smtp-refusing", 3);
        check_reds("smtp-down pages-down smtp-down", 2);
        check_reds("smtp-down smtp-down smtp-healthy smtp-down", 1);
        check_reds("smtp-down smtp-slow", 0);
        check_reds("smtp-slow smtp-slow smtp-slow", 0);
        check_reds("relay-down relay-down relay-down witness-isolated", 0);
        check_reds("smtp-healthy smtp-down smtp-misconfigured smtp-down", 2);
    }

    #[test]
    fn the_way_back_needs_every_configured_probe() {
        let greens = |pages, words| watched(pages, words).0.fewest_greens();
        assert_eq!(greens(false, "smtp-healthy smtp-slow smtp-healthy"), 3);
        assert_eq!(greens(true, "smtp-healthy smtp-slow smtp-healthy"), 0);
        assert_eq!(greens(true, "smtp-healthy pages-healthy smtp-healthy"), 1);
        assert_eq!(greens(false, "smtp-healthy smtp-healthy smtp-down smtp-healthy"), 1);
        assert_eq!(greens(false, "smtp-healthy smtp-misconfigured smtp-healthy"), 2);
    }

    #[test]
    fn a_canary_that_never_passed_is_ignored() {
        let (watch, _) = watched(false, "smtp-down smtp-misconfigured smtp-misconfigured");
        assert_eq!((watch.most_reds(), watch.fewest_greens(), watch.is_misconfigured()), (0, 2, true));
        let (watch, _) = watched(false, "smtp-healthy smtp-down smtp-misconfigured smtp-misconfigured");
        assert_eq!((watch.most_reds(), watch.fewest_greens(), watch.is_misconfigured()), (1, 0, true));
    }

    /// Whether wrong settings are ignored on the way back, after these looks outside an event.
    fn check_learnt(words: &str, expected: bool) {
        let (mut watch, now) = watched(false, words);
        watch.learn_settings(FALL);
        for at in 1..=3 {
            watch.note(observation("smtp", "down"), FALL, now.plus(std::time::Duration::from_secs(at)));
        }
        watch.note(observation("smtp", "misconfigured"), FALL, now.plus(std::time::Duration::from_secs(4)));
        assert_eq!(watch.fewest_greens() == 1, expected, "{words}");
    }

    #[test]
    fn a_canary_that_was_refused_while_all_was_well_is_ignored() {
        check_learnt("smtp-healthy smtp-misconfigured smtp-misconfigured smtp-misconfigured", true);
        check_learnt("smtp-healthy smtp-misconfigured smtp-login smtp-certificate", true);
        check_learnt("smtp-healthy smtp-down smtp-misconfigured smtp-misconfigured smtp-misconfigured", true);
        check_learnt("smtp-healthy smtp-misconfigured smtp-misconfigured", false);
        check_learnt("smtp-healthy smtp-misconfigured smtp-misconfigured smtp-misconfigured smtp-healthy", false);
        // An outage, though nobody may take over: what comes back is half restored.
        check_learnt("smtp-healthy smtp-down smtp-down smtp-down smtp-misconfigured smtp-misconfigured smtp-misconfigured", false);
    }

    #[test]
    fn health_pages_that_are_not_configured_decide_nothing() {
        let (watch, _) = watched(false, "pages-down pages-down pages-down");
        assert_eq!((watch.fallen(FALL), watch.is_red(), watch.is_settled()), (None, false, true));
    }

    #[test]
    fn fallen_is_only_what_is_red_now() {
        assert_eq!(watched(false, "smtp-down smtp-down").0.fallen(FALL), None);
        assert_eq!(watched(false, "smtp-down smtp-down smtp-down").0.fallen(FALL), Some((Probe::Smtp, 3)));
        assert_eq!(watched(true, "pages-down pages-down pages-down").0.fallen(FALL), Some((Probe::HealthPages, 3)));
        assert_eq!(watched(false, "smtp-healthy smtp-down smtp-down smtp-down smtp-misconfigured").0.fallen(FALL), None);
    }

    #[test]
    fn a_failed_relay_is_forgotten_after_some_calm() {
        assert!(watched(false, "smtp-healthy relay-down").0.is_doubtful());
        assert!(watched(false, "relay-down smtp-healthy smtp-healthy").0.is_doubtful());
        assert!(watched(false, "relay-down relay-healthy").0.is_doubtful());
        assert!(watched(false, "relay-down smtp-healthy smtp-healthy smtp-slow").0.is_settled());
        assert!(watched(false, "relay-down smtp-healthy smtp-healthy relay-down smtp-healthy").0.is_doubtful());
    }

    fn check_isolated(words: &str, expected: bool) {
        let (watch, now) = watched(true, words);
        assert_eq!(watch.isolated(now), expected, "{words}");
        if expected {
            assert_eq!(watch.most_reds(), 0, "reds of an isolated box do not count: {words}");
        }
    }

    #[test]
    fn isolated_is_us_and_not_them() {
        check_isolated("witness-healthy smtp-healthy smtp-down witness-isolated", true);
        check_isolated("witness-healthy witness-isolated smtp-down", true);
        check_isolated("witness-healthy witness-isolated smtp-down pages-hanging smtp-down", true);
        check_isolated("client witness-healthy smtp-down witness-isolated", true);
        // The probe of a slow primary was heard last before the cable was pulled, and is still under way.
        check_isolated("witness-healthy smtp-slow witness-isolated pages-hanging", true);
        check_isolated("witness-healthy smtp-slow pages-hanging witness-isolated pages-hanging", true);
        check_isolated("witness-healthy pages-hanging smtp-slow witness-isolated pages-hanging", false);
        // The primary or somebody else was heard.
        check_isolated("witness-healthy witness-isolated smtp-reset", false);
        check_isolated("witness-healthy witness-isolated smtp-refusing", false);
        check_isolated("witness-healthy witness-isolated smtp-down pages-healthy", false);
        check_isolated("witness-healthy witness-isolated smtp-down pages-unhealthy-page", false);
        check_isolated("witness-healthy smtp-down witness-isolated client", false);
        // The witnesses say nothing, or say that the network is there.
        check_isolated("witness-isolated smtp-down smtp-down smtp-down", false);
        check_isolated("smtp-down smtp-down smtp-down", false);
        check_isolated("witness-healthy witness-isolated smtp-down witness-healthy", false);
        check_isolated("witness-healthy witness-isolated smtp-healthy", false);
        check_isolated("witness-healthy witness-isolated", false);
    }

    #[test]
    fn witnesses_that_were_silent_while_the_primary_was_well_say_nothing() {
        let silent = "witness-healthy smtp-healthy witness-isolated smtp-healthy witness-isolated";
        check_isolated(&format!("{silent} smtp-healthy smtp-down witness-isolated"), true);
        check_isolated(&format!("{silent} witness-isolated smtp-down smtp-down"), true);
        check_isolated(&format!("{silent} witness-isolated smtp-healthy smtp-down smtp-down"), false);
        check_isolated(&format!("{silent} witness-isolated pages-healthy smtp-down smtp-down"), false);
        // Until one is alive again.
        check_isolated(&format!("{silent} witness-isolated smtp-healthy witness-healthy witness-isolated smtp-down"), true);
        // A probe that was answered at first and then no more was answered before the cable was pulled.
        check_isolated(
            "witness-healthy smtp-healthy pages-hanging witness-isolated witness-isolated witness-isolated smtp-reset smtp-down",
            true,
        );
        assert!(watched(true, &format!("{silent} witness-isolated smtp-healthy")).0.witness_unknown());
    }

    #[test]
    fn a_foreign_client_counts_for_a_minute() {
        let (watch, now) = watched(false, "witness-healthy witness-isolated smtp-down client");
        assert!(!watch.isolated(now.plus(FOREIGN_CLIENT_RECENT - std::time::Duration::from_millis(1))));
        assert!(watch.isolated(now.plus(FOREIGN_CLIENT_RECENT)));
    }

    #[test]
    fn observations_show_the_colour_in_a_row() {
        let (watch, _) = watched(true, "smtp-healthy smtp-down smtp-hanging pages-healthy relay-down smtp-refusing");
        let shown: Vec<_> = watch.observations().into_iter().map(|(e, n)| (e.probe, e.class, n)).collect();
        let expected = [(Probe::Smtp, Class::Refusing, 3), (Probe::HealthPages, Class::Healthy, 1), (Probe::Relay, Class::Down, 1)];
        assert_eq!(shown, expected);
    }
}
