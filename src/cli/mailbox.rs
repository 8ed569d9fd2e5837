//! `lifeboat mailbox list` and `lifeboat mailbox export`: read the spool itself, so that they work whether the box runs or not.

mod export;

use std::path::Path;
use std::sync::Arc;

use lifeboat::mail::{Address, Mailbox};
use lifeboat::store::{Disk, Files, Frozen, StoreError};
use serde::Serialize;
use serde_json::json;

use self::export::{Export, Exported};
use super::args::{MailboxExport, MailboxList};
use super::{DONE, FAILED, USAGE, complain, load, say};

/// What a mailbox holds.
#[derive(Serialize)]
struct Listed {
    mailbox: Mailbox,
    folders: Vec<ListedFolder>,
}

#[derive(Serialize)]
struct ListedFolder {
    name: String,
    total: u64,
    unread: u64,
}

pub fn list(command: &MailboxList) -> u8 {
    let frozen = match open(&command.config, &std::env::temp_dir()) {
        Ok(frozen) => frozen,
        Err(trouble) => return trouble.tell(command.json),
    };
    let listed = match listed(&frozen) {
        Ok(listed) => listed,
        Err(error) => return Trouble::from(error).tell(command.json),
    };
    if command.json {
        say(&format!("{:#}", json!({ "mailboxes": listed, "damaged": frozen.damaged() })));
        return exit_of(&frozen, false);
    }
    if listed.is_empty() {
        say("no mailbox has any mail");
    }
    for Listed { mailbox, folders } in &listed {
        let folder = |folder: &ListedFolder| format!("{} {} ({} unread)", folder.name, folder.total, folder.unread);
        say(&format!("{mailbox}: {}", folders.iter().map(folder).collect::<Vec<_>>().join(", ")));
    }
    tell_damage(&frozen);
    exit_of(&frozen, false)
}

pub fn export(command: &MailboxExport) -> u8 {
    if command.all == command.address.is_some() {
        complain("lifeboat: name one mailbox, or --all");
        return USAGE;
    }
    match exported(command) {
        Ok(exit) => exit,
        Err(trouble) => trouble.tell(command.json),
    }
}

fn exported(command: &MailboxExport) -> Result<u8, Trouble> {
    export::make_folder(&command.to).map_err(|error| Trouble::failed(format!("{}: {error}", command.to.display())))?;
    let frozen = open(&command.config, &command.to)?;
    let there = frozen.view().mailboxes()?;
    let mailboxes = match &command.address {
        None => there,
        Some(text) => {
            let address = Address::parse(text).map_err(|_| Trouble::failed(format!("{text} is no address")))?;
            let mailbox = address.mailbox();
            if !there.contains(&mailbox) {
                return Err(Trouble::failed(format!("{mailbox} has no mail here (`lifeboat mailbox list` shows who has)")));
            }
            vec![mailbox]
        }
    };
    let export = Export { frozen: &frozen, to: &command.to, format: command.format };
    let mut done = Vec::new();
    for mailbox in &mailboxes {
        done.push(export.mailbox(mailbox)?);
    }
    Ok(report(command, &frozen, &done))
}

fn report(command: &MailboxExport, frozen: &Frozen, done: &[Exported]) -> u8 {
    let unreadable = done.iter().any(|one| !one.unreadable.is_empty());
    if command.json {
        say(&format!("{:#}", json!({ "exported": done, "damaged": frozen.damaged() })));
        return exit_of(frozen, unreadable);
    }
    for one in done {
        say(&format!("{}: {} messages in {}", one.mailbox, one.messages, one.to.display()));
        for message in &one.unreadable {
            complain(&format!("lifeboat: {}: {message}", one.mailbox));
        }
    }
    tell_damage(frozen);
    exit_of(frozen, unreadable)
}

fn exit_of(frozen: &Frozen, unreadable: bool) -> u8 {
    if frozen.damaged().is_empty() && !unreadable { DONE } else { FAILED }
}

fn tell_damage(frozen: &Frozen) {
    for place in frozen.damaged() {
        complain(&format!("lifeboat: damaged, not all of it could be read: {place}"));
    }
}

fn listed(frozen: &Frozen) -> Result<Vec<Listed>, StoreError> {
    let one = |mailbox: Mailbox| {
        let folders = export::folders(frozen, &mailbox)?;
        let folders =
            folders.into_iter().map(|named| ListedFolder { name: named.name, total: named.counts.total, unread: named.counts.unread });
        let folders = folders.collect();
        Ok(Listed { mailbox, folders })
    };
    frozen.view().mailboxes()?.into_iter().map(one).collect()
}

/// Why a command ends, told once.
struct Trouble {
    exit: u8,
    text: Option<String>,
}

impl Trouble {
    fn failed(text: String) -> Trouble {
        Trouble { exit: FAILED, text: Some(text) }
    }

    fn tell(self, json: bool) -> u8 {
        match self.text {
            Some(text) if json => say(&format!("{:#}", json!({ "error": text }))),
            Some(text) => complain(&format!("lifeboat: {text}")),
            None => {}
        }
        self.exit
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::failed(error.to_string())
    }
}

fn open(config: &Path, scratch_in: &Path) -> Result<Frozen, Trouble> {
    // The mistakes are printed already.
    let loaded = load::load_or_complain(config).map_err(|exit| Trouble { exit, text: None })?;
    let data_dir = &loaded.config.server.data_dir;
    if !data_dir.join("spool").is_dir() {
        return Err(Trouble::failed(format!("nothing is stored in {} yet", data_dir.display())));
    }
    let files: Arc<dyn Files> = Arc::new(Disk);
    Ok(Frozen::open(data_dir, scratch_in, &files)?)
}
