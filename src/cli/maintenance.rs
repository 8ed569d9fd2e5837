//! `lifeboat maintenance`: planned maintenance of the mail server. Arguments, as argh reads them (the comments are the help texts).

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::control::Verb;

use super::args::usual;
use super::ask::{self, Asked};

/// plan when this box takes over, because the mail server is worked on
#[derive(FromArgs)]
#[argh(subcommand, name = "maintenance")]
pub struct Maintenance {
    #[argh(subcommand)]
    pub command: MaintenanceCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum MaintenanceCommand {
    Add(MaintenanceAdd),
    List(MaintenanceList),
    Remove(MaintenanceRemove),
}

/// plan a window: the box takes over at its start and hands back at its end, or as soon as the mail server works again
#[derive(FromArgs)]
#[argh(subcommand, name = "add")]
pub struct MaintenanceAdd {
    /// when it begins, in the office's time: "2026-12-01 20:00"
    #[argh(option)]
    pub from: String,
    /// when it ends
    #[argh(option)]
    pub to: String,
    /// why; people read it if it is announced
    #[argh(option, default = "String::new()")]
    pub reason: String,
    /// tell people beforehand
    #[argh(switch)]
    pub announce: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// list what is planned
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct MaintenanceList {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// give a window up that has not begun
#[derive(FromArgs)]
#[argh(subcommand, name = "remove")]
pub struct MaintenanceRemove {
    /// its number, as `maintenance list` shows it
    #[argh(positional)]
    pub id: u64,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// Asks the box; the exit code.
pub fn run(command: MaintenanceCommand) -> u8 {
    let by = ask::by();
    let (config, json, verb) = match command {
        MaintenanceCommand::Add(c) => {
            (c.config, c.json, Verb::MaintenanceAdd { from: c.from, to: c.to, reason: c.reason, announce: c.announce, by })
        }
        MaintenanceCommand::List(c) => (c.config, c.json, Verb::MaintenanceList),
        MaintenanceCommand::Remove(c) => (c.config, c.json, Verb::MaintenanceRemove { id: c.id, by }),
    };
    ask::ask(Asked { config, json, verb })
}
