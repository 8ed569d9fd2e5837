//! `lifeboat notices`: arguments, as argh reads them (the comments are the help texts).

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::control::Verb;

use super::args::usual;
use super::ask::{self, Asked};

/// see who was told what
#[derive(FromArgs)]
#[argh(subcommand, name = "notices")]
pub struct Notices {
    #[argh(subcommand)]
    pub command: NoticesCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum NoticesCommand {
    List(NoticesList),
}

/// list who was told what, by which way, and how it went
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct NoticesList {
    /// only of this event
    #[argh(option)]
    pub event: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

pub fn run(command: NoticesCommand) -> u8 {
    let NoticesCommand::List(c) = command;
    ask::ask(Asked { config: c.config, json: c.json, verb: Verb::NoticesList { event: c.event } })
}
