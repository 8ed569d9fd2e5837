//! Plain pages that say one thing and offer a way on: errors, refusals, text given back.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::web::texts::Texts;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// A message that was not sent, for copying.
    pub typed: Option<String>,
    /// Where to go next: label and path.
    pub way: (&'static str, &'static str),
}

/// Why the server in front of the pages gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    BadRequest,
    PlainOnTls,
    TlsOnPlain,
    Outside,
    TooSlow,
    LengthRequired,
    TooLarge,
    Expectation,
    HeadTooLarge,
    Busy,
    DiskFull,
    DiskFailed,
    Version,
    BadAddress,
    Failed,
    Downloads,
    NoRandomNumbers,
}

impl Why {
    /// For people.
    pub fn words(self, t: Texts) -> &'static str {
        t.get(match self {
            Why::BadRequest => "refused-bad-request",
            Why::PlainOnTls => "refused-plain-on-tls",
            Why::TlsOnPlain => "refused-tls-on-plain",
            Why::Outside => "refused-outside",
            Why::TooSlow => "refused-too-slow",
            Why::LengthRequired => "refused-length-required",
            Why::TooLarge => "refused-too-large",
            Why::Expectation => "refused-expectation",
            Why::HeadTooLarge => "refused-head-too-large",
            Why::Busy => "refused-busy",
            Why::DiskFull => "refused-disk-full",
            Why::DiskFailed => "refused-disk-failed",
            Why::Version => "refused-version",
            Why::BadAddress => "refused-bad-address",
            Why::Failed => "refused-failed",
            Why::Downloads => "refused-downloads",
            Why::NoRandomNumbers => "refused-no-random-numbers",
        })
    }
}

impl Notice {
    /// In the words of who could not do it.
    pub fn said(t: Texts, text: &str) -> Notice {
        Notice { text: vec![text.to_owned()], ..Notice::new(t, "failed-title", &[]) }
    }

    /// From keys of texts.
    fn new(t: Texts, heading: &'static str, text: &[&'static str]) -> Notice {
        let text = text.iter().map(|key| t.get(key).to_owned()).collect();
        Notice { heading: t.get(heading).to_owned(), text, typed: None, way: (t.get("go-mail"), "/") }
    }

    pub fn not_found(t: Texts) -> Notice {
        Notice::new(t, "not-found-title", &["not-found"])
    }

    /// An invitation's link that is mistyped, too old, or was replaced by a newer one: which of these is not told.
    pub fn enrol_unknown(t: Texts) -> Notice {
        Notice { way: (t.get("closed-help"), "/help"), ..Notice::new(t, "link-old-title", &["link-old", "link-old-ask"]) }
    }

    /// Too many of them.
    pub fn enrol_too_many(t: Texts) -> Notice {
        Notice { way: (t.get("try-again"), "/"), ..Notice::new(t, "not-now", &["links-too-many"]) }
    }

    pub fn wrong_method(t: Texts) -> Notice {
        Notice::new(t, "method-title", &["method"])
    }

    pub fn cross_site(t: Texts) -> Notice {
        Notice::new(t, "cross-site-title", &["cross-site"])
    }

    pub fn forbidden(t: Texts) -> Notice {
        Notice::new(t, "forbidden-title", &["forbidden"])
    }

    pub fn bad_form(t: Texts) -> Notice {
        Notice::new(t, "bad-form-title", &["bad-form"])
    }

    pub fn form_too_large(t: Texts) -> Notice {
        Notice::new(t, "form-large-title", &["form-large"])
    }

    pub fn read_only(t: Texts) -> Notice {
        Notice::new(t, "read-only-title", &["read-only"])
    }

    pub fn on_its_way(t: Texts) -> Notice {
        Notice { way: (t.get("folder-sent"), "/mail/sent"), ..Notice::new(t, "too-late-title", &["too-late"]) }
    }

    pub fn store_failed(t: Texts) -> Notice {
        Notice::new(t, "failed-title", &["store-failed", "try-later"])
    }

    pub fn outage_over(t: Texts, typed: &str) -> Notice {
        let notice = Notice::new(t, "not-sent-title", &["not-sent-over", "not-sent-over-copy"]);
        Notice { typed: Some(typed.to_owned()), way: (t.get("go-first"), "/"), ..notice }
    }

    pub fn signed_out(t: Texts, typed: &str) -> Notice {
        let notice = Notice::new(t, "not-sent-title", &["not-sent-signed-out", "not-sent-signed-out-copy"]);
        Notice { typed: Some(typed.to_owned()), way: (t.get("go-sign-in"), "/login"), ..notice }
    }

    /// What was wanted could not be stored.
    pub fn failure(t: Texts, disk_full: bool, typed: Option<&str>) -> Notice {
        let why = if disk_full { "disk-full" } else { "not-stored" };
        let then = if typed.is_some() { "not-sent-kept" } else { "try-later" };
        Notice { typed: typed.map(str::to_owned), ..Notice::new(t, "failed-title", &[why, then]) }
    }

    /// Nothing is lost and nothing is to be done: the page says how long it may take.
    pub fn index_building(t: Texts, percent: u8) -> Notice {
        let text = vec![t.with("moment", &[("percent", percent.into())]), t.get("moment-more").to_owned()];
        Notice { text, way: (t.get("try-again"), "/"), ..Notice::new(t, "moment-title", &[]) }
    }

    /// What the server in front of the pages has to say.
    pub fn refusal(t: Texts, why: Why) -> Notice {
        Notice { text: vec![why.words(t).to_owned()], way: (t.get("try-again"), "/"), ..Notice::new(t, "not-now", &[]) }
    }
}

pub fn page(shell: &Shell, notice: &Notice) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.card.wide[notice.typed.is_some()] {
                h1 { (notice.heading) }
                @for line in &notice.text { p { (line) } }
                @if let Some(typed) = &notice.typed {
                    label for="typed" { (t.get("your-text")) }
                    // The parser drops the first line end of a textarea (HTML standard 13.1.2.5), so one is given.
                    textarea #typed rows="16" readonly dir="auto" { "\n" (typed) }
                }
                p { a.button href=(notice.way.1) { (notice.way.0) } }
            }
        },
    )
}
