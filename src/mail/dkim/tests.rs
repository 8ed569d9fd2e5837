use super::*;

/// The hash of `relaxed` text as it stands here.
fn hash_of(text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).into()
}

/// However a body is cut, its canonical form is `expected`.
fn check_body(body: &str, expected: &str) {
    for at in 0..=body.len() {
        let mut hash = BodyHash::default();
        hash.take(&body.as_bytes()[..at]);
        hash.take(&body.as_bytes()[at..]);
        assert_eq!(hash.value(), hash_of(expected), "{body:?} cut at {at}");
    }
}

#[test]
fn bodies_are_relaxed() {
    check_body("", "");
    check_body("\r\n\r\n", "");
    check_body(" \r\n\t\r\n", "");
    check_body("a", "a\r\n");
    check_body("a\r\n\r\n \r\n", "a\r\n");
    check_body("\r\na\r\n\r\nb \t\r\n", "\r\na\r\n\r\nb\r\n");
    // RFC 6376 section 3.4.5.
    check_body(" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
}

fn check_field(field: &str, expected: &str) {
    assert_eq!(String::from_utf8(canonical::field(field.as_bytes())).unwrap(), expected, "{field:?}");
}

#[test]
fn fields_are_relaxed() {
    check_field("A: X\r\n", "a:X\r\n");
    check_field("B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n");
    check_field("Subject:\r\n", "subject:\r\n");
    check_field("Subject:  \r\n  two   words\r\n", "subject:two words\r\n");
    let fields: Vec<&[u8]> = canonical::fields(b"A: 1\r\n 2\r\nB: 3\r\nC: 4").collect();
    assert_eq!(fields, [&b"A: 1\r\n 2\r\n"[..], b"B: 3\r\n", b"C: 4"]);
}

#[test]
fn the_author_decides_the_domain() {
    let check = |header: &str, expected: Option<&str>| assert_eq!(domain(header.as_bytes()).as_deref(), expected, "{header:?}");
    check("From: Ann <ann@Example.com>\r\n", Some("example.com"));
    check("From: ann@b\u{fc}cher.example\r\n", Some("xn--bcher-kva.example"));
    check("Subject: From: x@y.example\r\n", None);
    check("From: ann@example.com\r\nFrom: bo@example.net\r\n", None);
    check("From: ann@example.com, bo@example.net\r\n", None);
    check("From: nobody\r\n", None);
}

#[test]
fn a_signature_names_what_it_seals() {
    let key = Key::read("s1", &Key::make(Kind::Ed25519).unwrap()).unwrap();
    let header = "Received: x\r\nFrom: ann@example.com\r\nTo: x@y.example\r\nTo: z@y.example\r\nReferences: <1@x>\r\n";
    let field =
        String::from_utf8(sign(&key, "example.com", header.as_bytes(), &BodyHash::default(), Wall(1_772_529_302_000)).unwrap()).unwrap();
    assert!(
        field.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n\td=example.com; s=s1; t=1772529302;"),
        "{field}"
    );
    let unfolded = field.replace("\r\n\t ", "").replace("\r\n\t", " ");
    let names = "h=from:from:to:to:to:cc:subject:date:reply-to:message-id:mime-version:content-type:content-transfer-encoding:references;";
    assert!(unfolded.contains(names), "{unfolded}");
    assert!(field.lines().all(|line| line.len() <= LINE_OCTETS), "{field}");
    assert!(field.ends_with("\r\n") && !field.ends_with("\r\n\r\n"));
}

#[test]
fn records_are_what_dns_takes() {
    let key = Key::read("lb", &Key::make(Kind::Rsa).unwrap()).unwrap();
    assert_eq!(key.kind(), Kind::Rsa);
    let line = key.zone_line("example.com");
    assert!(line.starts_with("lb._domainkey.example.com. IN TXT ( \"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{line}");
    assert!(line.split('"').all(|string| string.len() <= 255), "{line}");
    assert_eq!(line.split('"').skip(1).step_by(2).collect::<String>(), key.record());
    let ed = Key::read("ed", &Key::make(Kind::Ed25519).unwrap()).unwrap().record();
    assert_eq!(ed.len(), "v=DKIM1; k=ed25519; p=".len() + 44, "{ed}");
}

#[test]
fn only_labels_are_selectors() {
    for selector in ["a", "lb2026", "x-1"] {
        assert!(is_selector(selector), "{selector}");
    }
    for other in ["", "../x", "A", "a.b", "-a", "a-", "a b", &"a".repeat(64)] {
        assert!(!is_selector(other), "{other}");
    }
}

#[test]
fn other_keys_are_refused() {
    let error = |pem: &str| Key::read("s", pem).err().unwrap().0;
    assert!(error("nothing").contains("no private key"));
    assert!(error(&rcgen::KeyPair::generate().unwrap().serialize_pem()).contains("neither"));
}
