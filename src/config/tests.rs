//! The reader as a whole: golden messages, defaults, and the example file.

use std::time::Duration;

use super::*;

const MINIMAL: &str =
    "[server]\nhostname = \"lifeboat.example.com\"\n[smtp]\ndomains = [\"example.com\"]\n[primary]\nsmtp = \"192.0.2.10:25\"\n";
const EXAMPLE: &str = include_str!("../../assets/lifeboat.toml");

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// Errors of a whole file.
fn check(text: &str, expected: &[&str]) {
    let report = parse(text, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(lines(&report.errors), expected, "{text}");
    assert_eq!(report.config.is_some(), expected.is_empty());
}

/// Errors of tables behind the smallest valid file; their lines begin at 1.
fn check_with(tables: &str, expected: &[&str]) {
    let known = MINIMAL.lines().count();
    let report = with(tables);
    let shifted: Vec<Problem> = report.errors.into_iter().map(|p| Problem { line: p.line.saturating_sub(known), ..p }).collect();
    assert_eq!(lines(&shifted), expected, "{tables}");
}

fn check_warning(tables: &str, key: &str, expected: bool) {
    let report = with(tables);
    assert_eq!(report.errors, [], "{tables}");
    assert_eq!(report.warnings.iter().any(|problem| problem.key == key), expected, "{tables}: {:?}", report.warnings);
}

/// The smallest valid file with more tables; a table that it has already gets the new keys.
fn with(tables: &str) -> Report {
    let mut text = MINIMAL.to_owned();
    let mut rest = String::new();
    for table in tables.split_inclusive('\n') {
        match table.split_once(' ') {
            Some((header, keys)) if ["[server]", "[smtp]", "[primary]"].contains(&header) => {
                text = text.replace(&format!("{header}\n"), &format!("{header}\n{keys}"));
                text = text.replacen("\n\n", "\n", 1);
            }
            _ => rest.push_str(table),
        }
    }
    parse(&(text + &rest), Some("192.0.2.1".parse().unwrap()))
}

/// The smallest valid file with more keys in its last table.
fn with_primary(keys: &str) -> Report {
    parse(&format!("{MINIMAL}{keys}"), None)
}

fn config_of(text: &str) -> Config {
    let report = parse(text, None);
    assert_eq!(report.errors, [], "{text}");
    report.config.expect("no errors")
}

#[test]
fn the_smallest_file_has_all_defaults() {
    let config = config_of(MINIMAL);
    assert_eq!(config.server.data_dir.to_str(), Some("/var/lib/lifeboat"));
    assert_eq!(config.smtp.listen, ["0.0.0.0:25".parse().unwrap()]);
    assert_eq!(config.smtp.trusted, NetworkSet::default());
    assert_eq!((config.smtp.max_message_size, config.smtp.trusted_rate), (50 * 1024 * 1024, 3000));
    assert_eq!(config.primary.source, NetworkSet(vec![Network::host("192.0.2.10".parse().unwrap())]));
    assert_eq!(config.primary.smtp_submit, config.primary.smtp);
    assert_eq!(config.monitor.interval, Duration::from_secs(5));
    assert_eq!(config.monitor.timeout, Duration::from_secs(4));
    assert_eq!((config.monitor.fall, config.monitor.rise, config.monitor.automatic), (3, 6, true));
    assert_eq!(
        config.outbound,
        Outbound {
            route: OutboundRoute::Smarthost,
            smarthosts: vec![],
            dns: vec![],
            tls: OutboundTls::Opportunistic,
            ca_file: None,
            user: None,
            password_file: None
        }
    );
    assert_eq!((config.primary.tls, config.primary.ca_file), (SmtpTls::Opportunistic, None));
    assert_eq!(config.primary.journal.unwrap().to_string(), "journal@lifeboat.example.com");
    assert_eq!(config.web.networks, NetworkSet::private());
    assert_eq!((config.web.tls, config.web.access), (true, Access::Continuity));
    assert_eq!(config.cache.retention_days, 30);
    assert!(!config.enrolment.invite);
}

#[test]
fn all_mistakes_in_one_run_with_their_lines() {
    check(
        "[server]\nhostname = \"lifeboat.example.com\"\ndata_dir = \"here\"\n\n[smpt]\n\n[smtp]\ndomains = [\n  \"example.com\",\n  \"exa mple\",\n]\n\
         [primary]\nsmtp = \"192.0.2.10\"\n[cache]\nretention_days = \"30d\"\nretention_day = 3\n",
        &[
            "3: server.data_dir: \"here\" is not an absolute path (example: \"/var/lib/lifeboat\")",
            "5: smpt: unknown table; did you mean [smtp]?",
            "10: smtp.domains: \"exa mple\" is not a domain (example: \"example.com\")",
            "13: primary.smtp: \"192.0.2.10\" is not a server with its port (example: \"192.0.2.10:25\")",
            "15: cache.retention_days: \"30d\" is not a number of days (example: 30)",
            "16: cache.retention_day: unknown key; did you mean \"retention_days\"?",
        ],
    );
}

#[test]
fn what_has_no_default_is_asked_for() {
    check(
        "[smtp]\n",
        &[
            "1: smtp.domains: is missing; it has no default (example: domains = [\"example.com\"])",
            "server.hostname: is missing; it has no default (example: hostname = \"lifeboat.example.com\")",
            "primary.smtp: is missing; it has no default (example: smtp = \"192.0.2.10:25\")",
        ],
    );
}

#[test]
fn unknown_things_are_errors() {
    check_with("[cache] \ndays = 3\n", &["2: cache.days: unknown key; [cache] knows retention_days"]);
    check_with("[cache]\nfall = 3\n", &["2: cache.fall: unknown key here; it belongs into [monitor]"]);
    check_with("[[cache]]\n", &["1: cache: is a table; write it as [cache]"]);
    check_with(
        "[x]\n",
        &[
            "1: x: unknown table; there are [server], [smtp], [primary], [monitor], [outbound], [dkim], [notify], [sms], [chat], [credentials], [enrolment], [web], [cache], [directory], [drill], [canary]",
        ],
    );
    let report = parse(&format!("hostname = \"a.example\"\n{MINIMAL}"), None);
    assert_eq!(lines(&report.errors), ["1: hostname: unknown key here; it belongs into [server]"]);
}

#[test]
fn broken_toml_is_reported_with_the_rest() {
    let text = MINIMAL.to_owned() + "[cache]\nretention_days = 30\nretention_days = 31\n[web]\ntls = \"of\"\nlisten = [\n";
    let report = parse(&text, None);
    let errors = lines(&report.errors);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert_eq!(errors[0], "9: syntax: duplicate key");
    assert_eq!(errors[1], "11: web.tls: \"of\" is not possible here; choose \"on\" or \"off\"");
    assert!(errors[2].starts_with("12: syntax: "), "{errors:?}");
    // What is broken may be all that was said: nothing is "missing".
    check("[server]\nhostname = x\n", &["2: syntax: string values must be quoted, expected literal string"]);
    // Behind a broken header nobody knows which table the keys are of.
    let report = parse(&MINIMAL.replace("[primary]", "[primary"), None);
    assert_eq!(lines(&report.errors), ["5: syntax: unclosed table, expected `]`"]);
}

#[test]
fn values_of_the_wrong_kind() {
    check_with(
        "[monitor]\ninterval = 5\nfall = 0\nrise = \"6\"\nautomatic = \"yes\"\nwitnesses = \"192.0.2.1:53\"\n",
        &[
            "2: monitor.interval: 5 is not a time with its unit (example: \"5s\")",
            "3: monitor.fall: 0 is out of range: 1 to 100 probes are possible",
            "4: monitor.rise: \"6\" is not a number of probes (example: 3)",
            "5: monitor.automatic: \"yes\" is not true or false (example: true)",
            "6: monitor.witnesses: \"192.0.2.1:53\" is not a list (example: [\"192.0.2.10:25\"])",
        ],
    );
    check_with("[cache]\nretention_days = 3651\n", &["2: cache.retention_days: 3651 is out of range: 1 to 3650 days are possible"]);
    check_with("[cache]\nretention_days = -1\n", &["2: cache.retention_days: -1 is out of range: 1 to 3650 days are possible"]);
    check_with("[web]\nlisten = []\n", &["2: web.listen: [] listens nowhere (example: [\"0.0.0.0:443\"])"]);
    check_with("[web]\nlisten = [\"443\"]\n", &["2: web.listen: \"443\" is not an address with a port (example: \"0.0.0.0:25\")"]);
    check_with(
        "[dkim]\nselectors = [\"../key\"]\n",
        &["2: dkim.selectors: \"../key\" is not a selector (small letters, digits and hyphens) (example: \"lifeboat1\")"],
    );
    check_with(
        "[outbound]\nroute = \"mx\"\ndns = [\"ns.example.net\"]\n",
        &[
            "2: outbound.route: \"mx\" is not possible here; choose \"smarthost\" or \"direct\"",
            "3: outbound.dns: \"ns.example.net\" is not the address of a name server (example: \"192.0.2.53\")",
        ],
    );
    check(
        &MINIMAL.replace("[smtp]", "[smtp]\nmax_message_size = 1"),
        &["4: smtp.max_message_size: 1 is out of range: \"64KiB\" to \"1GiB\" are possible (example: \"50MiB\")"],
    );
    check(
        &MINIMAL.replace("[\"example.com\"]", "[]"),
        &["4: smtp.domains: [] has no domain: no mail would be accepted (example: [\"example.com\"])"],
    );
}

fn check_trusted(network: &str, expected: Option<&str>) {
    let text = MINIMAL.replace("[smtp]", &format!("[smtp]\ntrusted = [\"{network}\"]"));
    let report = parse(&text, Some("192.0.2.1".parse().unwrap()));
    let errors = lines(&report.errors);
    match expected {
        None => assert_eq!(errors, [""; 0], "{network}"),
        Some(part) => assert!(errors.len() == 1 && errors[0].contains(part) && errors[0].starts_with("4: smtp.trusted: "), "{errors:?}"),
    }
}

#[test]
fn the_world_is_never_trusted() {
    check_trusted("192.0.2.10/32", None);
    check_trusted("10.0.0.0/8", None);
    check_trusted("2001:db8::/32", None);
    check_trusted("0.0.0.0/0", Some("far too wide"));
    check_trusted("10.0.0.0/7", Some("far too wide"));
    check_trusted("::/0", Some("far too wide"));
    check_trusted("::ffff:0:0/96", Some("far too wide"));
    check_trusted("2001::/31", Some("far too wide"));
    check_trusted("192.0.2.0/24", Some("contains the default gateway 192.0.2.1"));
    check_trusted("192.0.2.1", Some("contains the default gateway 192.0.2.1"));
    check_trusted("192.0.2.10/24", Some("did you mean \"192.0.2.0/24\" or \"192.0.2.10/32\"?"));
    check_trusted("private", Some("is not a network or an address"));
}

#[test]
fn keys_that_must_fit_together() {
    check_with("[monitor]\ntimeout = \"6s\"\n", &["2: monitor.timeout: timeout (6s) is longer than interval (5s): probes would overlap"]);
    check_with("[monitor]\ninterval = \"1s\"\n", &["2: monitor.interval: timeout (4s) is longer than interval (1s): probes would overlap"]);
    // One of them is wrong: its default is not held against the other.
    check_with("[monitor]\ninterval = 1\ntimeout = \"6s\"\n", &["2: monitor.interval: 1 is not a time with its unit (example: \"5s\")"]);
    check_with("[web]\ntls = \"off\"\n", &["2: web.tls: \"off\" is possible only on loopback, but web.listen has 0.0.0.0:443"]);
    check_with("[web]\ntls = \"off\"\nlisten = [\"127.0.0.1:8080\", \"[::1]:8080\"]\n", &[]);
    check_with("[web]\nkey = \"/x\"\n", &["2: web.key: needs web.certificate"]);
    check_with("[web]\ncertificate = \"/x\"\n", &["2: web.certificate: needs web.key"]);
    check_with("[web]\ncertificate = \"/x\"\nkey = \"/y\"\n", &[]);
    check_with("[web]\nlisten = [\"0.0.0.0:25\"]\n", &["2: web.listen: 0.0.0.0:25 is there twice"]);
    check_with("[web]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n", &[]);
    check_with(
        "[outbound]\nuser = \"u\"\n",
        &["2: outbound.user: needs outbound.password_file, a file with the password in its first line"],
    );
    check_with("[outbound]\npassword_file = \"/x\"\n", &["2: outbound.password_file: needs outbound.user"]);
    check_with(
        "[outbound]\nuser = \"u\"\npassword_file = \"/x\"\ntls = \"off\"\n",
        &["4: outbound.tls: is \"off\", but a password is only sent over TLS; use \"required\""],
    );
    check_with(
        "[outbound]\nsmarthost = \"127.0.0.1:25\"\n",
        &["2: outbound.smarthost: is this box itself (see smtp.listen): mail would run in a circle"],
    );
    check(
        &MINIMAL.replace("192.0.2.10:25", "[::1]:25"),
        &["6: primary.smtp: is this box itself (see smtp.listen): mail would run in a circle"],
    );
}

#[test]
fn a_user_at_the_smart_host_needs_tls() {
    let config = config_of(&(MINIMAL.to_owned() + "[outbound]\nuser = \"u\"\npassword_file = \"/x\"\n"));
    assert_eq!(config.outbound.tls, OutboundTls::Required);
    check_warning("[outbound]\nuser = \"u\"\npassword_file = \"/x\"\ntls = \"opportunistic\"\n", "outbound.tls", true);
    check_warning("[outbound]\nuser = \"u\"\npassword_file = \"/x\"\n", "outbound.tls", false);
}

#[test]
fn smart_hosts_are_one_or_several() {
    let of = |text: &str| config_of(&(MINIMAL.to_owned() + "[outbound]\n" + text)).outbound;
    let names = |text: &str| of(text).smarthosts.iter().map(HostPort::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(names("smarthost = \"a.example:587\"\n"), "a.example:587");
    assert_eq!(names("smarthost = [\"a.example:587\", \"b.example:25\"]\n"), "a.example:587 b.example:25");
    assert_eq!(names("smarthost = \"\"\n") + &names("smarthost = []\n"), "");
    assert_eq!(of("smarthost = \"a.example:465\"\n").tls, OutboundTls::Implicit);
    assert_eq!(of("smarthost = [\"a.example:465\", \"b.example:25\"]\n").tls, OutboundTls::Opportunistic);
    check_with(
        "[outbound]\nsmarthost = [\"a.example:587\", 7]\n",
        &["2: outbound.smarthost: 7 is not a server with its port (example: \"smtp.provider.example:587\")"],
    );
    assert_eq!(config_of(&MINIMAL.replace("[primary]", "[primary]\njournal = \"\"")).primary.journal, None);
}

#[test]
fn a_domain_has_one_rule() {
    let of = |rules: &str| MINIMAL.replace("[smtp]", &format!("[smtp]\n{rules}"));
    let smtp = config_of(&of("directory_only = [\"Example.com\"]")).smtp;
    assert_eq!((smtp.directory_only, smtp.accept_all, smtp.stranger_rate), (vec!["example.com".to_owned()], vec![], 6000));
    check(&of("accept_all = [\"example.net\"]"), &["4: smtp.accept_all: example.net is none of smtp.domains"]);
    let both = of("directory_only = [\"example.com\"]\naccept_all = [\"example.com\"]");
    check(&both, &["5: smtp.accept_all: example.com is in smtp.directory_only, too: only one of them can hold"]);
}

#[test]
fn admins_are_told_outside() {
    let outward = "[outbound]\nsmarthost = \"smtp.provider.example:587\"\n";
    check_with(&format!("{outward}[notify]\nadmins = [\"me@mobile.example\"]\n"), &[]);
    check_with(
        &format!("{outward}[notify]\nadmins = [\"me@Example.com\"]\n"),
        &["4: notify.admins: me@example.com is in smtp.domains: in an outage nobody reads it; take an address outside"],
    );
    check_with(
        "[notify]\nadmins = [\"me@mobile.example\"]\n",
        &["2: notify.admins: cannot be told: there is no way to the outside (outbound.smarthost)"],
    );
    check_with("[enrolment]\ninvite = true\n[outbound]\nroute = \"direct\"\n", &[]);
    check_with(
        "[enrolment]\ninvite = true\n",
        &["2: enrolment.invite: the codes that confirm addresses cannot be sent: there is no way to the outside (outbound.smarthost)"],
    );
}

#[test]
fn a_catch_all_catches_for_its_own_domain_once() {
    let of = |text: &str| MINIMAL.replace("[smtp]", &format!("[smtp]\ncatch_all = {text}"));
    assert_eq!(config_of(&of("[\"all@example.com\"]")).smtp.catch_all.len(), 1);
    let told = |text: &str| parse(&of(text), None).errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
    assert!(told("[\"all@example.net\"]").contains("all@example.net is in none of smtp.domains: it catches nothing"));
    assert!(told("[\"all@example.com\", \"bo@example.com\"]").contains("bo@example.com is the second one for example.com"));
}

#[test]
fn warnings_stop_nothing() {
    check_warning("", "outbound.smarthost", true);
    check_warning("[outbound]\nsmarthost = \"smtp.provider.example:587\"\n", "outbound.smarthost", false);
    check_warning("[outbound]\nsmarthost = \"192.0.2.10:587\"\n", "outbound.smarthost", true);
    check_warning("[monitor]\nautomatic = false\n", "monitor.automatic", true);
    check_warning("[monitor]\ninterval = \"200ms\"\ntimeout = \"100ms\"\n", "monitor.interval", true);
    check_warning("[web]\nnetworks = [\"0.0.0.0/0\"]\n", "web.networks", true);
    check_warning("[web]\nnetworks = [\"private\", \"192.0.2.0/24\"]\n", "web.networks", false);
    check_warning("[primary] canary = \"c@example.com\"\n", "primary.canary", false);
    check_warning("[primary] canary = \"c@example.net\"\n", "primary.canary", true);
    check_warning("", "primary.source", false);
    let on_loopback = parse(&MINIMAL.replace("192.0.2.10:25", "127.0.0.1:2525"), None);
    assert_eq!(on_loopback.config.unwrap().primary.source, NetworkSet::default(), "everybody on loopback has that address");
    let named = parse(&MINIMAL.replace("192.0.2.10", "Lifeboat.example.com"), None);
    assert_eq!(
        named.warnings.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(),
        ["server.hostname", "primary.source", "outbound.smarthost"]
    );
}

#[test]
fn networks_may_be_mixed() {
    let config = config_of(&(MINIMAL.to_owned() + "[web]\nnetworks = [\"private\", \"198.51.100.0/24\"]\n"));
    assert!(config.web.networks.contains("10.1.1.1".parse().unwrap()));
    assert!(config.web.networks.contains("198.51.100.9".parse().unwrap()));
    assert!(!config.web.networks.contains("203.0.113.9".parse().unwrap()));
}

#[test]
fn a_flood_of_mistakes_is_counted() {
    let text: String = MINIMAL.to_owned() + "[cache]\n" + &(0..500).map(|n| format!("zzzzzzzzz{n} = 1\n")).collect::<String>();
    let report = parse(&text, None);
    assert_eq!(report.errors.len(), crate::limits::FILE_PROBLEMS_MAX + 1);
    assert_eq!(report.errors.last().unwrap().to_string(), "more: 400 further mistakes are not shown");
}

#[test]
fn nothing_makes_it_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..2000 {
        let mut bytes = EXAMPLE.replace("\n#", "\n").into_bytes();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.truncate(random.usize(..bytes.len()));
        let text = String::from_utf8_lossy(&bytes);
        let report = parse(&text, None);
        assert_eq!(report.config.is_none(), !report.errors.is_empty(), "seed 7, round {round}");
    }
}

/// The example with every `#key = value` line taken in.
fn example_with_all_defaults() -> String {
    let is_setting = |line: &str| {
        line.strip_prefix('#')
            .and_then(|rest| rest.split_once(" = "))
            .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    EXAMPLE.lines().map(|line| if is_setting(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let all = example_with_all_defaults();
    let (shown, _) = toml::de::DeTable::parse_recoverable(&all);
    for (table, keys) in sections::KNOWN {
        let inner = shown.get_ref().iter().find(|(name, _)| name.get_ref() == table).unwrap().1.get_ref().as_table().unwrap();
        let mut in_file: Vec<&str> = inner.iter().map(|(key, _)| key.get_ref().as_ref()).collect();
        let mut known = keys.to_vec();
        in_file.sort_unstable();
        known.sort_unstable();
        assert_eq!(in_file, known, "[{table}]");
    }
    let by_default = config_of(EXAMPLE);
    let mut written_out = config_of(&all);
    // The one default that depends on another key: the file shows it empty and says so.
    assert_eq!(written_out.primary.source, NetworkSet::default());
    written_out.primary.source = by_default.primary.source.clone();
    assert_eq!(written_out, by_default);
}

#[test]
fn drills_have_a_schedule_that_is_checked() {
    check_with(
        "[drill]\nschedule = \"0 10 1-7 * tue\"\npeople = [\"ann\"]\ngroups = [\"\"]\nduration = \"5\"\n",
        &[
            "2: drill.schedule: \"0 10 1-7 * tue\" says both a day of the month and a weekday: write one of them as * (the first Tuesday is tue#1) (example: \"0 10 * * tue#1\")",
            "3: drill.people: \"ann\" is not an address (example: \"ann@example.com\")",
            "4: drill.groups: \"\" is not the name of a group (example: \"sales\")",
            "5: drill.duration: \"5\" is not a time with its unit (example: \"5s\")",
        ],
    );
    check_with(
        "[drill]\nduration = \"25h\"\n",
        &["2: drill.duration: \"25h\" is out of range: 10s to 24h are possible (example: \"30m\")"],
    );
    check_warning("[drill]\ngroups = [\"sales\"]\n", "drill.groups", true);
    check_warning("[drill]\nschedule = \"0 10 * * tue#1\"\ngroups = [\"sales\"]\n", "drill.groups", false);
    let drill = config_of(&format!("{MINIMAL}[drill]\nschedule = \"0 10 * * tue#1\"\npeople = [\"ann@example.com\"]\n")).drill;
    assert_eq!((drill.schedule.unwrap().to_string().as_str(), drill.people.len()), ("0 10 * * tue#1", 1));
    let drill = config_of(MINIMAL).drill;
    assert_eq!((drill.schedule, drill.people, drill.groups, drill.duration), (None, vec![], vec![], Duration::from_secs(1800)));
}

#[test]
fn which_health_pages_must_pass() {
    let urls = "health_urls = [\"https://192.0.2.10/owa/healthcheck.htm\", \"https://192.0.2.10/ews/healthcheck.htm\"]";
    let pass = |value: &str| with_primary(&format!("{urls}\nhealth_pass = {value}\n")).config.map(|config| config.primary.health_pass);
    assert_eq!(config_of(MINIMAL).primary.health_pass, HealthPass::Any);
    assert_eq!(pass("\"all\""), Some(HealthPass::All));
    let one = HealthUrl::parse("https://192.0.2.10/owa/healthcheck.htm").unwrap();
    assert_eq!(pass("[\"https://192.0.2.10/owa/healthcheck.htm\"]"), Some(HealthPass::These(vec![one])));
    for (value, expected) in [
        ("\"some\"", "is not \"any\", \"all\", or a list of pages (example: \"any\")"),
        ("[\"https://192.0.2.11/\"]", "https://192.0.2.11:443/ is none of primary.health_urls"),
        ("[]", "names no page"),
    ] {
        let errors = lines(&with_primary(&format!("{urls}\nhealth_pass = {value}\n")).errors);
        assert!(errors.len() == 1 && errors[0].contains(expected), "{errors:?}");
    }
}

#[test]
fn hooks_are_looked_at() {
    let with = |lines: &str| format!("[sms]\nurl = \"https://gateway.example/send\"\n{lines}\n");
    check_with(&with("type = \"form\"\nheader_file = \"/etc/lifeboat/sms.header\""), &[]);
    check_with(
        &with("body = 'hello'"),
        &["3: sms.body: 'hello' is not a text with {to}, {subject} or {text} (example: '{\"to\": \"{to}\", \"text\": \"{text}\"}')"],
    );
    check_with(&with("body = '{\"text\": \"{text}\"}'"), &["3: sms.body: has no {to}: everybody's text would go to one number"]);
    check_with(&with("body = '{to} {text}'"), &["3: sms.body: is no JSON (example: '{\"to\": \"{to}\", \"text\": \"{text}\"}')"]);
    check_with(
        "[chat]\nurl = \"http://203.0.113.9/hook\"\n",
        &["2: chat.url: http://203.0.113.9:80/hook would send what admins are told in the clear over the internet; use https"],
    );
    check_with("[chat]\nurl = \"http://192.168.1.9/hook\"\n", &[]);
    check_with("[notify]\nreminder = \"10m\"\n", &["2: notify.reminder: \"10m\" is too often: at least 1h (example: \"24h\")"]);
    check_with("[notify]\nreminder = \"\"\n", &[]);
    check_with(
        "[web]\naddress = \"box\"\n",
        &["2: web.address: \"box\" is not an address, with a port if people need one (example: \"192.0.2.5\")"],
    );
}

#[test]
fn a_canary_message_needs_a_mailbox_and_does_not_overlap() {
    check_with(
        "[canary]\nend_to_end = true\n",
        &["2: canary.end_to_end: needs a mailbox (example: primary.canary = \"lifeboat-canary@example.com\")"],
    );
    check_with(
        "[canary]\ninterval = \"1m\"\n",
        &["2: canary.interval: timeout (300s) is longer than interval (60s): messages would overlap"],
    );
    let canary = config_of(MINIMAL).canary;
    assert_eq!((canary.end_to_end, canary.interval.as_secs(), canary.timeout.as_secs()), (false, 600, 300));
}
