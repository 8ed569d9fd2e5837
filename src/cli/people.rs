//! `lifeboat people`, and the directory written out: arguments, as argh reads them (the comments are the help texts), and the files that come of it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use lifeboat::control::Verb;

use super::args::DirectoryExport;
use super::ask::{self, Asked};
use super::{DONE, FAILED, say};

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
