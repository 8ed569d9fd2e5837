//! Arguments, as argh reads them. The comments here are the help texts.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use argh::FromArgs;

use super::admin::{Admin, Token};
use super::audit::Audit;
use super::maintenance::Maintenance;
use super::notices::Notices;
use super::people::People;
use super::queue::Queue;
use super::simulate::Simulate;
use super::trace::Trace;
use super::wizard::WizardCommand;

pub(super) fn usual() -> PathBuf {
    "/etc/lifeboat/lifeboat.toml".into()
}

/// Lifeboat keeps an office's mail going when its Exchange server stops answering.
#[derive(FromArgs)]
#[argh(
    example = "See it work, without installing anything:\n{command_name} demo",
    error_code(1, "the command failed"),
    error_code(2, "wrong usage"),
    error_code(69, "no box is running"),
    error_code(78, "the configuration has mistakes")
)]
pub struct Lifeboat {
    #[argh(subcommand)]
    pub command: Command,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum Command {
    Demo(Demo),
    Run(Run),
    CheckConfig(CheckConfig),
    Status(Status),
    Readiness(Readiness),
    Event(Event),
    Maintenance(Maintenance),
    Automatic(Automatic),
    Queue(Queue),
    Trace(Trace),
    Settings(Settings),
    Notices(Notices),
    Directory(Directory),
    People(People),
    Mailbox(Mailbox),
    Credential(Credential),
    Dkim(Dkim),
    Audit(Audit),
    Simulate(Simulate),
    Probes(Probes),
    Admin(Admin),
    Token(Token),
    Guide(Guide),
    Support(Support),
    Backup(Backup),
    Restore(Restore),
    Doctor(Doctor),
    Fsck(Fsck),
    Wizard(WizardCommand),
    Version(Version),
}

/// show how it works: a stand-in mail server, an outage, the webmail, the way back
#[derive(FromArgs)]
#[argh(subcommand, name = "demo")]
pub struct Demo {
    /// play the whole story without hands and prove that nothing was lost
    #[argh(switch)]
    pub auto: bool,
}

/// run the box (the service manager does this)
#[derive(FromArgs)]
#[argh(subcommand, name = "run")]
pub struct Run {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
}

/// look for mistakes in the configuration and the files that it names
#[derive(FromArgs)]
#[argh(subcommand, name = "check-config")]
pub struct CheckConfig {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
}

/// say how things are and what to do
#[derive(FromArgs)]
#[argh(subcommand, name = "status")]
pub struct Status {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// say how ready box and office are for an outage, and what would help most
#[derive(FromArgs)]
#[argh(subcommand, name = "readiness")]
pub struct Readiness {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// show every setting as it is in effect, and which are defaults
#[derive(FromArgs)]
#[argh(subcommand, name = "settings")]
pub struct Settings {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// start, end and look at continuity events
#[derive(FromArgs)]
#[argh(subcommand, name = "event")]
pub struct Event {
    #[argh(subcommand)]
    pub command: EventCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum EventCommand {
    Start(EventStart),
    End(EventEnd),
    Drill(EventDrill),
    List(EventList),
    Show(EventShow),
    Release(EventRelease),
}

/// take over by hand: open the webmail, keep the mail here
#[derive(FromArgs)]
#[argh(subcommand, name = "start")]
pub struct EventStart {
    /// why, for the record
    #[argh(option)]
    pub reason: Option<String>,
    /// only for this person (may be said several times); everybody else's mail flows as ever
    #[argh(option)]
    pub mailbox: Vec<String>,
    /// only for this group of the directory (may be said several times)
    #[argh(option)]
    pub group: Vec<String>,
    /// when it ends by itself (everybody's only if the mail server works then), such as "2026-12-01 20:00"
    #[argh(option)]
    pub until: Option<String>,
    /// after how long it ends by itself, such as 2h
    #[argh(option, long = "for")]
    pub length: Option<Length>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// end the event by hand: hand the mail over
#[derive(FromArgs)]
#[argh(subcommand, name = "end")]
pub struct EventEnd {
    /// which, as `status` shows it, if it is one for some people only
    #[argh(positional)]
    pub id: Option<String>,
    /// even if the mail server does not answer; automatic waits until it does
    #[argh(switch)]
    pub force: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// let people practise: they are told, sign in and answer into a sandbox; mail is not touched
#[derive(FromArgs)]
#[argh(subcommand, name = "drill")]
pub struct EventDrill {
    /// this person takes part (may be said several times)
    #[argh(option)]
    pub mailbox: Vec<String>,
    /// this group of the directory takes part (may be said several times)
    #[argh(option)]
    pub group: Vec<String>,
    /// everybody takes part
    #[argh(switch)]
    pub all: bool,
    /// how long it lasts, such as 30m (default: drill.duration)
    #[argh(option, long = "for")]
    pub length: Option<Length>,
    /// show past drills, and when the next one comes by itself
    #[argh(switch)]
    pub list: bool,
    /// why, for the record
    #[argh(option)]
    pub reason: Option<String>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// list all events
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct EventList {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// keep the mail of an ended event no longer than other mail, though not all of it was handed back (export it first)
#[derive(FromArgs)]
#[argh(subcommand, name = "release")]
pub struct EventRelease {
    /// which, as `event list` shows it
    #[argh(positional)]
    pub id: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// show all about one event: why, what happened, who was told, what became of the mail
#[derive(FromArgs)]
#[argh(subcommand, name = "show")]
pub struct EventShow {
    /// which, as `event list` shows it
    #[argh(positional)]
    pub id: String,
    /// instead, a table (CSV) of its mail: what became of each recipient of each message
    #[argh(switch)]
    pub csv: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// whether the box takes over by itself
#[derive(FromArgs)]
#[argh(subcommand, name = "automatic")]
pub struct Automatic {
    /// on or off
    #[argh(positional)]
    pub state: OnOff,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// A length of time: `90m`, `2h`, `3d`.
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Length, &'static str> {
        lifeboat::config::duration(text).map(Length).ok_or("write a length of time with its unit: 90m, 2h, 3d")
    }
}

pub struct OnOff(pub bool);

impl FromStr for OnOff {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<OnOff, &'static str> {
        match text {
            "on" => Ok(OnOff(true)),
            "off" => Ok(OnOff(false)),
            _ => Err("write on or off"),
        }
    }
}

/// the people of the office
#[derive(FromArgs)]
#[argh(subcommand, name = "directory")]
pub struct Directory {
    #[argh(subcommand)]
    pub command: DirectoryCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum DirectoryCommand {
    Import(DirectoryImport),
    Export(DirectoryExport),
}

/// write the directory as a CSV file, with what people said about how they are reached; `directory import` takes it again
#[derive(FromArgs)]
#[argh(subcommand, name = "export")]
pub struct DirectoryExport {
    /// where to; to standard output without it
    #[argh(option)]
    pub to: Option<PathBuf>,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// replace the directory by a CSV file
#[derive(FromArgs)]
#[argh(subcommand, name = "import")]
pub struct DirectoryImport {
    /// the file; its header is address,name,aliases,alternate_email,phone,groups
    #[argh(positional)]
    pub file: PathBuf,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// list and export mailboxes, also while the box is stopped
#[derive(FromArgs)]
#[argh(subcommand, name = "mailbox")]
pub struct Mailbox {
    #[argh(subcommand)]
    pub command: MailboxCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum MailboxCommand {
    List(MailboxList),
    Export(MailboxExport),
}

/// list mailboxes with what is in their folders
#[derive(FromArgs)]
#[argh(subcommand, name = "list")]
pub struct MailboxList {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// write the mail of one mailbox, or of all, into a folder
#[derive(FromArgs)]
#[argh(subcommand, name = "export")]
pub struct MailboxExport {
    /// whose mail; everybody's with --all
    #[argh(positional)]
    pub address: Option<String>,
    /// everybody's mail
    #[argh(switch)]
    pub all: bool,
    /// where to: a folder, made if it is missing
    #[argh(option)]
    pub to: PathBuf,
    /// eml: one file a message, as it came (default); mbox: one file a folder
    #[argh(option, default = "ExportFormat::Eml")]
    pub format: ExportFormat,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// How exported mail is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Eml,
    Mbox,
}

impl FromStr for ExportFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<ExportFormat, String> {
        match text {
            "eml" => Ok(ExportFormat::Eml),
            "mbox" => Ok(ExportFormat::Mbox),
            _ => Err(format!("\"{text}\" is neither eml nor mbox")),
        }
    }
}

/// passwords of the webmail
#[derive(FromArgs)]
#[argh(subcommand, name = "credential")]
pub struct Credential {
    #[argh(subcommand)]
    pub command: CredentialCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum CredentialCommand {
    Issue(CredentialIssue),
}

/// make a new password for a person and print it; the old one ends
#[derive(FromArgs)]
#[argh(subcommand, name = "issue")]
pub struct CredentialIssue {
    /// the person's address
    #[argh(positional)]
    pub address: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// keys that sign mail to the outside
#[derive(FromArgs)]
#[argh(subcommand, name = "dkim")]
pub struct Dkim {
    #[argh(subcommand)]
    pub command: DkimCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum DkimCommand {
    Create(DkimCreate),
    Show(DkimShow),
}

/// make a key and print what belongs into DNS
#[derive(FromArgs)]
#[argh(subcommand, name = "create")]
pub struct DkimCreate {
    /// its name in DNS, such as lifeboat1
    #[argh(positional)]
    pub selector: String,
    /// rsa or ed25519 (default rsa; ed25519 only beside an rsa key: few know it)
    #[argh(option, default = "\"rsa\".to_owned()")]
    pub kind: String,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// print what belongs into DNS, and whether it is there
#[derive(FromArgs)]
#[argh(subcommand, name = "show")]
pub struct DkimShow {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// what the probes of the mail server saw
#[derive(FromArgs)]
#[argh(subcommand, name = "probes")]
pub struct Probes {
    /// of the last so many hours (default 24, at most 744)
    #[argh(option, default = "24")]
    pub hours: u32,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// check everything that is stored, change nothing, say what the next start will do
#[derive(FromArgs)]
#[argh(subcommand, name = "fsck")]
pub struct Fsck {
    /// make the index again from the spool; the box must be stopped
    #[argh(switch)]
    pub rebuild: bool,
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// answer with one JSON document
    #[argh(switch)]
    pub json: bool,
}

/// print the set-up guide with the names of your office: each step, what to paste into Exchange, how to undo it
#[derive(FromArgs)]
#[argh(subcommand, name = "guide")]
pub struct Guide {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
}

/// collect what somebody who helps needs to see, without mail, passwords and people's names
#[derive(FromArgs)]
#[argh(subcommand, name = "support")]
pub struct Support {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// the tar file
    #[argh(option)]
    pub to: PathBuf,
}

/// write everything that makes this box this box into one tar file, also while it runs
#[derive(FromArgs)]
#[argh(subcommand, name = "backup")]
pub struct Backup {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// the file; it is readable for its owner alone
    #[argh(option)]
    pub to: PathBuf,
    /// with all cached mail, too
    #[argh(switch)]
    pub mail: bool,
}

/// put a backup onto a machine that holds no box yet
#[derive(FromArgs)]
#[argh(subcommand, name = "restore")]
pub struct Restore {
    /// configuration file (default /etc/lifeboat/lifeboat.toml); one that is there is kept beside it
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// the file that `backup` wrote
    #[argh(option)]
    pub from: PathBuf,
}

/// look at DNS, ports, Exchange, smart host, certificate, clock and disk, and say what to do about each
#[derive(FromArgs)]
#[argh(subcommand, name = "doctor")]
pub struct Doctor {
    /// configuration file (default /etc/lifeboat/lifeboat.toml)
    #[argh(option, default = "usual()")]
    pub config: PathBuf,
    /// for scripts
    #[argh(switch)]
    pub json: bool,
}

/// print the version
#[derive(FromArgs)]
#[argh(subcommand, name = "version")]
pub struct Version {}
