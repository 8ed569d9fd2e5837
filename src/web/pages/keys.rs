//! The list of keys: a page of its own, and what the script shows when `?` is pressed.

use maud::{Markup, html};

use super::layout::{self, Shell};

pub fn page(shell: &Shell) -> Markup {
    let t = shell.texts;
    let keys = [
        ("j", t.get("key-next")),
        ("k", t.get("key-before")),
        ("o", t.get("key-open")),
        ("u", t.get("key-back")),
        ("x", t.get("key-tick")),
        ("s", t.get("act-flag")),
        ("e", t.get("act-archive")),
        ("#", t.get("act-delete")),
        ("!", t.get("act-junk")),
        ("Shift I", t.get("act-read")),
        ("Shift U", t.get("act-unread")),
        ("z", t.get("undo")),
        ("r", t.get("key-reply")),
        ("a", t.get("key-reply-all")),
        ("f", t.get("key-forward")),
        ("c", t.get("key-write")),
        ("/", t.get("search")),
        ("g i", t.get("folder-inbox")),
        ("g s", t.get("folder-sent")),
        ("g d", t.get("folder-drafts")),
        ("g a", t.get("folder-archive")),
        ("?", t.get("key-help")),
    ];
    layout::page(
        shell,
        &html! {
            section #keys data-close=(t.get("key-close")) {
                h1 #keys-title { (t.get("keys")) }
                p { (t.get("keys-where")) }
                dl.keys {
                    @for (key, meaning) in keys {
                        div { dt { @for one in key.split(' ') { kbd { (one) } " " } } dd { (meaning) } }
                    }
                }
                // Shown by the script, which alone can do it.
                p #keys-switch hidden { label { input type="checkbox"; " " (t.get("keys-on")) } }
            }
        },
    )
}
