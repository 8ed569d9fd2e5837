//! Every page with made-up data: written to `target/pages/` for looking at, and measured.
//!
//! `cargo test --lib web::gallery -- --ignored` writes the files.

use maud::Markup;

use super::access::Access;
use super::assets;
use super::pages::compose::{About, Carried, ComposePage, Field, Kind, Problem, Typed};
use super::pages::folder::{FolderPage, Row};
use super::pages::layout::{Banner, ReaderView, Shell, Tone};
use super::pages::login::{self, Closed, LoginPage};
use super::pages::message::{AttachmentView, Body, DeliveryView, MessagePage, PersonView};
use super::pages::notice::{self, Notice};
use super::pages::search::{self, SearchPage};
use super::pages::{compose, enrol, folder, help, message};
use super::words::Fate;
use crate::limits::PAGE_ENTRIES;
use crate::store::{Folder, Seq};

fn shell(title: &str, here: Option<Folder>) -> Shell {
    Shell {
        title: title.to_owned(),
        banner: Some(Banner::down("09:15", true)),
        reader: Some(ReaderView {
            name: "Ann Smith".to_owned(),
            address: "ann.smith@example.com".to_owned(),
            csrf: "0".repeat(64),
            unread: 3,
            drafts: 1,
            may_write: true,
            drill: None,
        }),
        here,
    }
}

fn signed_out(title: &str) -> Shell {
    Shell { reader: None, banner: Some(Banner::down("09:15", false)), ..shell(title, None) }
}

fn calm(mut shell: Shell) -> Shell {
    shell.banner = Some(Banner {
        tone: Tone::Calm,
        strong: "The mail server is back.".to_owned(),
        text: "Lifeboat is handing over your mail, so you can read here but not send. Please use Outlook again.".to_owned(),
    });
    if let Some(reader) = &mut shell.reader {
        reader.may_write = false;
    }
    shell
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
        name: super::pages::layout::folder_name(folder).to_owned(),
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
    ComposePage { title: if wrong { "Forward" } else { "Reply" }, typed, problems, files_lost: wrong }
}

fn enrolling(problem: bool) -> enrol::FormPage {
    let text = "That is an address of the office: it is down when our mail is down. Please give another one.";
    enrol::FormPage {
        action: "/enrol/0123".to_owned(),
        name: "Ann Smith".to_owned(),
        address: "ann.smith@example.com".to_owned(),
        known_email: Some("a•••@old.example".to_owned()),
        known_phone: None,
        email: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
        phone: if problem { "ask me".to_owned() } else { String::new() },
        email_problem: problem.then(|| text.to_owned()),
        phone_problem: problem.then(|| "That is not a phone number (like +49 30 123456).".to_owned()),
    }
}

fn enrol_code(tries_left: Option<u32>) -> enrol::CodePage {
    enrol::CodePage {
        action: "/enrol/0123/code".to_owned(),
        back: "/enrol/0123".to_owned(),
        email: "ann.smith@mail.example".to_owned(),
        tries_left,
    }
}

/// Name and markup of every page.
/// All of them: the webmail's, and those of the admin's place.
fn pages() -> Vec<(&'static str, Markup)> {
    webmail_pages().into_iter().chain(super::gallery_admin::pages()).collect()
}

fn webmail_pages() -> Vec<(&'static str, Markup)> {
    let typed = "To: bo@shop.example\nSubject: Offer\n\nThank you, that fits.";
    let problems = vec![
        Problem::new(Field::To, "“bo@” is not an address (like ann@example.com).".to_owned()),
        Problem::new(Field::Bcc, "“chef@” is not an address (like ann@example.com).".to_owned()),
    ];
    let here = |folder| shell("Inbox", Some(folder));
    let login = |problem| LoginPage {
        address: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
        problem: problem.then_some(login::Problem::WrongPassword),
    };
    let html = MessagePage { body: Body::Html { remote_blocked: true }, ..mail(Folder::Inbox) };
    vec![
        ("closed", login::closed(&Shell::bare("Mail works normally"), &Closed { suspect: false, for_you: false })),
        ("closed-for-you", login::closed(&Shell::bare("Mail works normally"), &Closed { suspect: false, for_you: true })),
        ("suspect", login::closed(&Shell::bare("Mail works normally"), &Closed { suspect: true, for_you: false })),
        ("login", login::page(&signed_out("Sign in"), &login(false))),
        ("login-wrong", login::page(&signed_out("Sign in"), &login(true))),
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
                    notice: Some(folder::Notice::Sent),
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
        ("message", message::page(&here(Folder::Inbox), &mail(Folder::Inbox))),
        ("message-html", message::page(&here(Folder::Inbox), &html)),
        ("message-sent", message::page(&here(Folder::Sent), &sent())),
        ("document", message::document("<h1>Spring offer</h1><p>Hello <b>Ann</b>, <a href=\"https://shop.example\">look</a>.</p>")),
        ("compose", compose::page(&here(Folder::Inbox), &writing(Vec::new()))),
        ("compose-problems", compose::page(&here(Folder::Inbox), &writing(problems))),
        ("enrol", enrol::form(&Shell::bare("When our mail is down"), &enrolling(false))),
        ("enrol-problems", enrol::form(&Shell::bare("When our mail is down"), &enrolling(true))),
        ("enrol-code", enrol::code(&Shell::bare("Your code"), &enrol_code(None))),
        ("enrol-code-wrong", enrol::code(&Shell::bare("Your code"), &enrol_code(Some(1)))),
        (
            "enrol-done",
            enrol::done(
                &Shell::bare("Thank you"),
                &enrol::DonePage {
                    name: "Ann Smith".to_owned(),
                    email: Some("a•••@mail.example".to_owned()),
                    phone: Some("•••561".to_owned()),
                },
            ),
        ),
        ("enrol-unknown", notice::page(&Shell::bare("Invitation"), &Notice::enrol_unknown())),
        ("help", help::page(&shell("Help", None), Access::Open)),
        ("help-closed", help::page(&Shell::bare("Help"), Access::Closed)),
        ("not-found", notice::page(&shell("Not found", None), &Notice::not_found())),
        ("over", notice::page(&Shell::bare("Not sent"), &Notice::outage_over(typed))),
        ("signed-out", notice::page(&signed_out("Not sent"), &Notice::signed_out(typed))),
        ("failure", notice::page(&Shell::bare("That did not work"), &Notice::failure("The disk is full.", Some(typed)))),
        ("refusal", notice::page(&Shell::bare("Not now"), &Notice::refusal("The webmail is only open inside the office."))),
    ]
}

#[test]
fn the_inbox_is_light() {
    let page = folder::page(&shell("Inbox", Some(Folder::Inbox)), &inbox(PAGE_ENTRIES)).into_string();
    let total = page.len() + assets::STYLE.len() + assets::ICON.len();
    assert!(total < 60_000, "{total} octets");
}

#[test]
fn every_page_is_whole() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        assert!(page.starts_with("<!DOCTYPE html><html lang="), "{name}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}: one main heading");
        assert!(page.contains("<title>"), "{name}");
        // The policy would block them without a word.
        for word in ["<script", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        if name != "document" {
            assert!(!page.contains("<style"), "{name}");
            assert!(page.contains("<main ") && page.contains(" id=\"main\""), "{name}");
            assert!(page.contains("href=\"#main\""), "{name}: a way past the navigation");
        }
    }
}

#[test]
fn every_form_that_needs_a_session_carries_its_csrf_value() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        for form in page.split("<form").skip(1).filter(|form| !is_without_session(form)) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.contains("name=\"csrf\" value=\"0000"), "{name}: {form}");
        }
    }
}

/// The login, looking, and the pages behind an invitation, whose path is the secret.
fn is_without_session(form: &str) -> bool {
    ["action=\"/login\"", "action=\"/enrol/", "method=\"get\""].iter().any(|sign| form.contains(sign))
}

#[test]
fn every_field_has_its_label_and_every_reference_its_place() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        let ids: Vec<&str> = values(&page, " id=\"");
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{name}: {id} twice");
        }
        let described = values(&page, " aria-describedby=\"").into_iter().flat_map(|list| list.split(' '));
        let local = values(&page, " href=\"#").into_iter();
        for wanted in values(&page, " for=\"").into_iter().chain(described).chain(local) {
            assert!(ids.contains(&wanted), "{name}: {wanted} is nowhere");
        }
        for field in ["<textarea", "<input"].iter().flat_map(|tag| page.split(tag).skip(1)) {
            let tag = field.split('>').next().unwrap_or_default();
            let labelled = tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\"");
            let id = values(tag, " id=\"").first().copied().unwrap_or("none");
            assert!(labelled || page.contains(&format!("<label for=\"{id}\"")), "{name}: {tag}");
        }
    }
}

fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
#[ignore = "writes files to look at"]
fn write_the_gallery() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    let link = format!("<link rel=\"stylesheet\" href=\"{}\">", assets::style_path());
    let document = pages().into_iter().find(|(name, _)| *name == "document").map(|(_, markup)| markup.into_string());
    for (name, markup) in pages() {
        let page = markup.into_string().replace(&link, &format!("<style>{}</style>", assets::STYLE));
        let page = page.replace("/mail/message/4711/html\" sandbox", "document.html\" sandbox");
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    assert!(document.is_some());
}
