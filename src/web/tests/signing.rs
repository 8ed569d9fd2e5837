//! Who gets in, and what is answered to those who do not.

use super::*;

#[test]
fn closed_while_mail_works() {
    let world = World::new(Mode::Normal);
    let seq = world.inbound(PLAIN);
    assert!(body(&check(&world.ask("GET", "/"), 200, 0)).contains("Please use Outlook as usual"));
    for path in ["/mail/inbox".to_owned(), format!("/mail/message/{seq}"), format!("/mail/message/{seq}/raw"), "/mail/new".to_owned()] {
        let page = body(&check(&world.ask("GET", &path).by("ann@example.com"), 403, 0));
        assert!(page.contains("Please use Outlook as usual") && !page.contains("Hello there"), "{path}");
    }
    let mut login = world.ask("POST", "/login").form(&[("address", "ann@example.com"), ("password", "right")]);
    login.password_right = true;
    check(&login, 403, 0);
    assert_eq!(login.password_checks.get(), 0);
}

#[test]
fn the_authority_is_there_for_everybody_in_every_mode() {
    for mode in [Mode::Normal, Mode::Continuity, Mode::Recovering] {
        let mut world = World::new(mode);
        let outcome = check(&world.ask("GET", "/ca.crt"), 200, 0);
        assert_eq!(outcome.response.body.bytes().unwrap(), b"DER");
        assert_eq!(header(&outcome, "Content-Type"), "application/x-x509-ca-cert");
        assert!(header(&outcome, "Content-Disposition").starts_with("attachment; filename=\"lifeboat-ca.crt\""), "{mode:?}");
        world.authority = None;
        check(&world.ask("GET", "/ca.crt"), 404, 0);
    }
}

#[test]
fn signing_in_opens_a_fresh_session() {
    let world = World::new(Mode::Continuity);
    let fields = [("address", " Office@Example.com"), ("password", "right")];
    let mut login = world.ask("POST", "/login").form(&fields).by("bo@example.com");
    login.password_right = true;
    let outcome = check(&login, 303, 2);
    assert_eq!(header(&outcome, "Location"), "/mail/inbox");
    let [Intent::SignOut { token: old }, Intent::SignIn { token, csrf, mailbox: who }] = outcome.intents.as_slice() else {
        panic!("{:?}", outcome.intents)
    };
    assert_eq!(old.0, "old");
    assert_eq!(who, &mailbox("ann@example.com"), "an alias is its person");
    assert_eq!((token.0.len(), csrf.len()), (64, 64));
    assert_ne!(&token.0, csrf);
    let cookie = header(&outcome, "Set-Cookie");
    assert_eq!(cookie, format!("lifeboat={}; Path=/; HttpOnly; SameSite=Lax; Secure", token.0));
}

#[test]
fn a_wrong_password_looks_like_an_unknown_address() {
    let world = World::new(Mode::Continuity);
    let mut pages = Vec::new();
    for who in ["ann@example.com", "eva@example.com", "nobody"] {
        let login = world.ask("POST", "/login").form(&[("address", who), ("password", "wrong")]);
        let outcome = check(&login, 403, 1);
        assert!(matches!(outcome.intents[0], Intent::LoginFailed { .. }));
        assert_eq!(login.password_checks.get(), 1, "{who}: the same work");
        pages.push(body(&outcome).replace(who, ""));
    }
    assert!(pages[0] == pages[1] && pages[1] == pages[2]);
}

#[test]
fn a_right_password_of_an_unknown_address_is_not_enough() {
    let world = World::new(Mode::Continuity);
    let mut login = world.ask("POST", "/login").form(&[("address", "eva@example.com"), ("password", "right")]);
    login.password_right = true;
    check(&login, 403, 1);
}

#[test]
fn the_throttle_comes_before_the_password() {
    let world = World::new(Mode::Continuity);
    let mut login = world.ask("POST", "/login").form(&[("address", "ann@example.com"), ("password", "right")]);
    (login.login_allowed, login.password_right) = (false, true);
    let outcome = check(&login, 429, 0);
    assert_eq!(header(&outcome, "Retry-After"), "900");
    assert_eq!(login.password_checks.get(), 0);
}

#[test]
fn signing_out_needs_the_form() {
    let world = World::new(Mode::Continuity);
    check(&world.ask("POST", "/logout").by("ann@example.com").form(&[("csrf", "guess")]), 403, 0);
    let outcome = check(&world.ask("POST", "/logout").by("ann@example.com").form(&[("csrf", CSRF)]), 303, 1);
    assert!(header(&outcome, "Set-Cookie").starts_with("lifeboat=; Path=/; Max-Age=0"));
    assert!(matches!(&outcome.intents[0], Intent::SignOut { token } if token.0 == "old"));
}

#[test]
fn forms_of_other_sites_do_nothing() {
    let world = World::new(Mode::Continuity);
    for path in ["/login", "/logout", "/mail/send"] {
        let fields = [("csrf", CSRF), ("address", "ann@example.com"), ("password", "right"), ("to", "bo@example.com")];
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")] {
            let mut ask = world.ask("POST", path).by("ann@example.com").form(&fields).header(name, value);
            ask.password_right = true;
            check(&ask, 403, 0);
            assert_eq!(ask.password_checks.get(), 0);
        }
    }
}

#[test]
fn nobody_gets_in_without_a_session() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    for path in [
        "/mail/inbox",
        "/mail/sent",
        "/mail/drafts",
        "/mail/message/{}",
        "/mail/message/{}/raw",
        "/mail/message/{}/html",
        "/mail/message/{}/part/1",
        "/mail/new",
        "/mail/reply/{}",
    ] {
        let path = path.replace("{}", &seq.to_string());
        assert_eq!(header(&check(&world.ask("GET", &path), 303, 0), "Location"), "/login", "{path}");
        let gone = check(&world.ask("GET", &path).by("gone@example.com"), 303, 0);
        assert_eq!(header(&gone, "Location"), "/login", "{path}: somebody who left the directory");
    }
}

#[test]
fn scripts_are_answered_on_this_machine_only() {
    let mut world = World::new(Mode::Normal);
    assert_eq!(check(&world.ask("GET", "/readyz"), 200, 0).response.body.bytes().unwrap(), b"ready\n");
    world.ready = false;
    assert_eq!(check(&world.ask("GET", "/readyz"), 503, 0).response.body.bytes().unwrap(), b"not ready\n");
    for path in ["/metrics", "/api/v1/status"] {
        check(&world.ask("GET", path).by("ann@example.com"), 404, 0);
        for client in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let mut ask = world.ask("GET", path);
            ask.request.client = client.parse().unwrap();
            check(&ask, 200, 0);
        }
    }
}

#[test]
fn wrong_methods_and_unknown_paths_are_friendly() {
    let world = World::new(Mode::Continuity);
    assert_eq!(header(&check(&world.ask("DELETE", "/mail/inbox"), 405, 0), "Allow"), "GET, HEAD");
    let page = body(&check(&world.ask("GET", "/nothing"), 404, 0));
    assert!(page.contains("href=\"/\""), "a way back");
    let form = world.ask("POST", "/login").header("content-type", "text/plain");
    check(&form, 400, 0);
    let mut large = world.ask("POST", "/login").form(&[("address", "a")]);
    large.request.body = vec![b'a'; crate::limits::WEB_FORM_MAX_OCTETS + 1].into();
    check(&large, 413, 0);
}

#[test]
fn an_outage_of_some_lets_in_whom_it_concerns() {
    let mut world = World::new(Mode::Normal);
    world.some = Some((Kind::Outage, "ann@example.com"));
    world.inbound(PLAIN);
    assert_eq!(header(&check(&world.ask("GET", "/"), 303, 0), "Location"), "/login");
    let door = body(&check(&world.ask("GET", "/login"), 200, 0));
    assert!(door.contains("for some people") && !door.contains("Ann"), "{door}");
    let fields = |who| [("address", who), ("password", "right")];
    let mut ann = world.ask("POST", "/login").form(&fields("ann@example.com"));
    ann.password_right = true;
    check(&ann, 303, 1);
    assert!(body(&check(&world.ask("GET", "/mail/inbox").by("ann@example.com"), 200, 0)).contains("Hello there"));
    check(&world.ask("GET", "/mail/new").by("ann@example.com"), 200, 0);
    let mut bo = world.ask("POST", "/login").form(&fields("bo@example.com"));
    bo.password_right = true;
    assert!(body(&check(&bo, 403, 0)).contains("normally for you"));
    let stranger = body(&check(&world.ask("POST", "/login").form(&fields("eva@example.com")), 403, 1));
    assert!(!stranger.contains("normally for you"));
    assert!(body(&check(&world.ask("GET", "/mail/inbox").by("bo@example.com"), 403, 0)).contains("normally for you"));
}
