use super::*;
use crate::mail::{Notify, OriginalRecipient};

fn check(line: &str, expected: Command) {
    assert_eq!(parse(line.as_bytes()), Ok(expected), "{line:?}");
}

fn check_refused(line: &[u8], expected: Reply) {
    assert_eq!(parse(line), Err(expected), "{:?}", line.escape_ascii().to_string());
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn from(text: &str) -> Mail {
    Mail { reverse_path: Some(address(text)), ..Mail::default() }
}

fn to(text: &str) -> Command {
    Command::Rcpt(Rcpt { path: ForwardPath::Mailbox(address(text)), dsn: RecipientDsn::default() })
}

#[test]
fn verbs() {
    check("EHLO mail.example", Command::Ehlo { name: "mail.example".into() });
    check("helo [192.0.2.1]", Command::Helo { name: "[192.0.2.1]".into() });
    check("EHLO HP LaserJet", Command::Ehlo { name: "HP".into() });
    check("data", Command::Data);
    check("DATA  ", Command::Data);
    check("RSET", Command::Rset);
    check("NOOP whatever", Command::Noop);
    check("QUIT", Command::Quit);
    check("VRFY ann", Command::Vrfy);
    check("EXPN all", Command::Expn);
    check("HELP", Command::Help);
    check("STARTTLS", Command::StartTls);
    check("AUTH PLAIN AGFubgBhbm4=", Command::Auth);
    check("GET / HTTP/1.1", Command::Http);
    check("POST /x HTTP/1.0", Command::Http);
}

#[test]
fn chunks() {
    let check = |line: &str, octets: u64, last: bool| check(line, Command::Bdat(Some(Chunk { octets, last })));
    check("BDAT 10", 10, false);
    check("bdat  10  last ", 10, true);
    check("BDAT 0 LAST", 0, true);
    check("BDAT 00000000000000000007", 7, false);
    check("BDAT 18446744073709551615", u64::MAX, false);
    for unreadable in ["BDAT", "BDAT LAST", "BDAT -1", "BDAT +1", "BDAT 1x", "BDAT 1 LAST LAST", "BDAT 1 FIRST", "BDAT 1LAST"] {
        super::tests::check(unreadable, Command::Bdat(None));
    }
    super::tests::check("BDAT 18446744073709551616", Command::Bdat(None));
    super::tests::check("BDAT 000000000000000000001", Command::Bdat(None));
}

#[test]
fn bad_verbs_and_octets() {
    check_refused(b"", reply::unknown_command());
    check_refused(b"XYZZY", reply::unknown_command());
    check_refused(b" EHLO x", reply::unknown_command());
    check_refused(b"EHLO", reply::bad_argument());
    check_refused(b"EHLO a(b)", reply::bad_argument());
    check_refused("EHLO grüße".as_bytes(), reply::bad_argument());
    check_refused(b"DATA now", reply::bad_argument());
    check_refused(b"RSET x", reply::bad_argument());
    check_refused(b"VRFY", reply::bad_argument());
    check_refused(b"STARTTLS x", reply::bad_argument());
    check_refused(b"NOOP \0", reply::bad_octets());
    check_refused(b"NOOP\nMAIL FROM:<>", reply::bad_octets());
    check_refused(b"NOOP\rQUIT", reply::bad_octets());
    check_refused(b"MAIL FROM:<\xff@example.com>", reply::bad_octets());
    check_refused(&format!("EHLO {}", "a".repeat(256)).into_bytes(), reply::bad_argument());
}

#[test]
fn mail_from() {
    check("MAIL FROM:<ann@Example.com>", Command::Mail(from("ann@example.com")));
    check("mail from: <ann@example.com> ", Command::Mail(from("ann@example.com")));
    check("MAIL FROM:<>", Command::Mail(Mail::default()));
    check("MAIL FROM:<@a.example,@[IPv6:2001:db8::1]:ann@example.com>", Command::Mail(from("ann@example.com")));
    check("MAIL FROM:<\"a > b\"@example.com> SIZE=5", Command::Mail(Mail { size: Some(5), ..from("\"a > b\"@example.com") }));
    check_refused(b"MAIL", reply::bad_argument());
    check_refused(b"MAIL ann@example.com", reply::bad_argument());
    check_refused(b"MAIL FROM ann@example.com", reply::bad_argument());
    check_refused(b"MAIL FROM:ann@example.com", reply::bad_sender_syntax());
    check_refused(b"MAIL FROM:<ann@example.com", reply::bad_sender_syntax());
    check_refused(b"MAIL FROM:<ann>", reply::bad_sender_syntax());
    check_refused(b"MAIL FROM:<a b@example.com>", reply::bad_sender_syntax());
    check_refused(b"MAIL FROM:<@a.example>", reply::bad_sender_syntax());
    check_refused(b"MAIL FROM:<ann@example.com>SIZE=1", reply::bad_argument());
    check_refused("MAIL FROM:<grüße@example.com>".as_bytes(), reply::smtputf8_needed());
}

#[test]
fn mail_parameters_offered() {
    let check = |text: &str, expected: Mail| check(&format!("MAIL FROM:<a@b.example> {text}"), Command::Mail(expected));
    let mail = || from("a@b.example");
    check("SIZE=1000", Mail { size: Some(1000), ..mail() });
    check("size=99999999999999999999", Mail { size: Some(u64::MAX), ..mail() });
    check("BODY=8BITMIME  SIZE=1", Mail { size: Some(1), eight_bit: true, ..mail() });
    check("body=7bit", mail());
    check("SMTPUTF8", Mail { smtputf8: true, ..mail() });
    check("AUTH=<>", mail());
    check_refused(b"MAIL FROM:<a@b.example> SIZE=1 SIZE=2", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> SIZE=", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> SIZE=-1", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> SIZE", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> SIZE=123456789012345678901", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> BODY=BINARYMIME", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> SMTPUTF8=1", reply::bad_argument());
    check("RET=hdrs ENVID=a+2Bb", Mail { ret: Some(Ret::Headers), envid: Xtext::envid("a+2Bb"), ..mail() });
    check_refused(b"MAIL FROM:<a@b.example> RET=ALL", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> RET", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> ENVID=a+0A", reply::bad_argument());
    check_refused(b"MAIL FROM:<a@b.example> NOTIFY=NEVER", reply::unknown_parameter());
    check_refused(b"MAIL FROM:<a@b.example> X", reply::unknown_parameter());
    check_refused(b"MAIL FROM:<a@b.example> =1", reply::bad_argument());
}

#[test]
fn rcpt_to() {
    check("RCPT TO:<bob@example.com>", to("bob@example.com"));
    check("rcpt to: <bob@example.com>", to("bob@example.com"));
    check("RCPT TO:<@a,@b:bob@example.com>", to("bob@example.com"));
    check("RCPT TO:<Postmaster>", Command::Rcpt(Rcpt { path: ForwardPath::Postmaster, dsn: RecipientDsn::default() }));
    check("RCPT TO:<postmaster@example.com>", to("postmaster@example.com"));
    check("RCPT TO:<grüße@example.com>", to("grüße@example.com"));
    check_refused(b"RCPT TO:<>", reply::bad_recipient_syntax());
    check_refused(b"RCPT TO:<bob>", reply::bad_recipient_syntax());
    check_refused(b"RCPT TO:bob@example.com", reply::bad_recipient_syntax());
    check_refused(b"RCPT FROM:<bob@example.com>", reply::bad_argument());
    check_refused(b"RCPT TO:<bob@example.com>junk", reply::bad_argument());
}

#[test]
fn rcpt_parameters_offered() {
    let check = |text: &str, notify: Option<&str>, orcpt: Option<&str>| {
        let dsn = RecipientDsn { notify: notify.and_then(Notify::parse), orcpt: orcpt.and_then(OriginalRecipient::parse) };
        let path = ForwardPath::Mailbox(address("a@b.example"));
        check(&format!("RCPT TO:<a@b.example> {text}"), Command::Rcpt(Rcpt { path, dsn }));
    };
    check("", None, None);
    check("NOTIFY=NEVER", Some("NEVER"), None);
    check("orcpt=rfc822;x+2By@b.example notify=success,Failure", Some("SUCCESS,FAILURE"), Some("rfc822;x+2By@b.example"));
    for bad in ["NOTIFY=NEVER NOTIFY=NEVER", "NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "ORCPT=x", "ORCPT=rfc822;a ORCPT=rfc822;a"] {
        check_refused(format!("RCPT TO:<a@b.example> {bad}").as_bytes(), reply::bad_argument());
    }
    check_refused(b"RCPT TO:<a@b.example> RET=FULL", reply::unknown_parameter());
}

#[test]
fn a_filter_says_for_whom_it_speaks() {
    let check = |line: &str, client: Option<&str>, helo: Option<&str>| {
        let expected = Xclient { client: client.map(|client| client.parse().unwrap()), helo: helo.map(str::to_owned) };
        assert_eq!(parse(line.as_bytes()), Ok(Command::Xclient(expected)), "{line}");
    };
    check(
        "XCLIENT ADDR=203.0.113.9 NAME=mail.outside.example HELO=mail.outside.example",
        Some("203.0.113.9"),
        Some("mail.outside.example"),
    );
    check("xclient addr=IPV6:2001:db8::9 PROTO=ESMTP PORT=4711", Some("2001:db8::9"), None);
    check("XCLIENT ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL] LOGIN=+5BUNAVAILABLE+5D", None, None);
    for bad in [
        "XCLIENT",
        "XCLIENT ADDR",
        "XCLIENT ADDR=nowhere",
        "XCLIENT COLOUR=red",
        "XCLIENT HELO=+0A",
        "XCLIENT HELO=a+2",
        "XCLIENT HELO=a+28b",
    ] {
        assert_eq!(parse(bad.as_bytes()).map_err(|reply| reply.code), Err(501), "{bad}");
    }
}
