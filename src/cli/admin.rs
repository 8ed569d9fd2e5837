//! `lifeboat admin` and `lifeboat token`: arguments, as argh reads them (the comments are the help texts), and the questions that they become.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use argh::FromArgs;
use lifeboat::auth::Role;
use lifeboat::control::{Secret, Verb};
use lifeboat::limits::PASSWORD_MAX_OCTETS;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::args::usual;
use super::ask::{self, Asked};
use super::{FAILED, complain};

/// who looks after the box by web
#[derive(FromArgs)]
#[argh(subcommand, name = "admin")]
pub struct Admin {
    #[argh(subcommand)]
    pub command: AdminCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum AdminCommand {
    Setup(AdminSetup),
    Password(AdminPassword),
    List(AdminList),
    Remove(AdminRemove),
    Totp(AdminTotp),
}

/// make a link for the first account: it works once, for 24 hours
#[derive(FromArgs)]
#[argh(subcommand, name = "setup")]
pub struct AdminSetup {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// give an account a new password, and make the account if it is not there
#[derive(FromArgs)]
#[argh(subcommand, name = "password")]
pub struct AdminPassword {
    /// name of the account
    #[argh(positional)]
    pub name: String,
    /// admin, helpdesk or auditor (default: as it was, or admin)
    #[argh(option, from_str_fn(role))]
    pub role: Option<Role>,
    /// make a password up and print it, ask for none
    #[argh(switch)]
    pub generate: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// list the accounts
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct AdminList {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// remove an account; it is signed out at once
#[derive(FromArgs)]
#[argh(subcommand, name = "remove")]
pub struct AdminRemove {
    /// name of the account
    #[argh(positional)]
    pub name: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// second factors
#[derive(FromArgs)]
#[argh(subcommand, name = "totp")]
pub struct AdminTotp {
    #[argh(subcommand)]
    pub command: AdminTotpCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum AdminTotpCommand {
    Off(AdminTotpOff),
}

/// take the second factor away from somebody who lost it
#[derive(FromArgs)]
#[argh(subcommand, name = "off")]
pub struct AdminTotpOff {
    /// name of the account
    #[argh(positional)]
    pub name: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// tokens with which scripts do what this command line does
#[derive(FromArgs)]
#[argh(subcommand, name = "token")]
pub struct Token {
    #[argh(subcommand)]
    pub command: TokenCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum TokenCommand {
    Create(TokenCreate),
    List(TokenList),
    Revoke(TokenRevoke),
}

/// make a token and print it
#[derive(FromArgs)]
#[argh(subcommand, name = "create")]
pub struct TokenCreate {
    /// what it is for, such as backup
    #[argh(positional)]
    pub name: String,
    /// admin, helpdesk or auditor
    #[argh(option, from_str_fn(role))]
    pub role: Role,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// list the tokens
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct TokenList {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// end a token
#[derive(FromArgs)]
#[argh(subcommand, name = "revoke")]
pub struct TokenRevoke {
    /// its name
    #[argh(positional)]
    pub name: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("\"{text}\" is neither admin nor helpdesk nor auditor"))
}

pub fn admin(command: AdminCommand) -> u8 {
    let by = ask::by();
    match command {
        AdminCommand::Setup(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::AdminSetup { by } }),
        AdminCommand::Password(c) => password(c, by),
        AdminCommand::List(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::AdminList }),
        AdminCommand::Remove(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::AdminRemove { name: c.name, by } }),
        AdminCommand::Totp(totp) => {
            let AdminTotpCommand::Off(c) = totp.command;
            ask::ask(Asked { config: c.config, json: c.json, verb: Verb::AdminTotpOff { name: c.name, by } })
        }
    }
}

pub fn token(command: TokenCommand) -> u8 {
    let by = ask::by();
    match command {
        TokenCommand::Create(c) => {
            ask::ask(Asked { config: c.config, json: c.json, verb: Verb::TokenCreate { name: c.name, role: c.role, by } })
        }
        TokenCommand::List(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::TokenList }),
        TokenCommand::Revoke(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::TokenRevoke { name: c.name, by } }),
    }
}

fn password(c: AdminPassword, by: String) -> u8 {
    let typed = if c.generate { Ok(String::new()) } else { typed_password() };
    match typed {
        Ok(typed) => {
            // Nothing typed: one is made up.
            let password = Some(Secret(typed)).filter(|typed| !typed.0.is_empty());
            ask::ask(Asked { config: c.config, json: c.json, verb: Verb::AdminPassword { name: c.name, role: c.role, password, by } })
        }
        Err(text) => {
            complain(&format!("lifeboat: {text}"));
            FAILED
        }
    }
}

/// From the terminal, twice and unseen; or the first line of what a script sends.
fn typed_password() -> Result<String, String> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let first = unseen("Password (empty: one is made up): ")?;
    if first.is_empty() || first == unseen("Once more: ")? { Ok(first) } else { Err("the two are not the same".to_owned()) }
}

fn line() -> Result<String, String> {
    let mut line = String::new();
    let limit = PASSWORD_MAX_OCTETS as u64 + 2;
    std::io::Read::take(std::io::stdin().lock(), limit).read_line(&mut line).map_err(|error| error.to_string())?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A line that the terminal does not show.
fn unseen(prompt: &str) -> Result<String, String> {
    let stdin = std::io::stdin();
    let mut out = std::io::stderr();
    let _ = write!(out, "{prompt}").and_then(|()| out.flush());
    let before = tcgetattr(&stdin).map_err(|error| error.to_string())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &silent).map_err(|error| error.to_string())?;
    let typed = line();
    let restored = tcsetattr(&stdin, OptionalActions::Now, &before);
    let _ = writeln!(out);
    restored.map_err(|error| error.to_string())?;
    typed
}
