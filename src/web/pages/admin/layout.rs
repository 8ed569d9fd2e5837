//! The frame of the admin's pages: head, navigation by role, what the last form has done.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::auth::{Flash, Role};
use crate::web::assets;

/// What surrounds a page.
#[derive(Clone, Debug)]
pub struct AdminShell {
    /// Of the window; the page has its own heading.
    pub title: String,
    /// Of the account.
    pub name: String,
    pub role: Role,
    /// For forms: [`csrf`].
    pub csrf: String,
    pub links: Vec<Link>,
    pub flash: Option<Flash>,
}

/// A place in the navigation.
#[derive(Clone, Debug)]
pub struct Link {
    pub label: &'static str,
    pub path: &'static str,
    pub here: bool,
}

/// A whole page. `main` begins with the page's only `h1`.
pub fn page(shell: &AdminShell, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (shell.title) " – Lifeboat admin" }
                link rel="stylesheet" href=(assets::STYLE.path());
                link rel="stylesheet" href=(assets::MORE_STYLE.path());
                link rel="stylesheet" href=(assets::ADMIN_STYLE.path());
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
            }
            body.admin {
                a.skip href="#main" { "Skip to the content" }
                (top(shell))
                div.frame {
                    nav.folders aria-label="Admin" {
                        ul {
                            @for link in &shell.links {
                                li { a href=(link.path) aria-current=[link.here.then_some("page")] { (link.label) } }
                            }
                        }
                    }
                    main #main tabindex="-1" {
                        @if let Some(flash) = &shell.flash { (self::flash(flash)) }
                        (main)
                    }
                }
            }
        }
    }
}

/// The hidden field that every form needs.
pub fn csrf(shell: &AdminShell) -> Markup {
    html! { input type="hidden" name="csrf" value=(shell.csrf); }
}

fn top(shell: &AdminShell) -> Markup {
    html! {
        header.top {
            a.brand href="/admin" { (PreEscaped(assets::ICON.text)) span { "Lifeboat " span.place { "admin" } } }
            a.who href="/admin/account" {
                bdi.name { (shell.name) }
                bdi.address { (shell.role) }
            }
            form method="post" action="/admin/logout" {
                (csrf(shell))
                button.quiet type="submit" { "Sign out" }
            }
        }
    }
}

fn flash(flash: &Flash) -> Markup {
    let class = if flash.worked { "flash good" } else { "flash bad" };
    html! {
        div class=(class) role=(if flash.worked { "status" } else { "alert" }) {
            @for line in flash.text.lines() { p { (line) } }
        }
    }
}
