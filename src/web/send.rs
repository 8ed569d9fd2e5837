//! `POST /mail/send`: whatever happens, nobody loses what they typed.

use super::access::Access;
use super::letter::Letter;
use super::pages::compose::Problem;
use super::pages::notice::{self, Notice};
use super::texts::Texts;
use super::{Answer, Context, Intent, Outcome, Request, guard, pages, reader, response, typed};
use crate::mail::form::Form;

/// The button that was pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Send,
    /// Keep it, with the files that came along, and go on.
    Save,
    /// Throw the draft away.
    Discard,
}

impl Wanted {
    fn of(form: &Form) -> Wanted {
        match form.get("do") {
            Some("save") => Wanted::Save,
            Some("discard") => Wanted::Discard,
            _ => Wanted::Send,
        }
    }
}

pub fn send(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::form(request)?;
    let t = context.texts;
    let access = reader::access(context);
    // Written in a drill, and it is none any more, or the reverse.
    let elsewhere = form.get("drill").map(str::to_owned).filter(|drill| !drill.is_empty()) != reader::drill(context);
    if !access.may_write() && (elsewhere || access != Access::HandingOver) {
        let shell = reader::shell(context, t.get("not-sent-title"));
        let notice = Notice::outage_over(t, &typed::given_back(t, &typed::of_form(&form)));
        return Ok(response::page(409, notice::page(&shell, &notice)).into());
    }
    let Some(reader) = reader::signed_in(context) else {
        let shell = reader::shell(context, t.get("not-sent-title"));
        let notice = Notice::signed_out(t, &typed::given_back(t, &typed::of_form(&form)));
        return Ok(response::page(403, notice::page(&shell, &notice)).into());
    };
    let ours = guard::has_csrf(&form, &reader.session.csrf);
    let wanted = Wanted::of(&form);
    let mut letter = Letter::new(context, reader, form);
    if elsewhere {
        return Ok(letter.again(409, vec![Problem::drill_over(t, access == Access::Open)]));
    }
    if !ours {
        // Signed in again in another tab, most likely. The form that is shown now has the new value.
        return Ok(letter.again(403, vec![Problem::signed_in_again(t)]));
    }
    letter.may_keep = access == Access::Open;
    Ok(match (access, wanted) {
        (Access::Open, Wanted::Send) => letter.submit(Intent::Submit, "/mail/sent?sent=1", true),
        (Access::Open, Wanted::Save) => letter.save(),
        (Access::Open, Wanted::Discard) => discard(&letter),
        (Access::Practice, Wanted::Send) => letter.submit(Intent::Practise, "/mail/sent?practised=1", false),
        (Access::Practice, _) => letter.again(409, vec![nothing_kept(t)]),
        (Access::HandingOver | Access::ReadOnly | Access::Closed, _) => letter.keep(),
    })
}

fn discard(letter: &Letter<'_>) -> Outcome {
    let intents = letter.typed.draft.map(|draft| Intent::Discard { mailbox: letter.reader.mailbox().clone(), draft });
    Outcome { response: response::see_other("/mail/drafts"), intents: intents.into_iter().collect() }
}

fn nothing_kept(t: Texts) -> Problem {
    Problem::new(pages::compose::Field::Form, t.get("write-drill-keeps-nothing").to_owned())
}
