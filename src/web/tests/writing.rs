//! Writing: nothing typed is ever lost, and nothing goes out that was not meant.

use super::*;
use crate::store::StoreError;
use crate::web::{Desk, Submission, Unsent};

/// What was kept while a page waited.
#[derive(Default)]
pub struct Kept {
    pub drafts: RefCell<Vec<Submission>>,
    /// May still be taken back.
    pub unsent: Vec<Unsent>,
}

impl Desk for Kept {
    fn keep(&self, draft: Submission) -> Result<Seq, StoreError> {
        self.drafts.borrow_mut().push(draft);
        Ok(Seq(4711))
    }

    fn unsent(&self, _mailbox: &Mailbox) -> Vec<Unsent> {
        self.unsent.clone()
    }

    fn take_back(&self, _mailbox: &Mailbox, message: Seq) -> Result<Option<Seq>, StoreError> {
        Ok(self.unsent.iter().any(|unsent| unsent.message == message).then_some(Seq(4711)))
    }
}

const WRITTEN: [(&str, &str); 6] = [
    ("csrf", CSRF),
    ("to", "Carl <carl@x.test>, bo@example.com"),
    ("cc", "BO@example.com"),
    ("bcc", "hidden@x.test"),
    ("subject", "Plans\r\nX-Evil: yes"),
    ("text", "My words\r\nand more"),
];

pub fn octets(message: &Staged) -> Vec<u8> {
    message.head(usize::MAX).unwrap()
}

#[test]
fn answers_are_prepared() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    let page = body(&check(&world.ask("GET", &format!("/mail/reply/{seq}?all=1")).by("ann@example.com"), 200, 0));
    assert!(page.contains("Re: Hello there") && page.contains("Carl &lt;carl@x.test&gt;, Dora &lt;dora@x.test&gt;"), "{page}");
    assert!(page.contains("&gt; A line.") && page.contains(CSRF), "{page}");
    let page = body(&check(&world.ask("GET", &format!("/mail/forward/{seq}")).by("ann@example.com"), 200, 0));
    assert!(page.contains("Fwd: Hello there") && page.contains("Forwarded message"), "{page}");
}

#[test]
fn sending_submits_a_whole_message() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN).to_string();
    let fields = [&WRITTEN[..], &[("about", seq.as_str()), ("kind", "reply")]].concat();
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
    assert_eq!(header(&outcome, "Location"), "/mail/sent?sent=1");
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let recipients: Vec<String> = submission.recipients.iter().map(Address::to_string).collect();
    assert_eq!(recipients, ["carl@x.test", "bo@example.com", "hidden@x.test"]);
    assert_eq!(submission.mailbox, mailbox("ann@example.com"));
    let wire = String::from_utf8(octets(&submission.message)).unwrap();
    assert!(!wire.contains("hidden@x.test") && !wire.contains("\nX-Evil"), "{wire}");
    let opened = parse::open(&octets(&submission.message));
    assert_eq!(opened.from[0].address, "ann@example.com");
    assert_eq!(opened.from[0].name, "Ann Smith");
    assert_eq!(opened.summary.in_reply_to.as_deref(), Some("one@x.test"));
    assert_eq!(opened.references, ["one@x.test"]);
    assert!(opened.text.contains("My words") && opened.text.contains("and more"));
    assert!(submission.typed.contains("hidden@x.test") && submission.typed.contains("My words"));
}

#[test]
fn a_forward_carries_the_ticked_files() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH).to_string();
    let number = parse::open(RICH.as_bytes()).attachments[0].number.to_string();
    let fields = [&WRITTEN[..], &[("about", seq.as_str()), ("kind", "forward"), ("keep", number.as_str())]].concat();
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let opened = parse::open(&octets(&submission.message));
    assert_eq!(opened.attachments.len(), 1);
    assert_eq!(opened.attachments[0].name, "a.png");
}

#[test]
fn a_forward_may_carry_many_files() {
    const FILES: usize = 300;
    let world = World::new(Mode::Continuity);
    let part = |number: usize| {
        format!("--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=\"{number}.png\"\r\n\r\nx\r\n")
    };
    let parts: String = (0..FILES).map(part).collect();
    let original = format!("From: carl@x.test\r\nSubject: files\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let seq = world.inbound(&original).to_string();
    let numbers: Vec<String> = parse::open(original.as_bytes()).attachments.iter().map(|file| file.number.to_string()).collect();
    assert_eq!(numbers.len(), FILES);
    let kept = numbers.iter().map(|number| ("keep", number.as_str()));
    let fields: Vec<(&str, &str)> = WRITTEN.into_iter().chain([("about", seq.as_str()), ("kind", "forward")]).chain(kept).collect();
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    assert_eq!(parse::open(&octets(&submission.message)).attachments.len(), FILES);
}

#[test]
fn a_draft_that_is_sent_is_replaced_and_nothing_else_is() {
    let world = World::new(Mode::Continuity);
    let replaced = |about: Seq, kind: &str| {
        let about = about.to_string();
        let fields = [&WRITTEN[..], &[("about", about.as_str()), ("kind", kind)]].concat();
        let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
        let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
        submission.replaces
    };
    let draft = world.file(PLAIN, Origin::Draft, &[], &[("ann@example.com", Folder::Drafts)]);
    assert_eq!(replaced(draft, "edit"), Some(draft));
    assert_eq!(replaced(draft, "reply"), None);
    let sent = world.file(PLAIN, Origin::Webmail, &[], &[("ann@example.com", Folder::Sent)]);
    assert_eq!(replaced(sent, "edit"), None);
    let foreign = world.file(PLAIN, Origin::Draft, &[], &[("bo@example.com", Folder::Drafts)]);
    let foreign = foreign.to_string();
    let foreign = [&WRITTEN[..], &[("about", foreign.as_str()), ("kind", "edit")]].concat();
    check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&foreign), 422, 0);
}

#[test]
fn nobody_loses_what_they_typed() {
    let mut world = World::new(Mode::Continuity);
    let kept = |outcome: &Outcome| assert!(body(outcome).contains("My words"), "{}", body(outcome));
    let replaced = |name: &str, value: &'static str| WRITTEN.map(|field| if field.0 == name { (field.0, value) } else { field });

    kept(&check(&world.ask("POST", "/mail/send").form(&WRITTEN), 403, 0));
    kept(&check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&replaced("csrf", "older")), 403, 0));
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&replaced("to", "ann@, bo@example.com")), 422, 0);
    kept(&outcome);
    assert!(body(&outcome).contains("“ann@” is not an address"));
    world.mode = Mode::Normal;
    kept(&check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&WRITTEN), 409, 0));
    kept(&check(&world.ask("POST", "/mail/send").form(&WRITTEN), 409, 0));
}

#[test]
fn while_recovering_a_message_becomes_a_draft() {
    let world = World::new(Mode::Recovering);
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&WRITTEN), 303, 1);
    assert_eq!(header(&outcome, "Location"), "/mail/drafts?kept=1");
    let Intent::KeepDraft(draft) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let draft = octets(&draft.message);
    let letter = parse::Letter::new(&draft);
    assert!(letter.opened().text.starts_with("My words"));
    assert_eq!(letter.persons("Bcc")[0].address, "hidden@x.test");
    let broken = WRITTEN.map(|field| if field.0 == "to" { ("to", "ann@, carl@x.test") } else { field });
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&broken), 303, 1);
    let Intent::KeepDraft(draft) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let text = parse::open(&octets(&draft.message)).text;
    assert!(text.contains("ann@, carl@x.test") && text.contains("My words"), "{text}");
    assert!(body(&check(&world.ask("GET", "/mail/drafts?kept=1").by("ann@example.com"), 200, 0)).contains("not sent, but kept"));
    check(&world.ask("GET", "/mail/new").by("ann@example.com"), 403, 0);
}

#[test]
fn what_was_sent_can_be_taken_back() {
    let world = World::new(Mode::Continuity);
    let sent = world.file(PLAIN, Origin::Webmail, &[("bo@example.com", Route::Submit)], &[("ann@example.com", Folder::Sent)]);
    let undo = format!("/mail/undo/{sent}");
    let csrf = [("csrf", CSRF)];
    let mut ask = world.ask("GET", "/mail/sent?sent=1").by("ann@example.com");
    assert!(!body(&check(&ask, 200, 0)).contains("/mail/undo"), "nothing can be taken back");
    ask.writing.unsent = vec![Unsent { message: sent, left_s: 9 }];
    let page = body(&check(&ask, 200, 0));
    assert!(page.contains(&undo) && page.contains(CSRF), "{page}");

    let mut ask = world.ask("POST", &undo).by("ann@example.com").form(&csrf);
    check(&ask, 409, 0);
    ask.writing.unsent = vec![Unsent { message: sent, left_s: 1 }];
    assert_eq!(header(&check(&ask, 303, 0), "Location"), "/mail/edit/4711?undone=1");
    let mut foreign = world.ask("POST", &undo).by("bo@example.com").form(&csrf);
    foreign.writing.unsent = vec![Unsent { message: sent, left_s: 1 }];
    check(&foreign, 404, 0);
    check(&world.ask("POST", &undo).by("ann@example.com").form(&[("csrf", "other")]), 403, 0);
}

/// The Message-ID of what a form sends.
fn id_of(world: &World, fields: &[(&str, &str)]) -> String {
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(fields), 303, 1);
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    parse::open(&octets(&submission.message)).summary.message_id.unwrap()
}

#[test]
fn a_form_that_is_sent_twice_makes_the_same_message() {
    let world = World::new(Mode::Continuity);
    let page = body(&check(&world.ask("GET", "/mail/new").by("ann@example.com"), 200, 0));
    let (_, rest) = page.split_once("name=\"once\" value=\"").expect("a secret");
    let secret = rest.split('"').next().unwrap();
    assert_eq!(secret.len(), 32);
    let form = [&WRITTEN[..], &[("once", secret)]].concat();
    let first = id_of(&world, &form);
    assert_eq!(id_of(&world, &form), first);
    for (name, other) in [("to", "carl@x.test"), ("cc", ""), ("bcc", ""), ("subject", "Plan"), ("text", "Other words"), ("once", "0a1b")] {
        let changed: Vec<_> = form.iter().map(|field| if field.0 == name { (name, other) } else { *field }).collect();
        assert_ne!(id_of(&world, &changed), first, "{name}");
    }
    for more in [("priority", "high"), ("receipt", "1")] {
        assert_ne!(id_of(&world, &[&form[..], &[more]].concat()), first, "{more:?}");
    }
    // A script that knows nothing of it sends as often as it says.
    assert_ne!(id_of(&world, &WRITTEN), first);
}

#[test]
fn another_file_of_the_same_name_and_size_makes_another_message() {
    let world = World::new(Mode::Continuity);
    let id = |content: &str| {
        let mut ask = world.ask("POST", "/mail/send").by("ann@example.com").form(&[&WRITTEN[..], &[("once", "0a1b")]].concat());
        let mut body = String::from_utf8(ask.request.body.bytes().unwrap()).unwrap();
        let file = format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\n{content}\r\n--b--\r\n");
        body.truncate(body.len() - "--b--\r\n".len());
        ask.request.body = (body + &file).into_bytes().into();
        let outcome = check(&ask, 303, 1);
        let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
        parse::open(&octets(&submission.message)).summary.message_id
    };
    assert_eq!(id("one"), id("one"));
    assert_ne!(id("one"), id("two"));
}

#[test]
fn what_the_mail_server_came_back_over_can_still_be_taken_back() {
    let world = World::new(Mode::Recovering);
    let sent = world.file_from("ann@example.com", PLAIN, Origin::Webmail, &[], &[("ann@example.com", Folder::Sent)]);
    let mut ask = world.ask("POST", &format!("/mail/undo/{sent}")).by("ann@example.com").form(&[("csrf", CSRF)]);
    ask.writing.unsent = vec![Unsent { message: sent, left_s: 7 }];
    assert_eq!(header(&check(&ask, 303, 0), "Location"), "/mail/drafts?kept=1", "it cannot be gone on with here");
}

#[test]
fn a_message_that_unsubscribes_is_ready_to_be_sent() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(&format!("List-Unsubscribe: <mailto:off@x.test?subject=stop-4711>\r\n{PLAIN}"));
    let page = body(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com").answer());
    let path = "/mail/new?to=off@x.test&amp;subject=stop-4711";
    assert!(page.contains(path), "{page}");
    let form = body(&check(&world.ask("GET", &path.replace("&amp;", "&")).by("ann@example.com"), 200, 0));
    assert!(form.contains("value=\"off@x.test\"") && form.contains("value=\"stop-4711\""), "{form}");
}

#[test]
fn a_draft_that_was_thrown_away_can_be_gone_on_with() {
    let world = World::new(Mode::Continuity);
    let draft = "X-Lifeboat-Draft: priority=high\r\nX-Lifeboat-Bcc: hidden@x.test\r\nSubject: Plans\r\n\r\nold words\r\n";
    let check_draft = |origin: Origin, sender: &str, is_draft: bool| {
        let seq = world.file_from(sender, draft, origin, &[], &[("ann@example.com", Folder::Trash)]);
        let page = body(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com").answer());
        assert_eq!(page.contains(&format!("/mail/edit/{seq}")), is_draft, "{page}");
        let form = body(&check(&world.ask("GET", &format!("/mail/edit/{seq}")).by("ann@example.com"), 200, 0));
        assert_eq!(form.contains("hidden@x.test"), is_draft, "{form}");
        assert!(form.contains("old words"));
    };
    check_draft(Origin::Draft, "ann@example.com", true);
    check_draft(Origin::Draft, "bo@example.com", false);
    // What somebody sends with such fields is no draft.
    check_draft(Origin::Inbound, "ann@example.com", false);
}
