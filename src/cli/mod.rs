//! The command line of DESIGN section 9: reads arguments, calls the rooms below, turns outcomes into exit codes.
//!
//! Owns the commands, what they print and how they end. Decides nothing about mail: a command that looks or acts on a
//! running box asks it through its control socket.

mod admin;
mod args;
mod ask;
mod audit;
mod backup;
mod check;
mod doctor;
mod event_csv;
mod fsck;
mod load;
mod logging;
mod mailbox;
mod maintenance;
mod notices;
mod people;
mod queue;
mod run;
mod simulate;
mod support;
mod trace;
mod wizard;

use std::ffi::OsString;
use std::io::Write;

use argh::FromArgs;

use args::{Command, CredentialCommand, DirectoryCommand, DkimCommand, EventCommand, Lifeboat, MailboxCommand};
use ask::Asked;
use lifeboat::control::{Verb, Whom};

/// How a command ends (DESIGN section 9, after sysexits.h).
pub const DONE: u8 = 0;
pub const FAILED: u8 = 1;
pub const USAGE: u8 = 2;
/// EX_UNAVAILABLE: no box is running.
pub const NOT_RUNNING: u8 = 69;
/// EX_CONFIG. The service manager does not start again after it.
pub const BAD_CONFIG: u8 = 78;

/// Carries out the command; the exit code.
pub fn main(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments: Option<Vec<String>> = arguments.map(|argument| argument.into_string().ok()).collect();
    let Some(arguments) = arguments else {
        complain("lifeboat: an argument is not UTF-8 text");
        return USAGE;
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if matches!(arguments[..], ["--version" | "-V"]) {
        return version();
    }
    // argh's own from_env ends with 1 on wrong usage, which here means "failed".
    match Lifeboat::from_args(&["lifeboat"], &arguments) {
        Ok(parsed) => command(parsed.command),
        Err(early) if early.status.is_ok() => {
            say(&early.output);
            DONE
        }
        Err(early) => {
            complain(&format!("{}\nTry: lifeboat --help", early.output.trim_end()));
            USAGE
        }
    }
}

fn command(command: Command) -> u8 {
    match command {
        Command::Demo(demo) => lifeboat::demo::run(lifeboat::demo::Options { auto: demo.auto }),
        Command::Run(run) => run::run(&run.config),
        Command::CheckConfig(check) => check::check(&check.config),
        Command::Status(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::Status }),
        Command::Readiness(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::Readiness }),
        Command::Event(event) => self::event(event.command),
        Command::Automatic(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::Automatic { on: c.state.0, by: ask::by() } }),
        Command::Maintenance(maintenance) => maintenance::run(maintenance.command),
        Command::Queue(queue) => queue::run(queue.command),
        Command::Trace(c) => trace::run(c),
        Command::Settings(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::Settings }),
        Command::Notices(notices) => notices::run(notices.command),
        Command::Directory(directory) => match directory.command {
            DirectoryCommand::Import(c) => ask::import(&c.config, c.json, &c.file),
            DirectoryCommand::Export(c) => people::export(&c),
        },
        Command::People(people) => people::run(people.command),
        Command::Mailbox(mailbox) => match mailbox.command {
            MailboxCommand::List(c) => mailbox::list(&c),
            MailboxCommand::Export(c) => mailbox::export(&c),
        },
        Command::Credential(credential) => {
            let CredentialCommand::Issue(c) = credential.command;
            ask::ask(Asked { config: c.config, json: c.json, verb: Verb::CredentialIssue { address: c.address, by: ask::by() } })
        }
        Command::Dkim(dkim) => match dkim.command {
            DkimCommand::Create(c) => {
                let verb = Verb::DkimCreate { selector: c.selector, kind: c.kind, by: ask::by() };
                ask::ask(Asked { config: c.config, json: c.json, verb })
            }
            DkimCommand::Show(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::DkimShow }),
        },
        Command::Audit(audit) => audit::run(audit.command),
        Command::Probes(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::ProbeHistory { hours: Some(c.hours) } }),
        Command::Admin(admin) => admin::admin(admin.command),
        Command::Token(token) => admin::token(token.command),
        Command::Simulate(c) => simulate::run(&c),
        Command::Fsck(c) => fsck::fsck(&c),
        Command::Guide(c) => guide(&c.config),
        Command::Support(c) => support::run(&c),
        Command::Backup(c) => backup::backup(&c),
        Command::Restore(c) => backup::restore(&c),
        Command::Doctor(c) => doctor::run(&c),
        Command::Version(_) => version(),
        Command::Wizard(c) => wizard::run(c),
    }
}

fn event(command: EventCommand) -> u8 {
    let by = ask::by();
    match command {
        EventCommand::Start(c) => {
            let reason = c.reason.unwrap_or_else(|| "started by hand".to_owned());
            let whom = Whom { mailboxes: c.mailbox, groups: c.group, until: c.until, length_s: c.length.map(|length| length.0.as_secs()) };
            ask::ask(Asked { config: c.config, json: c.json, verb: Verb::EventStart { reason, by, whom } })
        }
        EventCommand::End(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::EventEnd { force: c.force, by, id: c.id } }),
        EventCommand::Drill(c) if c.list => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::DrillList }),
        EventCommand::Drill(c) => {
            let whom = Whom { mailboxes: c.mailbox, groups: c.group, until: None, length_s: c.length.map(|length| length.0.as_secs()) };
            let verb = Verb::EventDrill { reason: c.reason.unwrap_or_default(), by, whom, all: c.all };
            ask::ask(Asked { config: c.config, json: c.json, verb })
        }
        EventCommand::List(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::EventList }),
        EventCommand::Release(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::EventRelease { id: c.id, by } }),
        EventCommand::Show(c) if c.csv => event_csv::run(&c.config, &c.id),
        EventCommand::Show(c) => ask::ask(Asked { config: c.config, json: c.json, verb: Verb::EventShow { id: c.id } }),
    }
}

/// Also while no box runs.
fn guide(config: &std::path::Path) -> u8 {
    match load::load_or_complain(config) {
        Ok(loaded) => {
            say(&lifeboat::app::guide::answer(&loaded.config).text);
            DONE
        }
        Err(exit) => exit,
    }
}

fn version() -> u8 {
    say(&format!("lifeboat {} ({})", env!("CARGO_PKG_VERSION"), env!("LIFEBOAT_FACTS")));
    DONE
}

/// To standard output. A reader that went away (`| head`) is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// To standard error.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}
