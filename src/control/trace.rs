//! `trace`: what is looked for, and what is found about each message; with its words.

use serde::{Deserialize, Serialize};

use super::words::one_line;

/// Which messages are meant: those that fit everything that is said. Words compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceQuery {
    /// Part of the sender's address: of the envelope, or of the From field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Part of a recipient's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Words of the subject, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Accepted at or after: `2026-12-01 20:00` in the box's zone, RFC 3339, or a time ago (`7d`, `12h`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Accepted before; written in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// At most so many messages; never more than [`crate::limits::TRACE_FOUND_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Go on with messages before this one: what an answer says as its `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What was found, the newest first. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub messages: Vec<Traced>,
    /// Messages that were looked at.
    pub looked: usize,
    /// There may be more, older ones: go on with this.
    pub next: Option<u64>,
    /// When the oldest message that was looked at was accepted.
    pub back_to: Option<String>,
}

/// One message and its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traced {
    pub message: u64,
    pub accepted: String,
    /// As in [`super::ORIGINS`].
    pub origin: String,
    /// Who brought it; none for what was written on the box.
    pub client: Option<String>,
    /// For the log.
    pub session: String,
    /// Reverse-path; `<>` for none.
    pub from: String,
    /// Address of the From field.
    pub header_from: String,
    /// Empty, too, for who is not shown it.
    #[serde(default)]
    pub subject: String,
    pub message_id: Option<String>,
    pub size: u64,
    /// It belongs to this event.
    pub event: Option<String>,
    pub recipients: Vec<TracedRecipient>,
    /// In which mailboxes it is, and in which folder.
    pub filed: Vec<(String, String)>,
    /// It is being handed over at this moment.
    pub in_hand: bool,
    /// Of a message that the box wrote about another one: its number.
    pub about: Option<u64>,
    /// Recipients that are not named here.
    pub more: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedRecipient {
    pub address: String,
    /// `primary`, `submit` (the primary's connector for what was written here), `outbound`.
    pub route: String,
    /// Name of a [`crate::relay::DeliveryState`].
    pub state: String,
    /// The same in words, with replies and times.
    pub words: String,
    /// When that was.
    pub at: Option<String>,
    /// The message that told the sender.
    pub dsn: Option<u64>,
}

impl TraceQuery {
    pub fn is_empty(&self) -> bool {
        let TraceQuery { from, to, subject, message_id, after, before, .. } = self;
        [from, to, subject, message_id, after, before].iter().all(|said| said.is_none())
    }
}

impl Traced {
    /// Without what a message says: for who may see its way only.
    pub fn without_content(self) -> Traced {
        Traced { subject: String::new(), ..self }
    }
}

impl Trace {
    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for message in &self.messages {
            text += &message.to_text();
            text.push('\n');
        }
        if self.messages.is_empty() {
            text += "No such message was found.\n";
        }
        let back = self.back_to.as_deref().map(|at| format!(", back to {at}")).unwrap_or_default();
        text += &format!("{} messages were looked at{back}.", self.looked);
        if let Some(next) = self.next {
            text += &format!(" There may be more: --next {next}");
        }
        text.push('\n');
        text
    }
}

impl Traced {
    fn to_text(&self) -> String {
        let by = self.client.as_deref().map(|client| format!(" from {client}")).unwrap_or_default();
        let mut text = format!("Message {}  accepted {}{by} ({}, session {})\n", self.message, self.accepted, self.origin, self.session);
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text += &format!("  {name:<11}{}\n", one_line(value));
            }
        };
        line("From", &self.from);
        if self.header_from != self.from {
            line("", &format!("(says {})", self.header_from));
        }
        line("Subject", &self.subject);
        line("Message-ID", self.message_id.as_deref().unwrap_or_default());
        line("Event", self.event.as_deref().unwrap_or_default());
        if let Some(about) = self.about {
            line("About", &format!("message {about}"));
        }
        for to in &self.recipients {
            line("To", &format!("{} ({}): {}", to.address, to.route, to.words));
        }
        if self.more > 0 {
            line("", &format!("and {} more recipients (`lifeboat queue show {}`)", self.more, self.message));
        }
        for (mailbox, folder) in &self.filed {
            line("Filed", &format!("{mailbox}: {folder}"));
        }
        if self.in_hand {
            line("", "It is being handed over at this moment.");
        }
        text
    }
}
