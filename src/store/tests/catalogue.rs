//! What sorts, filters and threads: the same as the index says, whatever happened before.

use std::collections::BTreeSet;

use super::workload::{COMMON, NAMES, Work};
use super::*;
use crate::limits::THREAD_MESSAGES_MAX;
use crate::mail::parse;
use crate::mail::parse::Person;
use crate::store::search::{person_key, subject_sort_key};

fn settle(store: &Store) {
    for _ in 0..12_000 {
        if store.search_state() == SearchState::Ready {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the catalogue does not get ready: {:?}", store.search_state());
}

const SORTS: [Sort; 4] = [Sort::Date, Sort::Person, Sort::Subject, Sort::Size];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn filters() -> impl Iterator<Item = Filter> {
    (0..8).map(|bits| Filter { unread: bits & 1 > 0, flagged: bits & 2 > 0, attachment: bits & 4 > 0 })
}

/// A folder as it should be listed, from the index alone.
fn expected(store: &Store, mailbox: &Mailbox, folder: Folder, listing: &Listing) -> Vec<Entry> {
    let mut entries = store.view().folder(mailbox, folder, None, usize::MAX).unwrap();
    entries.retain(|entry| listing.filter.lets_through(entry));
    entries.reverse();
    match listing.sort {
        Sort::Date => {}
        Sort::Person => entries.sort_by_cached_key(|entry| (person_key(&entry.summary, folder), std::cmp::Reverse(entry.message))),
        Sort::Subject => entries.sort_by_cached_key(|entry| (subject_sort_key(&entry.summary), std::cmp::Reverse(entry.message))),
        Sort::Size => entries.sort_by_key(|entry| (entry.size, std::cmp::Reverse(entry.message))),
    }
    if listing.direction == Direction::Descending {
        entries.reverse();
    }
    entries
}

/// All pages of a listing, one after the other.
fn listed(store: &Store, mailbox: &Mailbox, folder: Folder, listing: &Listing) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut listing = listing.clone();
    loop {
        let page = store.list(mailbox, folder, &listing).unwrap();
        assert!(page.rows.len() <= listing.limit);
        assert!(all.len() < 10_000, "the pages run in a circle: {listing:?}");
        all.extend(page.rows.into_iter().map(|row| row.entry));
        // As it comes back from a page's link.
        let Some(next) = page.next else { return all };
        listing.cursor = Some(next.to_string().parse().unwrap());
    }
}

/// Every folder in every order equals what the index says.
fn check_catalogue(store: &Store, totals: bool, seed: u64) {
    let mut rows = 0;
    for name in NAMES {
        let mailbox = mailbox(name);
        let own = store.view().filled_folders(&mailbox).unwrap().into_iter().map(|(folder, _)| folder);
        let folders: BTreeSet<Folder> = own.chain(COMMON).collect();
        for folder in folders {
            for filter in filters() {
                for (sort, direction) in SORTS.iter().flat_map(|sort| DIRECTIONS.map(|direction| (*sort, direction))) {
                    let listing = Listing { sort, direction, filter, conversations: false, cursor: None, limit: 7 };
                    let wanted = expected(store, &mailbox, folder, &listing);
                    assert_eq!(listed(store, &mailbox, folder, &listing), wanted, "seed {seed} {name} {folder:?} {listing:?}");
                    if totals {
                        let total = store.list(&mailbox, folder, &listing).unwrap().total;
                        assert_eq!(total, Some(wanted.len() as u64), "seed {seed} {name} {folder:?} {listing:?}");
                    }
                    rows += wanted.len();
                }
            }
        }
    }
    assert!(rows > 0, "seed {seed}: this has to list something to prove anything");
}

#[test]
fn the_catalogue_equals_the_index_after_random_work() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut folders = Folders::new();
    let mut work = Work::new(seed);
    for round in 0..3 {
        let (store, _) = folders.open();
        work.run(&store, 60);
        if round == 1 {
            // In the middle of things: what is not settled is caught up after the crash.
            let crashed = folders.crashed();
            drop(store);
            folders = crashed;
            continue;
        }
        settle(&store);
        check_catalogue(&store, true, seed);
        drop(store);
        // Made again, it is the same.
        std::fs::remove_dir_all(folders.path().join("search")).unwrap();
        let (store, _) = folders.open();
        settle(&store);
        check_catalogue(&store, true, seed);
    }
}

#[test]
fn the_catalogue_equals_the_index_after_retention() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let folders = Folders::new();
    let (store, _) = folders.open();
    let mut work = Work::new(seed);
    let mut dropped = 0;
    for _ in 0..3 {
        work.run(&store, 80);
        work.deliver_most(&store);
        settle(&store);
        work.at = Wall(work.at.0 + DAY_MS);
        work.run(&store, 5);
        dropped += store.purge(Wall(work.at.0 - DAY_MS / 2), Pins::default(), work.at).unwrap();
        work.messages.retain(|(message, _)| store.view().message(*message).unwrap().is_some());
        work.run(&store, 5);
        settle(&store);
        // Rows of dropped segments go later.
        check_catalogue(&store, false, seed);
    }
    assert!(dropped > 0, "seed {seed}: this has to drop something to prove anything");
}

/// A message for ann in `folder`, from header fields as they are written.
fn file(store: &Store, folder: Folder, fields: &str) -> Seq {
    file_at(store, folder, fields, START)
}

fn file_at(store: &Store, folder: Folder, fields: &str, at: Wall) -> Seq {
    let body = format!("{fields}\r\n\r\ntext\r\n");
    let mut one = accepted(&["ann"], &delivered(), at);
    one.summary = parse::summarise(body.as_bytes());
    one.filings = vec![Filing { mailbox: mailbox("ann"), folder, flags: Flags::NONE, recipient: None }];
    let change = Change::Message(Box::new(one), Staged::from_bytes(body.into_bytes()).into());
    store.write_wait(vec![change], at).unwrap()[0]
}

/// The catalogue follows a moment later, so that the first page needs a second look: the next one must not begin anywhere else for that.
#[test]
fn a_page_with_rows_of_what_is_gone_leads_on() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let subjects = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let messages = subjects.map(|subject| file(&store, Folder::Inbox, &fields(subject, subject, &[])));
    settle(&store);
    let gone = Change::Remove { mailbox: mailbox("ann"), message: messages[1], folder: Folder::Inbox };
    store.write_wait(vec![gone], START).unwrap();
    for (sort, direction) in SORTS.iter().flat_map(|sort| DIRECTIONS.map(|direction| (*sort, direction))) {
        let listing = Listing { sort, direction, filter: Filter::NONE, conversations: false, cursor: None, limit: 3 };
        let wanted = expected(&store, &mailbox("ann"), Folder::Inbox, &listing);
        assert_eq!(wanted.len(), subjects.len() - 1);
        assert_eq!(listed(&store, &mailbox("ann"), Folder::Inbox, &listing), wanted, "{listing:?}");
    }
}

fn conversation(store: &Store, message: Seq) -> Vec<Seq> {
    store.conversation(&mailbox("ann"), message).unwrap().into_iter().map(|entry| entry.message).collect()
}

fn fields(id: &str, subject: &str, references: &[&str]) -> String {
    let references: Vec<String> = references.iter().map(|id| format!("<{id}@x>")).collect();
    let references = if references.is_empty() { String::new() } else { format!("\r\nReferences: {}", references.join(" ")) };
    format!("Message-ID: <{id}@x>\r\nFrom: Bo <bo@example.com>\r\nTo: ann@example.com\r\nSubject: {subject}{references}")
}

#[test]
fn what_refers_to_each_other_is_one_conversation() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let put = |folder, id: &str, subject: &str, references: &[&str]| file(&store, folder, &fields(id, subject, references));
    // The parent came last, in another folder; what two of them refer to was never here.
    let second = put(Folder::Inbox, "b", "Re: Plan", &["a"]);
    let third = put(Folder::Sent, "c", "Re: Plan", &["a", "b"]);
    let first = put(Folder::Archive, "a", "Plan", &["missing"]);
    let alone = put(Folder::Inbox, "p", "Plan", &[]);
    let loops = put(Folder::Inbox, "l", "Round", &["l", "m"]);
    let back = put(Folder::Inbox, "m", "Re: Round", &["l", "m"]);
    let twin = put(Folder::Inbox, "m", "Re: Round", &["l", "m"]);
    settle(&store);
    for member in [first, second, third] {
        assert_eq!(conversation(&store, member), [second, third, first], "{member}");
    }
    assert_eq!(conversation(&store, alone), [alone], "a subject alone joins nothing");
    assert_eq!(conversation(&store, twin), [loops, back, twin]);
    // Two that had nothing to do with each other, until somebody answers both.
    let bridge = put(Folder::Inbox, "z", "Both", &["c", "m"]);
    settle(&store);
    assert_eq!(conversation(&store, bridge).len(), 7);
    assert_eq!(conversation(&store, first), conversation(&store, twin));
    assert!(store.conversation(&mailbox("bo"), first).unwrap().is_empty(), "nobody else's");
}

#[test]
fn a_subject_joins_only_answers_that_refer_to_nothing() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let first = file(&store, Folder::Inbox, &fields("a", "Plän for  March", &[]));
    let answer = file(&store, Folder::Inbox, &fields("b", "AW: plan for march", &[]));
    let other = file(&store, Folder::Inbox, &fields("c", "Re: Plan for May", &[]));
    let refers = file(&store, Folder::Inbox, &fields("d", "Re: Plan for March", &["nowhere"]));
    let late = file_at(&store, Folder::Inbox, &fields("e", "Re: Plan for March", &[]), Wall(START.0 + 40 * DAY_MS));
    let empty = [file(&store, Folder::Inbox, &fields("f", "Re:", &[])), file(&store, Folder::Inbox, &fields("g", "Re:", &[]))];
    settle(&store);
    assert_eq!(conversation(&store, answer), [first, answer]);
    for alone in [other, refers, late, empty[0], empty[1]] {
        assert_eq!(conversation(&store, alone), [alone]);
    }
}

#[test]
fn a_folder_is_listed_by_conversations() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let first = file(&store, Folder::Inbox, &fields("a", "Plan", &[]));
    let other = file(&store, Folder::Inbox, &fields("x", "Other", &[]));
    let sent = file(&store, Folder::Sent, &fields("b", "Re: Plan", &["a"]).replace("Bo <bo@", "Ann <ann@"));
    let newest = file(&store, Folder::Inbox, &fields("c", "Re: Plan", &["a", "b"]));
    let trash = file(&store, Folder::Trash, &fields("d", "Re: Plan", &["a"]));
    let seen = Change::Flags { mailbox: mailbox("ann"), message: first, add: Flags::SEEN.with(Flags::FLAGGED), remove: Flags::NONE };
    store.write_wait(vec![seen], START).unwrap();
    settle(&store);
    let list = |folder, filter| {
        let listing = Listing { conversations: true, filter, limit: 50, ..Listing::default() };
        let rows = store.list(&mailbox("ann"), folder, &listing).unwrap().rows;
        rows.into_iter().map(|row| (row.entry.message, row.conversation.unwrap())).collect::<Vec<_>>()
    };
    let inbox = list(Folder::Inbox, Filter::NONE);
    assert_eq!(inbox.iter().map(|(message, _)| *message).collect::<Vec<_>>(), [newest, other]);
    let plan = Conversation { messages: 3, unread: 2, flagged: true, attachments: false, people: vec!["Bo".to_owned(), "Ann".to_owned()] };
    assert_eq!(inbox[0].1, plan);
    assert_eq!((inbox[1].1.messages, inbox[1].1.unread), (1, 1));
    assert_eq!(list(Folder::Inbox, Filter { flagged: true, ..Filter::NONE })[0].0, first, "the newest that the filter lets through");
    assert_eq!(list(Folder::Sent, Filter::NONE)[0].0, sent);
    let bin = list(Folder::Trash, Filter::NONE);
    assert_eq!((bin[0].0, bin[0].1.messages), (trash, 4));
    // One row a page: each conversation comes once.
    let listing = Listing { conversations: true, limit: 1, ..Listing::default() };
    let paged: Vec<Seq> = listed(&store, &mailbox("ann"), Folder::Inbox, &listing).into_iter().map(|entry| entry.message).collect();
    assert_eq!(paged, [newest, other]);
}

#[test]
fn a_conversation_has_a_bound() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let one = |number: usize| {
        let body = format!("{}\r\n\r\n", fields(&format!("n{number}"), "Re: Storm", &["root"]));
        let mut one = accepted(&["ann"], &delivered(), START);
        one.summary = parse::summarise(body.as_bytes());
        Change::Message(Box::new(one), Staged::from_bytes(body.into_bytes()).into())
    };
    let seqs = store.write_wait((0..THREAD_MESSAGES_MAX + 10).map(one).collect(), START).unwrap();
    settle(&store);
    assert_eq!(conversation(&store, seqs[0]).len(), THREAD_MESSAGES_MAX);
    assert_eq!(conversation(&store, seqs[THREAD_MESSAGES_MAX + 5]), seqs[THREAD_MESSAGES_MAX..]);
}

#[test]
fn new_mail_does_not_move_the_place_of_a_reader() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let put = |name: &str| file(&store, Folder::Inbox, &fields(name, name, &[]).replace("Bo <bo@", &format!("{name} <{name}@")));
    let [d, b, a, c] = ["d", "b", "a", "c"].map(put);
    settle(&store);
    let mut listing = Listing { sort: Sort::Person, direction: Direction::Ascending, limit: 2, ..Listing::default() };
    let first = store.list(&mailbox("ann"), Folder::Inbox, &listing).unwrap();
    assert_eq!(first.rows.iter().map(|row| row.entry.message).collect::<Vec<_>>(), [a, b]);
    let between = put("bb");
    put("aa");
    settle(&store);
    listing.cursor = first.next;
    let rest: Vec<Seq> = listed(&store, &mailbox("ann"), Folder::Inbox, &listing).into_iter().map(|entry| entry.message).collect();
    assert_eq!(rest, [between, c, d]);
}

#[test]
fn whom_somebody_wrote_to_is_known() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let sent = |to: &str| file(&store, Folder::Sent, &format!("From: ann@example.com\r\nTo: {to}\r\nSubject: x"));
    sent("Bo Ärmel <bo@example.net>, eve@example.org");
    sent("Bo <BO@example.net>");
    sent("Zoë <zoe@example.net>\r\nCc: Carla <carla@example.org>");
    file(&store, Folder::Drafts, "To: draft@example.net\r\nSubject: x");
    file(&store, Folder::Inbox, "From: in@example.net\r\nTo: inbox@example.net\r\nSubject: x");
    settle(&store);
    let ask = |prefix: &str| -> Vec<Person> { store.written_to(&mailbox("ann"), prefix, 10).unwrap() };
    let addresses = |prefix: &str| ask(prefix).into_iter().map(|person| person.address).collect::<Vec<_>>();
    assert_eq!(addresses("")[0], "BO@example.net");
    assert_eq!(addresses("").len(), 4);
    assert_eq!(addresses("car"), ["carla@example.org"]);
    assert_eq!(ask("zoe")[0].name, "Zoë");
    assert!(addresses("draft").is_empty() && addresses("inbox").is_empty());
    assert!(store.written_to(&mailbox("bo"), "", 10).unwrap().is_empty());
}

struct Folderless;

impl Names for Folderless {
    fn folder(&self, name: &str) -> Option<Folder> {
        [("inbox", Folder::Inbox), ("archive", Folder::Archive)].into_iter().find(|(known, _)| *known == name).map(|(_, folder)| folder)
    }

    fn day(&self, text: &str) -> Option<Wall> {
        text.parse().ok().map(|days: u64| Wall(START.0 + days * DAY_MS))
    }
}

#[test]
fn operators_find_what_they_say() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let bo = file(&store, Folder::Inbox, "From: Bo <bo@example.net>\r\nTo: ann@example.com\r\nSubject: Annual report");
    let carla = file_at(
        &store,
        Folder::Archive,
        "From: Carla <c@example.org>\r\nTo: x@example.com\r\nCc: Bo <bo@example.net>\r\nSubject: annual party\r\nDate: Tue, 3 Mar 2026 09:15:02 +0000",
        Wall(START.0 + 4 * DAY_MS),
    );
    let flagged = Change::Flags { mailbox: mailbox("ann"), message: carla, add: Flags::FLAGGED.with(Flags::SEEN), remove: Flags::NONE };
    store.write_wait(vec![flagged], START).unwrap();
    let later = Wall(START.0 + 5 * DAY_MS);
    let late = file_at(&store, Folder::Inbox, "From: Carla <c@example.org>\r\nSubject: late", later);
    let removed = file(&store, Folder::Inbox, "From: Carla <c@example.org>\r\nSubject: gone");
    store.write_wait(vec![Change::Remove { mailbox: mailbox("ann"), message: removed, folder: Folder::Inbox }], START).unwrap();
    settle(&store);
    let check = |text: &str, expected: &[Seq]| {
        let found = store.find(&mailbox("ann"), &Query::parse(text, &Folderless), None, 50).unwrap();
        let found: Vec<Seq> = found.entries.iter().map(|entry| entry.message).collect();
        assert_eq!(found, expected, "{text}");
        assert!(store.find(&mailbox("eve"), &Query::parse(text, &Folderless), None, 50).unwrap().entries.is_empty(), "{text}");
    };
    check("annual", &[carla, bo]);
    check("from:bo", &[bo]);
    check("to:bo", &[carla]);
    check("cc:bo annual", &[carla]);
    check("cc:ann", &[]);
    check("subject:\"annual report\"", &[bo]);
    check("annual -report", &[carla]);
    check("-from:carla", &[bo]);
    check("-subject:annual", &[late]);
    check("in:inbox", &[late, bo]);
    check("annual in:archive", &[carla]);
    check("-in:inbox", &[carla]);
    check("is:flagged", &[carla]);
    check("is:unread annual", &[bo]);
    check("is:read", &[carla]);
    check("before:1", &[bo]);
    check("after:1 before:5", &[carla]);
    check("after:5", &[late]);
    check("annual after:1", &[carla]);
    check("has:attachment", &[]);
    check("-has:attachment in:inbox", &[late, bo]);
    check("gone", &[]);
    check("", &[]);
    // What the index knows already counts, before the catalogue does.
    store
        .write_wait(vec![Change::Flags { mailbox: mailbox("ann"), message: carla, add: Flags::NONE, remove: Flags::FLAGGED }], START)
        .unwrap();
    check("is:flagged", &[]);
}

#[test]
fn pages_of_hits_meet() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let change = |number: usize| {
        let body = format!("{}\r\n\r\n", fields(&format!("n{number}"), "same", &[]));
        let mut one = accepted(&["ann"], &delivered(), START);
        one.summary = parse::summarise(body.as_bytes());
        // Sent to oneself: in two folders.
        one.filings.push(Filing { folder: Folder::Sent, ..one.filings[0].clone() });
        Change::Message(Box::new(one), Staged::from_bytes(body.into_bytes()).into())
    };
    let mut wanted = store.write_wait((0..57).map(change).collect(), START).unwrap();
    wanted.reverse();
    settle(&store);
    for text in ["same", "subject:same", "is:unread", "-nothing"] {
        for limit in [1, 5, 56, 57, 58] {
            let (mut all, mut before) = (Vec::new(), None);
            loop {
                let found = store.find(&mailbox("ann"), &Query::parse(text, &Folderless), before, limit).unwrap();
                all.extend(found.entries.iter().map(|entry| entry.message));
                before = found.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(all, wanted, "{text} {limit}");
        }
    }
}
