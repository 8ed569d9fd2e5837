//! The demo page: state of the primary and of the box, the plug, logins, what happened. Plain HTTP on loopback.
//!
//! A function of a snapshot; what the person presses goes out as a [`Command`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::html::escape;
use super::people::Login;
use super::stage::mode_name;
use super::stand_in::Kept;
use super::timeline::{Line, seconds};
use crate::continuity::Mode;
use crate::mail::form::parse_urlencoded;
use crate::mail::parse::summarise;
use crate::net::rt::channel::Sender;
use crate::net::web_server::{WebOptions, WebServer};
use crate::web::{Request, Response};

const TEMPLATE: &str = include_str!("../../assets/demo.html");

/// What a person asks for, by page or by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    PullPlug,
    PlugIn,
    Status,
    Quit,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub webmail: SocketAddr,
    pub smtp: SocketAddr,
    pub logins: Vec<Login>,
    pub plugged: bool,
    /// Since the plug was last moved.
    pub plug_moved: Option<Duration>,
    pub mode: Mode,
    pub outlook: String,
    pub queue_primary: u64,
    pub queue_outbound: u64,
    pub timeline: Vec<Line>,
    /// Newest first.
    pub arrived: Vec<Kept>,
    pub arrived_count: usize,
}

/// Shared between the loop that looks and the server that shows.
pub type Shared = Arc<Mutex<Snapshot>>;

/// Serves the page on a free port of 127.0.0.1.
pub fn serve(shared: Shared, commands: Sender<Command>, token: String) -> std::io::Result<WebServer> {
    let options = WebOptions::plain(([127, 0, 0, 1], 0).into());
    WebServer::start(
        options,
        Arc::new(move |request| {
            let (response, command) = {
                let snapshot = shared.lock().unwrap_or_else(PoisonError::into_inner);
                respond(&request, &snapshot, &token)
            };
            if let Some(command) = command {
                // A full queue means that many presses wait already.
                let _ = commands.try_send(command);
            }
            response
        }),
    )
}

fn respond(request: &Request, snapshot: &Snapshot, token: &str) -> (Response, Option<Command>) {
    if !is_local(request.header("host").unwrap_or_default()) {
        return (plain(421, "This page is at 127.0.0.1 only."), None);
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/") => (page(snapshot, token), None),
        ("POST", "/plug") => {
            let fields = parse_urlencoded(&String::from_utf8_lossy(&request.body.bytes().unwrap_or_default()));
            let get = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            match (get("token") == Some(token), get("plug")) {
                (true, Some("pull")) => (back(), Some(Command::PullPlug)),
                (true, Some("in")) => (back(), Some(Command::PlugIn)),
                _ => (plain(403, "Please use the button of the page."), None),
            }
        }
        _ => (plain(404, "There is nothing here."), None),
    }
}

/// A foreign name that resolves to 127.0.0.1 must not read the passwords on this page.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

fn response(status: u16, headers: &[(&str, &str)], body: String) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.into_bytes().into() }
}

fn plain(status: u16, text: &str) -> Response {
    response(status, &[("Content-Type", "text/plain; charset=utf-8")], format!("{text}\n"))
}

fn back() -> Response {
    response(303, &[("Location", "/")], String::new())
}

fn page(snapshot: &Snapshot, token: &str) -> Response {
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"),
    ];
    response(200, &headers, fill(TEMPLATE, &values(snapshot, token)))
}

/// Puts values in place of `{{name}}`; values are HTML already.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn values(snapshot: &Snapshot, token: &str) -> Vec<(&'static str, String)> {
    let (mode_class, mode_text) = match snapshot.mode {
        Mode::Normal => ("good", "The primary works; mail flows through, the webmail is closed."),
        Mode::Suspect => ("warn", "Something is wrong with the primary; the box counts."),
        Mode::Continuity => ("warn", "The primary is down; the webmail is open."),
        Mode::Recovering => ("warn", "The primary is back; the box hands everything over."),
    };
    let since = snapshot.plug_moved.map(|moved| format!(" since {} s", moved.as_secs())).unwrap_or_default();
    let (primary_class, primary_state, plug_value, plug_text) =
        if snapshot.plugged { ("good", "Running", "pull", "Pull the plug") } else { ("bad", "Dead", "in", "Plug it in again") };
    let webmail = format!("https://{}/", snapshot.webmail);
    vec![
        ("title", format!("{} · Lifeboat demo", mode_name(snapshot.mode))),
        ("token", escape(token)),
        ("primary_class", primary_class.to_owned()),
        ("primary_state", primary_state.to_owned()),
        ("primary_text", format!("{primary_state}{since}")),
        ("plug_value", plug_value.to_owned()),
        ("plug_text", plug_text.to_owned()),
        ("mode_class", mode_class.to_owned()),
        ("mode", mode_name(snapshot.mode).to_owned()),
        ("mode_text", mode_text.to_owned()),
        ("outlook", escape(&snapshot.outlook)),
        ("queue_primary", snapshot.queue_primary.to_string()),
        ("queue_outbound", snapshot.queue_outbound.to_string()),
        ("webmail", escape(&webmail)),
        ("smtp", snapshot.smtp.to_string()),
        ("logins", snapshot.logins.iter().map(login_row).collect()),
        ("timeline", snapshot.timeline.iter().map(|line| row(&seconds(line.at), &line.text)).collect()),
        ("arrived", snapshot.arrived.iter().map(arrived_row).collect()),
        ("arrived_count", snapshot.arrived_count.to_string()),
    ]
}

fn row(time: &str, text: &str) -> String {
    format!("<tr><td class=\"time\">{}</td><td>{}</td></tr>\n", escape(time), escape(text))
}

fn login_row(login: &Login) -> String {
    let (name, address, password) = (escape(login.name), escape(&login.address), escape(&login.password));
    format!("<tr><td>{name}</td><td><code>{address}</code></td><td><code>{password}</code></td></tr>\n")
}

fn arrived_row(kept: &Kept) -> String {
    let summary = summarise(&kept.bytes);
    let from = if summary.from_name.is_empty() { summary.from_address } else { summary.from_name };
    let to: Vec<&str> = kept.recipients.iter().map(|address| address.split('@').next().unwrap_or(address)).collect();
    format!("<tr><td>{}: {} <span class=\"soft\">to {}</span></td></tr>\n", escape(&from), escape(&summary.subject), escape(&to.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            webmail: ([127, 0, 0, 1], 8443).into(),
            smtp: ([127, 0, 0, 1], 2525).into(),
            logins: vec![Login { name: "Ann", address: "ann@example.com".to_owned(), password: "<lamp>".to_owned() }],
            plugged: true,
            plug_moved: None,
            mode: Mode::Normal,
            outlook: "all is well".to_owned(),
            queue_primary: 0,
            queue_outbound: 0,
            timeline: Vec::new(),
            arrived: Vec::new(),
            arrived_count: 0,
        }
    }

    fn request(method: &str, path: &str, host: &str, body: &str) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: vec![("host".to_owned(), host.to_owned())],
            body: body.as_bytes().into(),
            client: [127, 0, 0, 1].into(),
        }
    }

    #[test]
    fn page_has_every_value_and_escapes_them() {
        let html = String::from_utf8(page(&snapshot(), "t0ken").body.bytes().unwrap()).unwrap();
        assert!(!html.contains("{{"), "a place was not filled");
        assert!(html.contains("&lt;lamp&gt;") && html.contains("https://127.0.0.1:8443/") && html.contains("Pull the plug"));
    }

    #[test]
    fn every_place_of_the_template_has_a_value() {
        let names: Vec<&str> = values(&snapshot(), "").into_iter().map(|(name, _)| name).collect();
        for place in TEMPLATE.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
            assert!(names.contains(&place), "{place}");
        }
    }

    fn check(request: &Request, status: u16, command: Option<Command>) {
        let (response, got) = respond(request, &snapshot(), "t0ken");
        assert_eq!((response.status, got), (status, command), "{request:?}");
    }

    #[test]
    fn the_plug_wants_the_token() {
        check(&request("POST", "/plug", "127.0.0.1:1", "token=t0ken&plug=pull"), 303, Some(Command::PullPlug));
        check(&request("POST", "/plug", "127.0.0.1:1", "token=t0ken&plug=in"), 303, Some(Command::PlugIn));
        check(&request("POST", "/plug", "127.0.0.1:1", "token=other&plug=pull"), 403, None);
        check(&request("POST", "/plug", "127.0.0.1:1", "plug=pull"), 403, None);
        check(&request("GET", "/plug", "127.0.0.1:1", ""), 404, None);
    }

    #[test]
    fn foreign_names_see_nothing() {
        check(&request("GET", "/", "localhost:1", ""), 200, None);
        check(&request("GET", "/", "evil.example:1", ""), 421, None);
        check(&request("POST", "/plug", "evil.example", "token=t0ken&plug=pull"), 421, None);
    }
}
