//! Where nobody is led, and which paths there are.

use super::*;

#[test]
fn who_signs_in_is_led_nowhere_else() {
    let world = World::new(Mode::Continuity);
    for to in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/admin//evil.example/\\", "javascript:alert(1)", "\\\\evil.example"]
    {
        for (path, name) in [("/login", "address"), ("/admin/login", "name")] {
            let fields = [(name, "ann@example.com"), ("password", "right"), ("code", ""), ("to", to), ("next", to), ("return", to)];
            let mut ask = world.ask("POST", path).form(&fields);
            ask.password_right = true;
            let outcome = ask.answer();
            let led = header(&outcome, "Location").to_owned();
            assert!(led.starts_with("/mail") || led.starts_with("/admin"), "{path} {to}: {led}");
            assert!(!led.contains("//") && !led.contains('\\'), "{path} {to}: {led}");
        }
    }
}

#[test]
fn paths_name_only_what_the_table_has() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/..\\Cargo.toml",
        "/assets//etc/passwd",
        "/assets/style.css/../../etc/passwd",
        "/assets/.",
        "/assets/..",
        "/assets/",
        "/mail/../admin",
        "/mail/message/../../admin",
        "/mail//inbox",
        "/mail/inbox/..",
        "/./mail/inbox",
        "//mail/inbox",
        "/mail/inbox%00",
        "/mail/inbox;x",
        "/MAIL/INBOX",
    ] {
        let outcome = world.ask("GET", path).by("ann@example.com").answer();
        assert_eq!(outcome.response.status, 404, "{path}: {}", body(&outcome));
    }
    for path in [format!("/mail/message/{seq}/part/../raw"), format!("/mail/message/0{seq}"), format!("/mail/message/+{seq}")] {
        assert_eq!(world.ask("GET", &path).by("ann@example.com").answer().response.status, 404, "{path}");
    }
}
