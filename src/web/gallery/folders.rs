//! Folders, and what was found.

use super::{Sample, calm, shell};
use crate::store::{Folder, Seq};
use crate::web::pages::folder::{self, FolderPage, Row};
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
        ("search", search::page(&shell("Search", None), &found(5, None))),
        ("search-nothing", search::page(&shell("Search", None), &found(0, None))),
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
        unread: mail.3,
        attachments: mail.4,
        place: None,
    }
}

fn inbox(rows: usize) -> FolderPage {
    FolderPage {
        folder: Folder::Inbox,
        name: "Inbox".to_owned(),
        rows: MAILS.iter().cycle().take(rows).enumerate().map(row).collect(),
        older: Some(Seq(4600)),
        is_newest: false,
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
        older: None,
        is_newest: true,
        total: 0,
        unread: 0,
        notice: None,
        may_write: true,
        practised: Vec::new(),
    }
}

fn found(rows: usize, trouble: Option<search::Trouble>) -> SearchPage {
    let places = ["Inbox", "Inbox", "Sent", "Offers and orders 2026", "Inbox"].into_iter().cycle();
    let rows: Vec<Row> =
        inbox(rows).rows.into_iter().zip(places).map(|(row, place)| Row { place: Some(place.to_owned()), ..row }).collect();
    SearchPage {
        words: "shelves \"second version\"".to_owned(),
        older: (rows.len() > 4).then_some(Seq(4600)),
        rows,
        is_newest: true,
        trouble,
    }
}
