//! Measures, side by side. `tests/bench/run` is the one command; `tests/README.md` explains the tables.

mod accept;
mod ceiling;
mod growth;
mod machine;
mod messages;
mod table;

// The tests' harness starts the box and Postfix here too; not all of it is needed.
#[allow(dead_code, unused_imports)]
#[path = "../it/harness/mod.rs"]
mod harness;

use std::path::PathBuf;

/// What was asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    accept: bool,
    growth: bool,
    /// Few pairs, short runs, small caches: shows that it works, not how fast it is.
    pub quick: bool,
    /// Only cells whose name contains this, e.g. `4 KiB x 50`.
    pub only: Option<String>,
    /// Where queues, caches and the ceiling's file lie: one file system for all.
    pub folder: PathBuf,
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted { folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")), ..Wanted::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "accept" => wanted.accept = true,
            "growth" => wanted.growth = true,
            "all" => (wanted.accept, wanted.growth) = (true, true),
            "--quick" => wanted.quick = true,
            "--only" => wanted.only = Some(arguments.next().ok_or("--only needs a part of a cell's name")?),
            "--folder" => wanted.folder = arguments.next().ok_or("--folder needs a folder")?.into(),
            // cargo says this to every benchmark.
            "--bench" => {}
            other => return Err(format!("`{other}`: accept, growth or all; --quick, --only PART, --folder FOLDER")),
        }
    }
    if wanted.accept || wanted.growth { Ok(wanted) } else { Err("accept, growth or all?".to_owned()) }
}

fn main() {
    let wanted = match wanted() {
        Ok(wanted) => wanted,
        Err(text) => {
            eprintln!("{text}");
            std::process::exit(2);
        }
    };
    machine::describe(&wanted.folder);
    if wanted.accept {
        accept::run(&wanted);
    }
    if wanted.growth {
        growth::run(&wanted);
    }
}
