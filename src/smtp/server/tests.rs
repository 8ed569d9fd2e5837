//! What transcripts (`tests/dialogs`) cannot show well: time, limits, ends. Texts and orders are there.

use super::*;
use crate::limits::*;
use crate::smtp::reply;

const START: Mono = Mono(1_000);

fn options() -> Options {
    Options {
        hostname: "box.example".into(),
        max_message_size: 1_000_000,
        starttls: true,
        tls_required: false,
        smtputf8: true,
        eight_bit_mime: true,
        dsn: true,
        xclient: false,
        header_firewall: false,
        reports_to: None,
    }
}

fn session() -> Session {
    let mut session = Session::new(options(), START);
    assert_eq!(session.poll(START), Output::Send(b"220 box.example ESMTP ready\r\n".to_vec()));
    session
}

/// Runs until the session waits or closes; every check is answered yes, every message stored.
/// Gives what was sent, the octets of body, and the output that it stopped at.
fn run(session: &mut Session, bytes: &[u8], now: Mono) -> (String, usize, Output) {
    session.receive(bytes, now);
    let (mut sent, mut body) = (String::new(), 0);
    loop {
        match session.poll(now) {
            Output::Send(bytes) => sent.push_str(std::str::from_utf8(&bytes).unwrap()),
            Output::CheckSender { .. } => session.answer(Answer::Verdict(reply::sender_ok()), now),
            Output::CheckRecipient { .. } => session.answer(Answer::Verdict(reply::recipient_ok()), now),
            Output::Commit(_) => session.answer(Answer::Verdict(reply::stored(7)), now),
            Output::Body(piece) => body += piece.len(),
            Output::BeginBody | Output::Discard => (),
            stop => return (sent, body, stop),
        }
    }
}

fn in_data() -> Session {
    let mut session = session();
    let (sent, _, stop) = run(&mut session, b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n", START);
    assert!(sent.ends_with("354 end with <CRLF>.<CRLF>\r\n"), "{sent}");
    assert_eq!(stop, Output::WaitUntil(START.plus(SMTP_DATA_BLOCK_TIMEOUT)));
    session
}

fn check_timeout(session: &mut Session, at: Mono) {
    let (sent, _, stop) = run(session, b"", at);
    assert_eq!(sent, "421 4.4.2 timed out, closing the connection\r\n");
    assert_eq!(stop, Output::Close(CloseReason::Timeout));
}

#[test]
fn a_first_command_must_come() {
    let mut session = session();
    let deadline = START.plus(SMTP_GREETING_TIMEOUT);
    assert_eq!(session.poll(START), Output::WaitUntil(deadline));
    // Dripping octets of a command does not move its deadline.
    assert_eq!(run(&mut session, b"EH", Mono(deadline.0 - 1)).2, Output::WaitUntil(deadline));
    check_timeout(&mut session, deadline);
}

#[test]
fn later_commands_must_come() {
    let mut session = session();
    let at = START.plus(std::time::Duration::from_secs(9));
    let deadline = at.plus(SMTP_COMMAND_TIMEOUT);
    assert_eq!(run(&mut session, b"EHLO c\r\n", at).2, Output::WaitUntil(deadline));
    check_timeout(&mut session, deadline);
}

#[test]
fn the_clock_of_a_command_starts_after_the_answer() {
    let mut session = session();
    session.receive(b"HELO c\r\nMAIL FROM:<>\r\n", START);
    assert!(matches!(session.poll(START), Output::Send(_)));
    assert_eq!(session.poll(START), Output::CheckSender { reverse_path: None });
    assert_eq!(session.poll(START.plus(SMTP_MESSAGE_TIMEOUT)), Output::WaitUntil(Mono(u64::MAX)));
    let late = START.plus(SMTP_MESSAGE_TIMEOUT);
    session.answer(Answer::Verdict(reply::sender_ok()), late);
    assert!(matches!(session.poll(late), Output::Send(_)));
    assert_eq!(session.poll(late), Output::WaitUntil(late.plus(SMTP_COMMAND_TIMEOUT)));
}

#[test]
fn silence_in_data_is_a_timeout() {
    let mut session = in_data();
    let deadline = START.plus(SMTP_DATA_BLOCK_TIMEOUT);
    assert_eq!(session.poll(deadline), Output::Discard);
    check_timeout(&mut session, deadline);
}

#[test]
fn dripping_does_not_stretch_a_message() {
    let mut session = in_data();
    let end = START.plus(SMTP_MESSAGE_TIMEOUT);
    let (mut now, step) = (START, SMTP_DATA_BLOCK_TIMEOUT / 2);
    // Just fast enough.
    let drops = vec![b'x'; (step.as_secs() * SMTP_RATE_MIN_OCTETS_S) as usize];
    loop {
        now = now.plus(step);
        match run(&mut session, &drops, now).2 {
            Output::WaitUntil(deadline) => assert!(deadline <= end && now < end),
            stop => break assert_eq!((stop, now >= end), (Output::Close(CloseReason::Timeout), true)),
        }
    }
}

#[test]
fn stopping_waits_for_the_message() {
    let mut session = in_data();
    session.shut_down(START);
    assert!(matches!(run(&mut session, b"a: b\r\n", START).2, Output::WaitUntil(_)));
    let (sent, body, stop) = run(&mut session, b".\r\nMAIL FROM:<>\r\n", START);
    assert_eq!(sent, "250 2.0.0 stored as 7\r\n421 4.3.2 shutting down, try again later\r\n");
    assert_eq!((body, stop), (6, Output::Close(CloseReason::ShuttingDown)));
}

#[test]
fn stopping_lets_a_client_say_goodbye() {
    let mut session = in_data();
    session.shut_down(START);
    assert_eq!(run(&mut session, b".\r\nQUIT\r\n", START).0, "250 2.0.0 stored as 7\r\n221 2.0.0 closing the connection\r\n");
}

/// It connected in the last moment: it must not notice that somebody restarts the box.
#[test]
fn stopping_lets_a_new_client_send_one_message() {
    let mut session = session();
    session.shut_down(START);
    let (sent, _, stop) = run(&mut session, b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n", START);
    assert!(sent.ends_with("354 end with <CRLF>.<CRLF>\r\n"), "{sent}");
    assert_eq!(stop, Output::WaitUntil(START.plus(SMTP_DATA_BLOCK_TIMEOUT)));
    let (sent, _, stop) = run(&mut session, b"x\r\n.\r\n", START);
    assert_eq!((sent.as_str(), stop), ("250 2.0.0 stored as 7\r\n", Output::WaitUntil(START.plus(SMTP_STOP_PATIENCE))));
}

#[test]
fn stopping_ends_an_idle_session_soon() {
    let mut session = session();
    run(&mut session, b"EHLO c\r\n", START);
    session.shut_down(START);
    assert_eq!(session.poll(START), Output::WaitUntil(START.plus(SMTP_STOP_PATIENCE)));
    let (sent, _, stop) = run(&mut session, b"", START.plus(SMTP_STOP_PATIENCE));
    assert_eq!(sent, "421 4.3.2 shutting down, try again later\r\n");
    assert_eq!(stop, Output::Close(CloseReason::ShuttingDown));
}

#[test]
fn a_client_that_goes_in_data_leaves_nothing() {
    let mut session = in_data();
    run(&mut session, b"half a mess", START);
    session.closed();
    assert_eq!(session.poll(START), Output::Discard);
    assert_eq!(session.poll(START), Output::Close(CloseReason::Gone));
}

#[test]
fn a_client_that_goes_while_its_message_is_stored() {
    let mut session = in_data();
    session.receive(b".\r\n", START);
    assert!(matches!(session.poll(START), Output::Commit(_)));
    session.closed();
    assert_eq!(session.poll(START), Output::WaitUntil(Mono(u64::MAX)));
    session.answer(Answer::Verdict(reply::stored(7)), START);
    assert!(matches!(session.poll(START), Output::Send(_)));
    assert_eq!(session.poll(START), Output::Close(CloseReason::Gone));
}

#[test]
fn a_421_verdict_ends_the_session() {
    let mut session = in_data();
    session.receive(b".\r\nNOOP\r\n", START);
    assert!(matches!(session.poll(START), Output::Commit(_)));
    session.answer(Answer::Verdict(reply::shutting_down()), START);
    let (sent, _, stop) = run(&mut session, b"", START);
    assert_eq!(sent, "421 4.3.2 shutting down, try again later\r\n");
    assert_eq!(stop, Output::Close(CloseReason::Verdict));
}

#[test]
fn recipients_are_bounded() {
    let mut session = session();
    run(&mut session, b"EHLO c\r\nMAIL FROM:<>\r\n", START);
    let many: String = (0..SMTP_RECIPIENTS_MAX + 2).map(|number| format!("RCPT TO:<a{number}@b>\r\n")).collect();
    let (sent, _, _) = run(&mut session, many.as_bytes(), START);
    let count = |code: &str| sent.lines().filter(|line| line.starts_with(code)).count();
    assert_eq!((count("250 "), count("452 4.5.3")), (SMTP_RECIPIENTS_MAX, 2));
    assert!(run(&mut session, b"DATA\r\n", START).0.starts_with("354"));
}

#[test]
fn refused_recipients_are_bounded() {
    let mut session = session();
    run(&mut session, b"EHLO c\r\nMAIL FROM:<>\r\n", START);
    for number in 0..SMTP_REFUSED_RECIPIENTS_MAX + 1 {
        session.receive(format!("RCPT TO:<a{number}@b>\r\n").as_bytes(), START);
        assert!(matches!(session.poll(START), Output::CheckRecipient { .. }));
        session.answer(Answer::Verdict(reply::mailbox_unknown()), START);
        let Output::Send(sent) = session.poll(START) else { panic!("no reply") };
        assert_eq!(sent.starts_with(b"421 4.7.0"), number == SMTP_REFUSED_RECIPIENTS_MAX, "recipient {number}");
    }
    assert_eq!(session.poll(START), Output::Close(CloseReason::TooManyErrors));
}

#[test]
fn idle_commands_are_bounded_between_messages() {
    let mut session = in_data();
    let noops = "NOOP\r\n".repeat(SMTP_IDLE_COMMANDS_MAX as usize);
    let (_, _, stop) = run(&mut session, format!(".\r\n{noops}").as_bytes(), START);
    assert!(matches!(stop, Output::WaitUntil(_)));
    let (sent, _, stop) = run(&mut session, b"NOOP\r\n", START);
    assert_eq!((sent.as_str(), stop), ("421 4.7.0 too many commands, connect again\r\n", Output::Close(CloseReason::TooManyCommands)));
}

#[test]
fn transactions_are_bounded() {
    let mut session = session();
    run(&mut session, b"EHLO c\r\n", START);
    let mut ended_at = None;
    for number in 1..=SMTP_TRANSACTIONS_MAX + 1 {
        let stop = run(&mut session, b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n", START).2;
        if let Output::Close(reason) = stop {
            ended_at = Some((number, reason));
        }
    }
    assert_eq!(ended_at, Some((SMTP_TRANSACTIONS_MAX + 1, CloseReason::TooManyCommands)));
}

#[test]
fn a_line_without_end_ends_the_session() {
    let mut session = session();
    let (sent, _, _) = run(&mut session, &[b'x'; 4096], START);
    assert_eq!(sent, "500 5.5.2 line too long\r\n");
    let mut stop = Output::Discard;
    for _ in 0..SMTP_INPUT_BUFFER_MAX_OCTETS / 4096 + 1 {
        stop = run(&mut session, &[b'x'; 4096], START).2;
    }
    assert_eq!(stop, Output::Close(CloseReason::TooManyErrors));
}

#[test]
fn a_tls_handshake_is_not_smtp() {
    let mut session = session();
    let (sent, _, stop) = run(&mut session, b"\x16\x03\x01\x02\x00\x01", START);
    assert_eq!(sent, "421 4.7.0 this port speaks SMTP, closing the connection\r\n");
    assert_eq!(stop, Output::Close(CloseReason::NotSmtp));
}

#[test]
fn starttls_forgets_what_came_before() {
    let mut session = session();
    let (_, _, stop) = run(&mut session, b"EHLO before\r\nMAIL FROM:<>\r\nSTARTTLS\r\nRCPT TO:<evil@b>\r\n", START);
    assert_eq!(stop, Output::StartTls);
    session.receive(b"RCPT TO:<evil@b>\r\n", START);
    session.answer(Answer::TlsDone, START);
    assert_eq!(session.facts(), Facts { tls: true, ..Facts::default() });
    let (sent, _, _) = run(&mut session, b"RCPT TO:<a@b>\r\nSTARTTLS\r\nEHLO after\r\n", START);
    assert!(sent.starts_with("503 5.5.1 bad sequence of commands\r\n503 5.5.1 bad sequence of commands\r\n250-"), "{sent}");
    assert!(!sent.contains("STARTTLS"));
}

#[test]
fn a_large_body_comes_in_pieces() {
    let mut session = in_data();
    let line = b"0123456789\r\n".repeat(50_000);
    let (sent, body, _) = run(&mut session, &[b"\r\n", &line[..], b".\r\n"].concat(), START);
    assert_eq!((sent.as_str(), body), ("250 2.0.0 stored as 7\r\n", 600_002));
}

#[test]
fn replies_of_a_pipelined_group_go_together() {
    let mut session = session();
    session.receive(b"EHLO c\r\nNOOP\r\nRSET\r\n", START);
    let Output::Send(sent) = session.poll(START) else { panic!("no reply") };
    assert!(sent.ends_with(b"250 2.0.0 ok\r\n250 2.0.0 ok\r\n"));
    assert!(matches!(session.poll(START), Output::WaitUntil(_)));
}

#[test]
fn a_message_that_trickles_is_a_timeout() {
    // An octet every ten seconds moves the deadline of a block on and on.
    let (mut session, step) = (in_data(), std::time::Duration::from_secs(10));
    let mut now = START;
    let ended = (1..400).find(|_| {
        now = now.plus(step);
        matches!(run(&mut session, b"x", now).2, Output::Close(CloseReason::Timeout))
    });
    assert_eq!(ended, Some(SMTP_RATE_GRACE.as_secs() as usize / 10));
    // At the least rate it goes on, and a stall at its start is forgiven while the average is good.
    let (mut session, block) = (in_data(), vec![b'x'; 10 * SMTP_RATE_MIN_OCTETS_S as usize]);
    let mut now = START;
    for _ in 0..100 {
        now = now.plus(step);
        assert!(matches!(run(&mut session, &block, now).2, Output::WaitUntil(_)));
    }
}

#[test]
fn in_a_crowd_the_next_command_must_come_soon() {
    let mut session = session();
    run(&mut session, b"EHLO c\r\n", START);
    let later = START.plus(SMTP_CROWDED_TIMEOUT / 2);
    // Half a command is none.
    run(&mut session, b"NOO", later);
    session.hurry(SMTP_CROWDED_TIMEOUT);
    assert_eq!(session.poll(later), Output::WaitUntil(START.plus(SMTP_CROWDED_TIMEOUT)));
    run(&mut session, b"P\r\n", later);
    session.hurry(SMTP_CROWDED_TIMEOUT);
    assert_eq!(session.poll(later), Output::WaitUntil(later.plus(SMTP_CROWDED_TIMEOUT)));
    check_timeout(&mut session, later.plus(SMTP_CROWDED_TIMEOUT));

    let mut busy = in_data();
    busy.hurry(SMTP_CROWDED_TIMEOUT);
    assert_eq!(busy.poll(START), Output::WaitUntil(START.plus(SMTP_DATA_BLOCK_TIMEOUT)), "a message is not hurried");
}
