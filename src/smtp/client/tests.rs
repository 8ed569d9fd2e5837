//! The client against scripted servers, well-behaved and not. Every script runs with replies whole and octet by octet.

use std::time::Duration;

use super::*;
use crate::mail::DsnRequest;

const START: Mono = Mono(5_000);
const TIMEOUTS: Timeouts =
    Timeouts { hello: Duration::from_secs(4), reply: Duration::from_secs(300), final_reply: Duration::from_secs(600) };

/// What happens to the machine.
#[derive(Clone)]
enum Act {
    /// The server says this.
    Server(&'static str),
    Send(Transaction),
    Verify(Option<Address>),
    /// The driver gives a piece of the body.
    Body(&'static [u8]),
    BodyEnd,
    TlsDone,
    Lost(Cause),
    /// So much time passes.
    Pass(Duration),
    Quit,
}

use Act::*;

fn options(tls: Tls) -> Options {
    Options { hostname: "box.example".into(), tls, auth: None, auth_in_clear: false, timeouts: TIMEOUTS }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn message(recipients: &[&str]) -> Transaction {
    Transaction {
        reverse_path: Some(address("ann@example.com")),
        recipients: recipients.iter().map(|text| address(text)).collect(),
        eight_bit: false,
        smtputf8: false,
        size: 99,
        dsn: DsnRequest::default(),
    }
}

/// What came out: bytes as they are, other outputs in brackets; and the last event.
fn run(options: Options, acts: &[Act], chunk: usize) -> (String, Option<Event>) {
    let mut client = Client::new(options, START);
    let (mut now, mut log, mut last) = (START, String::new(), None);
    for act in acts {
        match act.clone() {
            Server(text) => text.as_bytes().chunks(chunk).for_each(|part| client.receive(part, now)),
            Send(transaction) => client.send(transaction, now),
            Verify(recipient) => client.verify(None, recipient, now),
            Body(piece) => client.body(piece, now),
            BodyEnd => client.body_end(now),
            TlsDone => client.tls_done(now),
            Lost(cause) => client.lost(cause),
            Pass(time) => now = now.plus(time),
            Quit => client.quit(now),
        }
        loop {
            match client.poll(now) {
                Output::Send(bytes) => log.push_str(&String::from_utf8(bytes).unwrap().replace("\r\n", "\n")),
                Output::StartTls => log.push_str("[tls]\n"),
                Output::NeedBody => break,
                Output::Event(event) => {
                    log.push_str(match &event {
                        Event::Ready(_) => "[ready]\n",
                        Event::Sent(_) => "[sent]\n",
                        Event::Verified { .. } => "[verified]\n",
                        Event::Failed(_) => "[failed]\n",
                        Event::Quit => "[quit]\n",
                    });
                    last = Some(event);
                }
                Output::Close => {
                    log.push_str("[close]\n");
                    break;
                }
                Output::WaitUntil(_) => break,
            }
        }
    }
    (log, last)
}

fn check_with(options: Options, acts: &[Act], expected: &str) -> Event {
    let (log, event) = run(options.clone(), acts, usize::MAX);
    assert_eq!(log, expected);
    let (split_log, split_event) = run(options, acts, 1);
    // Once over, the machine says so after every act; the number of acts is the same.
    assert_eq!((split_log, &split_event), (log, &event), "octet by octet");
    event.unwrap()
}

fn check_failed(options: Options, acts: &[Act], expected: &str, stage: Stage, cause: Cause) {
    assert_eq!(check_with(options, acts, expected), Event::Failed(Failure { stage, cause }));
}

/// After a hello without extensions.
fn check_plain(acts: &[Act], expected: &str) -> Event {
    let acts = [&[Server("220 mx\r\n"), Server("250 mx\r\n")], acts].concat();
    check_with(options(Tls::Off), &acts, &format!("EHLO box.example\n[ready]\n{expected}"))
}

/// After a hello with PIPELINING and SIZE.
fn check_pipelined(acts: &[Act], expected: &str) -> Event {
    let acts = [&[Server("220 mx\r\n"), Server("250-mx\r\n250-PIPELINING\r\n250 SIZE 1000\r\n")], acts].concat();
    check_with(options(Tls::Off), &acts, &format!("EHLO box.example\n[ready]\n{expected}"))
}

fn sent(event: Event) -> Sent {
    let Event::Sent(sent) = event else { panic!("{event:?}") };
    sent
}

fn ok(text: &str) -> Reply {
    Reply::new(250, text)
}

// ---- Hello ---------------------------------------------------------------------------------

#[test]
fn hello_and_quit() {
    let event = check_plain(&[Quit, Server("221 bye\r\n")], "QUIT\n[quit]\n[close]\n");
    assert_eq!(event, Event::Quit);
}

#[test]
fn helo_when_ehlo_is_unknown() {
    let acts = [Server("220-mx\r\n220 hello\r\n"), Server("502 what?\r\n"), Server("250 mx.example hi\r\n")];
    let event = check_with(options(Tls::IfOffered), &acts, "EHLO box.example\nHELO box.example\n[ready]\n");
    assert_eq!(event, Event::Ready(Capabilities { hello: "mx.example".into(), ..Capabilities::default() }));
}

#[test]
fn hello_failures() {
    let check = |acts: &[Act], expected: &str, stage, cause| check_failed(options(Tls::Off), acts, expected, stage, cause);
    let lost = "[failed]\n[close]\n";
    let after_ehlo = "EHLO box.example\n[failed]\n[close]\n";
    check(&[Server("554 no\r\n")], lost, Stage::Greeting, Cause::Reply(Reply::new(554, "no")));
    check(&[Server("421 busy\r\n")], lost, Stage::Greeting, Cause::Reply(Reply::new(421, "busy")));
    check(&[Server("SSH-2.0-x\r\n")], lost, Stage::Greeting, Cause::Protocol("no SMTP reply: \"SSH-2.0-x\"".into()));
    check(&[Lost(Cause::Lost)], lost, Stage::Greeting, Cause::Lost);
    check(&[Pass(TIMEOUTS.hello)], lost, Stage::Greeting, Cause::Timeout);
    check(&[Server("220 BOX.example hi\r\n")], lost, Stage::Greeting, Cause::Ourselves);
    check(&[Server("220 mx\r\n"), Server("250 box.example\r\n")], after_ehlo, Stage::Hello, Cause::Ourselves);
    check(&[Server("220 mx\r\n"), Server("421 no\r\n")], after_ehlo, Stage::Hello, Cause::Reply(Reply::new(421, "no")));
    check(&[Server("220 mx\r\n"), Server("450 no\r\n")], after_ehlo, Stage::Hello, Cause::Reply(Reply::new(450, "no")));
    check(&[Server("220 mx\r\n"), Lost(Cause::Lost)], after_ehlo, Stage::Hello, Cause::Lost);
    let half = Duration::from_secs(2);
    check(&[Pass(half), Server("220 mx\r\n"), Pass(half)], after_ehlo, Stage::Hello, Cause::Timeout);
}

#[test]
fn starttls_when_offered() {
    let acts =
        [Server("220 mx\r\n"), Server("250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n"), Server("220 go\r\n"), TlsDone, Server("250 mx\r\n")];
    for tls in [Tls::IfOffered, Tls::Required] {
        let event = check_with(options(tls), &acts, "EHLO box.example\nSTARTTLS\n[tls]\nEHLO box.example\n[ready]\n");
        // What was offered in the clear is forgotten.
        assert_eq!(event, Event::Ready(Capabilities { hello: "mx".into(), ..Capabilities::default() }));
    }
}

#[test]
fn starttls_trouble() {
    let offered = [Server("220 mx\r\n"), Server("250-mx\r\n250 STARTTLS\r\n")];
    let check = |tls, last: &[Act], expected: &str, cause| {
        check_failed(options(tls), &[&offered[..], last].concat(), expected, Stage::Tls, cause);
    };
    let refused = Reply::new(454, "not now");
    let closed = "EHLO box.example\nSTARTTLS\n[failed]\n[close]\n";
    check(Tls::Required, &[Server("454 not now\r\n")], closed, Cause::Reply(refused));
    let failed = Cause::Tls("bad certificate".into());
    check(Tls::IfOffered, &[Server("220 go\r\n"), Lost(failed.clone())], "EHLO box.example\nSTARTTLS\n[tls]\n[failed]\n[close]\n", failed);
    check(Tls::Required, &[Pass(TIMEOUTS.reply)], closed, Cause::Timeout);
    let acts = [Server("220 mx\r\n"), Server("250 mx\r\n")];
    let cause = Cause::Tls("the server does not offer STARTTLS".into());
    check_failed(options(Tls::Required), &acts, "EHLO box.example\n[failed]\n[close]\n", Stage::Tls, cause);
    let acts = [&offered[..], &[Server("454 not now\r\n")]].concat();
    let event = check_with(options(Tls::IfOffered), &acts, "EHLO box.example\nSTARTTLS\n[ready]\n");
    assert!(matches!(event, Event::Ready(_)));
}

#[test]
fn replies_injected_before_the_handshake_are_an_attack() {
    let acts = [Server("220 mx\r\n"), Server("250-mx\r\n250 STARTTLS\r\n"), Server("220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n")];
    let (log, event) = run(options(Tls::IfOffered), &acts, usize::MAX);
    assert_eq!(log, "EHLO box.example\nSTARTTLS\n[failed]\n[close]\n");
    let cause = Cause::Protocol("the server sent more before the TLS handshake".into());
    assert_eq!(event, Some(Event::Failed(Failure { stage: Stage::Tls, cause })));
}

#[test]
fn auth() {
    let user = Credentials { user: "ann".into(), password: "secret".into() };
    let with_auth = |auth_in_clear| Options { auth: Some(user.clone()), auth_in_clear, ..options(Tls::Off) };
    let check = |acts: &[Act], expected: &str| {
        let acts = [&[Server("220 mx\r\n")], acts].concat();
        check_with(with_auth(true), &acts, &format!("EHLO box.example\n{expected}"))
    };
    let plain = [Server("250-mx\r\n250 AUTH LOGIN PLAIN\r\n"), Server("235 ok\r\n")];
    check(&plain, "AUTH PLAIN AGFubgBzZWNyZXQ=\n[ready]\n");
    let login =
        [Server("250-mx\r\n250 AUTH=LOGIN\r\n"), Server("334 VXNlcm5hbWU6\r\n"), Server("334 UGFzc3dvcmQ6\r\n"), Server("235 ok\r\n")];
    check(&login, "AUTH LOGIN\nYW5u\nc2VjcmV0\n[ready]\n");
    let wrong = check(&[plain[0].clone(), Server("535 5.7.8 no\r\n")], "AUTH PLAIN AGFubgBzZWNyZXQ=\n[failed]\n[close]\n");
    assert_eq!(wrong, Event::Failed(Failure { stage: Stage::Auth, cause: Cause::Reply(Reply::new(535, "5.7.8 no")) }));
    let none = check(&[Server("250-mx\r\n250 AUTH CRAM-MD5\r\n")], "[failed]\n[close]\n");
    assert!(matches!(none, Event::Failed(Failure { stage: Stage::Auth, cause: Cause::Protocol(_) })));
    let acts = [Server("220 mx\r\n"), Server("250-mx\r\n250 AUTH PLAIN\r\n")];
    let clear = check_with(with_auth(false), &acts, "EHLO box.example\n[failed]\n[close]\n");
    assert!(matches!(clear, Event::Failed(Failure { stage: Stage::Auth, cause: Cause::Tls(_) })));
}

// ---- Transactions --------------------------------------------------------------------------

#[test]
fn lock_step() {
    let acts = [
        Send(message(&["bob@b.example", "eve@e.example"])),
        Server("250 m\r\n"),
        Server("550 no\r\n"),
        Server("250 e\r\n"),
        Server("354 go\r\n"),
        Body(b"a\r\n."),
        Body(b"b"),
        BodyEnd,
        Server("250 done\r\n"),
    ];
    let expected = "MAIL FROM:<ann@example.com>\nRCPT TO:<bob@b.example>\nRCPT TO:<eve@e.example>\nDATA\na\n..b\n.\n[sent]\n";
    let sent = sent(check_plain(&acts, expected));
    let expected = Sent {
        mail: Some(ok("m")),
        recipients: vec![Reply::new(550, "no"), ok("e")],
        data: Some(Reply::new(354, "go")),
        end: Some(ok("done")),
        dot_sent: true,
        misfit: None,
        dsn_passed: false,
        connection_lost: None,
    };
    assert_eq!(sent, expected);
}

#[test]
fn pipelined() {
    let acts = [
        Send(message(&["bob@b.example", "eve@e.example"])),
        Server("250 m\r\n250 b\r\n450 later\r\n354 go\r\n"),
        Body(b"text\r\n"),
        BodyEnd,
        Server("550 5.7.1 spam\r\n"),
    ];
    let group = "MAIL FROM:<ann@example.com> SIZE=99\nRCPT TO:<bob@b.example>\nRCPT TO:<eve@e.example>\nDATA\n";
    let sent = sent(check_pipelined(&acts, &format!("{group}text\n.\n[sent]\n")));
    assert_eq!(sent.recipients, [ok("b"), Reply::new(450, "later")]);
    assert_eq!((sent.end, sent.dot_sent, sent.connection_lost), (Some(Reply::new(550, "5.7.1 spam")), true, None));
}

/// 354 to MAIL or RCPT is no acceptance: a server out of step must not get the message, or it would get it again.
#[test]
fn a_354_too_early_is_no_acceptance() {
    let group = "MAIL FROM:<ann@example.com> SIZE=99\nRCPT TO:<bob@b.example>\nDATA\n";
    let check = |replies: &'static str| {
        let acts = [Send(message(&["bob@b.example"])), Server(replies), Server("250 empty\r\n")];
        let event = sent(check_pipelined(&acts, &format!("{group}.\n[sent]\n")));
        assert_eq!((event.end, event.dot_sent), (None, false), "{replies:?}");
    };
    check("354 what\r\n250 b\r\n354 go\r\n");
    check("250 m\r\n354 what\r\n354 go\r\n");
}

#[test]
fn all_refused_and_yet_354() {
    let group = "MAIL FROM:<ann@example.com> SIZE=99\nRCPT TO:<bob@b.example>\nDATA\n";
    let acts = [Send(message(&["bob@b.example"])), Server("250 m\r\n550 no\r\n354 go\r\n"), Server("554 nothing\r\n")];
    let event = check_pipelined(&acts, &format!("{group}.\n[sent]\n"));
    let expected = Sent { mail: Some(ok("m")), recipients: vec![Reply::new(550, "no")], ..Sent::default() };
    assert_eq!(sent(event), expected);
}

#[test]
fn refused_transactions_leave_the_connection_ready() {
    let group = "MAIL FROM:<ann@example.com> SIZE=99\nRCPT TO:<bob@b.example>\nDATA\n";
    let to_bob = || Send(message(&["bob@b.example"]));
    // MAIL refused: nothing of the rest counts, and there is nothing to reset.
    let acts = [to_bob(), Server("452 4.3.1 full\r\n503 no\r\n503 no\r\n"), to_bob()];
    check_pipelined(&acts, &format!("{group}[sent]\n{group}"));
    let expected = Sent { mail: Some(Reply::new(452, "4.3.1 full")), ..Sent::default() };
    assert_eq!(sent(check_pipelined(&acts[..2], &format!("{group}[sent]\n"))), expected);
    // Recipients refused: RSET, and the next transaction right behind it.
    let acts = [to_bob(), Server("250 m\r\n550 no\r\n503 no\r\n"), to_bob(), Server("250 reset\r\n250 m\r\n550 still\r\n503 no\r\n")];
    let event = check_pipelined(&acts, &format!("{group}RSET\n[sent]\n{group}RSET\n[sent]\n"));
    assert_eq!(sent(event).recipients, [Reply::new(550, "still")]);
    // Without PIPELINING the next waits for the answer to RSET.
    let acts = [to_bob(), Server("250 m\r\n"), Server("550 no\r\n"), to_bob(), Server("250 reset\r\n"), Server("550 m\r\n")];
    let expected = "MAIL FROM:<ann@example.com>\nRCPT TO:<bob@b.example>\nRSET\n[sent]\nMAIL FROM:<ann@example.com>\n[sent]\n";
    assert_eq!(sent(check_plain(&acts, expected)).mail, Some(Reply::new(550, "m")));
}

#[test]
fn data_refused() {
    let acts = [Send(message(&["bob@b.example"])), Server("250 m\r\n250 b\r\n451 later\r\n")];
    let group = "MAIL FROM:<ann@example.com> SIZE=99\nRCPT TO:<bob@b.example>\nDATA\nRSET\n[sent]\n";
    let sent = sent(check_pipelined(&acts, group));
    assert_eq!((sent.data, sent.end, sent.dot_sent, sent.connection_lost), (Some(Reply::new(451, "later")), None, false, None));
}

#[test]
fn misfits_are_found_before_mail() {
    let check = |transaction: Transaction, misfit: Misfit| {
        let sent = sent(check_pipelined(&[Send(transaction)], "[sent]\n"));
        assert_eq!(sent, Sent { misfit: Some(misfit), ..Sent::default() });
    };
    check(Transaction { size: 1001, ..message(&["b@b"]) }, Misfit::TooBig);
    check(Transaction { eight_bit: true, ..message(&["b@b"]) }, Misfit::EightBit);
    check(message(&["ö@b"]), Misfit::SmtpUtf8);
}

#[test]
fn parameters_are_said_when_offered_and_needed() {
    let acts = [
        Server("220 mx\r\n"),
        Server("250-mx\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE\r\n"),
        Send(Transaction { eight_bit: true, reverse_path: None, ..message(&["ö@b"]) }),
    ];
    let expected = "EHLO box.example\n[ready]\nMAIL FROM:<> SIZE=99 BODY=8BITMIME SMTPUTF8\n";
    check_with(options(Tls::Off), &acts, expected);
}

// ---- Misbehaving servers -------------------------------------------------------------------

/// A transaction in lock-step that goes wrong after `acts`.
fn check_lost(acts: &[Act], stage: Stage, cause: Cause, expected: Sent) {
    let acts = [&[Server("220 mx\r\n"), Server("250 mx\r\n"), Send(message(&["bob@b.example"]))], acts].concat();
    for chunk in [usize::MAX, 1] {
        let (log, event) = run(options(Tls::Off), &acts, chunk);
        assert!(log.ends_with("[sent]\n[close]\n"), "{log}");
        let lost = Some(Failure { stage, cause: cause.clone() });
        assert_eq!(event, Some(Event::Sent(Sent { connection_lost: lost, ..expected.clone() })));
    }
}

fn up_to_data() -> Sent {
    Sent { mail: Some(ok("m")), recipients: vec![ok("b")], data: Some(Reply::new(354, "go")), ..Sent::default() }
}

#[test]
fn the_server_says_421() {
    let bye = || Reply::new(421, "4.3.2 bye");
    let (m, b, go, no) = (Server("250 m\r\n"), Server("250 b\r\n"), Server("354 go\r\n"), Server("421 4.3.2 bye\r\n"));
    check_lost(std::slice::from_ref(&no), Stage::Mail, Cause::Reply(bye()), Sent { mail: Some(bye()), ..Sent::default() });
    let at_rcpt = Sent { mail: Some(ok("m")), recipients: vec![bye()], ..Sent::default() };
    check_lost(&[m.clone(), no.clone()], Stage::Recipient, Cause::Reply(bye()), at_rcpt);
    let at_data = Sent { data: Some(bye()), ..up_to_data() };
    check_lost(&[m.clone(), b.clone(), no.clone()], Stage::Data, Cause::Reply(bye()), at_data);
    let in_body = Sent { end: Some(bye()), ..up_to_data() };
    check_lost(&[m.clone(), b.clone(), go.clone(), Body(b"x"), no.clone()], Stage::Body, Cause::Reply(bye()), in_body);
    let at_end = Sent { end: Some(bye()), dot_sent: true, ..up_to_data() };
    check_lost(&[m, b, go, BodyEnd, no], Stage::EndOfData, Cause::Reply(bye()), at_end);
}

#[test]
fn the_server_goes_away() {
    let (m, b, go, gone) = (Server("250 m\r\n"), Server("250 b\r\n"), Server("354 go\r\n"), Lost(Cause::Lost));
    check_lost(std::slice::from_ref(&gone), Stage::Mail, Cause::Lost, Sent::default());
    let at_rcpt = Sent { mail: Some(ok("m")), ..Sent::default() };
    check_lost(&[m.clone(), gone.clone()], Stage::Recipient, Cause::Lost, at_rcpt);
    check_lost(&[m.clone(), b.clone(), go.clone(), Body(b"x"), gone.clone()], Stage::Body, Cause::Lost, up_to_data());
    // The final dot was sent and nothing came: ambiguous.
    let ambiguous = Sent { dot_sent: true, ..up_to_data() };
    check_lost(&[m, b, go, BodyEnd, gone], Stage::EndOfData, Cause::Lost, ambiguous);
}

#[test]
fn the_server_falls_silent() {
    let (m, b, go) = (Server("250 m\r\n"), Server("250 b\r\n"), Server("354 go\r\n"));
    check_lost(&[Pass(TIMEOUTS.reply)], Stage::Mail, Cause::Timeout, Sent::default());
    // A tarpit of 55 seconds is no silence.
    let slow = [Pass(Duration::from_secs(55)), m.clone(), Pass(TIMEOUTS.reply)];
    check_lost(&slow, Stage::Recipient, Cause::Timeout, Sent { mail: Some(ok("m")), ..Sent::default() });
    let ambiguous = Sent { dot_sent: true, ..up_to_data() };
    let silent = [m, b, go, BodyEnd, Pass(TIMEOUTS.reply), Pass(TIMEOUTS.final_reply)];
    let acts = [&[Server("220 mx\r\n"), Server("250 mx\r\n"), Send(message(&["bob@b.example"]))], &silent[..5]].concat();
    assert!(!run(options(Tls::Off), &acts, 1).0.contains("[sent]"), "the final reply has more time");
    check_lost(&silent, Stage::EndOfData, Cause::Timeout, ambiguous);
}

#[test]
fn the_server_talks_nonsense() {
    let (m, b, go) = (Server("250 m\r\n"), Server("250 b\r\n"), Server("354 go\r\n"));
    let nonsense = Cause::Protocol("no SMTP reply: \"garbage\"".into());
    check_lost(&[Server("garbage\r\n")], Stage::Mail, nonsense, Sent::default());
    let early = Cause::Protocol("unexpected reply: 250 early".into());
    check_lost(&[m.clone(), b.clone(), go.clone(), Body(b"x"), Server("250 early\r\n")], Stage::Body, early, up_to_data());
    let refused = Sent { end: Some(Reply::new(552, "too big")), ..up_to_data() };
    let cause = Cause::Reply(Reply::new(552, "too big"));
    check_lost(&[m.clone(), b.clone(), go, Body(b"x"), Server("552 too big\r\n")], Stage::Body, cause, refused);
    let odd = Sent { data: Some(ok("odd")), ..up_to_data() };
    check_lost(&[m, b, Server("250 odd\r\n")], Stage::Data, Cause::Protocol("250 is no answer to DATA".into()), odd);
}

#[test]
fn an_idle_connection_that_ends() {
    let failed = |cause| Event::Failed(Failure { stage: Stage::Idle, cause });
    let idle = |act: Act| check_plain(&[act], "[failed]\n[close]\n");
    assert_eq!(idle(Server("421 idle\r\n")), failed(Cause::Reply(Reply::new(421, "idle"))));
    assert_eq!(idle(Server("250 what\r\n")), failed(Cause::Protocol("unexpected reply: 250 what".into())));
    assert_eq!(idle(Lost(Cause::Lost)), failed(Cause::Lost));
    let later = check_plain(&[Lost(Cause::Lost), Send(message(&["b@b"]))], "[failed]\n[close]\n[sent]\n[close]\n");
    let lost = Some(Failure { stage: Stage::Idle, cause: Cause::Lost });
    assert_eq!(sent(later), Sent { connection_lost: lost, ..Sent::default() });
}

// ---- Verifying -----------------------------------------------------------------------------

#[test]
fn verifies_without_sending() {
    let canary = || Verify(Some(address("canary@b.example")));
    let (mail, rcpt) = ("MAIL FROM:<>\n", "RCPT TO:<canary@b.example>\n");
    let both = check_plain(&[canary(), Server("250 m\r\n"), Server("550 no\r\n")], &format!("{mail}{rcpt}RSET\n[verified]\n"));
    assert_eq!(both, Event::Verified { mail: ok("m"), recipient: Some(Reply::new(550, "no")) });
    let refused = check_plain(&[canary(), Server("452 full\r\n")], &format!("{mail}[verified]\n"));
    assert_eq!(refused, Event::Verified { mail: Reply::new(452, "full"), recipient: None });
    let only_mail = check_plain(&[Verify(None), Server("250 m\r\n")], &format!("{mail}RSET\n[verified]\n"));
    assert_eq!(only_mail, Event::Verified { mail: ok("m"), recipient: None });
    let maintenance = check_plain(&[canary(), Server("421 4.3.2 bye\r\n")], &format!("{mail}[verified]\n[close]\n"));
    assert_eq!(maintenance, Event::Verified { mail: Reply::new(421, "4.3.2 bye"), recipient: None });
    let silent = check_plain(&[canary(), Server("250 m\r\n"), Pass(TIMEOUTS.reply)], &format!("{mail}{rcpt}[failed]\n[close]\n"));
    assert_eq!(silent, Event::Failed(Failure { stage: Stage::Recipient, cause: Cause::Timeout }));
}

#[test]
fn quits_after_verifying_without_waiting_for_rset() {
    let acts = [Verify(None), Server("250 m\r\n"), Quit, Server("250 reset\r\n221 bye\r\n")];
    check_plain(&acts, "MAIL FROM:<>\nRSET\n[verified]\nQUIT\n[quit]\n[close]\n");
}
