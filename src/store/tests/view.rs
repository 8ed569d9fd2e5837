//! Questions to the index.

use super::*;
use crate::relay::Queue;

fn filled(messages: u64) -> (Folders, Store) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in 0..messages {
        let at = START.plus(std::time::Duration::from_secs(number));
        store.write_wait(vec![message(&["ann", "bob"], &queued(), at, b"x")], at).unwrap();
    }
    (folders, store)
}

#[test]
fn folders_page_newest_first() {
    let (_folders, store) = filled(25);
    let (ann, view) = (mailbox("ann"), store.view());
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let page = view.folder(&ann, Folder::Inbox, before, 10).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.message);
        seen.extend(page.iter().map(|entry| entry.message.0));
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(view.folder(&ann, Folder::Sent, None, 10).unwrap(), []);
    assert_eq!(view.folder(&mailbox("an"), Folder::Inbox, None, 10).unwrap(), []);
    assert_eq!(view.folder(&ann, Folder::Inbox, Some(Seq(0)), 10).unwrap(), []);
    assert_eq!(view.folder(&ann, Folder::Inbox, None, 0).unwrap(), []);
}

#[test]
fn queues_page_in_order() {
    let (_folders, store) = filled(7);
    let view = store.view();
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = view.queue(Queue::Primary, after, 4).unwrap();
        let Some(last) = page.last() else { break };
        after = Some((Seq(last.message), last.recipient));
        seen.extend(page.iter().map(|entry| (entry.message, entry.recipient)));
    }
    assert_eq!(seen, (1..=7).flat_map(|message| [(message, 0), (message, 1)]).collect::<Vec<_>>());
    assert_eq!(view.queue(Queue::Outbound, None, 4).unwrap(), []);
    assert_eq!(view.queue(Queue::Primary, Some((Seq(u64::MAX), u32::MAX)), 4).unwrap(), []);
}

#[test]
fn held_recipients_are_listed() {
    let (_folders, store) = filled(3);
    store.write_wait(vec![delivery(Seq(2), 1, held()), delivery(Seq(3), 0, held())], START).unwrap();
    let found = store.view().held(None, 1).unwrap();
    assert_eq!((found[0].message, found[0].recipient, &found[0].state), (Seq(2), 1, &held()));
    let found = store.view().held(Some((Seq(2), 1)), 5).unwrap();
    assert_eq!(found.iter().map(|one| (one.message, one.recipient)).collect::<Vec<_>>(), [(Seq(3), 0)]);
}

#[test]
fn message_ids_are_found() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let with_id = |id: &str| {
        let mut one = accepted(&["ann"], &queued(), START);
        one.summary.message_id = Some(id.to_owned());
        vec![Change::Message(Box::new(one), Staged::from_bytes(vec![]).into())]
    };
    let long = "x".repeat(3000);
    for id in ["a@b", "a@b.c", "a@b", &long, "\u{1}\u{2}"] {
        store.write_wait(with_id(id), START).unwrap();
    }
    let check = |id: &str, expected: &[u64]| {
        let expected: Vec<Seq> = expected.iter().copied().map(Seq).collect();
        assert_eq!(store.view().by_message_id(id).unwrap(), expected);
    };
    check("a@b", &[1, 3]);
    check("a@b.c", &[2]);
    check("a@", &[]);
    check(&long, &[4]);
    check("\u{1}\u{2}", &[5]);
}

#[test]
fn digests_and_tally() {
    let (_folders, store) = filled(3);
    let digest = |name: &str, part| {
        let mut one = accepted(&[name], &queued(), START);
        one.origin = Origin::Digest { event: "e1".to_owned(), mailbox: mailbox(name), part };
        Change::Message(Box::new(one), Staged::from_bytes(vec![]).into())
    };
    store.write_wait(vec![digest("bob", 1), digest("ann", 0), digest("bob", 0)], START).unwrap();
    assert_eq!(store.view().digests("e1").unwrap(), [(mailbox("ann"), 0), (mailbox("bob"), 0), (mailbox("bob"), 1)]);
    assert_eq!(store.view().digests("e").unwrap(), []);
    store.write_wait(vec![delivery(Seq(1), 0, delivered()), delivery(Seq(2), 1, held()), delivery(Seq(3), 0, refused())], START).unwrap();
    let tally = store.view().tally(Seq(1), Some(Seq(4)), &[]).unwrap();
    assert_eq!(tally, Tally { messages: 3, recipients: 6, delivered: 1, refused: 1, bounced: 0, held: 1, queued: 3 });
    let tally = store.view().tally(Seq(1), Some(Seq(4)), &[Seq(2), Seq(5), Seq(99)]).unwrap();
    assert_eq!(tally, Tally { messages: 2, recipients: 4, delivered: 1, refused: 1, bounced: 0, held: 0, queued: 2 });
    assert_eq!(store.view().tally(Seq(4), None, &[]).unwrap().messages, 3);
    assert_eq!(store.view().tally(Seq(4), Some(Seq(2)), &[]).unwrap(), Tally::default());
}

#[test]
fn rows_stay_short_however_long_the_texts() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let long = "\u{1}\"ü".repeat(2000);
    let mut one = accepted(&["ann"], &queued(), START);
    one.recipients = (0..1000).map(|_| one.recipients[0].clone()).collect();
    one.summary = Summary {
        message_id: Some(long.clone()),
        in_reply_to: Some(long.clone()),
        from_name: long.clone(),
        from_address: long.clone(),
        to: long.clone(),
        subject: long.clone(),
        date: Some(START),
        attachments: true,
    };
    let digest = Origin::Digest { event: "\"".repeat(128), mailbox: mailbox(&"x".repeat(64)), part: 1 };
    one.origin = digest;
    store.write_wait(vec![Change::Message(Box::new(one), Staged::from_bytes(vec![]).into())], START).unwrap();
    let state = DeliveryState::Held { at: START, reason: long, by_gate: false, attempts: 0 };
    store.write_wait(vec![delivery(Seq(1), 999, state.clone())], START).unwrap();
    let few = accepted(&["ann", "bob", "eve", "zoë"], &queued(), START);
    let few = store.write_wait(vec![Change::Message(Box::new(few), Staged::from_bytes(vec![]).into())], START).unwrap()[0];
    for recipient in 0..4 {
        store.write_wait(vec![delivery(few, recipient, state.clone())], START).unwrap();
    }
    for (key, value) in store.view().dump() {
        assert!(key.len() + value.len() <= crate::limits::INDEX_ROW_MAX_OCTETS, "{}", String::from_utf8_lossy(&key));
    }
    assert_eq!(store.view().deliveries(Seq(1)).unwrap().len(), 1000);
    assert!(store.view().deliveries(few).unwrap().iter().all(|delivery| matches!(delivery.state, DeliveryState::Held { .. })));
    assert_eq!(store.view().message(Seq(1)).unwrap().unwrap().recipients, 1000);
}
