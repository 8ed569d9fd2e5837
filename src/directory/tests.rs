//! The CSV and look-ups in it.

use super::*;

const EXAMPLE: &str = include_str!("../../assets/directory.csv");

fn ours() -> Vec<String> {
    vec!["example.com".to_owned(), "example.org".to_owned()]
}

/// Mistakes of rows behind the usual header.
fn check(rows: &str, expected: &[&str]) {
    check_whole(&format!("address,name,aliases,alternate_email,phone,groups\n{rows}"), expected);
}

fn check_whole(text: &str, expected: &[&str]) {
    let problems: Vec<String> = match Directory::parse_csv(text, &ours()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(problems, expected, "{text}");
}

fn read(text: &str) -> Directory {
    Directory::parse_csv(text, &ours()).expect("no mistakes")
}

#[test]
fn reads_the_example() {
    let directory = read(EXAMPLE);
    assert_eq!(directory.len(), 3);
    let ann = directory.resolve(&Address::parse("a.miller@example.com").unwrap()).unwrap();
    assert_eq!(ann.name, "Ann Miller");
    assert_eq!(ann.alternate_email.as_ref().unwrap().to_string(), "ann.miller@example.net");
    assert_eq!(ann.phone.as_deref(), Some("+49 30 1234561"));
    assert_eq!(ann.groups, ["Management", "Sales"]);
    assert_eq!(directory.people().next().unwrap().mailbox.as_str(), "ann@example.com");
}

#[test]
fn takes_what_spreadsheets_write() {
    let text = "\u{feff}Name,ADDRESS,extra\r\n\"Miller, Ann\", Ann@Example.com ,x\r\n\r\n,,\r\nShort,bob@example.com\r\n";
    let directory = read(text);
    assert_eq!(directory.people().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Miller, Ann", "Short"]);
    let only_addresses = read("address\ncleo@example.com\n");
    assert_eq!(only_addresses.people().next().unwrap().name, "cleo");
    assert!(read("address,name\n").is_empty());
    // The own address among the aliases is no mistake.
    assert_eq!(read("address,aliases\nann@example.com,ANN@example.com;a@example.com\n").people().next().unwrap().aliases.len(), 1);
}

#[test]
fn every_mistake_has_its_line() {
    check(
        "ann@example.com,Ann,a@example.com,,,\n\
         ,Nobody,,,,\n\
         ANN@example.com,Ann again,,,,\n\
         bob@example.com,Bob,a@example.com;b@example.com;b@example.com,,,\n\
         cleo@example.net,Cleo,,,,\n\
         dan,Dan,,,,\n\
         eve@example.com,Eve,,eve@example.org,call me,\n\
         b@example.com,Bea,,,,\n\
         fay@example.com,Smith, Fay,,,,extra\n",
        &[
            "3: address: is empty (example: ann@example.com)",
            "4: address: ANN@example.com is already in line 2",
            "5: aliases: a@example.com is already in line 2",
            "5: aliases: b@example.com is already in line 5",
            "6: address: cleo@example.net is in none of the domains of smtp.domains (example.com, example.org)",
            "7: address: \"dan\": the address has no domain (example: ann@example.com)",
            "8: alternate_email: eve@example.org is in our own domain; it must be one that works while our mail is down",
            "8: phone: \"call me\" is not a phone number (example: +49 30 123456)",
            "9: address: b@example.com is already in line 5",
            "10: has 7 columns instead of 6; a text with a comma needs \"quotes\"",
        ],
    );
}

#[test]
fn an_open_quote_is_found_where_it_begins() {
    check(
        "ann@example.com,\"Ann,,,,\nbob@example.com,Bob,,,,\n",
        &["2: name: contains a line break or another control character; is a quote not closed?"],
    );
}

#[test]
fn the_header_is_checked() {
    let expected = "(expected: address,name,aliases,alternate_email,phone,groups)";
    check_whole("", &[&format!("1: the first line must name the columns, with \"address\" among them {expected}")]);
    check_whole("ann@example.com,Ann\n", &[&format!("1: the first line must name the columns, with \"address\" among them {expected}")]);
    check_whole("address;name\nann@example.com;Ann\n", &[&format!("1: the columns must be separated by commas {expected}")]);
    check_whole("address,name,name\n", &["1: the column \"name\" is there twice"]);
}

#[test]
fn a_flood_of_mistakes_is_counted() {
    let text = "address\n".to_owned() + &"x\n".repeat(1000);
    let problems = Directory::parse_csv(&text, &[]).unwrap_err();
    assert_eq!(problems.len(), crate::limits::FILE_PROBLEMS_MAX + 1);
    assert_eq!(problems.last().unwrap().text, "900 further mistakes are not shown");
}

#[test]
fn without_domains_any_domain_is_ours() {
    assert_eq!(Directory::parse_csv("address\nann@anywhere.example\n", &[]).unwrap().len(), 1);
}

fn check_resolve(address: &str, expected: Option<&str>) {
    let directory =
        read("address,aliases\nann@example.com,a.miller@example.com;sales+north@example.com\nbob+work@example.com,\nsales@example.com,\n");
    let found = directory.resolve(&Address::parse(address).unwrap());
    assert_eq!(found.map(|person| person.mailbox.as_str()), expected, "{address}");
}

#[test]
fn resolves_addresses() {
    check_resolve("ann@example.com", Some("ann@example.com"));
    check_resolve("ANN@EXAMPLE.com", Some("ann@example.com"));
    check_resolve("A.Miller@example.com", Some("ann@example.com"));
    check_resolve("ann+news@example.com", Some("ann@example.com"));
    check_resolve("a.miller+x+y@example.com", Some("ann@example.com"));
    // An exact match comes before the detail is dropped.
    check_resolve("sales+north@example.com", Some("ann@example.com"));
    check_resolve("sales+south@example.com", Some("sales@example.com"));
    check_resolve("bob+work@example.com", Some("bob+work@example.com"));
    check_resolve("bob@example.com", None);
    check_resolve("+x@example.com", None);
    check_resolve("\"ann+news\"@example.com", None);
    check_resolve("ann@example.org", None);
}

#[test]
fn nothing_makes_it_panic() {
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..2000 {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for _ in 0..random.usize(1..10) {
            let at = random.usize(..bytes.len());
            bytes[at] = *random.choice(b"\",;\r\n@a\0\xff").unwrap();
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(problems) = Directory::parse_csv(&text, &ours()) {
            assert!(!problems.is_empty() && problems.iter().all(|problem| problem.line > 0), "seed 11, round {round}: {problems:?}");
        }
    }
}
