//! One person on two devices: settings hold over a restart, and signing out everywhere ends the other device's session, too.

use std::time::Duration;

use lifeboat::demo::html;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{PRIMARY, folder, free_port, heavy};

const SOON: Duration = Duration::from_secs(40);
const ANN: &str = "ann@example.com";

#[test]
fn settings_survive_a_restart_and_one_click_ends_all_sessions() {
    let _one = heavy();
    let folder = folder();
    let path = folder.path();
    let mut lifeboat = Lifeboat::start(path, &Setup::new(free_port(PRIMARY)));
    lifeboat.wait_mode("continuity", SOON);
    let password = lifeboat.password(ANN);
    let sign_in = |name: &str| {
        let person = Person::new(lifeboat.web, path, name);
        person.sign_in(ANN, &password);
        person
    };
    let (desk, phone) = (sign_in("desk"), sign_in("phone"));
    let page = desk.get("/settings");
    assert!(page.text().contains("signed in on 2 devices"), "{}", page.text());
    let saved = desk.send(&page, &[("signature", "Ann Smith, Purchasing")]);
    assert!(saved.text().contains("Your settings are saved."), "{}", saved.text());

    let form = html::forms(&saved.html).into_iter().find(|form| form.action == "/settings/sign-out").expect("a form to sign out with");
    desk.submit(&form);
    for person in [&desk, &phone] {
        let page = person.get("/mail/inbox");
        assert!(html::forms(&page.html).iter().any(|form| form.has_kind("password")), "signed out: {}", page.text());
    }
    // A form that was open on the other device does nothing any more.
    let late = phone.submit(&form);
    assert!(html::forms(&late.html).iter().any(|form| form.has_kind("password")), "{}", late.text());

    assert!(lifeboat.stop().success());
    lifeboat.restart();
    let again = Person::new(lifeboat.web, path, "again");
    again.sign_in(ANN, &password);
    let page = again.get("/settings");
    assert!(page.html.contains("Ann Smith, Purchasing") && page.text().contains("signed in on one device"), "{}", page.text());
}
