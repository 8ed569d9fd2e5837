//! Folders, and what was found.

use super::{Sample, calm, shell};
use crate::store::{Folder, FolderId, Seq};
use crate::web::order::{By, Order, Show};
use crate::web::pages::actions::{self, ConfirmPage, MessageActions, Sure, Target};
use crate::web::pages::changes::Live;
use crate::web::pages::conversation::{self, ConversationPage, LetterView};
use crate::web::pages::folder::{self, FolderPage};
use crate::web::pages::folders::{self, FolderItem, FoldersPage};
use crate::web::pages::keys;
use crate::web::pages::navigation::FolderLink;
use crate::web::pages::rows::{Acting, All, Hits, Row};
use crate::web::pages::search::{self, SearchPage};
use crate::web::texts::Texts;

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let here = |folder| shell("Inbox", Some(folder));
    vec![
        ("inbox", folder::page(&here(Folder::Inbox), &inbox(12))),
        ("inbox-empty", folder::page(&here(Folder::Inbox), &empty(Folder::Inbox))),
        (
            "drafts",
            folder::page(
                &calm(here(Folder::Drafts)),
                &FolderPage {
                    folder: Folder::Drafts,
                    is_newest: true,
                    older: None,
                    total: 1,
                    notice: Some(folder::Notice::Kept),
                    ..inbox(1)
                },
            ),
        ),
        (
            "sent",
            folder::page(
                &here(Folder::Sent),
                &FolderPage {
                    folder: Folder::Sent,
                    notice: Some(folder::Notice::Sent(Some(folder::Undo { message: Seq(42), left_s: 10 }))),
                    is_newest: true,
                    older: None,
                    unread: 0,
                    ..inbox(4)
                },
            ),
        ),
        ("folders", folders::page(&shell("Folders", None), &own(None))),
        ("folders-wrong", folders::page(&shell("Folders", None), &own(Some((None, folders::Problem::Taken, "customers".to_owned()))))),
        ("keys", keys::page(&shell("Keyboard", None))),
        ("conversation", conversation::page(&shell("Offer", Some(Folder::Inbox)), &talk())),
        ("inbox-conversations", folder::page(&here(Folder::Inbox), &threads())),
        ("delete-for-good", actions::confirm(&shell("Delete for good?", Some(Folder::Trash)), &sure())),
        ("search", search::page(&shell("Search", None), &found(5, None))),
        ("search-nothing", search::page(&shell("Search", None), &found(0, None))),
        ("search-misread", search::page(&shell("Search", None), &misread())),
        ("search-behind", search::page(&shell("Search", None), &found(2, Some(search::Trouble::Behind)))),
        ("search-unavailable", search::page(&shell("Search", None), &found(0, Some(search::Trouble::Unavailable)))),
    ]
}

const MAILS: [(&str, &str, &str, bool, bool); 12] = [
    ("Bo Larsen", "Offer for the new shelves, second version", "09:41", true, true),
    ("Clara Ortiz", "Is the mail down for you, too?", "09:22", true, false),
    ("Dora Novak", "Delivery note 2026-0311", "09:16", true, true),
    ("noreply@parcels.example", "Your parcel arrives today between 12:00 and 14:00", "08:58", false, false),
    (
        "Müller & Söhne GmbH",
        "Rechnung 4711 für März – bitte bis zum 15. prüfen und freigeben, danach gilt sie als angenommen",
        "08:40",
        false,
        true,
    ),
    ("田中 太郎", "見積書の件について", "08:12", false, false),
    ("يوسف حداد", "عرض سعر جديد", "07:55", false, false),
    ("Evelyn Grant-Featherstonehaugh (Procurement, North)", "Re: Re: Fwd: Meeting on Thursday", "2 Mar", false, false),
    ("", "", "2 Mar", false, false),
    ("Fred", "Lunch?", "2 Mar", false, false),
    ("Gerda Wolf", "Aw: Parking spaces", "1 Mar", false, false),
    ("Payroll", "Your payslip for February", "28 Feb", false, true),
];

/// A whole page of the inbox.
pub fn inbox_of(rows: usize) -> maud::Markup {
    folder::page(&shell("Inbox", Some(Folder::Inbox)), &inbox(rows))
}

fn row((number, mail): (usize, &(&str, &str, &str, bool, bool))) -> Row {
    Row {
        message: Seq(4711 - number as u64),
        who: mail.0.to_owned(),
        subject: mail.1.to_owned(),
        date: mail.2.to_owned(),
        datetime: "2026-03-03T09:41:00Z".to_owned(),
        folder: Folder::Inbox,
        unread: mail.3,
        flagged: number % 5 == 1,
        answered: number % 4 == 2,
        forwarded: number % 7 == 3,
        attachments: mail.4,
        size: None,
        place: None,
        conversation: 0,
        hits: Hits::default(),
    }
}

/// The folders of somebody who has some of their own.
pub fn links() -> Vec<FolderLink> {
    let link = |(folder, name, count, depth): (Folder, &str, u64, usize)| FolderLink { folder, name: name.to_owned(), count, depth };
    let own = |id| Folder::Own(FolderId(id));
    [
        (Folder::Inbox, "Inbox", 3, 0),
        (Folder::Drafts, "Drafts", 1, 0),
        (Folder::Sent, "Sent", 0, 0),
        (Folder::Archive, "Archive", 0, 0),
        (Folder::Junk, "Junk", 12, 0),
        (Folder::Trash, "Deleted", 0, 0),
        (own(7), "Customers", 0, 0),
        (own(8), "Müller & Söhne GmbH", 2, 1),
        (own(9), "Offers and orders 2026 with a name that is rather long", 0, 0),
    ]
    .map(link)
    .to_vec()
}

pub fn targets() -> Vec<Target> {
    let links = links().into_iter().filter(|link| link.folder != Folder::Drafts);
    links.map(|link| Target { folder: link.folder, name: link.name, depth: link.depth }).collect()
}

fn acting(folder: Option<Folder>) -> Acting {
    let all = folder.map(|_| All { total: 1234, upto: Seq(4711) });
    Acting { csrf: "0".repeat(64), folder, back: "/mail/inbox?before=4712".to_owned(), targets: targets(), all }
}

fn live() -> Live {
    let title = "(3) Inbox – Lifeboat".to_owned();
    Live { folder: Folder::Inbox, tag: "4711-1234-3".to_owned(), upto: Seq(4711), mode: "open", title, rows: true, new: 0 }
}

fn own(problem: Option<(Option<FolderId>, folders::Problem, String)>) -> FoldersPage {
    let item = |link: FolderLink| match link.folder {
        Folder::Own(id) => Some(FolderItem { id, name: link.name, total: 12, depth: link.depth, parent: None }),
        _ => None,
    };
    FoldersPage { csrf: "0".repeat(64), items: links().into_iter().filter_map(item).collect(), may_change: true, problem }
}

fn threads() -> FolderPage {
    let order = Order { sort: By::Size, show: Show::Unread, threads: true, usually_threads: false };
    let mut page = FolderPage { order, older: None, newer: None, next: Some("4700-1200".to_owned()), ..inbox(12) };
    for (at, row) in page.rows.iter_mut().enumerate() {
        row.conversation = at % 3 * 4;
        row.size = Some("214 kB".to_owned());
    }
    page
}

fn talk() -> ConversationPage {
    let letter = |(number, who, text, open): (u64, &str, Option<&str>, bool)| LetterView {
        message: Seq(number),
        folder: Folder::Inbox,
        place: "Inbox".to_owned(),
        who: who.to_owned(),
        date: "Tuesday, 3 March 2026, 09:41".to_owned(),
        datetime: "2026-03-03T09:41:00Z".to_owned(),
        unread: open,
        flagged: number == 4702,
        attachments: number == 4702,
        has_html: false,
        text: text.map(str::to_owned),
        open,
        acts: Some(MessageActions {
            csrf: "0".repeat(64),
            message: Seq(number),
            folder: Folder::Inbox,
            flagged: false,
            targets: targets(),
            stay: "/mail/conversation/4711".to_owned(),
        }),
    };
    let letters = [
        (4700, "Bo Larsen", None, false),
        (4702, "Ann Smith", Some("Could you send us a new offer?"), false),
        (4711, "Bo Larsen", Some("Here it is.\n\n> Could you send us a new offer?"), true),
    ];
    ConversationPage {
        folder: Folder::Inbox,
        place: "Inbox".to_owned(),
        subject: "Offer for the new shelves, second version".to_owned(),
        letters: letters.map(letter).to_vec(),
        may_write: true,
    }
}

fn sure() -> ConfirmPage {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let fields = vec![field("do", "delete"), field("in", "deleted"), field("m", "4711"), field("sure", "1")];
    ConfirmPage { sure: Sure::Messages, count: 1, more: false, fields, action: "/mail/act", back: "/mail/deleted".to_owned() }
}

fn inbox(rows: usize) -> FolderPage {
    FolderPage {
        folder: Folder::Inbox,
        name: "Inbox".to_owned(),
        rows: MAILS.iter().cycle().take(rows).enumerate().map(row).collect(),
        acting: Some(acting(Some(Folder::Inbox))),
        older: Some(Seq(4600)),
        newer: Some(Seq(4711)),
        next: None,
        order: Order::default(),
        waits: None,
        live: live(),
        is_newest: false,
        skipped: 50,
        total: 1234,
        unread: 3,
        notice: None,
        may_write: true,
        practised: Vec::new(),
    }
}

fn empty(folder: Folder) -> FolderPage {
    FolderPage {
        name: crate::web::pages::layout::folder_name(Texts::english(), folder).to_owned(),
        folder,
        rows: Vec::new(),
        acting: None,
        older: None,
        newer: None,
        next: None,
        order: Order::default(),
        waits: None,
        live: live(),
        is_newest: true,
        skipped: 0,
        total: 0,
        unread: 0,
        notice: None,
        may_write: true,
        practised: Vec::new(),
    }
}

fn misread() -> SearchPage {
    let words = "shelves before:easter in:nowhere".to_owned();
    SearchPage { words, misread: vec!["before:easter".to_owned(), "in:nowhere".to_owned()], ..found(1, None) }
}

fn found(rows: usize, trouble: Option<search::Trouble>) -> SearchPage {
    let places = ["Inbox", "Inbox", "Sent", "Offers and orders 2026", "Inbox"].into_iter().cycle();
    let hit = |row: &Row| row.subject.find("shelves").map(|at| at..at + 7).into_iter().collect();
    let found =
        |(row, place): (Row, &str)| Row { place: Some(place.to_owned()), hits: Hits { subject: hit(&row), ..Hits::default() }, ..row };
    let mut rows: Vec<Row> = inbox(rows).rows.into_iter().zip(places).map(found).collect();
    let line = "… please take the shelves back that came last week: two boards are broken, and the third has the wrong colour …";
    if let Some(row) = rows.get_mut(2) {
        row.hits.text = Some((line.to_owned(), line.find("shelves").map(|at| at..at + 7).into_iter().collect()));
    }
    SearchPage {
        words: "shelves \"second version\"".to_owned(),
        older: (rows.len() > 4).then_some(Seq(4600)),
        rows,
        acting: Some(acting(None)),
        is_newest: true,
        trouble,
        misread: Vec::new(),
    }
}
