//! What this is and what to do, in plain words.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::web::access::Access;

pub fn page(shell: &Shell, access: Access) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.prose {
                h1 { (t.get("help-title")) }
                h2 { (t.get("help-what")) }
                p { (t.get("help-what-text")) }
                h2 { (t.get("help-now")) }
                p { strong { (t.get(now(access))) } }
                h2 { (t.get("help-inside")) }
                ul {
                    li { (t.get("help-inside-mail")) }
                    li { (t.get("help-inside-sent")) }
                }
                h2 { (t.get("help-after")) }
                ul {
                    li { (t.get("help-after-in")) }
                    li { (t.get("help-after-out")) }
                    li { (t.get("help-after-over")) }
                }
                h2 #no-password { (t.get("help-password")) }
                ul {
                    li { (t.get("help-password-sent")) }
                    li { (t.get("help-password-card")) }
                    li { (t.get("help-password-ask")) }
                }
                p { (t.get("help-password-which")) }
                h2 { (t.get("help-phone")) }
                p { (t.get("help-phone-text")) }
                h2 { (t.get("help-safe")) }
                p { (t.get("help-safe-text")) }
            }
        },
    )
}

fn now(access: Access) -> &'static str {
    match access {
        Access::Open => "help-now-open",
        Access::HandingOver => "help-now-handing-over",
        Access::Practice => "help-now-practice",
        Access::ReadOnly => "help-now-read-only",
        Access::Closed => "help-now-closed",
    }
}
