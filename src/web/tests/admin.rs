//! The admin's place: routes and roles from the table itself, forms, coming in.

use super::*;
use crate::auth::Role;
use crate::control::{self, Verb};
use crate::web::admin::routes::{Door, TABLE};
use crate::web::table::Method;

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

#[test]
fn every_route_is_for_its_roles_and_for_nobody_else() {
    let world = World::new(Mode::Normal);
    for row in TABLE {
        let Door::For(roles, _) = row.door else { continue };
        let path = row.path.replace(':', "1");
        let ask = || world.ask(method(row.method), &path).form(&[("csrf", CSRF)]);
        let stranger = check(&ask(), 303, 0);
        assert!(header(&stranger, "Location").starts_with("/admin/login"), "{path}");
        // A person of the webmail is a stranger here.
        assert_eq!(check(&ask().by("ann@example.com"), 303, 0).response.status, 303);
        for role in Role::ALL {
            let ask = ask().admin(role);
            let outcome = ask.answer();
            if roles.contains(&role) {
                assert!(outcome.response.status < 500 && outcome.response.status != 403, "{role} {path}: {}", body(&outcome));
            } else {
                assert_eq!(outcome.response.status, 403, "{role} {path}");
                assert!(outcome.intents.is_empty() && ask.executed.borrow().is_empty(), "{role} {path}");
            }
        }
    }
}

#[test]
fn no_form_works_without_its_csrf_value_or_from_elsewhere() {
    let world = World::new(Mode::Normal);
    for row in TABLE.iter().filter(|row| row.method == Method::Post) {
        let path = row.path.replace(':', "1");
        let fields = [("csrf", CSRF), ("confirmed", "yes"), ("name", "eva"), ("password", "right")];
        let elsewhere = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")];
        let mut asks: Vec<Ask<'_>> =
            elsewhere.iter().map(|(name, value)| world.ask("POST", &path).form(&fields).header(name, value).admin(Role::Admin)).collect();
        if matches!(row.door, Door::For(..)) {
            asks.push(world.ask("POST", &path).form(&fields[1..]).admin(Role::Admin));
            asks.push(world.ask("POST", &path).form(&[("csrf", "guess"), ("confirmed", "yes")]).admin(Role::Admin));
        }
        for ask in asks {
            check(&ask, 403, 0);
            assert!(ask.executed.borrow().is_empty(), "{path}");
        }
    }
}

#[test]
fn the_auditor_has_no_form_but_the_way_out() {
    for row in TABLE.iter().filter(|row| row.method == Method::Post) {
        let Door::For(roles, _) = row.door else { continue };
        let own = row.path.starts_with("/admin/logout") || row.path.starts_with("/admin/account");
        assert!(own || !roles.contains(&Role::Auditor), "{}", row.path);
    }
}

#[test]
fn looking_changes_nothing() {
    let world = World::new(Mode::Normal);
    for row in TABLE.iter().filter(|row| row.method == Method::Get && matches!(row.door, Door::For(..))) {
        let ask = world.ask("GET", &row.path.replace(':', "1")).admin(Role::Admin);
        ask.answer();
        for verb in ask.executed.borrow().iter() {
            let name = verb.name();
            assert!(control::VERBS.iter().any(|row| row.verb == name && !row.changes), "{}: {name}", row.path);
        }
    }
}

#[test]
fn the_name_behind_a_verb_is_that_of_the_account() {
    let world = World::new(Mode::Normal);
    let fields = [("csrf", CSRF), ("confirmed", "yes"), ("reason", "fire drill"), ("by", "cli:root")];
    let ask = world.ask("POST", "/admin/event/start").form(&fields).admin(Role::Admin);
    let outcome = check(&ask, 303, 1);
    assert_eq!(header(&outcome, "Location"), "/admin");
    assert_eq!(
        *ask.executed.borrow(),
        [Verb::EventStart { reason: "fire drill".to_owned(), by: "web:eva".to_owned(), whom: control::Whom::default() }]
    );
    assert!(matches!(&outcome.intents[0], Intent::AdminSay { flash, .. } if flash.worked));
}

#[test]
fn what_is_dangerous_is_asked_first_and_the_form_is_carried_on() {
    let world = World::new(Mode::Normal);
    let ask = world.ask("POST", "/admin/event/end").form(&[("csrf", CSRF), ("force", "yes")]).admin(Role::Admin);
    let page = body(&check(&ask, 200, 0));
    assert!(ask.executed.borrow().is_empty());
    assert!(page.contains("action=\"/admin/event/end\"") && page.contains("name=\"force\" value=\"yes\""), "{page}");
    assert!(page.contains("name=\"confirmed\" value=\"yes\""));
}

#[test]
fn signing_in_opens_a_fresh_session_and_leads_where_one_wanted() {
    let world = World::new(Mode::Normal);
    let mut login =
        world.ask("POST", "/admin/login").form(&[("name", " Eva "), ("password", "right"), ("to", "/admin")]).admin(Role::Auditor);
    login.password_right = true;
    let outcome = check(&login, 303, 2);
    let [Intent::AdminSignOut { token: old }, Intent::AdminSignIn { token, csrf, name, role }] = outcome.intents.as_slice() else {
        panic!("{:?}", outcome.intents)
    };
    assert_eq!((old.0.as_str(), name.as_str(), *role), ("old", "eva", Role::Admin));
    assert_eq!((token.0.len(), csrf.len()), (64, 64));
    let cookie = format!("lifeboat-admin={}; Path=/; HttpOnly; SameSite=Strict; Secure", token.0);
    assert_eq!(header(&outcome, "Set-Cookie"), cookie);
    for (to, expected) in
        [("https://evil.test/", "/admin"), ("//evil.test", "/admin"), ("/mail/inbox", "/admin"), ("/admin/login", "/admin")]
    {
        let mut login = world.ask("POST", "/admin/login").form(&[("name", "eva"), ("password", "right"), ("to", to)]);
        login.password_right = true;
        assert_eq!(header(&check(&login, 303, 1), "Location"), expected, "{to}");
    }
}

#[test]
fn a_wrong_password_looks_like_an_unknown_name_and_the_throttle_comes_first() {
    let world = World::new(Mode::Normal);
    let mut pages = Vec::new();
    for name in ["eva", "nobody", "not a name!"] {
        let login = world.ask("POST", "/admin/login").form(&[("name", name), ("password", "wrong")]);
        pages.push(body(&check(&login, 403, 1)).replace(name, ""));
        assert_eq!(login.password_checks.get(), 1, "{name}: the same work");
    }
    assert!(pages[0] == pages[1] && pages[1] == pages[2]);
    let mut login = world.ask("POST", "/admin/login").form(&[("name", "eva"), ("password", "right")]);
    (login.login_allowed, login.password_right) = (false, true);
    assert_eq!(header(&check(&login, 429, 0), "Retry-After"), "900");
    assert_eq!(login.password_checks.get(), 0);
}

#[test]
fn the_set_up_link_makes_an_account_and_signs_it_in() {
    let world = World::new(Mode::Normal);
    check(&world.ask("GET", "/admin/setup/ffff"), 404, 0);
    assert!(body(&check(&world.ask("GET", "/admin/setup/0a1b"), 200, 0)).contains("Set up Lifeboat"));
    let fields = |again| [("name", "eva"), ("password", "lamp river seven"), ("again", again)];
    let differs = world.ask("POST", "/admin/setup/0a1b").form(&fields("lamp river eight"));
    assert!(body(&check(&differs, 400, 0)).contains("not the same"));
    check(&world.ask("POST", "/admin/setup/ffff").form(&fields("lamp river seven")), 400, 0);
    let outcome = check(&world.ask("POST", "/admin/setup/0a1b").form(&fields("lamp river seven")), 303, 1);
    assert!(matches!(&outcome.intents[0], Intent::AdminSignIn { name, role: Role::Admin, .. } if name == "eva"));
    assert!(header(&outcome, "Set-Cookie").contains("SameSite=Strict"));
}

#[test]
fn scripts_come_in_by_token_as_far_as_its_role_goes() {
    let world = World::new(Mode::Normal);
    let post = |body: &str, role: Option<Role>| {
        let mut ask = world.ask("POST", "/api/v1/verbs");
        ask.request.body = body.as_bytes().into();
        ask.bearer = role;
        ask
    };
    let hold = r#"{"verb":"automatic","on":false,"by":"cli:root"}"#;
    let stranger = post(hold, None);
    assert_eq!(header(&check(&stranger, 401, 0), "WWW-Authenticate"), "Bearer realm=\"lifeboat\"");
    // A session's cookie is not enough: a form of another site would bring it along.
    let browser = post(hold, None).admin(Role::Admin);
    check(&browser, 401, 0);
    for role in [Role::Helpdesk, Role::Auditor] {
        let refused = post(hold, Some(role));
        check(&refused, 403, 0);
        assert!(refused.executed.borrow().is_empty());
    }
    assert!(stranger.executed.borrow().is_empty() && browser.executed.borrow().is_empty());
    let done = post(hold, Some(Role::Admin));
    assert_eq!(body(&check(&done, 200, 0)), "{\"exit\":0,\"json\":{},\"text\":\"done\"}\n");
    assert_eq!(*done.executed.borrow(), [Verb::Automatic { on: false, by: "token:backup".to_owned() }]);
    check(&post("{\"verb\":\"nothing\"}", Some(Role::Admin)), 400, 0);
    check(&post("no json", Some(Role::Admin)), 400, 0);
}

#[test]
fn the_helpdesk_never_sees_a_subject() {
    let world = World::new(Mode::Normal);
    let secret = || control::Answer::done("Salaries 2026", serde_json::json!({ "message": 7, "subject": "Salaries 2026" }));
    let mut ask = world.ask("POST", "/api/v1/verbs");
    ask.request.body = br#"{"verb":"queue-show","message":7}"#.into();
    (ask.bearer, ask.answers) = (Some(Role::Helpdesk), secret());
    assert!(!body(&check(&ask, 200, 0)).contains("Salaries"));
    for row in TABLE.iter().filter(|row| matches!(row.door, Door::For(roles, _) if roles.contains(&Role::Helpdesk))) {
        let mut ask =
            world.ask(method(row.method), &row.path.replace(':', "7")).form(&[("csrf", CSRF), ("confirmed", "yes")]).admin(Role::Helpdesk);
        ask.answers = secret();
        let outcome = ask.answer();
        let said = outcome.intents.iter().any(|intent| matches!(intent, Intent::AdminSay { flash, .. } if flash.text.contains("Salaries")));
        assert!(!body(&outcome).contains("Salaries") && !said, "{}", row.path);
    }
}

#[test]
fn status_and_metrics_are_for_this_machine_tokens_and_sessions() {
    let world = World::new(Mode::Normal);
    for path in ["/api/v1/status", "/metrics", "/api/v1/verbs"] {
        let expected = if path == "/api/v1/verbs" { 401 } else { 404 };
        check(&world.ask("GET", path), expected, 0);
        check(&world.ask("GET", path).admin(Role::Auditor), 200, 0);
        let mut ask = world.ask("GET", path);
        ask.bearer = Some(Role::Helpdesk);
        check(&ask, 200, 0);
    }
}

#[test]
fn the_own_account_is_changed_by_whoever_knows_its_password() {
    let world = World::new(Mode::Normal);
    let change = |old: &str, again: &str| {
        let fields = [("csrf", CSRF), ("old", old), ("new", "lamp river seven"), ("again", again)];
        let outcome = check(&world.ask("POST", "/admin/account/password").form(&fields).admin(Role::Auditor), 303, 1);
        matches!(&outcome.intents[0], Intent::AdminSay { flash, .. } if flash.worked)
    };
    assert!(change("right", "lamp river seven"));
    assert!(!change("wrong", "lamp river seven"));
    assert!(!change("right", "lamp river eight"));
    assert!(body(&check(&world.ask("GET", "/admin/account").admin(Role::Helpdesk), 200, 0)).contains("ABCD EFGH"));
}

/// The documents of the verbs, as the box gives them, become pages.
#[test]
fn people_and_windows_are_shown_as_the_verbs_tell_them() {
    let world = World::new(Mode::Normal);
    let person = serde_json::json!({
        "address": "ann@example.com", "name": "Ann", "groups": [], "reachable_by": ["mail"], "alternate_email": "ann@home.example",
        "alternate_email_source": "list", "phone": null, "why": ["mail by the list"], "invited_at": null, "confirmed_at": null,
        "last_login": "2026-03-03T09:15:50Z", "has_password": true, "has_event_password": false, "codes_left": 0
    });
    let mut ask = world.ask("GET", "/admin/people").admin(Role::Helpdesk);
    ask.answers = control::Answer::done("", serde_json::json!({ "people": [person], "total": 1, "reachable": 1 }));
    let page = body(&check(&ask, 200, 0));
    assert!(page.contains("ann@home.example") && page.contains("mail by the list"), "{page}");
    let window = serde_json::json!({
        "id": 3, "from": "2026-12-01T19:00:00Z", "to": "2026-12-01T22:00:00Z", "reason": "new disks", "by": "cli:ann", "announce": true, "begun": false
    });
    let mut ask = world.ask("GET", "/admin/maintenance").admin(Role::Auditor);
    ask.answers = control::Answer::done("", serde_json::json!({ "windows": [window] }));
    let page = body(&check(&ask, 200, 0));
    assert!(page.contains("new disks") && !page.contains("/admin/maintenance/3/remove"), "an auditor has no buttons");
}

#[test]
fn who_sees_no_subjects_cannot_search_in_them() {
    let world = World::new(Mode::Normal);
    let mut ask = world.ask("GET", "/admin/trace?from=x&subject=salaries").admin(Role::Helpdesk);
    ask.answers = control::Answer::done("", serde_json::json!({ "messages": [], "looked": 0, "next": null, "back_to": null }));
    let page = body(&check(&ask, 200, 0));
    assert!(!page.contains("name=\"subject\""), "{page}");
    let executed = ask.executed.borrow();
    assert!(matches!(executed.as_slice(), [Verb::Trace { query }] if query.subject.is_none()), "{executed:?}");
}

#[test]
fn the_settings_show_the_authority_if_there_is_one() {
    let mut world = World::new(Mode::Normal);
    let page = |world: &World| {
        let mut ask = world.ask("GET", "/admin/settings").admin(Role::Admin);
        ask.answers = control::Answer::done("", serde_json::json!({ "settings": [], "automatic": true }));
        body(&check(&ask, 200, 0))
    };
    let shown = page(&world);
    let print = crate::web::authority::fingerprint(b"DER");
    assert!(shown.contains("href=\"/ca.crt\"") && shown.contains(&print), "{shown}");
    world.authority = None;
    assert!(!page(&world).contains("ca.crt"));
}
