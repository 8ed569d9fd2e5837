//! Lines of messages, and the form around them with which people act on several at once.

use std::ops::Range;

use maud::{Markup, html};

use super::actions::{self, Target};
use crate::store::{Folder, Seq};
use crate::web::places;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct Row {
    pub message: Seq,
    /// Where it is.
    pub folder: Folder,
    /// From, or To where it is one's own.
    pub who: String,
    pub subject: String,
    /// Short, for people.
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
    pub unread: bool,
    pub flagged: bool,
    pub answered: bool,
    pub forwarded: bool,
    pub attachments: bool,
    /// Where a page is sorted by it.
    pub size: Option<String>,
    /// The folder's name, where a page shows several.
    pub place: Option<String>,
    /// Messages of the conversation that this line stands for; 0 or 1: just this message.
    pub conversation: usize,
    /// What was looked for.
    pub hits: Hits,
}

/// Where in the texts of a line that stands which was looked for, in octets, in order.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    pub who: Vec<Range<usize>>,
    pub subject: Vec<Range<usize>>,
    /// A line of the text, with what is to be marked in it; where it stands in the text alone.
    pub text: Option<(String, Vec<Range<usize>>)>,
}

/// Acting on several messages.
#[derive(Clone, Debug)]
pub struct Acting {
    pub csrf: String,
    /// The folder that the page shows; none where it shows several.
    pub folder: Option<Folder>,
    /// The path of the page.
    pub back: String,
    pub targets: Vec<Target>,
    pub all: Option<All>,
}

/// All messages of the folder.
#[derive(Clone, Debug)]
pub struct All {
    pub total: u64,
    /// The newest that is meant: what comes later was not seen.
    pub upto: Seq,
}

/// Lines, with the means to act on them where people may.
pub fn list(t: Texts, rows: &[Row], acting: Option<&Acting>) -> Markup {
    let lines = lines(t, rows, acting);
    let Some(acting) = acting else { return lines };
    html! {
        form.list method="post" action="/mail/act" {
            input type="hidden" name="csrf" value=(acting.csrf);
            input type="hidden" name="back" value=(acting.back);
            @if let Some(folder) = acting.folder { input type="hidden" name="in" value=(places::key(folder)); }
            // Otherwise Enter in a box would press the first button there is.
            button type="submit" disabled hidden {}
            (bar(t, rows, acting))
            // Needs nothing ticked.
            @if matches!(acting.folder, Some(Folder::Trash | Folder::Junk)) && acting.all.is_some() {
                p { (actions::button("empty", t.get("act-empty"))) }
            }
            (lines)
        }
    }
}

pub fn lines(t: Texts, rows: &[Row], acting: Option<&Acting>) -> Markup {
    // With one more column.
    let wide = rows.iter().any(|row| row.place.is_some() || row.size.is_some());
    html! { ol.mails.wide[wide] { @for row in rows { (line(t, row, acting)) } } }
}

fn bar(t: Texts, rows: &[Row], acting: &Acting) -> Markup {
    // Where several folders are shown, what is usual in the inbox.
    let folder = acting.folder.unwrap_or(Folder::Inbox);
    html! {
        div.acts role="group" aria-label=(t.get("act-group")) {
            (which(t, rows, acting))
            (actions::filing(t, folder))
            @if folder != Folder::Drafts {
                (actions::button("read", t.get("act-read")))
                (actions::button("unread", t.get("act-unread")))
                (actions::button("flag", t.get("act-flag")))
                (actions::button("unflag", t.get("act-unflag")))
                (actions::move_to(t, folder, &acting.targets))
            }
        }
    }
}

fn which(t: Texts, rows: &[Row], acting: &Acting) -> Markup {
    let page: Vec<String> = rows.iter().map(|row| item(row, acting)).collect();
    html! {
        select.which name="which" aria-label=(t.get("act-which")) {
            option value="" { (t.get("act-ticked")) }
            option value="page" { (t.count("act-page", rows.len() as u64)) }
            @if let Some(all) = acting.all.as_ref().filter(|all| all.total > rows.len() as u64) {
                option value="all" { (t.count("act-all", all.total)) }
            }
        }
        input type="hidden" name="page" value=(page.join(" "));
        @if let Some(all) = &acting.all { input type="hidden" name="upto" value=(all.upto); }
    }
}

// Where it is only needs to be said if the page does not.
fn item(row: &Row, acting: &Acting) -> String {
    match acting.folder {
        // All of it, as far as it is in this folder.
        Some(_) if row.conversation > 1 => format!("c{}", row.message),
        Some(folder) if folder == row.folder => row.message.to_string(),
        _ => format!("{}-{}", row.message, places::key(row.folder)),
    }
}

/// One line.
pub fn line(t: Texts, row: &Row, acting: Option<&Acting>) -> Markup {
    let item = acting.map(|acting| item(row, acting));
    html! {
        li.mail.unread[row.unread].flagged[row.flagged] {
            @if let Some(item) = &item {
                label.pick { input type="checkbox" name="m" value=(item) aria-labelledby={ "s" (row.message) }; }
                @if row.folder != Folder::Drafts {
                    button.star name="flag" value=(item) aria-label=(t.get(if row.flagged { "act-unflag" } else { "act-flag" })) aria-pressed=[row.flagged.then_some("true")] {}
                }
            }
            (link(t, row, item.is_none()))
        }
    }
}

/// A text with marks.
pub fn marked(text: &str, hits: &[Range<usize>]) -> Markup {
    let mut at = 0;
    html! {
        @for hit in hits {
            // A place that is none is passed over: the text stays whole.
            @if let (Some(before), Some(inside)) = (text.get(at..hit.start), text.get(hit.clone())) {
                (before) mark { (inside) }
                ({ at = hit.end; "" })
            }
        }
        (text.get(at..).unwrap_or_default())
    }
}

fn link(t: Texts, row: &Row, tell_flag: bool) -> Markup {
    let path = if row.conversation > 1 { "/mail/conversation/" } else { "/mail/message/" };
    html! {
        a href={ (path) (row.message) } {
            @if row.unread { span.unseen { (t.get("unread-mark")) " " } }
            bdi.who {
                @if row.who.is_empty() { (t.get("nobody")) } @else { (marked(&row.who, &row.hits.who)) }
                @if row.conversation > 1 { " " span.many { (row.conversation) span.unseen { " " (t.get("row-many")) } } }
            }
            " "
            bdi.subject id={ "s" (row.message) } { @if row.subject.is_empty() { (t.get("no-subject")) } @else { (marked(&row.subject, &row.hits.subject)) } }
            " "
            @if tell_flag && row.flagged { span.flag { span.unseen { (t.get("mark-flagged")) " " } } }
            @if row.answered { span.answered { span.unseen { (t.get("mark-answered")) " " } } }
            @if row.forwarded { span.forwarded { span.unseen { (t.get("mark-forwarded")) " " } } }
            @if row.attachments { span.clip { span.unseen { (t.get("with-attachment")) " " } } }
            @if let Some(place) = &row.place { span.place { span.unseen { (t.get("in-folder")) " " } bdi { (place) } } " " }
            @if let Some(size) = &row.size { span.place.size { (size) } " " }
            // The day alone: a page has many of them.
            time datetime=(row.datetime.get(..10).unwrap_or_default()) { (row.date) }
            @if let Some((text, hits)) = &row.hits.text { " " bdi.snippet { (marked(text, hits)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hits: &[Range<usize>], expected: &str) {
        assert_eq!(marked(text, hits).into_string(), expected, "{text} {hits:?}");
    }

    #[test]
    fn marks_stand_where_they_belong_and_lose_nothing() {
        check("an offer <b>", &[], "an offer &lt;b&gt;");
        check("an offer <b>", &[3..8, 9..12], "an <mark>offer</mark> <mark>&lt;b&gt;</mark>");
        check("über", std::slice::from_ref(&(0..5)), "<mark>über</mark>");
        check("über", &[1..3, 0..99], "über");
        check("abc", &[2..3, 0..1], "ab<mark>c</mark>");
    }
}
