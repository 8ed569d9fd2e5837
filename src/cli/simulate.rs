//! `lifeboat simulate`: how the configured thresholds would have fared in so many outages, beside the defaults. It asks no running box and
//! changes nothing.

use std::path::PathBuf;
use std::str::FromStr;

use argh::FromArgs;
use lifeboat::limits::SIMULATED_OUTAGES_MAX;
use lifeboat::sim::{Pattern, Thresholds, compare};

use super::args::usual;
use super::{DONE, USAGE, complain, load, say};

/// try the thresholds of the configuration on outages in simulated time: how fast they see one, and how often there is none
#[derive(FromArgs)]
#[argh(subcommand, name = "simulate")]
pub struct Simulate {
    /// configuration file (default /etc/lifeboat/lifeboat.toml, and if that is not there, the defaults)
    #[argh(option)]
    config: Option<PathBuf>,
    /// how many outages (default 200)
    #[argh(option, default = "200")]
    outages: u32,
    /// the same number gives the same outages (default 1)
    #[argh(option, default = "1")]
    seed: u64,
    /// which kind: all, short, long, flapping, half-dead, or quiet (no outage, but small troubles)
    #[argh(option, default = "Kind(Pattern::All)")]
    pattern: Kind,
    /// answer with one JSON document
    #[argh(switch)]
    json: bool,
}

/// A pattern as it is typed.
struct Kind(Pattern);

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let names = Pattern::NAMES;
        let found = names.iter().find(|(name, _)| *name == text).map(|(_, pattern)| Kind(*pattern));
        found.ok_or_else(|| format!("{text} is no pattern; there are {}", names.map(|(name, _)| name).join(", ")))
    }
}

/// Exit codes: 0 done, 2 wrong usage, 78 bad configuration.
pub fn run(command: &Simulate) -> u8 {
    if !(1..=SIMULATED_OUTAGES_MAX).contains(&command.outages) {
        complain(&format!("lifeboat: --outages {}: 1 to {SIMULATED_OUTAGES_MAX} are possible", command.outages));
        return USAGE;
    }
    let (thresholds, source) = match &command.config {
        None if !usual().exists() => (Thresholds::default(), None),
        given => {
            let path = given.clone().unwrap_or_else(usual);
            match load::load_or_complain(&path) {
                Ok(loaded) => (Thresholds::of(&loaded.config), Some(path)),
                Err(exit) => return exit,
            }
        }
    };
    let comparison = compare(thresholds, command.pattern.0, command.outages, command.seed);
    if command.json {
        match serde_json::to_value(&comparison) {
            Ok(value) => say(&format!("{value:#}")),
            Err(error) => {
                complain(&format!("lifeboat: {error}"));
                return super::FAILED;
            }
        }
        return DONE;
    }
    match source {
        Some(path) => say(&format!("Thresholds of {}.", path.display())),
        None => say(&format!("There is no {}: these are the defaults.", usual().display())),
    }
    say(&comparison.text());
    DONE
}
