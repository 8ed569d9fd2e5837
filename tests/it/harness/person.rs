//! A person at the webmail, by curl with a cookie jar: follows the links and forms that the pages offer.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use lifeboat::demo::html::{self, Form};

use super::{need, run};

pub struct Person {
    server: SocketAddr,
    folder: PathBuf,
}

/// A page after redirects.
pub struct Page {
    pub status: u16,
    pub html: String,
}

impl Page {
    /// Visible text.
    pub fn text(&self) -> String {
        html::text(&self.html)
    }

    fn form(&self, wanted: impl Fn(&Form) -> bool) -> Form {
        html::forms(&self.html).into_iter().find(wanted).unwrap_or_else(|| panic!("no such form: {}", self.text()))
    }
}

impl Person {
    /// `name` keeps the cookies of several people apart.
    pub fn new(server: SocketAddr, folder: &Path, name: &str) -> Person {
        need("curl", "curl");
        let folder = folder.join(format!("person-{name}"));
        fs::create_dir_all(&folder).unwrap();
        Person { server, folder }
    }

    pub fn get(&self, path: &str) -> Page {
        self.fetch(path, &[])
    }

    /// Fills the fields of that name of the page's form that has them all, and sends it.
    pub fn send(&self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let mut form = page.form(|form| fields.iter().all(|(name, _)| form.get(name).is_some()));
        for (name, value) in fields {
            assert!(form.fill(|field| field.name == *name, value), "{name}");
        }
        self.submit(&form)
    }

    /// Sends a form as it is filled.
    pub fn submit(&self, form: &Form) -> Page {
        let (content_type, body) = form.encode();
        let file = self.folder.join("form");
        fs::write(&file, body).unwrap();
        let header = format!("Content-Type: {content_type}");
        let data = format!("@{}", file.display());
        self.fetch(&form.action, &["-H", &header, "--data-binary", &data])
    }

    /// How long a page takes, from the request on an open connection to its last octet.
    #[allow(dead_code, reason = "for the benchmarks")]
    pub fn seconds(&self, path: &str) -> f64 {
        let jar = self.folder.join("cookies");
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--insecure", "--max-time", "60", "--noproxy", "*", "--cookie"]).arg(&jar);
        // The first request opens the connection.
        let url = format!("https://{}{path}", self.server);
        command.args(["--write-out", "%{time_pretransfer} %{time_total}\n", "--output", "/dev/null", &url]);
        let times = run(command.args(["--output", "/dev/null", &url]));
        let last: Vec<f64> = times.lines().last().unwrap_or_default().split(' ').filter_map(|time| time.parse().ok()).collect();
        last.get(1).unwrap_or(&f64::NAN) - last.first().unwrap_or(&f64::NAN)
    }

    fn fetch(&self, path: &str, arguments: &[&str]) -> Page {
        let jar = self.folder.join("cookies");
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--insecure", "--location", "--max-time", "60", "--noproxy", "*"]);
        command.arg("--cookie").arg(&jar).arg("--cookie-jar").arg(&jar);
        command.args(["--write-out", "\n%{http_code}"]).args(arguments);
        let text = run(command.arg(format!("https://{}{path}", self.server)));
        let (html, status) = text.rsplit_once('\n').expect("the status at the end");
        Page { status: status.parse().expect("a status"), html: html.to_owned() }
    }

    /// Signs in; the page that follows.
    pub fn sign_in(&self, address: &str, password: &str) -> Page {
        let page = self.sign_in_to_any(address, password);
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// Signs in; the page that follows may say that it cannot be shown yet.
    pub fn sign_in_to_any(&self, address: &str, password: &str) -> Page {
        let mut form = self.get("/login").form(|form| form.has_kind("password"));
        assert!(form.fill(|field| matches!(field.kind.as_str(), "text" | "email"), address));
        assert!(form.fill(|field| field.kind == "password", password));
        let page = self.submit(&form);
        assert!(!html::forms(&page.html).iter().any(|form| form.has_kind("password")), "still at the login: {}", page.text());
        page
    }

    /// Paths and shown lines of the messages on a page of a folder.
    pub fn messages(page: &Page) -> Vec<(String, String)> {
        let links = html::links(&page.html).into_iter();
        links.filter(|link| link.href.starts_with("/mail/message/")).map(|link| (link.href, link.text)).collect()
    }

    /// All pages of a folder, newest first.
    pub fn folder(&self, path: &str) -> Vec<Page> {
        let mut pages = vec![self.get(path)];
        loop {
            let links = html::links(&pages[pages.len() - 1].html);
            match links.into_iter().find(|link| link.href.contains("before=")) {
                Some(older) => pages.push(self.get(&older.href)),
                None => return pages,
            }
        }
    }

    /// Opens the message whose line in the inbox shows this text.
    pub fn open(&self, marker: &str) -> Page {
        let inbox = self.get("/mail/inbox");
        let found = Person::messages(&inbox).into_iter().find(|(_, line)| line.contains(marker));
        let (path, _) = found.unwrap_or_else(|| panic!("{marker} is not in the inbox: {}", inbox.text()));
        self.get(&path)
    }

    /// Answers an open message: to its sender and one more.
    pub fn answer(&self, message: &Page, also_to: &str, text: &str) {
        let link = html::links(&message.html).into_iter().find(|link| link.href.contains("reply")).expect("a link to answer");
        let mut form = self.get(&link.href).form(|form| form.has_kind("textarea"));
        let to = form.get("to").expect("a field `to`").to_owned();
        assert!(form.fill(|field| field.name == "to", &format!("{to}, {also_to}")));
        assert!(form.fill(|field| field.kind == "textarea", text));
        let page = self.submit(&form);
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(!html::forms(&page.html).iter().any(|form| form.get("to").is_some()), "not sent: {}", page.text());
    }
}
