//! `lifeboat people`, and the directory written out: arguments, as argh reads them (the comments are the help texts), and the files that come of it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use argh::FromArgs;
use lifeboat::control::{Card, Verb, WhichPeople};

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
    Cards(PeopleCards),
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

/// make emergency cards for printing, with one-time codes that let people in also when everything else is down; older cards end
#[derive(FromArgs)]
#[argh(subcommand, name = "cards")]
pub struct PeopleCards {
    /// for whom
    #[argh(positional)]
    pub addresses: Vec<String>,
    /// for everybody
    #[argh(switch)]
    pub all: bool,
    /// where to: a folder, made if it is missing; a file a person, and all-cards.html if there are several
    #[argh(option)]
    pub to: PathBuf,
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
        PeopleCommand::Cards(c) => cards(c),
        PeopleCommand::Forget(c) => {
            let verb = Verb::PeopleForget { address: c.address, by: ask::by() };
            ask::ask(Asked { config: c.config, json: c.json, verb })
        }
    }
}

fn cards(command: PeopleCards) -> u8 {
    let PeopleCards { addresses, all, to, config, json } = command;
    let Some(who) = who(addresses, all, false) else {
        complain("lifeboat: name people, or --all");
        return USAGE;
    };
    // Before older cards end.
    if let Err(error) = private_folder(&to) {
        return ask::fail(FAILED, &format!("{}: {error}", to.display()), json);
    }
    let answer = match ask::answer(&config, json, &Verb::PeopleCards { who, by: ask::by() }) {
        Ok(answer) => answer,
        Err(exit) => return exit,
    };
    let cards: Vec<Card> = serde_json::from_value(answer.json["cards"].clone()).unwrap_or_default();
    match write_cards(&to, &cards) {
        Ok(files) if json => say(&format!("{:#}", serde_json::json!({ "files": files }))),
        Ok(files) => {
            let (count, folder) = (cards.len(), to.display());
            let last = files.last().map(|file| file.display().to_string()).unwrap_or_default();
            say(&format!(
                "{count} card(s) are in {folder}. Print {last}, hand the cards out, and delete the files: their codes are passwords.\n\
                 Cards that these people had before are void."
            ));
        }
        Err(error) => return ask::fail(FAILED, &format!("{}: {error}. Make the cards again.", to.display()), json),
    }
    DONE
}

/// A file for each person, and one for all of them.
fn write_cards(folder: &Path, cards: &[Card]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for card in cards {
        files.push(folder.join(format!("{}.html", file_stem(&card.address))));
        write_private(&files[files.len() - 1], &lifeboat::web::cards_document(std::slice::from_ref(card)))?;
    }
    if cards.len() > 1 {
        files.push(folder.join("all-cards.html"));
        write_private(&files[files.len() - 1], &lifeboat::web::cards_document(cards))?;
    }
    Ok(files)
}

/// An address as the name of a file: what a file system or a shell could take for something else is replaced.
fn file_stem(address: &str) -> String {
    let plain = address.chars().map(|c| if c.is_alphanumeric() || "@.-_+".contains(c) { c } else { '_' });
    plain.collect::<String>().trim_start_matches(['.', '-']).to_owned()
}

/// A folder that only its owner may enter, if it has to be made.
fn private_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Who is meant; nothing if nobody is, or two things at once.
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
