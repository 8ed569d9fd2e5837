//! What stands in the form for writing: read from a request, and kept with a draft.

use super::carried::{self, Source};
use super::pages::compose::{About, Kind, Typed};
use super::texts::Texts;
use super::words::{self, visible};
use crate::mail::compose::{DRAFT_BCC, DRAFT_CC, DRAFT_OPTIONS, DRAFT_TO, Priority};
use crate::mail::form::{Form, parse_urlencoded, urlencode};
use crate::mail::parse;
use crate::store::Seq;

/// What a browser sent; attachments that come along are looked at by whoever has the source.
pub fn of_form(form: &Form) -> Typed {
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let number = |name: &str| form.get(name).and_then(|value| value.parse().ok()).map(Seq);
    Typed {
        to: field("to"),
        cc: field("cc"),
        bcc: field("bcc"),
        subject: field("subject"),
        // Browsers send CRLF (HTML standard, form submission); one kind of line end is enough inside.
        text: field("text").replace("\r\n", "\n"),
        about: about(form.get("kind"), number("about")),
        draft: number("draft"),
        from: form.get("from").map(str::to_owned).filter(|from| !from.is_empty()),
        priority: form.get("priority").and_then(Priority::named).unwrap_or_default(),
        receipt: form.get("receipt").is_some(),
        carried: Vec::new(),
        once: field("once"),
    }
}

/// A draft as it was left, or a message that is to be sent once more.
pub fn of_source(t: Texts, source: &Source, message: Seq, is_draft: bool) -> Typed {
    let opened = &source.opened;
    let typed = Typed {
        to: line(&opened.to),
        cc: line(&opened.cc),
        subject: visible(&opened.summary.subject),
        text: opened.text.clone(),
        carried: carried::carried(t, opened, |_| true),
        ..Typed::default()
    };
    let letter = source.letter();
    let options = letter.field(DRAFT_OPTIONS).filter(|_| is_draft);
    let Some(options) = options else {
        // A draft of an older version has nothing but its message.
        let about = (!is_draft).then_some(About { kind: Kind::Edit, message });
        return Typed { about, draft: is_draft.then_some(message), ..typed };
    };
    let options = parse_urlencoded(&options);
    let option = |name: &str| options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let as_typed = |name: &str| letter.field(name).unwrap_or_default();
    Typed {
        to: as_typed(DRAFT_TO),
        cc: as_typed(DRAFT_CC),
        bcc: as_typed(DRAFT_BCC),
        about: about(option("kind"), option("about").and_then(|value| value.parse().ok()).map(Seq)),
        draft: Some(message),
        from: option("from").map(str::to_owned),
        priority: option("priority").and_then(Priority::named).unwrap_or_default(),
        receipt: option("receipt").is_some(),
        ..typed
    }
}

/// What a draft keeps of the form besides its words: a line without spaces.
pub fn options(typed: &Typed) -> String {
    let mut options = Vec::new();
    if let Some(about) = typed.about {
        options.push(format!("kind={}&about={}", about.kind.name(), about.message));
    }
    if let Some(from) = &typed.from {
        options.push(format!("from={}", urlencode(from)));
    }
    if typed.priority != Priority::Normal {
        options.push(format!("priority={}", typed.priority.name()));
    }
    if typed.receipt {
        options.push("receipt=1".to_owned());
    }
    options.join("&")
}

fn about(kind: Option<&str>, message: Option<Seq>) -> Option<About> {
    Some(About { kind: Kind::named(kind?)?, message: message? })
}

/// People as they are typed.
pub fn line(people: &[parse::Person]) -> String {
    people.iter().map(words::recipient).collect::<Vec<_>>().join(", ")
}

/// What was typed, as text that a person can copy.
pub fn given_back(t: Texts, typed: &Typed) -> String {
    let mut out = String::new();
    for (name, value) in
        [(t.get("to"), &typed.to), (t.get("cc"), &typed.cc), (t.get("bcc"), &typed.bcc), (t.get("subject"), &typed.subject)]
    {
        if !value.is_empty() {
            out.push_str(&format!("{name}: {}\n", visible(value)));
        }
    }
    format!("{out}\n{}", typed.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_can_be_copied() {
        let typed = Typed { to: "ann@x.test".to_owned(), bcc: "bo@x.test".to_owned(), text: "Hello".to_owned(), ..Typed::default() };
        assert_eq!(given_back(Texts::english(), &typed), "To: ann@x.test\nBcc: bo@x.test\n\nHello");
    }

    #[test]
    fn options_have_no_spaces() {
        let typed = Typed {
            about: Some(About { kind: Kind::Reply, message: Seq(7) }),
            from: Some("\"a b\"@x.test".to_owned()),
            priority: Priority::High,
            receipt: true,
            ..Typed::default()
        };
        assert_eq!(options(&typed), "kind=reply&about=7&from=%22a%20b%22%40x.test&priority=high&receipt=1");
        assert_eq!(options(&Typed::default()), "");
    }
}
