//! `lifeboat trace`: arguments, as argh reads them (the comments are the help texts), and the question that they become.

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::control::{TraceQuery, Verb};

use super::args::usual;
use super::ask::{self, Asked};
use super::{USAGE, complain};

/// find messages of the last weeks and tell where each recipient's copy is
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "trace",
    example = "Where is the message from x@shop.example to Ann of this morning?\n{command_name} --from x@shop.example --to ann@ --last 12h"
)]
pub struct Trace {
    /// part of the sender's address
    #[argh(option)]
    pub from: Option<String>,
    /// part of a recipient's address
    #[argh(option)]
    pub to: Option<String>,
    /// words of the subject
    #[argh(option)]
    pub subject: Option<String>,
    /// the Message-ID
    #[argh(option)]
    pub message_id: Option<String>,
    /// taken at or after this time, such as "2026-12-01 20:00"
    #[argh(option)]
    pub after: Option<String>,
    /// taken before this time
    #[argh(option)]
    pub before: Option<String>,
    /// taken within this time, such as 7d, 12h, 30m
    #[argh(option)]
    pub last: Option<String>,
    /// at most so many messages (default 100)
    #[argh(option)]
    pub limit: Option<usize>,
    /// go on where an earlier answer stopped
    #[argh(option)]
    pub next: Option<u64>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// Asks the box; the exit code.
pub fn run(c: Trace) -> u8 {
    if c.after.is_some() && c.last.is_some() {
        complain("lifeboat: say --after or --last, not both");
        return USAGE;
    }
    let query = TraceQuery {
        from: c.from,
        to: c.to,
        subject: c.subject,
        message_id: c.message_id,
        after: c.after.or(c.last),
        before: c.before,
        limit: c.limit,
        next: c.next,
    };
    if query.is_empty() {
        complain("lifeboat: say what to look for: --from, --to, --subject, --message-id, --after, --before or --last");
        return USAGE;
    }
    ask::ask(Asked { config: c.config, json: c.json, verb: Verb::Trace { query } })
}
