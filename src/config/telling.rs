//! The tables of what people and admins are told, and how: `[notify]`, `[sms]`, `[chat]`, `[credentials]`, `[enrolment]`.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use super::reader::{Reader, Section, Wanted, Wrong};
use super::sections::{CA_FILE, DURATION, YES_NO, address, choice, optional, path, string, yes_no};
use super::{Config, Enrolment, HealthUrl, HostPort, NetworkSet, OutboundRoute, units};
use crate::limits::{REMINDER_SETTING_MIN, WEBHOOK_BODY_MAX_OCTETS};
use crate::mail::Address;

/// Who is told what, beside the ways in [`Hook`]s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Who is told by mail when an event begins and ends, and of alarms. None of them in the served domains.
    pub admins: Vec<Address>,
    /// Folder with templates that count before the built-in ones.
    pub templates: Option<PathBuf>,
    /// How often admins and people are reminded of an open event; None: never.
    pub reminder: Option<Duration>,
    pub people_reminder: Option<Duration>,
    /// Program that is run with each notice to the admins.
    pub command: Option<PathBuf>,
    /// Called while the box is well.
    pub heartbeat_url: Option<HealthUrl>,
    pub heartbeat_interval: Duration,
}

/// An HTTP service that takes notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    pub url: HealthUrl,
    pub form: BodyForm,
    /// With `{to}`, `{subject}` and `{text}`.
    pub body: String,
    /// File whose first line is a header field: a secret, mostly.
    pub header_file: Option<PathBuf>,
    /// PEM file: the certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How values are escaped in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    Json,
    Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Passwords of `credential issue` count.
    pub standing: bool,
    /// Each event has passwords of its own, which are sent to people.
    pub event: bool,
}

const HOOK_URL: Wanted = Wanted { what: "an http or https address", example: "\"https://gateway.example/send\"" };

pub(super) fn notify<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Notify {
    let admin = Wanted { what: "an address", example: "\"you@mobile.example\"" };
    let folder = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/notices\"" };
    let program = Wanted { what: "an absolute path", example: "\"/usr/local/bin/tell-admins\"" };
    let day = Some(Duration::from_secs(24 * 3600));
    Notify {
        admins: r.list(s, "admins", admin, address).unwrap_or_default(),
        templates: r.get(s, "templates", folder, optional(path)).flatten(),
        reminder: r.get(s, "reminder", DURATION, optional(reminder)).unwrap_or(day),
        people_reminder: r.get(s, "people_reminder", DURATION, optional(reminder)).flatten(),
        command: r.get(s, "command", program, optional(path)).flatten(),
        heartbeat_url: r.get(s, "heartbeat_url", HOOK_URL, optional(url)).flatten(),
        heartbeat_interval: r.get(s, "heartbeat_interval", DURATION, super::sections::probe_time).unwrap_or(Duration::from_secs(60)),
    }
}

/// `[sms]` or `[chat]`; None if it has no address.
pub(super) fn hook<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Option<Hook> {
    let file = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/gateway.header\"" };
    let text = Wanted { what: "a text with {to}, {subject} or {text}", example: "'{\"to\": \"{to}\", \"text\": \"{text}\"}'" };
    let form = choice(r, s, "type", &[("json", BodyForm::Json), ("form", BodyForm::Form)]).unwrap_or(BodyForm::Json);
    let body = r.get(s, "body", text, optional(body)).flatten();
    let header_file = r.get(s, "header_file", file, optional(path)).flatten();
    let ca_file = r.get(s, "ca_file", CA_FILE, optional(path)).flatten();
    let url = r.get(s, "url", HOOK_URL, optional(url)).flatten()?;
    Some(Hook { url, form, body: body.unwrap_or_else(|| default_body(s.name, form)), header_file, ca_file })
}

fn default_body(table: &str, form: BodyForm) -> String {
    let body = match (table, form) {
        ("sms", BodyForm::Json) => "{\"to\": \"{to}\", \"text\": \"{text}\"}",
        ("sms", BodyForm::Form) => "to={to}&text={text}",
        (_, BodyForm::Json) => "{\"text\": \"{subject}\\n\\n{text}\"}",
        (_, BodyForm::Form) => "subject={subject}&text={text}",
    };
    body.to_owned()
}

pub(super) fn credentials<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Credentials {
    Credentials { standing: r.get(s, "standing", YES_NO, yes_no).unwrap_or(true), event: r.get(s, "event", YES_NO, yes_no).unwrap_or(true) }
}

pub(super) fn enrolment<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Enrolment {
    Enrolment { invite: r.get(s, "invite", YES_NO, yes_no).unwrap_or(false) }
}

fn reminder(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    let time = units::duration(string(value)?).ok_or(Wrong::Kind)?;
    if time >= REMINDER_SETTING_MIN { Ok(time) } else { Err(Wrong::Because("is too often: at least 1h (example: \"24h\")".into())) }
}

fn url(value: &DeValue<'_>) -> Result<HealthUrl, Wrong> {
    HealthUrl::parse(string(value)?).ok_or(Wrong::Kind)
}

fn body(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    if text.len() > WEBHOOK_BODY_MAX_OCTETS {
        return Err(Wrong::Because(format!("is too long: at most {WEBHOOK_BODY_MAX_OCTETS} octets")));
    }
    if text.contains("{text}") || text.contains("{subject}") { Ok(text.to_owned()) } else { Err(Wrong::Kind) }
}

/// What only makes sense together.
pub(super) fn check(r: &mut Reader<'_>, config: &Config) {
    admins(r, config);
    for (name, hook) in [("sms", &config.sms), ("chat", &config.chat)] {
        let Some(hook) = hook else { continue };
        let key = format!("{name}.url");
        if is_readable_outside(&hook.url) {
            r.error(&key, format!("{} would send {} in the clear over the internet; use https", hook.url, what_of(name)));
        }
        if name == "sms" && !hook.body.contains("{to}") && !hook.url.path.contains("{to}") {
            r.error("sms.body", "has no {to}: everybody's text would go to one number");
        }
        if hook.form == BodyForm::Json && serde_json::from_str::<serde_json::Value>(&hook.body).is_err() {
            r.error(&format!("{name}.body"), "is no JSON (example: '{\"to\": \"{to}\", \"text\": \"{text}\"}')");
        }
    }
    if config.notify.heartbeat_url.as_ref().is_some_and(is_readable_outside) {
        r.warn("notify.heartbeat_url", "is not https: anybody on the way can fake the heartbeat");
    }
    if config.enrolment.invite && config.outbound.route == OutboundRoute::Smarthost && config.outbound.smarthosts.is_empty() {
        let text = "the codes that confirm addresses cannot be sent: there is no way to the outside (outbound.smarthost)";
        r.error("enrolment.invite", text);
    }
    if !config.credentials.standing && !config.credentials.event {
        r.warn("credentials.event", "is off, and credentials.standing too: only the codes of emergency cards let people in");
    }
}

fn what_of(name: &str) -> &'static str {
    if name == "sms" { "passwords" } else { "what admins are told" }
}

/// Plain HTTP to what is no private address; a name may be one, which is looked at again when it is resolved.
fn is_readable_outside(url: &HealthUrl) -> bool {
    !url.https && HostPort::ip(&url.server).is_some_and(|ip| !NetworkSet::private().contains(ip))
}

fn admins(r: &mut Reader<'_>, config: &Config) {
    if !r.sound(&["smtp.domains", "notify.admins"]) {
        return;
    }
    for admin in config.notify.admins.iter().filter(|admin| admin.is_in(&config.smtp.domains)) {
        r.error("notify.admins", format!("{admin} is in smtp.domains: in an outage nobody reads it; take an address outside"));
    }
    if !config.notify.admins.is_empty() && config.outbound.route == OutboundRoute::Smarthost && config.outbound.smarthosts.is_empty() {
        r.error("notify.admins", "cannot be told: there is no way to the outside (outbound.smarthost)");
    }
}
