//! `lifeboat audit list` and `lifeboat audit verify`: read the ledger itself, so that they work whether the box runs or not, and change nothing.

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::mail::date;
use lifeboat::store::ledger::{self, Line, Seen};
use serde_json::{Value, json};

use super::args::usual;
use super::{DONE, FAILED, complain, load, say};

/// who did what and when, and whether anybody changed the record
#[derive(FromArgs)]
#[argh(subcommand, name = "audit")]
pub struct Audit {
    #[argh(subcommand)]
    pub command: AuditCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum AuditCommand {
    List(AuditList),
    Verify(AuditVerify),
}

/// show what is on record, oldest first: what people did, and each change of mode
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct AuditList {
    /// only the last so many lines
    #[argh(option)]
    pub last: Option<usize>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// check that no line of the record was changed, left out or put in between
#[derive(FromArgs)]
#[argh(subcommand, name = "verify")]
pub struct AuditVerify {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// Exit codes: 0 done (and nothing was changed), 1 something was changed or the ledger cannot be read, 78 bad configuration.
pub fn run(command: AuditCommand) -> u8 {
    match command {
        AuditCommand::List(c) => {
            let mut shown = Vec::new();
            let seen = read(&c.config, c.json, &mut |line| shown.extend(Shown::of(&line)));
            seen.map_or_else(|exit| exit, |seen| list(&c, &seen, shown))
        }
        AuditCommand::Verify(c) => read(&c.config, c.json, &mut drop).map_or_else(|exit| exit, |seen| verify(&c, &seen)),
    }
}

fn read(config: &std::path::Path, json: bool, each: &mut dyn FnMut(Line)) -> Result<Seen, u8> {
    let loaded = load::load_or_complain(config)?;
    let folder = loaded.config.server.data_dir.join("ledger");
    ledger::look(&folder, each).map_err(|error| {
        let text = format!("{}: {error}", folder.display());
        if json {
            say(&format!("{:#}", json!({ "error": text })));
        } else {
            complain(&format!("lifeboat: {text}"));
        }
        FAILED
    })
}

/// A line as it is shown.
struct Shown {
    at: String,
    by: String,
    what: String,
}

impl Shown {
    /// None for what is not about who did what: verifiers, directories, counts.
    fn of(line: &Line) -> Option<Shown> {
        let data = &line.data;
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (by, what) = match line.kind.as_str() {
            "audit" => (word(&data["by"]), format!("{} {}", word(&data["action"]), word(&data["detail"]))),
            "mode" => {
                let transition = data.get("transition").filter(|transition| transition.is_object())?;
                let change =
                    format!("mode {} (was {}): {}", word(&transition["to"]), word(&transition["from"]), word(&transition["reason"]));
                (word(&transition["by"]), change)
            }
            _ => return None,
        };
        // One line each, whatever was typed.
        let one_line = |text: String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned();
        Some(Shown { at: date::rfc3339(line.at), by: one_line(by), what: one_line(what) })
    }
}

fn list(command: &AuditList, seen: &Seen, mut shown: Vec<Shown>) -> u8 {
    if let Some(last) = command.last {
        shown.drain(..shown.len().saturating_sub(last));
    }
    if command.json {
        let lines: Vec<Value> = shown.iter().map(|shown| json!({ "at": shown.at, "by": shown.by, "what": shown.what })).collect();
        say(&format!("{:#}", json!({ "lines": lines, "broken_at": seen.broken_at })));
    } else if shown.is_empty() {
        say("Nothing is on record yet.");
    } else {
        shown.iter().for_each(|shown| say(&format!("{}  {}  {}", shown.at, shown.by, shown.what)));
        if let Some(number) = seen.broken_at {
            complain(&format!("lifeboat: the record was changed at line {number}: what is shown from there on may not be true"));
        }
    }
    if seen.broken_at.is_some() { FAILED } else { DONE }
}

fn verify(command: &AuditVerify, seen: &Seen) -> u8 {
    if command.json {
        say(&format!(
            "{:#}",
            json!({ "lines": seen.lines, "broken_at": seen.broken_at, "last": seen.last_hash, "torn_octets": seen.torn_octets })
        ));
        return if seen.broken_at.is_some() { FAILED } else { DONE };
    }
    if seen.torn_octets > 0 {
        complain(&format!(
            "lifeboat: {} octets at the end are no whole line (a power cut leaves that; the next start cuts them)",
            seen.torn_octets
        ));
    }
    match seen.broken_at {
        Some(number) => {
            complain(&format!("lifeboat: line {number} of {} is not as it was written, or not in its place", seen.lines));
            FAILED
        }
        None => {
            say(&format!(
                "{} lines, each as it was written. Keep the seal of the last one elsewhere to prove it later:\n{}",
                seen.lines, seen.last_hash
            ));
            DONE
        }
    }
}
