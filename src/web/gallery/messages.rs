//! Messages.

use super::{Sample, shell};
use crate::store::{Folder, Seq};
use crate::web::files::FileKind;
use crate::web::pages::actions::MessageActions;
use crate::web::pages::agenda::{self, AgendaPage, DayView, EntryView};
use crate::web::pages::attachments::FileView;
use crate::web::pages::invitation::{AnswerForm, GuestView, InvitationView};
use crate::web::pages::message::{self, Body, DeliveryView, MessagePage, Paths, PersonView, Remark, ReportView, Unsubscribe};
use crate::web::pages::preview::{self, PreviewPage, Shown, SourcePage};
use crate::web::words::Fate;

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let here = |folder| shell("Inbox", Some(folder));
    let html = MessagePage {
        body: Body::Html { document: "/mail/message/4711/html".to_owned(), remote_blocked: true, load: "pictures=x".to_owned() },
        ..mail(Folder::Inbox)
    };
    vec![
        ("message", message::page(&here(Folder::Inbox), &mail(Folder::Inbox))),
        ("message-html", message::page(&here(Folder::Inbox), &html)),
        ("message-sent", message::page(&here(Folder::Sent), &sent())),
        ("message-invitation", message::page(&here(Folder::Inbox), &invited())),
        ("message-invitation-answered", message::page(&here(Folder::Inbox), &accepted())),
        ("message-report", message::page(&here(Folder::Inbox), &reported())),
        ("agenda", agenda::page(&shell("Agenda", None), &days())),
        ("preview-text", preview::page(&here(Folder::Inbox), &viewed(Shown::Text { text: "one,two\n3,4\n".to_owned(), cut: true }))),
        ("preview-picture", preview::page(&here(Folder::Inbox), &viewed(Shown::Picture { path: "data:image/png;base64,".to_owned() }))),
        ("preview-nothing", preview::page(&here(Folder::Inbox), &viewed(Shown::Nothing))),
        ("source", preview::source(&here(Folder::Inbox), &source())),
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
        date: "Tuesday, 3 March 2026, 09:41".to_owned(),
        datetime: "2026-03-03T09:41:00Z".to_owned(),
        from: vec![person("Bo Larsen", "bo@shop.example")],
        to: vec![person("Ann Smith", "ann.smith@example.com"), person("", "office@example.com")],
        cc: vec![person("Clara Ortiz", "clara.ortiz@example.com")],
        body: Body::Text(TEXT.to_owned()),
        has_html: true,
        files: vec![
            file(1, "Offer 2026-0311.pdf", FileKind::Pdf, "214 kB"),
            file(2, "shelf-drawing-final-version-with-a-very-long-file-name-that-must-wrap-somewhere.png", FileKind::Picture, "1.9 MB"),
        ],
        may_write: true,
        acts: Some(MessageActions {
            csrf: "0".repeat(64),
            message: Seq(4711),
            folder,
            flagged: false,
            targets: super::folders::targets(),
            stay: "/mail/message/4711".to_owned(),
        }),
        paths: paths(),
        ..MessagePage::default()
    }
}

fn file(number: usize, name: &str, kind: FileKind, size: &str) -> FileView {
    let path = |what: &str| format!("/mail/message/4711/{what}/{number}");
    FileView {
        name: name.to_owned(),
        kind,
        size: size.to_owned(),
        save: path("part"),
        view: Some(path("view")),
        open: None,
        unpacked: false,
    }
}

fn paths() -> Paths {
    let path = |what: &str| format!("/mail/message/4711{what}");
    Paths {
        message: path(""),
        body: path(""),
        raw: path("/raw"),
        source: path("/source"),
        print: path("/print"),
        zip: Some(path("/zip")),
        outer: None,
    }
}

fn invited() -> MessagePage {
    let guest = |who: &str, answer, optional| GuestView { who: who.to_owned(), answer, optional };
    let invitation = InvitationView {
        heading: "Invitation".to_owned(),
        cancelled: false,
        title: "Shelves, second round".to_owned(),
        when: "Thursday, 2 July 2026, 10:00 to 11:30".to_owned(),
        there: Some("There (Pacific Standard Time): 2026-07-02 01:00".to_owned()),
        place: "Room 4".to_owned(),
        organizer: Some(person("Bo Larsen", "bo@shop.example")),
        guests: vec![guest("Ann Smith", "not answered", false), guest("Clara Ortiz", "accepted", true)],
        guests_left: 0,
        repeats: Some("every 2 weeks, on Thursday".to_owned()),
        repeats_oddly: false,
        next: vec!["Thursday, 2 July 2026, 10:00 to 11:30".to_owned(), "Thursday, 16 July 2026, 10:00 to 11:30".to_owned()],
        comment: "Please bring the plan.".to_owned(),
        more: 1,
        answer: Some(AnswerForm {
            once: "0a1b".to_owned(),
            action: "/mail/message/4711/answer".to_owned(),
            csrf: "0".repeat(64),
            tells: "Your answer goes to Bo Larsen.".to_owned(),
        }),
        answered: None,
        sent: false,
    };
    MessagePage { invitation: Some(invitation), files: vec![file(0, "invite.ics", FileKind::Calendar, "2 kB")], ..mail(Folder::Inbox) }
}

fn accepted() -> MessagePage {
    let invited = invited();
    let invitation = invited.invitation.clone().map(|card| InvitationView { answered: Some("You have accepted."), sent: true, ..card });
    MessagePage { invitation, ..invited }
}

fn reported() -> MessagePage {
    let remark = |warns, text: &str| Remark { warns, text: text.to_owned() };
    let report = ReportView {
        address: "gone@elsewhere.example".to_owned(),
        fate: Fate::Failed,
        what: "Was not delivered. There is no mailbox of that name.".to_owned(),
        advice: "Check the address for typing errors, or ask for the right one.",
        said: "5.1.1 550 no such user".to_owned(),
    };
    let files = vec![
        FileView { open: Some("/mail/message/4711?in=0".to_owned()), view: None, ..file(0, "your-message.eml", FileKind::Message, "9 kB") },
        FileView { unpacked: true, view: None, ..file(1, "winmail.dat", FileKind::Other, "9 kB") },
        FileView { view: None, ..file(2, "invoice.pdf.exe", FileKind::Program, "9 kB") },
    ];
    MessagePage {
        remarks: vec![
            remark(true, "The sender's name looks like an address, but it is not the address that the message came from."),
            remark(false, "This message is signed. The signature was not checked here."),
        ],
        report: vec![report],
        files,
        unsubscribe: vec![
            Unsubscribe::Page("https://shop.example/off?who=ann".to_owned()),
            Unsubscribe::Mail("/mail/new?to=off@shop.example&subject=unsubscribe".to_owned()),
        ],
        body: Body::Text(format!("Hello\n\n{}", "> a line of a long quote\n".repeat(30))),
        paths: Paths { outer: Some("/mail/message/4711".to_owned()), ..paths() },
        ..mail(Folder::Inbox)
    }
}

fn days() -> AgendaPage {
    let entry = |time: &str, title: &str, answer, declined| EntryView {
        time: time.to_owned(),
        title: title.to_owned(),
        place: "Room 4".to_owned(),
        path: "/mail/message/4711".to_owned(),
        answer,
        declined,
    };
    let day = |day: &str, entries| DayView { day: day.to_owned(), entries };
    AgendaPage {
        days: vec![
            day(
                "Thursday, 2 July",
                vec![entry("all day", "Fair", "accepted", false), entry("10:00–11:30", "Shelves", "not answered", false)],
            ),
            day("Friday, 3 July", vec![entry("15:00", "", "declined", true)]),
        ],
        bounded: true,
    }
}

fn viewed(shown: Shown) -> PreviewPage {
    PreviewPage {
        name: "numbers.csv".to_owned(),
        size: "2 kB".to_owned(),
        save: "/mail/message/4711/part/1".to_owned(),
        back: "/mail/message/4711".to_owned(),
        shown,
    }
}

fn source() -> SourcePage {
    SourcePage {
        text: "From: Bo <bo@shop.example>\nSubject: x\n\nA line.\n".to_owned(),
        cut: true,
        size: "9 kB".to_owned(),
        save: "/mail/message/4711/raw".to_owned(),
        back: "/mail/message/4711".to_owned(),
    }
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
        files: Vec::new(),
        has_html: false,
        ..mail(Folder::Sent)
    }
}
