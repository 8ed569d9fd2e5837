//! A person at a browser: signs in, looks at the inbox, opens a message, answers it. Uses the pages as they are.

use std::net::SocketAddr;

use super::html::{self, Form, Link};
use crate::net::https_client::{Answer, Client};

/// Redirects followed in a row.
const REDIRECTS_MAX: usize = 5;

/// Someone with a browser.
pub struct Visitor {
    client: Client,
    server: SocketAddr,
    /// Where the inbox is; known after signing in.
    inbox: String,
}

/// A page and where it was found.
pub struct Page {
    pub path: String,
    pub html: String,
}

/// What a person writes.
pub struct Typed<'a> {
    /// Put behind what the page suggests.
    pub also_to: &'a str,
    pub text: &'a str,
}

impl Visitor {
    pub fn new(server: SocketAddr) -> Visitor {
        Visitor { client: Client::https(server), server, inbox: "/".to_owned() }
    }

    /// Signs in.
    ///
    /// # Errors
    /// In words: the webmail is closed, the password was refused, the page has no such form.
    pub async fn sign_in(&mut self, address: &str, password: &str) -> Result<(), String> {
        let page = self.get("/login").await?;
        let mut form = with(&page, "a password field", |form| form.has_kind("password"))?;
        form.fill(|field| matches!(field.kind.as_str(), "text" | "email"), address);
        form.fill(|field| field.kind == "password", password);
        let landed = self.submit(&page, &form).await?;
        if html::forms(&landed.html).iter().any(|form| form.has_kind("password")) {
            return Err("the login was refused".to_owned());
        }
        self.inbox = landed.path;
        Ok(())
    }

    pub async fn inbox(&mut self) -> Result<Page, String> {
        let path = self.inbox.clone();
        self.get(&path).await
    }

    /// Opens the message whose line in the inbox has this text.
    pub async fn open(&mut self, marker: &str) -> Result<Page, String> {
        let inbox = self.inbox().await?;
        let link = link_to(&inbox, |link| link.text.contains(marker)).ok_or_else(|| format!("no line with {marker} in the inbox"))?;
        self.get(&resolve(&inbox.path, &link.href)).await
    }

    /// Answers an open message.
    pub async fn answer(&mut self, message: &Page, typed: &Typed<'_>) -> Result<(), String> {
        let link = link_to(message, |link| link.href.contains("reply")).ok_or("no link to answer")?;
        let page = self.get(&resolve(&message.path, &link.href)).await?;
        let mut form = with(&page, "a text to write", |form| form.has_kind("textarea") && form.get("to").is_some())?;
        let to = form.get("to").unwrap_or_default().trim().to_owned();
        form.fill(|field| field.name == "to", &format!("{to}, {}", typed.also_to));
        let quoted = form.fields.iter().find(|field| field.kind == "textarea").map(|field| field.value.clone()).unwrap_or_default();
        form.fill(|field| field.kind == "textarea", &format!("{}\n\n{quoted}", typed.text));
        let landed = self.submit(&page, &form).await?;
        if html::forms(&landed.html).iter().any(|form| form.has_kind("textarea") && form.get("to").is_some()) {
            return Err(format!("the message was not sent: {}", html::text(&landed.html).chars().take(300).collect::<String>()));
        }
        Ok(())
    }

    /// The Sent folder, found by its link.
    pub async fn sent(&mut self) -> Result<Page, String> {
        let inbox = self.inbox().await?;
        let link = link_to(&inbox, |link| link.href.to_lowercase().contains("sent")).ok_or("no link to Sent")?;
        self.get(&resolve(&inbox.path, &link.href)).await
    }

    async fn submit(&mut self, page: &Page, form: &Form) -> Result<Page, String> {
        let (content_type, body) = form.encode();
        let path = resolve(&page.path, &form.action);
        let answer = self.client.post(&path, &content_type, &body).await.map_err(|error| format!("POST {path}: {error}"))?;
        self.follow(path, answer).await
    }

    async fn get(&mut self, path: &str) -> Result<Page, String> {
        let answer = self.client.get(path).await.map_err(|error| format!("GET {path}: {error}"))?;
        self.follow(path.to_owned(), answer).await
    }

    async fn follow(&mut self, mut path: String, mut answer: Answer) -> Result<Page, String> {
        for _ in 0..REDIRECTS_MAX {
            let Some(location) = answer.header("location").filter(|_| matches!(answer.status, 301..=303 | 307 | 308)) else { break };
            let location = location.strip_prefix(&format!("https://{}", self.server)).unwrap_or(location).to_owned();
            path = resolve(&path, &location);
            answer = self.client.get(&path).await.map_err(|error| format!("GET {path}: {error}"))?;
        }
        let html = answer.text();
        if answer.status != 200 {
            return Err(format!("{path} says {}: {}", answer.status, html::text(&html).chars().take(200).collect::<String>()));
        }
        Ok(Page { path, html })
    }
}

fn link_to(page: &Page, wanted: impl Fn(&Link) -> bool) -> Option<Link> {
    html::links(&page.html).into_iter().find(wanted)
}

fn with(page: &Page, what: &str, wanted: impl Fn(&Form) -> bool) -> Result<Form, String> {
    let form = html::forms(&page.html).into_iter().find(wanted);
    form.ok_or_else(|| format!("{} has no form with {what}: {}", page.path, html::text(&page.html).chars().take(200).collect::<String>()))
}

/// A link as seen from the page `base`. Only paths of the same server; enough for our own pages.
fn resolve(base: &str, href: &str) -> String {
    let href = href.split('#').next().unwrap_or_default();
    let path = base.split('?').next().unwrap_or_default();
    if href.is_empty() {
        base.to_owned()
    } else if href.starts_with('/') {
        href.to_owned()
    } else if href.starts_with('?') {
        format!("{path}{href}")
    } else {
        let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
        format!("{folder}{href}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_links() {
        let check = |base: &str, href: &str, expected: &str| assert_eq!(resolve(base, href), expected, "{base} {href}");
        check("/mail/inbox?page=2", "/mail/7", "/mail/7");
        check("/mail/inbox?page=2", "?page=3", "/mail/inbox?page=3");
        check("/mail/inbox", "7/reply#end", "/mail/7/reply");
        check("/mail/7?x", "", "/mail/7?x");
        check("/login", "#top", "/login");
    }
}
