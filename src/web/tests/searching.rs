//! Looking for mail: the field, the pages, and nobody else's mail.

use super::*;
use crate::mail::DsnRequest;
use crate::store::{FolderId, SearchState};

impl World {
    fn settle(&self) {
        for _ in 0..12_000 {
            if self.store.search_state() == SearchState::Ready {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the search does not get ready");
    }
}

fn look(world: &World, who: &str, target: &str) -> String {
    body(&check(&world.ask("GET", target).by(who), 200, 0))
}

#[test]
fn what_is_found_is_the_readers_own() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    world.inbound(RICH);
    world.settle();
    let page = look(&world, "ann@example.com", "/mail/search?q=hello+LINE");
    assert!(page.contains(&format!("/mail/message/{seq}")) && page.contains("<mark>Hello</mark> there"), "{page}");
    assert_eq!(page.matches("class=\"mail").count() - page.matches("class=\"mails").count(), 1, "{page}");
    let others = look(&world, "bo@example.com", "/mail/search?q=hello");
    assert!(others.contains("Nothing was found") && !others.contains("Hello there"), "{others}");
    check(&world.ask("GET", "/mail/search?q=hello"), 303, 0);
    check(&World::new(Mode::Normal).ask("GET", "/mail/search?q=hello").by("ann@example.com"), 403, 0);
}

#[test]
fn a_message_that_no_folder_shows_is_not_found() {
    let world = World::new(Mode::Continuity);
    let shown = world.inbound(PLAIN);
    // Refused by the primary within the session: its sender was told, and no mailbox shows it.
    let refused = DeliveryState::Refused { at: NOW, reply: "550 5.7.1 no".to_owned() };
    let accepted = Accepted {
        at: NOW,
        origin: Origin::Inbound,
        session: "test".to_owned(),
        client: None,
        reverse_path: None,
        recipients: vec![Recipient { address: address_of("ann@example.com"), route: Route::Primary, state: refused }],
        filings: vec![Filing { mailbox: mailbox("ann@example.com"), folder: Folder::Inbox, flags: Flags::NONE, recipient: Some(0) }],
        eight_bit: false,
        smtputf8: false,
        dsn: DsnRequest::default(),
        summary: parse::summarise(PLAIN.as_bytes()),
    };
    let change = Change::Message(Box::new(accepted), Staged::from_bytes(PLAIN.as_bytes().to_vec()).into());
    let hidden = world.store.write_wait(vec![change], NOW).unwrap()[0];
    world.settle();
    assert_eq!(world.store.search(&mailbox("ann@example.com"), "hello", None, 10).unwrap(), [hidden, shown]);
    let page = look(&world, "ann@example.com", "/mail/search?q=hello");
    assert!(page.contains(&format!("/mail/message/{shown}")) && !page.contains(&format!("/mail/message/{hidden}")), "{page}");
}

#[test]
fn hits_say_where_they_are() {
    let world = World::new(Mode::Continuity);
    let (archived, own, removed) = (world.inbound(PLAIN), world.inbound(PLAIN), world.inbound(PLAIN));
    let ann = || mailbox("ann@example.com");
    let created = Change::FolderCreate { mailbox: ann(), parent: None, name: "Orders <2026>".to_owned() };
    let folder = FolderId(world.store.write_wait(vec![created], NOW).unwrap()[0].0);
    let moved = |message, to| Change::Move { mailbox: ann(), message, from: Folder::Inbox, to };
    let remove = Change::Remove { mailbox: ann(), message: removed, folder: Folder::Inbox };
    world.store.write_wait(vec![moved(archived, Folder::Archive), moved(own, Folder::Own(folder)), remove], NOW).unwrap();
    let inbox = world.inbound(PLAIN);
    world.settle();
    let page = look(&world, "ann@example.com", "/mail/search?q=hello");
    let places: Vec<&str> = page.split("in </span><bdi>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(places, ["Inbox", "Orders &lt;2026&gt;", "Archive"], "{inbox} {page}");
    assert!(!page.contains(&format!("/mail/message/{removed}")), "{page}");
    assert!(!look(&world, "ann@example.com", "/mail/inbox").contains("class=\"place\""));
}

#[test]
fn operators_narrow_it_down_and_hits_are_marked() {
    let world = World::new(Mode::Continuity);
    let (inbox, archived) = (world.inbound(PLAIN), world.inbound(PLAIN));
    let ann = mailbox("ann@example.com");
    let moved = Change::Move { mailbox: ann.clone(), message: archived, from: Folder::Inbox, to: Folder::Archive };
    let flagged = Change::Flags { mailbox: ann, message: archived, add: Flags::FLAGGED, remove: Flags::NONE };
    world.store.write_wait(vec![moved, flagged], NOW).unwrap();
    world.settle();
    let finds = |query: &str, wanted: &[Seq]| {
        let page = look(&world, "ann@example.com", &format!("/mail/search?q={query}"));
        for seq in [inbox, archived] {
            assert_eq!(page.contains(&format!("/mail/message/{seq}\"")), wanted.contains(&seq), "{query} {seq} {page}");
        }
        page
    };
    finds("in:posteingang", &[inbox]);
    finds("IN:Archive+hello", &[archived]);
    finds("is:flagged", &[archived]);
    finds("-is:flagged+subject:hello", &[inbox]);
    finds("before:1999-01-01", &[]);
    finds("hello+-line", &[]);
    let page = finds("hello+line", &[inbox, archived]);
    assert!(page.contains("<mark>Hello</mark> there"), "{page}");
    let page = finds("in:nowhere+%3Cscript%3E", &[]);
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("Not understood: in:nowhere."), "{page}");
    assert!(!finds("hello", &[inbox, archived]).contains("Not understood"));
}

#[test]
fn words_of_the_text_are_shown_where_they_stand() {
    let world = World::new(Mode::Continuity);
    let long = format!("{}the <i>yellow\r\ntruck</i> comes {}", "first ".repeat(300), "then ".repeat(300));
    world.inbound(&PLAIN.replace("A line.", &long));
    world.settle();
    let found = look(&world, "ann@example.com", "/mail/search?q=%22yellow+truck%22");
    let line = found.split("class=\"snippet\">").nth(1).and_then(|rest| rest.split("</bdi>").next()).expect("a line");
    assert!(line.starts_with("… first first") && line.ends_with(" …") && line.len() < 300, "{line}");
    assert!(line.contains("the &lt;i&gt;<mark>yellow truck</mark>&lt;/i&gt; comes then"), "{line}");
    // The subject says enough.
    assert!(!look(&world, "ann@example.com", "/mail/search?q=hello").contains("snippet"));
}

#[test]
fn pages_of_hits_can_be_turned() {
    let world = World::new(Mode::Continuity);
    let seqs: Vec<Seq> = (0..120).map(|n| world.inbound(&PLAIN.replace("Hello there", &format!("Number {n}.")))).collect();
    world.settle();
    let first = look(&world, "ann@example.com", "/mail/search?q=%22a+line%22");
    assert!(first.contains("Number 119.") && first.contains("Number 70.") && !first.contains("Number 69."));
    assert!(first.find("Number 119.") < first.find("Number 118.") && !first.contains("Newest"));
    let older = format!("/mail/search?q=%22a%20line%22&amp;before={}", seqs[70]);
    assert!(first.contains(&older), "{first}");
    let last = look(&world, "ann@example.com", &format!("/mail/search?q=line&before={}", seqs[20]));
    assert!(last.contains("Number 19.") && last.contains("Number 0.") && last.contains("Newest") && !last.contains("Older"));
}

#[test]
fn any_words_are_shown_back_harmless() {
    let world = World::new(Mode::Continuity);
    world.settle();
    let page = look(&world, "ann@example.com", "/mail/search?q=%22%3Cscript%3Ealert(1)%00&before=x");
    assert!(page.contains("value=\"&quot;&lt;script&gt;alert(1)"), "{page}");
    let long = format!("/mail/search?q={}", "%22+*x".repeat(2000));
    assert!(look(&world, "ann@example.com", &long).len() < 20_000);
    assert!(look(&world, "ann@example.com", "/mail/search").contains("Look for words"));
    assert!(look(&world, "ann@example.com", "/mail/inbox").contains("action=\"/mail/search\""));
}

#[test]
fn says_when_it_cannot_be_asked() {
    let world = World::new(Mode::Continuity);
    world.inbound(PLAIN);
    world.settle();
    world.store.close();
    let page = look(&world, "ann@example.com", "/mail/search?q=hello");
    assert!(page.contains("The search is being prepared") && !page.contains("Nothing was found"), "{page}");
}
