//! The pages behind an invitation.

use std::net::IpAddr;

use super::*;
use crate::auth::CodeVerdict;
use crate::directory::Contacts;
use crate::web::{Enrol, EnrolLink, Enrolling};

const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

/// Knows one link, which is Ann's, and says what it is told to.
pub struct Desk {
    pub link: EnrolLink,
    pub verdict: CodeVerdict,
}

impl Desk {
    pub fn new(world: &World) -> Desk {
        let person = world.directory.person(&mailbox("ann@example.com")).unwrap().clone();
        let contact = Contacts::default().of(&person, &[]);
        let enrolling = Enrolling { person, contact, waits_for: None, may_send: true, done: false };
        Desk { link: EnrolLink::Of(Box::new(enrolling)), verdict: CodeVerdict::None }
    }

    fn with(mut self, change: impl FnOnce(&mut Enrolling)) -> Desk {
        if let EnrolLink::Of(enrolling) = &mut self.link {
            change(enrolling);
        }
        self
    }
}

impl Enrol for Desk {
    fn link(&self, _client: IpAddr, token: &str) -> EnrolLink {
        if token == TOKEN { self.link.clone() } else { EnrolLink::Unknown }
    }

    fn of(&self, who: &Mailbox) -> Option<Enrolling> {
        match &self.link {
            EnrolLink::Of(enrolling) if enrolling.person.mailbox == *who => Some((**enrolling).clone()),
            _ => None,
        }
    }

    fn try_code(&self, who: &Mailbox, _typed: &str) -> CodeVerdict {
        assert_eq!(who, &mailbox("ann@example.com"));
        self.verdict.clone()
    }

    fn is_local(&self, address: &Address) -> bool {
        address.is_in(&["example.com".to_owned()])
    }
}

fn path(page: &str) -> String {
    format!("/enrol/{TOKEN}{page}")
}

#[test]
fn the_link_opens_in_every_mode_and_shows_its_person_only() {
    for mode in [Mode::Normal, Mode::Suspect, Mode::Continuity, Mode::Recovering] {
        let world = World::new(mode);
        let page = body(&check(&world.ask("GET", &path("")), 200, 0));
        assert!(page.contains("Ann Smith") && page.contains("ann@example.com"), "{page}");
        assert!(!page.contains("Bo Larsen"), "{page}");
    }
}

#[test]
fn a_link_that_does_not_work_says_what_to_do() {
    let world = World::new(Mode::Normal);
    for wrong in ["/enrol/0123", "/enrol/x", "/enrol/", "/enrol/0123/code", "/enrol/0123/done"] {
        let page = body(&check(&world.ask("GET", wrong), 404, 0));
        assert!(page.contains("ask your administrator for a new invitation"), "{wrong}: {page}");
    }
    let fields = [("alternate", "ann@a.test"), ("code", "123456")];
    check(&world.ask("POST", "/enrol/0123").form(&fields), 404, 0);
    check(&world.ask("POST", "/enrol/0123/code").form(&fields), 404, 0);
    let mut many = world.ask("GET", &path(""));
    many.desk.link = EnrolLink::TooMany;
    assert_eq!(header(&check(&many, 429, 0), "Retry-After"), "900");
}

/// What is typed, and what the form says about it.
fn check_refused(alternate: &str, phone: &str, expected: &str) {
    let world = World::new(Mode::Normal);
    let outcome = check(&world.ask("POST", &path("")).form(&[("alternate", alternate), ("phone", phone)]), 422, 0);
    let page = body(&outcome);
    assert!(page.contains(expected), "{alternate} {phone}: {page}");
    assert!(page.contains(&format!("value=\"{phone}\"")), "typed things are given back: {page}");
}

#[test]
fn what_helps_nobody_is_refused() {
    check_refused("", "", "Please give an address or a phone number");
    check_refused("ann", "1", "not an address");
    check_refused("ann@EXAMPLE.com", "1", "an address of the office");
    check_refused("ann@a.test", "call me", "not a phone number");
    let world = World::new(Mode::Normal);
    let mut ask = world.ask("POST", &path("")).form(&[("alternate", "ann@a.test")]);
    ask.desk = Desk::new(&world).with(|enrolling| enrolling.may_send = false);
    assert!(body(&check(&ask, 422, 0)).contains("in an hour"));
    // A phone alone needs no code, but nobody changes it without end.
    let mut ask = world.ask("POST", &path("")).form(&[("phone", "+49 30 1")]);
    ask.desk = Desk::new(&world).with(|enrolling| enrolling.may_send = false);
    assert!(body(&check(&ask, 422, 0)).contains("in an hour"));
    let ask = world.ask("POST", &path("")).form(&[("phone", "+49 30 1")]);
    assert_eq!(header(&check(&ask, 303, 1), "Location"), path("/done"));
}

#[test]
fn an_address_gets_a_code_and_the_code_confirms_it() {
    let world = World::new(Mode::Continuity);
    let fields = [("alternate", " ann@a.test "), ("phone", "+49 30 1")];
    let outcome = check(&world.ask("POST", &path("")).form(&fields), 303, 1);
    assert_eq!(header(&outcome, "Location"), path("/code"));
    let [Intent::EnrolGive { mailbox: who, email, phone }] = outcome.intents.as_slice() else { panic!("{:?}", outcome.intents) };
    assert_eq!((who, phone.as_deref()), (&mailbox("ann@example.com"), Some("+49 30 1")));
    assert_eq!(email, &Some(address_of("ann@a.test")));

    let waits = || Desk::new(&world).with(|enrolling| enrolling.waits_for = Some(address_of("ann@a.test")));
    let mut ask = world.ask("GET", &path("/code"));
    assert_eq!(header(&check(&ask, 303, 0), "Location"), path(""), "no code is under way");
    ask.desk = waits();
    assert!(body(&check(&ask, 200, 0)).contains("ann@a.test"));
    let mut ask = world.ask("POST", &path("/code")).form(&[("code", "000000")]);
    ask.desk = Desk { verdict: CodeVerdict::Wrong(1), ..waits() };
    assert!(body(&check(&ask, 403, 0)).contains("one more try"));
    ask.desk.verdict = CodeVerdict::None;
    assert!(body(&check(&ask, 403, 0)).contains("Send a new one"));
    ask.desk.verdict = CodeVerdict::Right(address_of("ann@a.test"));
    let outcome = check(&ask, 303, 1);
    assert!(matches!(&outcome.intents[0], Intent::EnrolConfirm { email, .. } if *email == address_of("ann@a.test")));
    assert_eq!(header(&outcome, "Location"), path("/done"));
}

#[test]
fn a_link_that_did_its_work_changes_nothing_more() {
    let world = World::new(Mode::Normal);
    for (method, page) in [("GET", ""), ("GET", "/code"), ("GET", "/done"), ("POST", ""), ("POST", "/code")] {
        let mut ask = world.ask(method, &path(page)).form(&[("alternate", "eve@a.test"), ("code", "123456")]);
        ask.desk =
            Desk { verdict: CodeVerdict::Right(address_of("eve@a.test")), ..Desk::new(&world).with(|enrolling| enrolling.done = true) };
        assert!(body(&check(&ask, 200, 0)).contains("Thank you"), "{method} {page}");
    }
}

#[test]
fn other_sites_cannot_speak_for_anybody() {
    let world = World::new(Mode::Normal);
    for page in ["", "/code"] {
        let fields = [("alternate", "eve@a.test"), ("code", "123456")];
        let mut ask = world.ask("POST", &path(page)).form(&fields).header("sec-fetch-site", "cross-site");
        ask.desk.verdict = CodeVerdict::Right(address_of("eve@a.test"));
        check(&ask, 403, 0);
    }
}
