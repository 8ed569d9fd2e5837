//! What people do with their mail: each action, taking it back, and everything that a form must not be able to do.

use super::*;
use crate::store::FolderId;
use crate::web::{Act, Deed, FolderStep, Step};

const ANN: &str = "ann@example.com";

/// What the form wants done, if it may.
fn act(world: &World, fields: &[(&str, &str)]) -> Act {
    let outcome = check(&world.ask("POST", "/mail/act").by(ANN).form(&with_csrf(fields)), 303, 1);
    intent(outcome)
}

fn intent(mut outcome: Outcome) -> Act {
    match outcome.intents.pop() {
        Some(Intent::Act(act)) => *act,
        other => panic!("{other:?}"),
    }
}

fn with_csrf<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().copied().chain([("csrf", CSRF)]).collect()
}

/// Has it happen, as the box would.
fn carry_out(world: &World, act: &Act) -> Vec<Seq> {
    let mailbox = &act.mailbox;
    let change = |step: &Step| match *step {
        Step::Flags { message, add, remove } => Change::Flags { mailbox: mailbox.clone(), message, add, remove },
        Step::Move { message, from, to } => Change::Move { mailbox: mailbox.clone(), message, from, to },
        Step::Remove { message, folder } => Change::Remove { mailbox: mailbox.clone(), message, folder },
    };
    let mut changes: Vec<Change> = act.steps.iter().map(change).collect();
    match act.folder.clone() {
        Some(FolderStep::Create { parent, name }) => changes.push(Change::FolderCreate { mailbox: mailbox.clone(), parent, name }),
        Some(FolderStep::Change { folder, parent, name }) => {
            changes.insert(0, Change::FolderChange { mailbox: mailbox.clone(), folder, parent, name });
        }
        Some(FolderStep::Delete { folder }) => changes.push(Change::FolderDelete { mailbox: mailbox.clone(), folder }),
        None => {}
    }
    // All have the same id here.
    *world.done.borrow_mut() = vec![Arc::new(act.done.clone())];
    if changes.is_empty() { Vec::new() } else { world.store.write_wait(changes, NOW).unwrap() }
}

fn undo(world: &World, act: &Act) -> Act {
    let fields = with_csrf(&[("id", act.done.id.as_str()), ("back", "/mail/inbox")]);
    intent(check(&world.ask("POST", "/mail/undo").by(ANN).form(&fields), 303, 1))
}

fn places(world: &World, message: Seq) -> Vec<Folder> {
    world.store.view().folders_with(&mailbox(ANN), message).unwrap()
}

fn own_folder(world: &World, who: &str, name: &str) -> FolderId {
    let change = Change::FolderCreate { mailbox: mailbox(who), parent: None, name: name.to_owned() };
    FolderId(world.store.write_wait(vec![change], NOW).unwrap()[0].0)
}

#[test]
fn every_action_does_what_it_says_and_can_be_taken_back() {
    let world = World::new(Mode::Continuity);
    let own = own_folder(&world, ANN, "Customers");
    let own_key = format!("f{}", own.0);
    let check = |wish: &str, to: &str, deed: &Deed, folder: Folder, flags: Flags| {
        let message = world.inbound(PLAIN);
        let text = message.to_string();
        let act = act(&world, &[("do", wish), ("to", to), ("in", "inbox"), ("m", &text), ("back", "/mail/inbox")]);
        assert_eq!((&act.done.deed, act.done.count, act.done.stale), (deed, 1, 0), "{wish}");
        carry_out(&world, &act);
        let entry = world.store.view().entry(&mailbox(ANN), message).unwrap().unwrap();
        assert_eq!((entry.folder, entry.flags), (folder, flags), "{wish}");
        carry_out(&world, &undo(&world, &act));
        let entry = world.store.view().entry(&mailbox(ANN), message).unwrap().unwrap();
        assert_eq!((entry.folder, entry.flags), (Folder::Inbox, Flags::NONE), "{wish} taken back");
    };
    let moved = |to, name: &str| Deed::Moved { to, name: name.to_owned() };
    check("read", "", &Deed::Read, Folder::Inbox, Flags::SEEN);
    check("flag", "", &Deed::Flagged, Folder::Inbox, Flags::FLAGGED);
    check("archive", "", &moved(Folder::Archive, "Archive"), Folder::Archive, Flags::NONE);
    check("junk", "", &moved(Folder::Junk, "Junk"), Folder::Junk, Flags::NONE);
    check("delete", "", &moved(Folder::Trash, "Deleted"), Folder::Trash, Flags::NONE);
    check("move", &own_key, &moved(Folder::Own(own), "Customers"), Folder::Own(own), Flags::NONE);
    check("move", "sent", &moved(Folder::Sent, "Sent"), Folder::Sent, Flags::NONE);
}

#[test]
fn what_is_so_already_is_not_done_again_nor_taken_back() {
    let world = World::new(Mode::Continuity);
    let message = world.inbound(PLAIN).to_string();
    let act = act(&world, &[("do", "unread"), ("in", "inbox"), ("m", &message)]);
    assert_eq!((act.steps.len(), act.done.count, act.done.can_be_undone()), (0, 1, false));
}

#[test]
fn a_star_turns() {
    let world = World::new(Mode::Continuity);
    let message = world.inbound(PLAIN);
    for deed in [Deed::Flagged, Deed::Unflagged] {
        // Whatever else is ticked.
        let other = world.inbound(PLAIN).to_string();
        let act = act(&world, &[("flag", &message.to_string()), ("m", &other), ("which", "all"), ("in", "inbox")]);
        assert_eq!((act.done.deed.clone(), act.steps.len()), (deed, 1));
        carry_out(&world, &act);
    }
}

#[test]
fn nobody_touches_what_is_somebody_elses() {
    let world = World::new(Mode::Continuity);
    let bos = world.file(PLAIN, Origin::Inbound, &[("bo@example.com", Route::Primary)], &[("bo@example.com", Folder::Inbox)]);
    let bos_folder = own_folder(&world, "bo@example.com", "Private");
    let (text, missing) = (bos.to_string(), (bos.0 + 1000).to_string());
    let page = format!("{text} {text}-inbox {text}-f{} c{text}", bos_folder.0);
    let mut told = Vec::new();
    for wish in ["read", "unread", "flag", "archive", "junk", "delete", "inbox"] {
        for message in [&text, &missing] {
            for folder in ["inbox", "", "sent"] {
                let act = act(&world, &[("do", wish), ("in", folder), ("m", message), ("flag-not", "")]);
                assert_eq!((act.steps.len(), act.done.count, act.done.stale), (0, 0, 1), "{wish} {message} {folder}");
                told.push(act.done.deed.clone());
            }
        }
    }
    assert!(told.iter().all(|deed| !matches!(deed, Deed::Nothing)), "the same answer for what is another's and for what is nobody's");
    let act_on_page = act(&world, &[("do", "delete"), ("which", "page"), ("page", &page), ("in", "inbox")]);
    assert_eq!(act_on_page.steps, []);
    assert_eq!(act(&world, &[("flag", &text), ("in", "inbox")]).steps, []);
    // Folders of others are no folders, neither to look into nor to move to.
    let mine = world.inbound(PLAIN).to_string();
    let theirs = format!("f{}", bos_folder.0);
    let fields = [("do", "move"), ("to", theirs.as_str()), ("in", "inbox"), ("m", mine.as_str())];
    check(&world.ask("POST", "/mail/act").by(ANN).form(&with_csrf(&fields)), 400, 0);
    let looking = [("do", "empty"), ("in", theirs.as_str()), ("sure", "1")];
    check(&world.ask("POST", "/mail/act").by(ANN).form(&with_csrf(&looking)), 404, 0);
    let parent = bos_folder.0.to_string();
    check(&world.ask("POST", "/mail/folders").by(ANN).form(&with_csrf(&[("name", "x"), ("parent", &parent)])), 404, 0);
    check(&world.ask("GET", &format!("/mail/changes?in={theirs}")).by(ANN), 404, 0);
    assert_eq!(world.store.view().folders_with(&mailbox("bo@example.com"), bos).unwrap(), [Folder::Inbox]);
}

#[test]
fn forms_of_other_sites_and_of_other_times_are_refused() {
    let mut world = World::new(Mode::Continuity);
    let message = world.inbound(PLAIN).to_string();
    let fields = [("do", "delete"), ("in", "inbox"), ("m", message.as_str())];
    let paths = ["/mail/act", "/mail/undo", "/mail/folders", "/mail/folder/7/rename", "/mail/folder/7/delete"];
    for path in paths {
        check(&world.ask("POST", path).by(ANN).form(&fields), 403, 0);
        check(&world.ask("POST", path).by(ANN).form(&with_csrf(&fields)).header("sec-fetch-site", "cross-site"), 403, 0);
        check(&world.ask("POST", path).form(&with_csrf(&fields)), 303, 0);
    }
    // A drill leaves no trace, and while the mail is handed over it stays as it is.
    world.some = Some((Kind::Drill, ANN));
    world.access = Access::Always;
    for mode in [Mode::Normal, Mode::Suspect, Mode::Recovering] {
        world.mode = mode;
        for path in paths {
            check(&world.ask("POST", path).by(ANN).form(&with_csrf(&fields)), 403, 0);
        }
        let page = body(&check(&world.ask("GET", "/mail/inbox").by(ANN), 200, 0));
        assert!(!page.contains("/mail/act") && !page.contains("type=\"checkbox\" name=\"m\""), "{mode:?}");
    }
}

#[test]
fn what_is_gone_for_good_is_asked_about_first() {
    let world = World::new(Mode::Continuity);
    let check_sure = |wish: &str, folder: Folder, key: &str| {
        let filings = [(ANN, folder)];
        let message = world.file(PLAIN, Origin::Inbound, &[(ANN, Route::Primary)], &filings);
        let text = message.to_string();
        let fields = [("do", wish), ("in", key), ("m", text.as_str()), ("upto", text.as_str()), ("back", "/mail/junk?at=50")];
        let asked = body(&check(&world.ask("POST", "/mail/act").by(ANN).form(&with_csrf(&fields)), 200, 0));
        assert!(asked.contains("cannot be undone") && asked.contains("name=\"sure\" value=\"1\""), "{asked}");
        assert!(asked.contains("href=\"/mail/junk?at=50\""), "{asked}");
        let act = act(&world, &[&fields[..], &[("sure", "1")]].concat());
        assert_eq!((&act.done.deed, act.done.count, act.done.can_be_undone()), (&Deed::Removed, 1, false));
        carry_out(&world, &act);
        assert_eq!(world.store.view().entry(&mailbox(ANN), message).unwrap(), None);
    };
    check_sure("delete", Folder::Trash, "deleted");
    check_sure("delete", Folder::Drafts, "drafts");
    check_sure("empty", Folder::Trash, "deleted");
    check_sure("empty", Folder::Junk, "junk");
}

#[test]
fn drafts_are_not_moved() {
    let world = World::new(Mode::Continuity);
    let draft = world.file(PLAIN, Origin::Draft, &[], &[(ANN, Folder::Drafts)]).to_string();
    for wish in ["archive", "junk", "inbox"] {
        assert_eq!(act(&world, &[("do", wish), ("in", "drafts"), ("m", &draft)]).steps, [], "{wish}");
    }
    let mail = world.inbound(PLAIN).to_string();
    check(&world.ask("POST", "/mail/act").by(ANN).form(&with_csrf(&[("do", "move"), ("to", "drafts"), ("m", &mail)])), 400, 0);
}

#[test]
fn all_are_those_that_were_there_when_the_page_was_made() {
    let world = World::new(Mode::Continuity);
    let seen: Vec<Seq> = (0..60).map(|_| world.inbound(PLAIN)).collect();
    let page = body(&check(&world.ask("GET", "/mail/inbox").by(ANN), 200, 0));
    let upto = seen[59].to_string();
    assert!(page.contains(&format!("name=\"upto\" value=\"{upto}\"")) && page.contains("All (60)"), "{page}");
    let later = world.inbound(PLAIN);
    let act = act(&world, &[("do", "archive"), ("in", "inbox"), ("which", "all"), ("upto", &upto)]);
    assert_eq!((act.steps.len(), act.done.count, act.done.more), (60, 60, false));
    carry_out(&world, &act);
    assert_eq!((places(&world, seen[0]), places(&world, later)), (vec![Folder::Archive], vec![Folder::Inbox]));
    assert_eq!(undo(&world, &act).steps.len(), 60);
}

#[test]
fn taking_back_skips_what_is_elsewhere_by_now() {
    let world = World::new(Mode::Continuity);
    let messages = [world.inbound(PLAIN), world.inbound(PLAIN)];
    let page = format!("{} {}", messages[0], messages[1]);
    let act = act(&world, &[("do", "delete"), ("in", "inbox"), ("which", "page"), ("page", &page)]);
    carry_out(&world, &act);
    let gone = Change::Remove { mailbox: mailbox(ANN), message: messages[0], folder: Folder::Trash };
    world.store.write_wait(vec![gone], NOW).unwrap();
    let undone = undo(&world, &act);
    assert_eq!((undone.steps.len(), undone.done.count, undone.done.stale), (1, 1, 1));
    assert_eq!(undone.takes_back, Some(act.done.id.clone()));
    // An id that nobody knows.
    let fields = with_csrf(&[("id", "00ff"), ("back", "/mail/inbox")]);
    let nothing = intent(check(&world.ask("POST", "/mail/undo").by(ANN).form(&fields), 303, 1));
    assert_eq!((nothing.steps.len(), nothing.done.deed), (0, Deed::NotUndone));
}

#[test]
fn a_message_to_oneself_is_moved_where_it_was_ticked() {
    let world = World::new(Mode::Continuity);
    let message = world.file(PLAIN, Origin::Webmail, &[(ANN, Route::Submit)], &[(ANN, Folder::Inbox), (ANN, Folder::Sent)]);
    let text = message.to_string();
    carry_out(&world, &act(&world, &[("do", "archive"), ("in", "sent"), ("m", &text)]));
    assert_eq!(places(&world, message), [Folder::Inbox, Folder::Archive]);
    // Where the page shows several folders, the line says which one.
    let named = format!("{text}-archive");
    carry_out(&world, &act(&world, &[("do", "delete"), ("m", &named)]));
    assert_eq!(places(&world, message), [Folder::Inbox, Folder::Trash]);
    let merged = act(&world, &[("do", "inbox"), ("in", "deleted"), ("m", &text)]);
    assert!(!merged.done.can_be_undone(), "the two are one now");
    carry_out(&world, &merged);
    assert_eq!(places(&world, message), [Folder::Inbox]);
}

#[test]
fn what_was_done_is_told_on_the_page_that_follows() {
    let world = World::new(Mode::Continuity);
    let message = world.inbound(PLAIN).to_string();
    world.inbound(PLAIN);
    let form = with_csrf(&[("do", "archive"), ("in", "inbox"), ("m", &message), ("back", "/mail/inbox?sent=1")]);
    let outcome = check(&world.ask("POST", "/mail/act").by(ANN).form(&form), 303, 1);
    let to = header(&outcome, "Location").to_owned();
    assert!(to.starts_with("/mail/inbox?done="), "{to}");
    let act = intent(outcome);
    carry_out(&world, &act);
    let page = body(&check(&world.ask("GET", &to).by(ANN), 200, 0));
    assert!(page.contains("1 message moved to Archive.") && page.contains(&format!("name=\"id\" value=\"{}\"", act.done.id)), "{page}");
    let nothing = act_nothing(&world);
    assert_eq!(nothing.done.deed, Deed::Nothing);
}

fn act_nothing(world: &World) -> Act {
    act(world, &[("do", "archive"), ("in", "inbox"), ("back", "/mail/inbox")])
}

#[test]
fn own_folders_come_and_go_with_what_is_in_them() {
    let world = World::new(Mode::Continuity);
    let form = with_csrf(&[("name", "  Customers ")]);
    let made = intent(check(&world.ask("POST", "/mail/folders").by(ANN).form(&form), 303, 1));
    assert_eq!(made.folder, Some(FolderStep::Create { parent: None, name: "Customers".to_owned() }));
    let id = FolderId(carry_out(&world, &made)[0].0);
    let taken = body(&check(&world.ask("POST", "/mail/folders").by(ANN).form(&with_csrf(&[("name", "CUSTOMERS")])), 422, 0));
    assert!(taken.contains("There is a folder with this name already.") && taken.contains("value=\"CUSTOMERS\""), "{taken}");

    let message = world.inbound(PLAIN);
    let (text, key) = (message.to_string(), format!("f{}", id.0));
    carry_out(&world, &act(&world, &[("do", "move"), ("to", &key), ("in", "inbox"), ("m", &text)]));
    let page = body(&check(&world.ask("GET", &format!("/mail/folder/{}", id.0)).by(ANN), 200, 0));
    assert!(page.contains("<h1>Customers</h1>") && page.contains("Hello there"), "{page}");

    let rename = world.ask("POST", &format!("/mail/folder/{}/rename", id.0)).by(ANN).form(&with_csrf(&[("name", "Clients")]));
    let renamed = intent(check(&rename, 303, 1));
    carry_out(&world, &renamed);
    assert_eq!(world.store.view().folders(&mailbox(ANN)).unwrap()[0].name, "Clients");

    let deleted = intent(check(&world.ask("POST", &format!("/mail/folder/{}/delete", id.0)).by(ANN).form(&with_csrf(&[])), 303, 1));
    carry_out(&world, &deleted);
    assert_eq!((places(&world, message), world.store.view().folders(&mailbox(ANN)).unwrap().len()), (vec![Folder::Trash], 0));
    carry_out(&world, &undo(&world, &deleted));
    assert_eq!(places(&world, message), [Folder::Own(id)]);
    assert_eq!(world.store.view().folders(&mailbox(ANN)).unwrap()[0].name, "Clients");
}

#[test]
fn the_script_hears_of_new_mail_and_of_nothing_else() {
    let world = World::new(Mode::Continuity);
    let first = world.inbound(&PLAIN.replace("Hello there", "Old one"));
    let page = body(&check(&world.ask("GET", "/mail/inbox").by(ANN), 200, 0));
    let tag = page.split("data-tag=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let ask = |tag: &str| body(&check(&world.ask("GET", &format!("/mail/changes?in=inbox&tag={tag}&upto={first}")).by(ANN), 200, 0));
    let same = ask(&tag);
    assert!(!same.contains("Old one") && !same.contains("data-say") && same.contains(&format!("data-tag=\"{tag}\"")), "{same}");
    world.inbound(&PLAIN.replace("Hello there", "New one"));
    world.inbound(&PLAIN.replace("Hello there", "Newer one"));
    let news = ask(&tag);
    assert!(news.contains("data-say=\"2 new messages\"") && news.contains("New one") && news.contains("Old one"), "{news}");
    assert!(news.contains("(3) Inbox"), "{news}");
    check(&world.ask("GET", "/mail/changes?in=inbox"), 303, 0);
    check(&world.ask("GET", "/mail/changes?in=nowhere").by(ANN), 404, 0);
}

#[test]
fn pages_go_forth_and_back() {
    let world = World::new(Mode::Continuity);
    let seqs: Vec<Seq> = (0..120).map(|n| world.inbound(&PLAIN.replace("Hello there", &format!("Number {n}.")))).collect();
    let page = |target: &str| body(&check(&world.ask("GET", target).by(ANN), 200, 0));
    let second = page(&format!("/mail/inbox?before={}&at=50", seqs[70]));
    assert!(second.contains("Number 69.") && second.contains("Number 20.") && second.contains("51–100 of 120"), "{second}");
    let newer = format!("/mail/inbox?after={}&amp;at=0", seqs[69]);
    assert!(second.contains(&newer), "{second}");
    let third = page(&format!("/mail/inbox?before={}&at=100", seqs[20]));
    let back = format!("/mail/inbox?after={}&at=50", seqs[19]);
    assert!(third.contains(&back.replace('&', "&amp;")));
    let again = page(&back);
    assert!(again.contains("Number 69.") && again.contains("Number 20.") && !again.contains("Number 19.") && !again.contains("Number 70."));
    let first = page(&format!("/mail/inbox?after={}&at=0", seqs[100]));
    assert!(first.contains("Number 119.") && first.contains("Number 70.") && first.contains("1–50 of 120"));
}
