//! Measures, side by side. `tests/bench/run` is the one command; `tests/README.md` explains the tables.

mod accept;
mod ceiling;
mod drain;
mod growth;
mod load;
mod machine;
mod messages;
mod table;
mod webmail;

// The tests' harness starts the box and Postfix here too; not all of it is needed.
#[allow(dead_code, unused_imports)]
#[path = "../it/harness/mod.rs"]
mod harness;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

const USAGE: &str = "accept, drain, growth, webmail or all; --quick, --only PART, --million, --folder FOLDER";

/// What was asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    accept: bool,
    drain: bool,
    growth: bool,
    webmail: bool,
    /// Of webmail: only the box, with a million messages.
    pub million: bool,
    /// Few pairs, short runs, small caches: shows that it works, not how fast it is.
    pub quick: bool,
    /// Only cells whose name contains this, e.g. `4 KiB x 50`.
    pub only: Option<String>,
    /// Where queues, caches and the ceiling's file lie: one file system for all.
    pub folder: PathBuf,
}

impl Wanted {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
        let mut wanted = Wanted { folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")), ..Wanted::default() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "accept" => wanted.accept = true,
                "drain" => wanted.drain = true,
                "growth" => wanted.growth = true,
                "webmail" => wanted.webmail = true,
                "all" => (wanted.accept, wanted.drain, wanted.growth, wanted.webmail) = (true, true, true, true),
                "--million" => wanted.million = true,
                "--quick" => wanted.quick = true,
                "--only" => wanted.only = Some(arguments.next().ok_or("--only needs a part of a cell's name")?),
                "--folder" => wanted.folder = arguments.next().ok_or("--folder needs a folder")?.into(),
                // cargo says this to every benchmark.
                "--bench" => {}
                other => return Err(format!("`{other}`: {USAGE}")),
            }
        }
        if wanted.accept || wanted.drain || wanted.growth || wanted.webmail { Ok(wanted) } else { Err(USAGE.to_owned()) }
    }

    /// A folder that goes away. Postfix's processes run under other names and must get through.
    pub fn temporary(&self, prefix: &str) -> TempDir {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(&self.folder).expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
        folder
    }

    /// Where tables go as files: `target/bench`.
    pub fn results(&self) -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench"))
    }
}

fn main() {
    let wanted = Wanted::read(std::env::args().skip(1)).unwrap_or_else(|text| {
        eprintln!("{text}");
        std::process::exit(2);
    });
    machine::describe(&wanted.folder);
    if wanted.accept {
        accept::run(&wanted);
    }
    if wanted.drain {
        drain::run(&wanted);
    }
    if wanted.growth {
        growth::run(&wanted);
    }
    if wanted.webmail {
        webmail::run(&wanted);
    }
}
