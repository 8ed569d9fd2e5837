//! Which answers are taken, and what they become; who gets in.

use super::*;
use crate::web::Request;

const CODE: &str = "7KQ2M-XW9PA-4H3TD";

fn good() -> Answers {
    Answers {
        hostname: "box.example.com".into(),
        domains: "example.com, example.net".into(),
        time_zone: "Europe/Berlin".into(),
        primary: "192.0.2.10".into(),
        smarthost: "smtp.provider.example".into(),
        user: "office".into(),
        admins: "admin@outside.example; other@outside.example".into(),
        people: "ann@example.com, Ann Miller\r\n\r\nbo@example.net;Baker, \"Bo\" Bill\r\ncleo@example.com".into(),
        name: "Eva".into(),
        ..Answers::default()
    }
}

fn secrets() -> Secrets {
    Secrets { smarthost: "s3cret".into(), admin: "correct horse battery".into(), again: "correct horse battery".into() }
}

/// The fields with mistakes.
fn wrong(answers: &Answers, secrets: &Secrets) -> Vec<&'static str> {
    judge(answers, secrets).err().unwrap_or_default().iter().map(|mistake| mistake.field).collect()
}

#[test]
fn good_answers_become_files() {
    let taken = judge(&good(), &secrets()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(taken.config.primary.smtp.to_string(), "192.0.2.10:25");
    assert_eq!(taken.config.outbound.smarthosts[0].to_string(), "smtp.provider.example:587");
    assert_eq!(taken.config.smtp.domains, ["example.com", "example.net"]);
    assert_eq!(taken.config.notify.admins.len(), 2);
    assert_eq!(taken.smarthost_password.as_deref(), Some("s3cret"));
    assert!(taken.toml.contains(PASSWORD_FILE) && !taken.toml.contains("s3cret") && !taken.toml.contains("correct horse"));
    assert_eq!(
        taken.directory,
        "address,name\nann@example.com,\"Ann Miller\"\n\nbo@example.net,\"Baker, \"\"Bo\"\" Bill\"\ncleo@example.com,\"\"\n"
    );
    assert_eq!(taken.account, ("eva".to_owned(), "correct horse battery".to_owned()));
    assert_eq!((taken.network, taken.address), (None, None));
}

#[test]
fn a_fixed_address_becomes_network_conf() {
    let fixed = |address: &str, gateway: &str, dns: &str| Answers {
        fixed: true,
        address: address.into(),
        gateway: gateway.into(),
        dns: dns.into(),
        ..good()
    };
    let taken = judge(&fixed("192.168.1.20/24", "192.168.1.1", "192.168.1.1, 9.9.9.9"), &secrets())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(taken.network.as_deref(), Some("address=192.168.1.20/24\ngateway=192.168.1.1\ndns=192.168.1.1 9.9.9.9\n"));
    assert_eq!(taken.address, Some([192, 168, 1, 20].into()));
    assert!(judge(&fixed("192.0.2.0/31", "192.0.2.1", "2001:db8::1"), &secrets()).is_ok(), "a network of two");
    for (address, gateway, dns, expected) in [
        ("192.168.1.20", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("192.168.1.0/24", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("192.168.1.255/24", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("192.168.1.20/0", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("2001:db8::20/64", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("192.168.1.20/24", "fe80::1", "192.168.1.1", vec!["gateway"]),
        ("192.168.1.20/33", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("127.0.0.1/8", "127.0.0.2", "127.0.0.1", vec!["address"]),
        ("192.168.1.20/24", "192.168.2.1", "192.168.1.1", vec!["gateway"]),
        ("192.168.1.20/24", "192.168.1.20", "192.168.1.1", vec!["gateway"]),
        ("192.168.1.20/24", "", "192.168.1.1 router", vec!["gateway", "dns"]),
        ("192.168.1.20/24\ninterface=x", "192.168.1.1", "192.168.1.1", vec!["address"]),
        ("", "", "", vec!["address", "gateway", "dns"]),
    ] {
        assert_eq!(wrong(&fixed(address, gateway, dns), &secrets()), expected, "{address} {gateway} {dns}");
    }
    let not_fixed = Answers { fixed: false, ..fixed("nonsense", "x", "y") };
    assert_eq!(wrong(&not_fixed, &secrets()), Vec::<&str>::new(), "what is not asked for cannot be wrong");
}

#[test]
fn each_mistake_stands_at_its_field() {
    let check = |change: &dyn Fn(&mut Answers, &mut Secrets), expected: &[&str]| {
        let (mut answers, mut secrets) = (good(), secrets());
        change(&mut answers, &mut secrets);
        assert_eq!(wrong(&answers, &secrets), expected);
    };
    check(&|a, _| a.hostname = "lifeboat.example.com".into(), &["hostname"]);
    check(&|a, _| a.hostname = "two words".into(), &["hostname"]);
    check(&|a, _| a.time_zone = "Atlantis".into(), &["time_zone"]);
    check(&|a, _| a.primary = "exchange.example.com".into(), &["primary"]);
    check(&|a, _| a.primary.clear(), &["primary"]);
    check(&|a, _| a.canary = "nobody".into(), &["canary"]);
    check(&|a, _| a.smarthost = "smtp.provider.example:http".into(), &["smarthost"]);
    check(&|_, s| s.smarthost.clear(), &["smarthost_password"]);
    check(&|_, s| s.smarthost = "a\nb".into(), &["smarthost_password"]);
    check(&|a, _| a.admins = "admin".into(), &["admins"]);
    check(&|a, _| a.people.clear(), &["people"]);
    check(&|a, _| a.people = "ann@elsewhere.example, Ann".into(), &["people"]);
    check(&|a, _| a.name = "e v a".into(), &["name"]);
    check(&|_, s| s.admin = "short".into(), &["password"]);
    check(&|_, s| s.again = "correct horse batteries".into(), &["again"]);
    check(&|a, s| (a.user, s.smarthost) = (String::new(), String::new()), &[]);
    check(&|a, _| *a = Answers::default(), &["hostname", "domains", "primary", "people", "name"]);
}

#[test]
fn a_line_of_people_is_named_as_it_was_typed() {
    let answers = Answers { people: "ann@example.com, Ann\nbo\n".into(), ..good() };
    let mistakes = judge(&answers, &secrets()).err().unwrap();
    assert!(mistakes[0].text.starts_with("Line 2: "), "{mistakes:?}");
    let whole = Answers { people: "Address,name,phone\nann@example.com,Ann,+49 30 1\n".into(), ..good() };
    assert!(judge(&whole, &secrets()).is_ok(), "a whole file is taken as it is");
    let nobody = Answers { people: "address,name\n".into(), ..good() };
    assert_eq!(wrong(&nobody, &secrets()), ["people"]);
    let address = Answers { people: "address@example.com, Ad Dress".into(), ..good() };
    assert!(judge(&address, &secrets()).is_ok(), "a person, and no heading");
}

#[test]
fn many_mistakes_are_not_all_shown() {
    let answers = Answers { people: "x\n".repeat(10_000), ..good() };
    assert_eq!(wrong(&answers, &secrets()).len(), crate::limits::WIZARD_MISTAKES_MAX);
}

#[test]
fn passwords_that_are_not_typed_again_stay() {
    let form = |text: &str| Form::parse("application/x-www-form-urlencoded", &text.as_bytes().to_vec().into()).unwrap();
    let before = secrets();
    assert!(Secrets::of(&form("smarthost_password=&password=&again="), before.clone()) == before);
    let changed = Secrets::of(&form("smarthost_password=new&password=a&again="), before);
    assert_eq!((changed.smarthost.as_str(), changed.admin.as_str(), changed.again.as_str()), ("new", "a", ""));
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new().into(),
        client: [127, 0, 0, 1].into(),
    }
}

#[test]
fn only_the_code_leads_in() {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert!(matches!(place(&request("GET", &format!("/setup/{CODE}"), &[]), CODE), Place::Questions));
    assert!(matches!(place(&request("GET", "/setup/7kq2m xw9pa 4h3td", &[]), CODE), Place::Questions), "as people type it");
    assert!(matches!(place(&request("POST", &format!("/setup/{CODE}"), &form), CODE), Place::Answered(_)));
    assert!(matches!(place(&request("POST", &format!("/setup/{CODE}/use"), &form), CODE), Place::Use));
    for path in
        ["/", "/setup", "/setup/", "/setup//use", "/setup/7KQ2M-XW9PA-4H3TE", "/setup/7KQ2M-XW9PA-4H3TD/more", "/assets/none", "/admin"]
    {
        for method in ["GET", "POST"] {
            let Place::Elsewhere(response) = place(&request(method, path, &form), CODE) else { panic!("{method} {path}") };
            assert_eq!(response.status, 404, "{method} {path}");
            let text = String::from_utf8(response.body.bytes().unwrap().to_vec()).unwrap();
            assert!(!text.contains("7KQ2M"), "{method} {path}: the code is nobody's");
        }
    }
}

#[test]
fn another_site_sends_no_answers() {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
    for path in [format!("/setup/{CODE}"), format!("/setup/{CODE}/use")] {
        let Place::Elsewhere(response) = place(&request("POST", &path, &headers), CODE) else { panic!("{path}") };
        assert_eq!(response.status, 400);
    }
}
