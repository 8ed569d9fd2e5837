//! Messages.

use super::{Sample, shell};
use crate::store::{Folder, Seq};
use crate::web::pages::actions::MessageActions;
use crate::web::pages::message::{self, AttachmentView, Body, DeliveryView, MessagePage, PersonView};
use crate::web::words::Fate;

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let here = |folder| shell("Inbox", Some(folder));
    let html = MessagePage { body: Body::Html { remote_blocked: true }, ..mail(Folder::Inbox) };
    vec![
        ("message", message::page(&here(Folder::Inbox), &mail(Folder::Inbox))),
        ("message-html", message::page(&here(Folder::Inbox), &html)),
        ("message-sent", message::page(&here(Folder::Sent), &sent())),
        ("document", message::document("<h1>Spring offer</h1><p>Hello <b>Ann</b>, <a href=\"https://shop.example\">look</a>.</p>")),
    ]
}

fn person(name: &str, address: &str) -> PersonView {
    PersonView { name: name.to_owned(), address: address.to_owned() }
}

const TEXT: &str = "Hello Ann,

please find our offer attached. The short version is at https://shop.example.com/offers/2026-0311?lang=en (valid until Friday).

We would deliver on 12 March, in the morning if that suits you. The longer boards need a second lift, so somebody should be there to open the gate.

> Dear Bo,
> could you send us a new offer, with the longer boards this time?
>> Version one was at http://shop.example.com/offers/2026-0290.

Kind regards
Bo
--\u{20}
Bo Larsen · Shelves & More · +45 12 34 56 78
";

fn mail(folder: Folder) -> MessagePage {
    MessagePage {
        message: Seq(4711),
        folder,
        subject: "Offer for the new shelves, second version".to_owned(),
        date: "2026-03-03 09:41".to_owned(),
        datetime: "2026-03-03T09:41:00Z".to_owned(),
        from: vec![person("Bo Larsen", "bo@shop.example")],
        reply_to: Vec::new(),
        to: vec![person("Ann Smith", "ann.smith@example.com"), person("", "office@example.com")],
        cc: vec![person("Clara Ortiz", "clara.ortiz@example.com")],
        body: Body::Text(TEXT.to_owned()),
        has_html: true,
        cut: false,
        attachments: vec![
            attachment(1, "Offer 2026-0311.pdf", "application/pdf", "214 kB"),
            attachment(2, "shelf-drawing-final-version-with-a-very-long-file-name-that-must-wrap-somewhere.png", "image/png", "1.9 MB"),
        ],
        deliveries: Vec::new(),
        may_write: true,
        acts: Some(MessageActions {
            csrf: "0".repeat(64),
            message: Seq(4711),
            folder,
            flagged: false,
            targets: super::folders::targets(),
            stay: "/mail/message/4711".to_owned(),
        }),
    }
}

fn attachment(number: usize, name: &str, media_type: &str, size: &str) -> AttachmentView {
    AttachmentView { number, name: name.to_owned(), media_type: media_type.to_owned(), size: size.to_owned() }
}

fn sent() -> MessagePage {
    let delivery = |address: &str, hidden_copy, fate, text: &str| DeliveryView {
        address: address.to_owned(),
        hidden_copy,
        fate,
        text: text.to_owned(),
    };
    MessagePage {
        deliveries: vec![
            delivery("bo@shop.example", false, Fate::Done, "Delivered to the outside, 10:02"),
            delivery(
                "clara.ortiz@example.com",
                false,
                Fate::Done,
                "In their Lifeboat inbox; goes to the normal mailbox when the mail server is back",
            ),
            delivery(
                "gone@elsewhere.example",
                true,
                Fate::Failed,
                "Came back: 550 5.1.1 <gone@elsewhere.example>: Recipient address rejected: User unknown",
            ),
            delivery(
                "slow@elsewhere.example",
                false,
                Fate::Waiting,
                "Not through yet, will be tried again. Last answer: 451 4.7.1 Greylisted, please try again in 300 seconds",
            ),
        ],
        attachments: Vec::new(),
        has_html: false,
        ..mail(Folder::Sent)
    }
}
