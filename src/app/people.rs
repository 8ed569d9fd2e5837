//! Where the directory comes from at start: the configured file if it changed since it was last taken in, else the ledger.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Wall;
use crate::config::Config;
use crate::directory::Directory;
use crate::limits;
use crate::store::{Ledger, Line};

/// A ledger line of kind `directory`: the newest one counts.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryLine {
    pub csv: String,
    /// SHA-256 of the configured file when it was taken in; none for `directory import`.
    #[serde(default)]
    pub file_sha256: Option<String>,
}

/// Kind of a ledger line: an import brought the list that was there.
pub const SAME_DIRECTORY: &str = "directory-same";

impl DirectoryLine {
    pub fn new(csv: &str) -> DirectoryLine {
        DirectoryLine { csv: csv.to_owned(), file_sha256: None }
    }
}

/// The directory to start with. A file with mistakes is an alarm, never a reason to forget people that were known.
pub fn load(config: &Config, ledger: &Ledger, lines: &[Line], now: Wall) -> (Directory, Option<String>) {
    let recorded: Vec<DirectoryLine> =
        lines.iter().filter(|line| line.kind == "directory").filter_map(|line| serde_json::from_value(line.data.clone()).ok()).collect();
    let last_file = recorded.iter().rev().find_map(|line| line.file_sha256.clone());
    let known = || match recorded.last() {
        // Checked when it was taken in; a list of domains that changed since makes nobody unknown.
        Some(line) => Directory::parse_csv(&line.csv, &[]).unwrap_or_default(),
        None => Directory::default(),
    };
    let Some(path) = &config.directory.file else { return (known(), None) };
    match read(path) {
        // People who came by `directory import` need no file.
        Err(_) if !recorded.is_empty() && !path.exists() => (known(), None),
        Err(error) => (known(), Some(format!("The directory file {} cannot be read: {error}.", path.display()))),
        Ok(csv) => {
            let sha256 = hex(&Sha256::digest(csv.as_bytes()));
            if last_file.as_deref() == Some(&sha256) {
                return (known(), None);
            }
            match Directory::parse_csv(&csv, &config.smtp.domains) {
                Err(problems) => {
                    let first = problems.first().map(|problem| format!("line {}: {}", problem.line, problem.text)).unwrap_or_default();
                    (known(), Some(format!("The directory file {} has {} mistake(s), {first}.", path.display(), problems.len())))
                }
                Ok(directory) => {
                    let line = DirectoryLine { csv, file_sha256: Some(sha256) };
                    if let Err(error) = ledger.append("directory", &line, now) {
                        log::error!("directory not recorded: {error}");
                    }
                    (directory, None)
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > limits::DIRECTORY_FILE_MAX_OCTETS {
        return Err(format!("it is larger than {} octets", limits::DIRECTORY_FILE_MAX_OCTETS));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
