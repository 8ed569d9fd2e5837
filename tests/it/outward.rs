//! Ways out of the box, to aiosmtpd and smtp-sink: encryption, logins, several smart hosts, what is passed on of a message.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::aiosmtpd::{Aiosmtpd, Kind, PYTHON, certificate};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(40);
/// A trusted host of the office.
const PRINTER: &str = "127.0.0.1";

fn box_with(folder: &Path, outbound: &str) -> Lifeboat {
    let setup = Setup { trusted: vec![format!("{PRINTER}/32")], more: format!("[outbound]\n{outbound}\n"), ..Setup::without_primary() };
    Lifeboat::start(folder, &setup)
}

fn send_outward(lifeboat: &Lifeboat, subject: &str) -> Vec<u8> {
    let message = mail::message("out@outside.example", subject, "text");
    let reply = sender::deliver(lifeboat.smtp, "ann@example.com", &["out@outside.example"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    message
}

fn arrived(server: &Aiosmtpd, count: usize) -> Vec<serde_json::Value> {
    wait_for("the smart host has it", LIMIT, || Some(server.messages()).filter(|messages| messages.len() >= count))
}

#[test]
fn implicit_tls_and_a_login() {
    let folder = folder();
    let here = folder.path();
    let smtp = free_port(SMARTHOST);
    let pem = certificate(here, "smarthost", smtp);
    let kind = Kind { hostname: "smart.example", tls: "implicit", login: Some(("box", "secret word")), smtputf8: true };
    let server = Aiosmtpd::start(here, "smarthost", smtp, &kind, Some(&pem));
    std::fs::write(here.join("password"), "secret word\n").unwrap();
    let login = format!("user = \"box\"\npassword_file = \"{}/password\"", here.display());
    let lifeboat = box_with(here, &format!("smarthost = \"{smtp}\"\ntls = \"implicit\"\nca_file = \"{}\"\n{login}", pem.0.display()));
    let message = send_outward(&lifeboat, "implicit");
    let got = arrived(&server, 1).remove(0);
    assert_eq!((&got["tls"], got["user"].as_str(), got["sender"].as_str()), (&true.into(), Some("box by PLAIN"), Some("ann@example.com")));
    assert!(mail::without_trace(got["content"].as_str().unwrap().as_bytes()) == message, "{got}");
}

#[test]
fn a_certificate_that_is_not_trusted_gets_no_mail() {
    let folder = folder();
    let here = folder.path();
    let smtp = free_port(SMARTHOST);
    let (pem, other) = (certificate(here, "smarthost", smtp), certificate(here, "other", smtp));
    let kind = Kind { hostname: "smart.example", tls: "required", login: None, smtputf8: true };
    let server = Aiosmtpd::start(here, "smarthost", smtp, &kind, Some(&pem));
    let lifeboat = box_with(here, &format!("smarthost = \"{smtp}\"\ntls = \"required\"\nca_file = \"{}\"", other.0.display()));
    send_outward(&lifeboat, "not trusted");
    wait_for("it was tried", LIMIT, || lifeboat.command(&["queue", "list"]).contains("no encrypted connection").then_some(()));
    assert_eq!((server.messages().len(), lifeboat.queued()), (0, 1));
}

#[test]
fn starttls_with_a_certificate_of_ones_own() {
    let folder = folder();
    let here = folder.path();
    let smtp = free_port(SMARTHOST);
    let pem = certificate(here, "smarthost", smtp);
    let kind = Kind { hostname: "smart.example", tls: "required", login: None, smtputf8: true };
    let server = Aiosmtpd::start(here, "smarthost", smtp, &kind, Some(&pem));
    let lifeboat = box_with(here, &format!("smarthost = \"{smtp}\"\ntls = \"required\"\nca_file = \"{}\"", pem.0.display()));
    send_outward(&lifeboat, "trusted");
    assert_eq!(arrived(&server, 1)[0]["tls"], true);
}

#[test]
fn the_second_smart_host_takes_what_the_first_does_not() {
    let folder = folder();
    let here = folder.path();
    let dead: SocketAddr = free_port(SMARTHOST);
    let sink = Sink::start(here, free_port(SMARTHOST));
    let lifeboat = box_with(here, &format!("smarthost = [\"{dead}\", \"{}\"]\ntls = \"off\"", sink.smtp));
    // One after the other: two at once may both find out.
    let arrived = |count: usize| wait_for("it is there", LIMIT, || Some(sink.dumps()).filter(|dumps| dumps.len() == count));
    let first = send_outward(&lifeboat, "first");
    arrived(1);
    let sent = [first, send_outward(&lifeboat, "second")];
    let dumps = arrived(2);
    let mut got: Vec<Vec<u8>> = dumps.iter().map(|dump| mail::without_trace(&dump.message)).collect();
    got.sort();
    assert!(got == sent, "{got:?}");
    wait_for("nothing waits", LIMIT, || (lifeboat.queued() == 0).then_some(()));
    let log = lifeboat.log();
    assert_eq!(log.matches("trying the next").count(), 1, "the first is passed over for a while: {log}");
}

/// By Python's smtplib, from the office: what is asked about reports, and letters beyond ASCII.
const SMTPLIB: &str = r#"
import smtplib, ssl, sys
client = smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=30)
client.ehlo("printer.example.com")
assert client.has_extn("DSN") and client.has_extn("CHUNKING") and client.has_extn("SMTPUTF8"), client.esmtp_features
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
client.starttls(context=context)
client.ehlo("printer.example.com")
message = "From: ann@example.com\r\nSubject: Gr\u00fc\u00dfe\r\n\r\ntext\r\n".encode()
refused = client.sendmail("ann@example.com", ["j\u00fcrgen@outside.example"], message, ["SMTPUTF8", "BODY=8BITMIME", "RET=HDRS"], ["NOTIFY=FAILURE"])
assert refused == {}, refused
client.quit()
"#;

#[test]
fn letters_beyond_ascii_reach_who_takes_them() {
    let folder = folder();
    let here = folder.path();
    let smtp = free_port(PRIMARY);
    // The primary was seen, so that the box offers what it takes.
    let kind = Kind { hostname: "primary.example.com", tls: "off", login: None, smtputf8: true };
    let _primary = Aiosmtpd::start(here, "primary", smtp, &kind, None);
    let outside = free_port(SMARTHOST);
    let smarthost = Aiosmtpd::start(here, "smarthost", outside, &Kind { hostname: "smart.example", ..kind }, None);
    let setup = Setup {
        trusted: vec![format!("{PRINTER}/32")],
        more: format!("[outbound]\nsmarthost = \"{outside}\"\ntls = \"off\"\n"),
        ..Setup::new(smtp)
    };
    let lifeboat = Lifeboat::start(here, &setup);
    assert!(
        sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], b"Subject: seen\r\n\r\nx\r\n")
            .unwrap()
            .starts_with("250")
    );
    let mut command = Command::new(PYTHON);
    command.args(["-c", SMTPLIB, &lifeboat.smtp.ip().to_string(), &lifeboat.smtp.port().to_string()]);
    crate::harness::run(&mut command);
    let got = arrived(&smarthost, 1).remove(0);
    assert_eq!(got["recipients"], serde_json::json!(["jürgen@outside.example"]));
    let options = got["mail_options"].to_string();
    assert!(options.contains("SMTPUTF8") && options.contains("BODY=8BITMIME"), "{options}");
    assert!(got["content"].as_str().unwrap().contains("Subject: Gr\u{c3}\u{bc}\u{c3}\u{9f}e"), "{got}");
}

#[test]
fn the_primary_is_spoken_to_by_starttls() {
    let folder = folder();
    let here = folder.path();
    let smtp = free_port(PRIMARY);
    let pem = certificate(here, "primary", smtp);
    let kind = Kind { hostname: "primary.example.com", tls: "starttls", login: None, smtputf8: true };
    let primary = Aiosmtpd::start(here, "primary", smtp, &kind, Some(&pem));
    let lifeboat = Lifeboat::start(here, &Setup::new(smtp));
    let message = mail::message("ann@example.com", "by TLS", "text");
    let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    let got = arrived(&primary, 1).remove(0);
    assert_eq!((&got["tls"], got["hello"].as_str()), (&true.into(), Some("lifeboat.example.com")));
    assert!(mail::without_trace(got["content"].as_str().unwrap().as_bytes()) == message, "{got}");
}

#[test]
fn a_trusted_host_sends_no_more_than_its_allowance() {
    let folder = folder();
    let here = folder.path();
    let setup = Setup { trusted: vec![format!("{PRINTER}/32")], smtp: "trusted_rate = 2".to_owned(), ..Setup::without_primary() };
    let lifeboat = Lifeboat::start(here, &setup);
    send_outward(&lifeboat, "first");
    send_outward(&lifeboat, "second");
    let message = mail::message("out@outside.example", "third", "text");
    let reply = sender::deliver(lifeboat.smtp, "ann@example.com", &["out@outside.example"], &message).unwrap();
    assert!(reply.starts_with("451 4.7.1"), "{reply}");
    let reply = sender::deliver(lifeboat.smtp, "ann@example.com", &["bo@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "mail within the office is not counted: {reply}");
    assert!(lifeboat.status()["alarms"].to_string().contains("smtp.trusted_rate"));
}

#[test]
fn success_is_reported_when_the_next_server_does_not() {
    let folder = folder();
    let sink = Sink::start_with(folder.path(), free_port(SMARTHOST), &["-N"]);
    let lifeboat = box_with(folder.path(), &format!("smarthost = \"{}\"\ntls = \"off\"", sink.smtp));
    let (mut session, _) = sender::Session::open(lifeboat.smtp).unwrap();
    for line in [
        "EHLO printer.example.com",
        "MAIL FROM:<ann@example.com> ENVID=e1",
        "RCPT TO:<out@outside.example> NOTIFY=SUCCESS",
        "RCPT TO:<other@outside.example> NOTIFY=FAILURE",
    ] {
        let reply = session.command(line).unwrap();
        assert!(reply.starts_with("250"), "{line}: {reply}");
    }
    assert!(session.command("DATA").unwrap().starts_with("354"));
    session.write(&sender::stuffed(b"From: ann@example.com\r\nSubject: sure\r\n\r\ntext\r\n")).unwrap();
    assert!(session.reply().unwrap().starts_with("250"));
    let report = wait_for("the report", LIMIT, || {
        let all = lifeboat.mail_of("ann@example.com").into_iter().map(|mail| String::from_utf8(mail).unwrap());
        all.into_iter().find(|mail| mail.contains("report-type=delivery-status"))
    });
    for part in
        ["Subject: Handed on: sure", "Action: relayed\r\nStatus: 2.0.0", "Final-Recipient: rfc822; out@", "Original-Envelope-Id: e1"]
    {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("other@outside.example"), "{report}");
}
