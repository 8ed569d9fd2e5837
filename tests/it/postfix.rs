//! Postfix on both sides: what it sends and takes by STARTTLS, and with letters beyond ASCII in addresses.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::harness::aiosmtpd::certificate;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::postfix::Postfix;
use crate::harness::{PRIMARY, folder, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(60);
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));

#[test]
fn by_starttls_on_both_sides() {
    let folder = folder();
    let here = folder.path();
    let (first, second) = (here.join("outside"), here.join("primary"));
    fs::create_dir(&first).unwrap();
    fs::create_dir(&second).unwrap();
    let people = ["ann@example.com".to_owned(), "jürgen@example.com".to_owned()];
    let pem = certificate(here, "primary", (PRIMARY, 25).into());
    let tls = format!(
        "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\nsmtpd_tls_received_header = yes\n",
        pem.0.display(),
        pem.1.display()
    );
    let primary = Postfix::start_with(&second, PRIMARY, &people, &(tls + "smtputf8_enable = yes\n"));
    let mut setup = Setup::new(primary.smtp);
    setup.people = people.to_vec();
    let lifeboat = Lifeboat::prepare(here, &setup);
    let file = here.join("lifeboat.toml");
    let required = format!("[primary]\ntls = \"required\"\nca_file = \"{}\"\n", pem.0.display());
    let text = fs::read_to_string(&file).unwrap().replace("[primary]\n", &required);
    assert!(text.contains("ca_file"));
    fs::write(&file, text).unwrap();
    let mut lifeboat = lifeboat;
    lifeboat.restart();
    // The first message teaches the box what the primary offers.
    let first_mail = mail::message("ann@example.com", "first", "text");
    assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &first_mail).unwrap().starts_with("250"));
    wait_for("the primary has it", LIMIT, || primary.mailboxes().contains_key("ann@example.com").then_some(()));

    let outside = Postfix::relaying(&first, OUTSIDE, lifeboat.smtp, "encrypt");
    for (to, subject) in [("ann@example.com", "encrypted"), ("jürgen@example.com", "letters")] {
        let message = mail::message(to, subject, "Grüße\n.\n");
        let reply = sender::deliver(outside.smtp, "out@outside.example", &[to], &message).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
        let arrived = wait_for("it has arrived", LIMIT, || {
            let mut all = primary.mailboxes().into_values().flatten().map(|octets| String::from_utf8(octets).unwrap());
            all.find(|text| text.contains(&format!("Subject: {subject}\n")))
        });
        let unfolded = arrived.replace("\n\t", " ").replace("\n ", " ");
        let with = if to.is_ascii() { "ESMTPS" } else { "UTF8SMTPS" };
        // From the outside to the box, and from the box to the primary.
        assert!(unfolded.contains(&format!("by lifeboat.example.com (Lifeboat) with {with}")), "{unfolded}");
        let last = unfolded.lines().find(|line| line.starts_with("Received: ")).unwrap();
        assert!(last.contains("from lifeboat.example.com") && last.contains("using TLSv1.3") && last.contains(with), "{unfolded}");
        assert!(mail::without_trace(arrived.as_bytes()).ends_with("\r\n\r\nGrüße\r\n.\r\n".as_bytes()), "{arrived}");
    }
    assert!(outside.log().matches("status=sent").count() == 2, "{}", outside.log());
}
