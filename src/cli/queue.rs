//! `lifeboat queue`: arguments, as argh reads them (the comments are the help texts), and the questions that they become.

use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::control::{Selection, Verb};
use lifeboat::mail::Address;

use super::args::usual;
use super::ask::{self, Asked};
use super::{USAGE, complain};

/// look at and act on mail that waits
#[derive(FromArgs)]
#[argh(subcommand, name = "queue")]
pub struct Queue {
    #[argh(subcommand)]
    pub command: QueueCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum QueueCommand {
    List(QueueList),
    Show(QueueShow),
    Retry(QueueRetry),
    Hold(QueueHold),
    Release(QueueRelease),
    Bounce(QueueBounce),
}

/// list what waits and what is held
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct QueueList {
    /// only mail for this address
    #[argh(option, from_str_fn(address))]
    pub recipient: Option<Address>,
    /// only mail for this domain
    #[argh(option, from_str_fn(domain))]
    pub domain: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// show a message and what became of each recipient
#[derive(FromArgs)]
#[argh(subcommand, name = "show")]
pub struct QueueShow {
    /// number of the message, as `queue list` shows it
    #[argh(positional)]
    pub message: u64,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// try again now: everything, one message, or what is for an address or a domain
#[derive(FromArgs)]
#[argh(subcommand, name = "retry")]
pub struct QueueRetry {
    /// number of the message, as `queue list` shows it
    #[argh(positional)]
    pub message: Option<u64>,
    /// only mail for this address
    #[argh(option, from_str_fn(address))]
    pub recipient: Option<Address>,
    /// only mail for this domain
    #[argh(option, from_str_fn(domain))]
    pub domain: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// keep mail here until it is released
#[derive(FromArgs)]
#[argh(subcommand, name = "hold")]
pub struct QueueHold {
    /// number of the message, as `queue list` shows it
    #[argh(positional)]
    pub message: Option<u64>,
    /// only mail for this address
    #[argh(option, from_str_fn(address))]
    pub recipient: Option<Address>,
    /// only mail for this domain
    #[argh(option, from_str_fn(domain))]
    pub domain: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// queue held mail again
#[derive(FromArgs)]
#[argh(subcommand, name = "release")]
pub struct QueueRelease {
    /// number of the message, as `queue list` shows it
    #[argh(positional)]
    pub message: Option<u64>,
    /// only mail for this address
    #[argh(option, from_str_fn(address))]
    pub recipient: Option<Address>,
    /// only mail for this domain
    #[argh(option, from_str_fn(domain))]
    pub domain: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// give mail up and tell its senders
#[derive(FromArgs)]
#[argh(subcommand, name = "bounce")]
pub struct QueueBounce {
    /// number of the message, as `queue list` shows it
    #[argh(positional)]
    pub message: Option<u64>,
    /// only mail for this address
    #[argh(option, from_str_fn(address))]
    pub recipient: Option<Address>,
    /// only mail for this domain
    #[argh(option, from_str_fn(domain))]
    pub domain: Option<String>,
    /// also if it is more than one message
    #[argh(switch)]
    pub yes: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|error| error.to_string())
}

fn domain(text: &str) -> Result<String, String> {
    Address::parse(&format!("x@{text}")).map(|address| address.domain().to_owned()).map_err(|error| error.to_string())
}

/// Asks the box; the exit code.
pub fn run(command: QueueCommand) -> u8 {
    let by = ask::by();
    let (config, json, verb) = match command {
        QueueCommand::List(c) => (c.config, c.json, Verb::QueueList { selection: selection(None, c.recipient, c.domain) }),
        QueueCommand::Show(c) => (c.config, c.json, Verb::QueueShow { message: c.message }),
        QueueCommand::Retry(c) => (c.config, c.json, Verb::QueueRetry { selection: selection(c.message, c.recipient, c.domain), by }),
        QueueCommand::Hold(c) => (c.config, c.json, Verb::QueueHold { selection: selection(c.message, c.recipient, c.domain), by }),
        QueueCommand::Release(c) => (c.config, c.json, Verb::QueueRelease { selection: selection(c.message, c.recipient, c.domain), by }),
        QueueCommand::Bounce(c) => {
            (c.config, c.json, Verb::QueueBounce { selection: selection(c.message, c.recipient, c.domain), yes: c.yes, by })
        }
    };
    // Only looking and trying are harmless for all mail at once.
    if let Verb::QueueHold { selection, .. } | Verb::QueueRelease { selection, .. } | Verb::QueueBounce { selection, .. } = &verb
        && selection.is_everything()
    {
        complain("lifeboat: name a message, --recipient ADDRESS or --domain DOMAIN (`lifeboat queue list` shows what waits)");
        return USAGE;
    }
    ask::ask(Asked { config, json, verb })
}

fn selection(message: Option<u64>, recipient: Option<Address>, domain: Option<String>) -> Selection {
    Selection { message, recipient, domain }
}
