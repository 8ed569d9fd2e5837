//! `lifeboat people`, and the directory written out: arguments, as argh reads them (the comments are the help texts), and the files that come of it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use argh::FromArgs;
use lifeboat::control::{Verb, WhichPeople};

use super::args::{DirectoryExport, usual};
use super::ask::{self, Asked};
use super::{DONE, FAILED, USAGE, complain, say};

/// how people are reached while mail is down
#[derive(FromArgs)]
#[argh(subcommand, name = "people")]
pub struct People {
    #[argh(subcommand)]
    pub command: PeopleCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum PeopleCommand {
    List(PeopleList),
    Invite(PeopleInvite),
    Forget(PeopleForget),
}

/// show who is reached how, since when, and who by nothing
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct PeopleList {
    /// only people whom nothing reaches
    #[argh(switch)]
    pub unreachable: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// ask people by mail for an address outside of the office and a phone
#[derive(FromArgs)]
#[argh(subcommand, name = "invite")]
pub struct PeopleInvite {
    /// whom
    #[argh(positional)]
    pub addresses: Vec<String>,
    /// everybody
    #[argh(switch)]
    pub all: bool,
    /// everybody whom nothing reaches yet
    #[argh(switch)]
    pub missing: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// drop what a person said about how they are reached; what the directory says counts again
#[derive(FromArgs)]
#[argh(subcommand, name = "forget")]
pub struct PeopleForget {
    /// whose
    #[argh(positional)]
    pub address: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// Asks the box; the exit code.
pub fn run(command: PeopleCommand) -> u8 {
    match command {
        PeopleCommand::List(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::PeopleList { unreachable: c.unreachable } }),
        PeopleCommand::Invite(c) => match who(c.addresses, c.all, c.missing) {
            Some(who) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::PeopleInvite { who, by: ask::by() } }),
            None => {
                complain("lifeboat: name people, or --all, or --missing: one of these");
                USAGE
            }
        },
        PeopleCommand::Forget(c) => {
            let verb = Verb::PeopleForget { address: c.address, by: ask::by() };
            ask::ask(Asked { config: c.config, json: c.json, verb })
        }
    }
}

/// WhichPeople is meant; nothing if nobody is, or two things at once.
fn who(addresses: Vec<String>, all: bool, missing: bool) -> Option<WhichPeople> {
    match (addresses.is_empty(), all, missing) {
        (true, true, false) => Some(WhichPeople::All),
        (true, false, true) => Some(WhichPeople::Missing),
        (false, false, false) => Some(WhichPeople::Addresses(addresses)),
        _ => None,
    }
}

/// `directory export`.
pub fn export(command: &DirectoryExport) -> u8 {
    let Some(file) = &command.to else {
        return ask::ask(Asked { config: command.config.clone(), json: command.json, verb: Verb::DirectoryExport });
    };
    let answer = match ask::answer(&command.config, command.json, &Verb::DirectoryExport) {
        Ok(answer) => answer,
        Err(exit) => return exit,
    };
    match write_private(file, &answer.text) {
        Ok(()) if command.json => say(&format!("{:#}", serde_json::json!({ "file": file }))),
        Ok(()) => say(&format!("The directory is in {}.", file.display())),
        Err(error) => return ask::fail(FAILED, &format!("{}: {error}", file.display()), command.json),
    }
    DONE
}

/// Writes a file that only its owner may read, also if it was there with other rights.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
