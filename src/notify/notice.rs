//! What can be said, and to which template its words belong.

use crate::clock::Wall;
use crate::mail::date;

/// How a person signs in, as a notice says it.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// With this password, made for the event.
    Fresh { password: String },
    /// With the password of the last notice: a flap kills no fresh one.
    AsBefore,
    /// With what the administrator gave out: this office has no passwords for events.
    Standing,
}

/// Passwords stay out of logs, also those of a panic.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Login::Fresh { .. } => "Fresh",
            Login::AsBefore => "AsBefore",
            Login::Standing => "Standing",
        })
    }
}

/// One thing that is said, with what is special about it. What all notices share is in [`super::Letterhead`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    // ---- To people
    EventStart {
        since: Wall,
        login: Login,
    },
    EventReminder {
        since: Wall,
    },
    EventEnd,
    Maintenance {
        from: Wall,
        to: Wall,
        reason: String,
    },
    DrillStart {
        until: Option<Wall>,
        login: Login,
    },
    DrillEnd,
    /// To the normal mailbox: where can we reach you?
    Invitation {
        form_link: String,
        /// The same by address; empty if that is not known.
        form_ip_link: String,
        until: Wall,
    },
    InvitationReminder {
        form_link: String,
        /// The same by address; empty if that is not known.
        form_ip_link: String,
        until: Wall,
    },
    ConfirmationCode {
        code: String,
        until: Wall,
    },

    // ---- To admins
    /// Why, in the words of the one who decided; who is told. `scope` is empty for everybody.
    AdminEventStart {
        since: Wall,
        reason: String,
        scope: String,
        told: String,
    },
    AdminEventReminder {
        since: Wall,
        reason: String,
        scope: String,
        summary: String,
    },
    /// How it went ([`super::event_summary`]).
    AdminHandOver {
        scope: String,
        summary: String,
    },
    AdminMaintenance {
        from: Wall,
        to: Wall,
        reason: String,
        told: String,
    },
    AdminDrillStart {
        until: Option<Wall>,
        summary: String,
    },
    AdminDrillEnd {
        summary: String,
    },
    /// The text of an alarm.
    AdminAlarm {
        alarm: String,
    },
}

impl Notice {
    /// Name of its template: `event-start`.
    pub fn template(&self) -> &'static str {
        match self {
            Notice::EventStart { login: Login::Fresh { .. }, .. } => "event-start",
            Notice::EventStart { login: Login::AsBefore, .. } => "event-start-again",
            Notice::EventStart { login: Login::Standing, .. } => "event-start-standing",
            Notice::EventReminder { .. } => "event-reminder",
            Notice::EventEnd => "event-end",
            Notice::Maintenance { .. } => "maintenance",
            Notice::DrillStart { login: Login::Fresh { .. }, .. } => "drill-start",
            Notice::DrillStart { login: Login::AsBefore, .. } => "drill-start-again",
            Notice::DrillStart { login: Login::Standing, .. } => "drill-start-standing",
            Notice::DrillEnd => "drill-end",
            Notice::Invitation { .. } => "invitation",
            Notice::InvitationReminder { .. } => "invitation-reminder",
            Notice::ConfirmationCode { .. } => "confirmation-code",
            Notice::AdminEventStart { .. } => "admin-event-start",
            Notice::AdminEventReminder { .. } => "admin-event-reminder",
            Notice::AdminHandOver { .. } => "admin-hand-over",
            Notice::AdminMaintenance { .. } => "admin-maintenance",
            Notice::AdminDrillStart { .. } => "admin-drill-start",
            Notice::AdminDrillEnd { .. } => "admin-drill-end",
            Notice::AdminAlarm { .. } => "admin-alarm",
        }
    }

    /// Placeholders of its own with what stands for them.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        let time = |at: &Wall| date::minute(*at);
        let login = |login: &Login| match login {
            Login::Fresh { password } => Some(("password", password.clone())),
            Login::AsBefore | Login::Standing => None,
        };
        let maybe = |at: &Option<Wall>| at.map(date::minute).unwrap_or_default();
        match self {
            Notice::EventStart { since, login: how } => [("since", time(since))].into_iter().chain(login(how)).collect(),
            Notice::EventReminder { since } => vec![("since", time(since))],
            Notice::EventEnd | Notice::DrillEnd => vec![],
            Notice::Maintenance { from, to, reason } => vec![("from", time(from)), ("to", time(to)), ("reason", reason.clone())],
            Notice::DrillStart { until, login: how } => [("until", maybe(until))].into_iter().chain(login(how)).collect(),
            Notice::Invitation { form_link, form_ip_link, until } | Notice::InvitationReminder { form_link, form_ip_link, until } => {
                vec![("form_link", form_link.clone()), ("form_ip_link", form_ip_link.clone()), ("until", time(until))]
            }
            Notice::ConfirmationCode { code, until } => vec![("code", code.clone()), ("until", time(until))],
            Notice::AdminEventStart { since, reason, scope, told } => {
                vec![("since", time(since)), ("reason", reason.clone()), ("scope", scope.clone()), ("told", told.clone())]
            }
            Notice::AdminEventReminder { since, reason, scope, summary } => {
                vec![("since", time(since)), ("reason", reason.clone()), ("scope", scope.clone()), ("summary", summary.clone())]
            }
            Notice::AdminHandOver { scope, summary } => vec![("scope", scope.clone()), ("summary", summary.clone())],
            Notice::AdminMaintenance { from, to, reason, told } => {
                vec![("from", time(from)), ("to", time(to)), ("reason", reason.clone()), ("told", told.clone())]
            }
            Notice::AdminDrillStart { until, summary } => vec![("until", maybe(until)), ("summary", summary.clone())],
            Notice::AdminDrillEnd { summary } => vec![("summary", summary.clone())],
            Notice::AdminAlarm { alarm } => vec![("alarm", alarm.clone())],
        }
    }

    /// One of each, for checking templates and for looking at them.
    pub fn samples() -> Vec<Notice> {
        let (since, until) = (Wall(1_772_529_302_000), Wall(1_772_536_502_000));
        let fresh = || Login::Fresh { password: "lamp-river-seven-coat".to_owned() };
        let (reason, scope) = (|| "The primary could not be reached.".to_owned(), || "group sales".to_owned());
        let form_link = || "https://lifeboat.example.com/enrol/4f2a".to_owned();
        let summary = || super::event_summary(12, 12, 0, 0, 0);
        let told = || "23 people are told how to sign in; 2 cannot be reached.".to_owned();
        vec![
            Notice::EventStart { since, login: fresh() },
            Notice::EventStart { since, login: Login::AsBefore },
            Notice::EventStart { since, login: Login::Standing },
            Notice::EventReminder { since },
            Notice::EventEnd,
            Notice::Maintenance { from: since, to: until, reason: "Exchange gets an update.".to_owned() },
            Notice::DrillStart { until: Some(until), login: fresh() },
            Notice::DrillStart { until: Some(until), login: Login::AsBefore },
            Notice::DrillStart { until: Some(until), login: Login::Standing },
            Notice::DrillEnd,
            Notice::Invitation { form_link: form_link(), form_ip_link: "https://192.0.2.5/enrol/x".to_owned(), until },
            Notice::InvitationReminder { form_link: form_link(), form_ip_link: "https://192.0.2.5/enrol/x".to_owned(), until },
            Notice::ConfirmationCode { code: "481 516".to_owned(), until },
            Notice::AdminEventStart { since, reason: reason(), scope: scope(), told: told() },
            Notice::AdminEventReminder { since, reason: reason(), scope: scope(), summary: summary() },
            Notice::AdminHandOver { scope: scope(), summary: summary() },
            Notice::AdminMaintenance { from: since, to: until, reason: "Exchange gets an update.".to_owned(), told: told() },
            Notice::AdminDrillStart { until: Some(until), summary: "5 people take part.".to_owned() },
            Notice::AdminDrillEnd { summary: "5 of 5 people signed in.".to_owned() },
            Notice::AdminAlarm { alarm: "The disk of this box is nearly full: 900 MiB are free.".to_owned() },
        ]
    }
}
