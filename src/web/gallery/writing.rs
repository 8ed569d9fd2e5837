//! Writing.

use super::{Sample, shell};
use crate::store::{Folder, Seq};
use crate::web::pages::compose::{self, About, Carried, ComposePage, Field, Kind, Problem, Typed};

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let problems = vec![
        Problem::new(Field::To, "“bo@” is not an address (like ann@example.com).".to_owned()),
        Problem::new(Field::Bcc, "“chef@” is not an address (like ann@example.com).".to_owned()),
    ];
    let here = |folder| shell("Inbox", Some(folder));
    vec![
        ("compose", compose::page(&here(Folder::Inbox), &writing(Vec::new()))),
        ("compose-problems", compose::page(&here(Folder::Inbox), &writing(problems))),
    ]
}

fn writing(problems: Vec<Problem>) -> ComposePage {
    let wrong = !problems.is_empty();
    let typed = Typed {
        to: if wrong { "bo@, Clara <clara.ortiz@example.com>" } else { "Bo Larsen <bo@shop.example>" }.to_owned(),
        bcc: if wrong { "chef@" } else { "" }.to_owned(),
        subject: "Re: Offer for the new shelves, second version".to_owned(),
        text: "\nThank you, that fits.\n\nOn 2026-03-03 09:41, Bo Larsen wrote:\n> Hello Ann,\n> please find our offer attached."
            .to_owned(),
        about: Some(About { kind: if wrong { Kind::Forward } else { Kind::Reply }, message: Seq(4711) }),
        carried: if wrong {
            vec![Carried { number: 1, name: "Offer 2026-0311.pdf".to_owned(), size: "214 kB".to_owned(), keep: true }]
        } else {
            Vec::new()
        },
        ..Typed::default()
    };
    ComposePage {
        title: if wrong { "Forward" } else { "Reply" },
        typed,
        problems,
        files_lost: wrong,
        others: vec![("Information".to_owned(), "info@example.com".to_owned())],
        known: vec!["Bo Larsen <bo@shop.example>".to_owned(), "Sales".to_owned()],
        may_keep: true,
        ..ComposePage::default()
    }
}
