//! `lifeboat audit list` and `lifeboat audit verify`: read the ledger itself, so that they work whether the box runs or not, and change nothing.

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::control::{AuditQuery, AuditShown, csv_row};
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
    /// only what this one did: part of a name
    #[argh(option)]
    pub by: Option<String>,
    /// only such deeds: part of a word
    #[argh(option)]
    pub action: Option<String>,
    /// as a table (CSV)
    #[argh(switch)]
    pub csv: bool,
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
            let query = AuditQuery { by: c.by.clone(), action: c.action.clone(), ..AuditQuery::default() };
            let mut shown = Vec::new();
            let seen = read(&c.config, c.json, &mut |line| shown.extend(AuditShown::of(&line).filter(|line| query.fits(line))));
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

fn list(command: &AuditList, seen: &Seen, mut shown: Vec<AuditShown>) -> u8 {
    if let Some(last) = command.last {
        shown.drain(..shown.len().saturating_sub(last));
    }
    if command.json {
        let lines: Vec<Value> = shown.iter().map(|shown| json!({ "at": shown.at, "by": shown.by, "what": shown.what })).collect();
        say(&format!("{:#}", json!({ "lines": lines, "broken_at": seen.broken_at })));
    } else if command.csv {
        let lines = shown.iter().map(|shown| csv_row(&[&shown.number.to_string(), &shown.at, &shown.by, &shown.what]));
        say(&(csv_row(&["line", "at", "by", "what"]) + &lines.collect::<String>()));
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
