//! What must hold of the SMTP machines whatever the octets are: that they end, that memory stays bounded, and above all that nothing
//! depends on how the octets were cut into pieces. Only for the fuzzer (`tests/fuzz/`) and for a test with seeded octets.
//!
//! The first octets of each input say where the rest is cut.

use std::time::Duration;

use super::client::{self, Client, Event, Tls, Transaction};
use super::command::{self, Command, ForwardPath, Rcpt};
use super::data::{ChunkReceiver, ChunkStep, Defect, Receiver, Rules, Step, Stuffer};
use super::proxy::{self, Parsed};
use super::reply;
use super::server::{Answer, Envelope, Options, Output, Session};
use crate::clock::Mono;
use crate::limits::{BODY_PIECE_OCTETS, SMTP_COMMAND_LINE_MAX_OCTETS};
use crate::mail::{Address, DsnRequest};

const NOW: Mono = Mono(1);
/// Octets at the front that say how the rest is cut.
const CUTS: usize = 4;
/// What a message may have.
const CONTENT_MAX_OCTETS: u64 = 2000;

/// Cuts after so many octets, again and again.
fn cut<'a>(octets: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = octets;
    let mut lengths = lengths.iter().cycle();
    std::iter::from_fn(move || {
        let length = usize::from(*lengths.next()?).max(1).min(rest.len());
        let (piece, more) = rest.split_at(length);
        rest = more;
        (!piece.is_empty()).then_some(piece)
    })
}

fn parts(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    octets.split_at_checked(CUTS)
}

/// A command line.
pub fn command(line: &[u8]) {
    let Ok(command) = command::parse(line) else { return };
    assert!(!line.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')), "{command:?}");
    let addresses = match &command {
        Command::Mail(mail) => mail.reverse_path.clone(),
        Command::Rcpt(Rcpt { path: ForwardPath::Mailbox(address), .. }) => Some(address.clone()),
        _ => None,
    };
    if let Some(address) = addresses {
        // What goes on to the next server is read there again.
        let text = address.to_string();
        assert_eq!(Address::parse(&text).as_ref(), Ok(&address), "{text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
        let next = command::parse(format!("RCPT TO:<{text}>").as_bytes());
        assert!(matches!(next, Ok(Command::Rcpt(Rcpt { path: ForwardPath::Mailbox(same), .. })) if same == address), "{text:?}");
    }
}

/// What a proxy says before the first command. Each prefix of a header that is whole asks for more.
pub fn proxy(octets: &[u8]) {
    let mut length = 0;
    while let Ok(Parsed::Needs(more)) = proxy::parse(octets.get(..length).unwrap_or_default()) {
        assert!(more > length && more <= 16 + 4096);
        length = more;
        if length > octets.len() {
            return;
        }
    }
    if let Ok(Parsed::Client(client)) = proxy::parse(&octets[..length]) {
        assert_eq!(client, client.to_canonical());
    }
}

/// A message after DATA, and what is behind its end.
pub fn data(octets: &[u8]) {
    let Some((lengths, octets)) = parts(octets) else { return };
    let whole = receive([octets].into_iter());
    assert_eq!(receive(cut(octets, lengths)), whole);
    let (Ok(content), Some(_)) = whole else { return };
    assert!(clean(&content));
    // The next server gets the same, and no other end.
    let (mut stuffer, mut raw) = (Stuffer::new(), Vec::new());
    cut(&content, lengths).for_each(|piece| stuffer.push(piece, &mut raw));
    stuffer.finish(&mut raw);
    assert_eq!(receive([&raw[..]].into_iter()), (Ok(content), Some(Vec::new())));
}

type Received = (Result<Vec<u8>, Defect>, Option<Vec<u8>>);

fn receive<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> Received {
    let mut receiver = Receiver::new(Rules::size(CONTENT_MAX_OCTETS));
    let (mut content, mut rest, mut ended) = (Vec::new(), Vec::new(), false);
    for mut piece in cuts {
        while !ended {
            let (used, step) = receiver.receive(piece);
            piece = &piece[used..];
            match step {
                Step::More => break,
                Step::PieceFull => content.extend(receiver.take_piece()),
                Step::Defective => content.clear(),
                Step::End => ended = true,
            }
        }
        if ended {
            rest.extend_from_slice(piece);
        }
    }
    content.extend(receiver.take_piece());
    (receiver.defect().map_or(Ok(content), Err), ended.then_some(rest))
}

/// The chunks of a message.
pub fn chunks(octets: &[u8]) {
    let Some((lengths, octets)) = parts(octets) else { return };
    let whole = collect([octets].into_iter());
    assert_eq!(collect(cut(octets, lengths)), whole);
    let Ok(content) = whole else { return };
    assert!(clean(&content));
    assert!(content == octets || content == [octets, b"\r\n"].concat());
}

fn collect<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, Defect> {
    let mut receiver = ChunkReceiver::new(Rules::size(CONTENT_MAX_OCTETS));
    let mut content = Vec::new();
    for mut piece in cuts {
        loop {
            let (used, step) = receiver.receive(piece);
            piece = &piece[used..];
            match step {
                ChunkStep::PieceFull => content.extend(receiver.take_piece()),
                ChunkStep::More | ChunkStep::Defective => break,
            }
        }
        assert!(piece.is_empty());
    }
    receiver.finish();
    let last = receiver.take_piece();
    assert!(last.len() <= BODY_PIECE_OCTETS + 2);
    content.extend(last);
    receiver.defect().map_or(Ok(content), Err)
}

/// Only CRLF ends a line, the last one too, and there is no NUL.
fn clean(content: &[u8]) -> bool {
    let text = content.split(|octet| *octet == b'\n');
    let ends = content.is_empty() || content.ends_with(b"\r\n");
    ends && !content.contains(&0) && text.clone().count() == content.split(|octet| *octet == b'\r').count() && {
        let lines: Vec<&[u8]> = text.collect();
        lines[..lines.len() - 1].iter().all(|line| line.ends_with(b"\r"))
    }
}

/// What a whole session came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    said: Vec<u8>,
    messages: Vec<(Envelope, Vec<u8>)>,
    closed: bool,
}

/// Everything that a client sends in one session.
pub fn session(octets: &[u8]) {
    let Some((lengths, octets)) = parts(octets) else { return };
    let whole = converse([octets].into_iter());
    assert_eq!(converse(cut(octets, lengths)), whole);
    for (_, content) in whole.messages {
        assert!(clean(&content) && content.len() as u64 <= CONTENT_MAX_OCTETS + 2);
    }
}

fn converse<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut session = Session::new(options(), NOW);
    let (mut outcome, mut body) = (Outcome::default(), Vec::new());
    work(&mut session, &mut outcome, &mut body);
    for piece in cuts {
        if !outcome.closed {
            session.receive(piece, NOW);
            work(&mut session, &mut outcome, &mut body);
        }
    }
    outcome
}

fn options() -> Options {
    Options {
        hostname: "box.example".to_owned(),
        max_message_size: CONTENT_MAX_OCTETS,
        starttls: true,
        tls_required: false,
        smtputf8: true,
        eight_bit_mime: true,
        dsn: true,
        xclient: true,
        header_firewall: true,
        reports_to: None,
    }
}

fn work(session: &mut Session, outcome: &mut Outcome, body: &mut Vec<u8>) {
    loop {
        match session.poll(NOW) {
            Output::Send(octets) => outcome.said.extend(octets),
            Output::CheckSender { .. } => session.answer(Answer::Verdict(reply::sender_ok()), NOW),
            Output::CheckRecipient { recipient, .. } => {
                let verdict = if recipient.local().len() > 9 { reply::mailbox_unknown() } else { reply::recipient_ok() };
                session.answer(Answer::Verdict(verdict), NOW);
            }
            Output::BeginBody | Output::Discard => body.clear(),
            Output::Body(piece) => body.extend(piece),
            Output::Commit(envelope) => {
                outcome.messages.push((envelope, std::mem::take(body)));
                session.answer(Answer::Verdict(reply::stored("1")), NOW);
            }
            Output::ClientIs(_) => session.answer(Answer::Client(options()), NOW),
            // Octets in the same piece as STARTTLS are thrown away, so cuts do matter here: the session is over.
            Output::StartTls | Output::Close(_) => return outcome.closed = true,
            Output::WaitUntil(_) => return,
        }
    }
}

/// Everything that a server says.
pub fn replies(octets: &[u8]) {
    let Some((lengths, octets)) = parts(octets) else { return };
    let whole = greet([octets].into_iter());
    assert_eq!(greet(cut(octets, lengths)), whole);
    send(cut(octets, lengths));
}

fn new_client() -> Client {
    let minute = Duration::from_secs(60);
    let timeouts = client::Timeouts { hello: minute, reply: minute, final_reply: minute };
    Client::new(client::Options { hostname: "box.example".to_owned(), tls: Tls::Off, auth: None, auth_in_clear: false, timeouts }, NOW)
}

/// As far as the end of the greeting.
fn greet<'a>(cuts: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, Option<Event>) {
    let (mut client, mut said) = (new_client(), Vec::new());
    for piece in cuts {
        client.receive(piece, NOW);
        loop {
            match client.poll(NOW) {
                client::Output::Send(octets) => said.extend(octets),
                client::Output::Event(event) => return (said, Some(event)),
                _ => break,
            }
        }
    }
    (said, None)
}

/// One transaction after the other, to the server's end.
fn send<'a>(cuts: impl Iterator<Item = &'a [u8]>) {
    let address = |text: &str| Address::parse(text).ok();
    let transaction = Transaction {
        reverse_path: address("ann@example.com"),
        recipients: [address("bo@example.net"), address("cy@example.net")].into_iter().flatten().collect(),
        eight_bit: false,
        smtputf8: false,
        size: 9,
        dsn: DsnRequest::default(),
    };
    let mut client = new_client();
    for piece in cuts {
        client.receive(piece, NOW);
        loop {
            match client.poll(NOW) {
                client::Output::NeedBody => {
                    client.body(b".dot\r\n", NOW);
                    client.body_end(NOW);
                }
                client::Output::Event(Event::Ready(_)) => client.send(transaction.clone(), NOW),
                client::Output::Event(Event::Sent(sent)) => {
                    assert!(sent.recipients.len() <= transaction.recipients.len());
                    // No verdict on a message that was not sent, and none of the recipients' was made up.
                    assert!(!sent.dot_sent || (sent.mail.is_some() && sent.data.is_some()));
                    if sent.connection_lost.is_some() {
                        return;
                    }
                    client.send(transaction.clone(), NOW);
                }
                client::Output::Event(_) | client::Output::Close => return,
                client::Output::Send(octets) => assert!(octets.len() <= 4 * SMTP_COMMAND_LINE_MAX_OCTETS),
                client::Output::StartTls | client::Output::WaitUntil(_) => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: usize = 2_000;

    /// Octets made of words that matter.
    fn check(words: &[&str], target: fn(&[u8])) {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..ROUNDS {
            let mut octets = vec![0; CUTS];
            random.fill(&mut octets);
            for _ in 0..random.usize(..20) {
                octets.extend_from_slice(words[random.usize(..words.len())].as_bytes());
                if random.u8(..30) == 0 {
                    octets.push(random.u8(..));
                }
            }
            target(&octets);
        }
    }

    const CONTENT: [&str; 9] = ["\r\n", ".", "text", "\r\n.\r\n", "\r\n\r\n", "Received: x\r\n", "\n", "\r", "\0"];

    #[test]
    fn commands() {
        check(
            &["MAIL FROM:<", "RCPT TO:<", "@", "a", "\"", "\\", ">", "b.example", " SIZE=9", "ü", " BODY=8BITMIME", "BDAT 7", "["],
            |octets| {
                command(octets.get(CUTS..).unwrap_or_default());
            },
        );
    }

    #[test]
    fn messages() {
        check(&CONTENT, data);
        check(&CONTENT[..6], data);
        check(&CONTENT, chunks);
        check(&CONTENT[..6], chunks);
    }

    #[test]
    fn sessions() {
        let words = [
            "EHLO c\r\n",
            "MAIL FROM:<a@b>\r\n",
            "RCPT TO:<a@b>\r\n",
            "RCPT TO:<unknown-one@b>\r\n",
            "DATA\r\n",
            "\r\n.\r\n",
            "BDAT 7\r\n",
            "BDAT 4 LAST\r\n",
            "BDAT 0 LAST\r\n",
            "ab\r\n",
            "X-MS-Exchange-Organization-SCL: 1\r\n",
            "RSET\r\n",
            "NOOP\r\n",
            "\n",
            "QUIT\r\n",
            "STARTTLS\r\n",
        ];
        check(&words, session);
        check(&words[..12], session);
    }

    #[test]
    fn servers() {
        let words = [
            "220 mx\r\n",
            "250 ok\r\n",
            "250-PIPELINING\r\n",
            "250-mx\r\n",
            "354 go\r\n",
            "450 no\r\n",
            "550 no\r\n",
            "421 bye\r\n",
            "2",
            "\n",
            "x",
        ];
        check(&words, replies);
        check(&words[..7], replies);
    }
}
