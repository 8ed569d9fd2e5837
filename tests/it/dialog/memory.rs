//! Dialogs against the machine alone.

use lifeboat::clock::Mono;
use lifeboat::smtp::server::{Answer, Output, Session};

use super::{Dialog, Message, Step, all, fits};

const NOW: Mono = Mono(1);
/// Every split of a dialog is run whole, so a long one would take its length squared.
const SPLIT_MAX_OCTETS: usize = 8192;

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    said: Vec<u8>,
    messages: Vec<Message>,
    closed: bool,
}

struct Run<'a> {
    dialog: &'a Dialog,
    session: Session,
    outcome: Outcome,
    body: Vec<u8>,
    tls_waits: bool,
}

impl Run<'_> {
    fn new(dialog: &Dialog) -> Run<'_> {
        let session = Session::new(dialog.host.options.clone(), NOW);
        let mut run = Run { dialog, session, outcome: Outcome::default(), body: Vec::new(), tls_waits: false };
        run.work();
        run
    }

    fn receive(&mut self, octets: &[u8]) {
        if !self.outcome.closed {
            self.session.receive(octets, NOW);
            self.work();
        }
    }

    fn work(&mut self) {
        let host = &self.dialog.host;
        while !self.tls_waits {
            match self.session.poll(NOW) {
                Output::Send(bytes) => self.outcome.said.extend(bytes),
                Output::CheckSender { reverse_path } => {
                    self.session.answer(Answer::Verdict(host.sender(reverse_path.as_ref())), NOW);
                }
                Output::CheckRecipient { recipient, .. } => self.session.answer(Answer::Verdict(host.recipient(&recipient)), NOW),
                Output::BeginBody | Output::Discard => self.body.clear(),
                Output::Body(piece) => self.body.extend(piece),
                Output::Commit(envelope) => {
                    let reply = host.commit();
                    if reply.is_positive() {
                        self.outcome.messages.push(Message::new(&envelope, std::mem::take(&mut self.body)));
                    }
                    self.session.answer(Answer::Verdict(reply), NOW);
                }
                Output::ClientIs(_) => self.session.answer(Answer::Client(host.options.clone()), NOW),
                Output::StartTls => self.tls_waits = true,
                Output::Close(_) => {
                    self.outcome.closed = true;
                    return;
                }
                Output::WaitUntil(_) => return,
            }
        }
    }

    fn tls(&mut self) {
        assert!(self.tls_waits, "{}: no STARTTLS before @tls", self.dialog.name);
        self.tls_waits = false;
        self.session.answer(Answer::TlsDone, NOW);
        self.work();
    }

    fn client_closes(&mut self) {
        self.session.closed();
        self.work();
    }
}

/// Runs a dialog; the client's octets between two `@tls` lines come in `cuts` (places counted over the whole dialog).
fn run(dialog: &Dialog, cut: impl Fn(usize) -> bool) -> Outcome {
    let mut run = Run::new(dialog);
    let (mut waiting, mut place) = (Vec::new(), 0);
    for step in dialog.steps.iter().filter(|step| !matches!(step, Step::Server(_))).chain([&Step::Client(Vec::new())]) {
        if let Step::Client(octets) = step {
            for octet in octets {
                if cut(place) {
                    run.receive(&std::mem::take(&mut waiting));
                }
                waiting.push(*octet);
                place += 1;
            }
            continue;
        }
        run.receive(&std::mem::take(&mut waiting));
        if *step == Step::Tls { run.tls() } else { run.client_closes() }
    }
    run.receive(&waiting);
    run.outcome
}

fn octets(dialog: &Dialog) -> usize {
    dialog.steps.iter().map(|step| if let Step::Client(octets) = step { octets.len() } else { 0 }).sum()
}

fn check(dialog: &Dialog) {
    let whole = run(dialog, |_| false);
    let said = String::from_utf8_lossy(&whole.said).into_owned();
    let lines: Vec<&str> = said.split_terminator("\r\n").collect();
    let patterns = dialog.server_patterns();
    for (number, line) in lines.iter().enumerate() {
        let pattern = patterns.get(number).unwrap_or_else(|| panic!("{}: unexpected {line:?} in\n{said}", dialog.name));
        assert!(fits(pattern, line), "{}: {line:?} instead of {pattern:?} in\n{said}", dialog.name);
    }
    assert_eq!(lines.len(), patterns.len(), "{}: the server said only\n{said}", dialog.name);
    assert_eq!(whole.messages, dialog.messages, "{}", dialog.name);
    let gone = dialog.steps.contains(&Step::ClientCloses);
    assert_eq!(whole.closed, dialog.server_closes || gone, "{}: closed", dialog.name);

    let length = octets(dialog);
    assert!(length <= SPLIT_MAX_OCTETS, "{}: too long to run at every split", dialog.name);
    assert_eq!(run(dialog, |_| true), whole, "{}: octet by octet", dialog.name);
    for at in 1..length {
        assert_eq!(run(dialog, |place| place == at), whole, "{}: split at {at}", dialog.name);
    }
}

#[test]
fn every_dialog_at_every_split() {
    all().iter().for_each(check);
}
