//! The form for a new message, filled as a person expects it.

use super::carried::{Source, is_own_draft};
use super::pages::compose::{About, ComposePage, Kind, Typed};
use super::reader::Reader;
use super::texts::Texts;
use super::visit::Visit;
use super::words::visible;
use super::{Answer, Context, Trouble, completion, once, pages, reader, response, typed};
use crate::directory::Person;
use crate::limits::COMPOSE_QUOTE_MAX_OCTETS;
use crate::mail::parse::{self, Opened};
use crate::mail::{Address, compose};
use crate::store::Folder;
use typed::line;

/// `/mail/new`, with `to=` to somebody and `subject=` about something.
pub fn new(visit: &Visit<'_>) -> Answer {
    let asked = |name: &str| visit.query(name).map(|value| visible(&value)).unwrap_or_default();
    let (to, subject) = (asked("to"), asked("subject"));
    let signature = (visit.context.preferences)(visit.reader.mailbox()).signature;
    // RFC 3676 section 4.3.
    let text = if signature.is_empty() { String::new() } else { format!("\n\n-- \n{signature}") };
    Ok(show(visit, None, Typed { to, subject, text, ..Typed::default() }))
}

/// `/mail/reply/SEQ`, with `all=1` to everybody.
pub fn reply(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let about = About { kind: Kind::Reply, message: visit.message()? };
    let source = Source::load(context, reader, about)?;
    let all = visit.query("all").is_some_and(|value| value == "1");
    let own = source.entry.folder == Folder::Sent;
    let (to, cc) = answer_to(&source.opened, reader.person, own, all);
    let typed = Typed {
        to: line(&to),
        cc: line(&cc),
        subject: compose::reply_subject(&visible(&source.opened.summary.subject)),
        text: format!(
            "{}\n\n{}",
            signed(context, reader),
            compose::quote(&attribution(context.texts, &source), quoted(&source.opened.text).trim_end())
        ),
        about: Some(about),
        from: addressed_as(&source.opened, reader.person),
        ..Typed::default()
    };
    let title = if all { context.texts.get("write-title-all") } else { title(context.texts, Some(Kind::Reply), false) };
    Ok(show(visit, Some(title), typed))
}

/// `/mail/forward/SEQ`: the text inline, the attachments carried along; with `whole=1` as a file.
pub fn forward(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let whole = visit.query("whole").is_some_and(|value| value == "1");
    let kind = if whole { Kind::ForwardWhole } else { Kind::Forward };
    let about = About { kind, message: visit.message()? };
    let source = Source::load(context, reader, about)?;
    let typed = Typed {
        subject: forward_subject(&visible(&source.opened.summary.subject)),
        text: signed(context, reader) + &if whole { String::new() } else { forwarded(context.texts, &source) },
        about: Some(about),
        carried: source.carried(context.texts, |_| true),
        from: addressed_as(&source.opened, reader.person),
        ..Typed::default()
    };
    Ok(show(visit, None, typed))
}

/// `/mail/edit/SEQ`: goes on with a draft, or sends something once more.
pub fn edit(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let message = visit.message()?;
    let entry = reader::own_entry(context, reader, message)?;
    if entry.folder == Folder::Inbox {
        return Err(Trouble::NotFound);
    }
    let source = Source::load(context, reader, About { kind: Kind::Edit, message })?;
    // One that was thrown away is a draft still: with whom it was meant for, Bcc too.
    let is_draft = entry.folder == Folder::Drafts || is_own_draft(context, reader, message)?;
    Ok(show(visit, None, typed::of_source(context.texts, &source, message, is_draft)))
}

/// The signature below the own words and above those of others. Without its usual mark: programs take all that stands below that for the
/// signature, and leave it out when they answer.
fn signed(context: &Context<'_>, reader: Reader<'_>) -> String {
    let signature = (context.preferences)(reader.mailbox()).signature;
    if signature.is_empty() { signature } else { format!("\n\n{signature}") }
}

fn show(visit: &Visit<'_>, title: Option<&'static str>, typed: Typed) -> super::Outcome {
    let Visit { context, reader, .. } = *visit;
    let t = context.texts;
    let title = title.unwrap_or_else(|| self::title(t, typed.about.map(|about| about.kind), typed.draft.is_some()));
    let said = if visit.query("undone").is_some() {
        Some(t.get("write-undone"))
    } else if visit.query("beside").is_some() {
        Some(t.get("write-saved-beside"))
    } else if visit.query("saved").is_some() {
        Some(t.get("write-saved"))
    } else {
        None
    };
    let page = ComposePage { said, ..page(context, reader, title, typed) };
    response::page_with_script(200, pages::compose::page(&reader::shell(context, title), &page)).into()
}

/// What every form for writing has.
pub fn page(context: &Context<'_>, reader: Reader<'_>, title: &'static str, mut typed: Typed) -> ComposePage {
    if typed.once.is_empty() {
        typed.once = once::secret(context);
    }
    let others = reader.person.send_as.iter().map(|address| {
        let name = context.directory.resolve(address).map_or_else(String::new, |person| visible(&person.name));
        (name, address.to_string())
    });
    ComposePage {
        title,
        typed,
        others: others.collect(),
        known: completion::known(context, reader),
        may_keep: reader::access(context).may_change(),
        ..ComposePage::default()
    }
}

pub fn title(t: Texts, kind: Option<Kind>, is_draft: bool) -> &'static str {
    match kind {
        Some(Kind::Reply) => t.get("write-title-reply"),
        Some(Kind::Forward | Kind::ForwardWhole) => t.get("write-title-forward"),
        Some(Kind::Edit) => t.get("write-title-edit"),
        None if is_draft => t.get("write-title-edit"),
        None => t.get("write-title-new"),
    }
}

/// The address of ours that a message was sent to, if it is not the own one and the reader may answer as it.
fn addressed_as(opened: &Opened, me: &Person) -> Option<String> {
    let named = opened.to.iter().chain(&opened.cc).filter_map(|person| Some(Address::parse(&person.address).ok()?.mailbox()));
    let named: Vec<crate::mail::Mailbox> = named.collect();
    if named.contains(&me.mailbox) {
        return None;
    }
    me.send_as.iter().find(|address| named.contains(&address.mailbox())).map(ToString::to_string)
}

/// To whom an answer goes (RFC 5322 section 3.6.3): Reply-To or From; for everybody also To and Cc, without the reader and
/// without doubles. An answer to one's own message goes to the same people again.
fn answer_to(opened: &Opened, me: &Person, own: bool, all: bool) -> (Vec<parse::Person>, Vec<parse::Person>) {
    let mut known: Vec<String> = Vec::new();
    let mut fresh = |person: &&parse::Person| {
        let key = person.address.to_lowercase();
        let fresh = !key.is_empty() && !known.contains(&key);
        known.push(key);
        fresh
    };
    let others = |person: &&parse::Person| !is_me(me, &person.address);

    let sender = if opened.reply_to.is_empty() { &opened.from } else { &opened.reply_to };
    let first = if own { &opened.to } else { sender };
    let mut to: Vec<parse::Person> = first.iter().filter(&mut fresh).cloned().collect();
    let mut cc = Vec::new();
    if all {
        if !own {
            to.extend(opened.to.iter().filter(others).filter(&mut fresh).cloned());
        }
        cc.extend(opened.cc.iter().filter(others).filter(&mut fresh).cloned());
    }
    (to, cc)
}

fn is_me(me: &Person, address: &str) -> bool {
    let Ok(address) = Address::parse(address) else { return false };
    let mailbox = address.mailbox();
    mailbox == me.mailbox || me.aliases.iter().any(|alias| alias.mailbox() == mailbox)
}

fn attribution(texts: Texts, source: &Source) -> String {
    let date = texts.day_and_time(source.entry.shown_date());
    let who = source.opened.from.first().map(name).unwrap_or_else(|| texts.get("somebody").to_owned());
    texts.with("wrote", &[("date", date.into()), ("who", who.into())])
}

fn name(person: &parse::Person) -> String {
    let name = visible(&person.name);
    if name.is_empty() { visible(&person.address) } else { name }
}

/// As much of the original text as is quoted.
fn quoted(text: &str) -> String {
    if text.len() <= COMPOSE_QUOTE_MAX_OCTETS {
        return text.to_owned();
    }
    let end = (0..=COMPOSE_QUOTE_MAX_OCTETS).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}\n[...]", &text[..end])
}

fn forwarded(t: Texts, source: &Source) -> String {
    let opened = &source.opened;
    let mut text = format!("\n\n---------- {} ----------\n", t.get("forwarded-message"));
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    field(t.get("from"), &line(&opened.from));
    field(t.get("date"), &t.day_and_time(source.entry.shown_date()));
    field(t.get("subject"), &visible(&opened.summary.subject));
    field(t.get("to"), &line(&opened.to));
    field(t.get("cc"), &line(&opened.cc));
    text.push('\n');
    text.push_str(&quoted(&opened.text));
    text
}

fn forward_subject(subject: &str) -> String {
    let already = subject.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("fwd:"))
        || subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("fw:"));
    if already { subject.to_owned() } else { format!("Fwd: {subject}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(address: &str) -> parse::Person {
        parse::Person { name: String::new(), address: address.to_owned() }
    }

    fn me() -> Person {
        let address = Address::parse("ann@example.com").unwrap();
        Person {
            mailbox: address.mailbox(),
            address,
            name: "Ann".to_owned(),
            aliases: vec![Address::parse("office@example.com").unwrap()],
            alternate_email: None,
            phone: None,
            groups: Vec::new(),
            send_as: Vec::new(),
        }
    }

    fn check(own: bool, all: bool, reply_to: &[&str], expected: (&str, &str)) {
        let opened = Opened {
            from: vec![person("bo@x.test")],
            reply_to: reply_to.iter().map(|address| person(address)).collect(),
            to: vec![person("Ann@example.com"), person("carl@x.test"), person("CARL@x.test")],
            cc: vec![person("office@example.com"), person("bo@x.test"), person("dora@x.test")],
            ..Opened::default()
        };
        let (to, cc) = answer_to(&opened, &me(), own, all);
        assert_eq!((line(&to).as_str(), line(&cc).as_str()), expected);
    }

    #[test]
    fn answers_go_where_people_expect() {
        check(false, false, &[], ("bo@x.test", ""));
        check(false, false, &["list@x.test"], ("list@x.test", ""));
        check(false, true, &[], ("bo@x.test, carl@x.test", "dora@x.test"));
        check(false, true, &["list@x.test"], ("list@x.test, carl@x.test", "bo@x.test, dora@x.test"));
        check(true, false, &[], ("Ann@example.com, carl@x.test", ""));
        check(true, true, &[], ("Ann@example.com, carl@x.test", "bo@x.test, dora@x.test"));
    }

    #[test]
    fn an_answer_comes_from_where_the_question_went() {
        let to = |address: &str| Opened { to: vec![person(address)], ..Opened::default() };
        let me = Person { send_as: vec![Address::parse("Info@example.com").unwrap()], ..me() };
        assert_eq!(addressed_as(&to("info@EXAMPLE.com"), &me).as_deref(), Some("Info@example.com"));
        assert_eq!(addressed_as(&to("ann@example.com"), &me), None);
        assert_eq!(addressed_as(&to("boss@example.com"), &me), None);
    }

    #[test]
    fn forwards_are_marked_once() {
        assert_eq!(forward_subject("Offer"), "Fwd: Offer");
        assert_eq!(forward_subject("FWD: Offer"), "FWD: Offer");
        assert_eq!(forward_subject("Fw: Offer"), "Fw: Offer");
        assert_eq!(forward_subject("äöü"), "Fwd: äöü");
    }

    #[test]
    fn long_originals_are_quoted_in_part() {
        let text = "ä".repeat(COMPOSE_QUOTE_MAX_OCTETS);
        let cut = quoted(&text);
        assert!(cut.ends_with("\n[...]") && cut.len() <= COMPOSE_QUOTE_MAX_OCTETS + 6);
        assert_eq!(quoted("short"), "short");
    }
}
