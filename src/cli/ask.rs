//! Commands that a running box carries out: one question on its control socket, one answer.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use lifeboat::control::{Answer, Verb};
use lifeboat::directory::Directory;
use lifeboat::limits::DIRECTORY_FILE_MAX_OCTETS;
use lifeboat::net::control_socket::{self, AskError};

use super::{FAILED, NOT_RUNNING, complain, load, say};

/// Longest name of an operator that is put on record, in characters.
const OPERATOR_MAX_CHARS: usize = 64;

/// A question with the options that all of them have.
pub struct Asked {
    pub config: PathBuf,
    pub json: bool,
    pub verb: Verb,
}

/// Asks, prints the answer; the exit code.
pub fn ask(asked: Asked) -> u8 {
    match load::load_or_complain(&asked.config) {
        Ok(loaded) => ask_at(&loaded.config.server.control_socket, asked.json, &asked.verb),
        Err(exit) => exit,
    }
}

fn ask_at(socket: &Path, json: bool, verb: &Verb) -> u8 {
    answer_at(socket, json, verb).map_or_else(|exit| exit, |answer| print(&answer, json))
}

/// As [`ask`], for commands that do something with the answer themselves.
///
/// # Errors
/// What went wrong was printed; the exit code.
pub fn answer(config: &Path, json: bool, verb: &Verb) -> Result<Answer, u8> {
    let loaded = load::load_or_complain(config)?;
    let answer = answer_at(&loaded.config.server.control_socket, json, verb)?;
    if answer.exit == 0 { Ok(answer) } else { Err(print(&answer, json)) }
}

fn answer_at(socket: &Path, json: bool, verb: &Verb) -> Result<Answer, u8> {
    control_socket::ask(socket, verb).map_err(|error| match error {
        AskError::NotRunning => fail(NOT_RUNNING, "Lifeboat is not running (start it with: systemctl start lifeboat)", json),
        AskError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            fail(FAILED, &format!("{}: permission denied (try it with sudo)", socket.display()), json)
        }
        AskError::Io(error) => fail(FAILED, &format!("{}: {error}", socket.display()), json),
    })
}

fn print(answer: &Answer, json: bool) -> u8 {
    if json {
        say(&format!("{:#}", answer.json));
    } else if answer.exit == 0 {
        say(&answer.text);
    } else {
        complain(&format!("lifeboat: {}", answer.text));
    }
    answer.exit
}

/// Scripts that asked for JSON get JSON also when nobody answers.
pub fn fail(exit: u8, text: &str, json: bool) -> u8 {
    if json {
        say(&format!("{:#}", serde_json::json!({ "error": text })));
    } else {
        complain(&format!("lifeboat: {text}"));
    }
    exit
}

/// `directory import F`: mistakes are shown here, with their lines, before the box is asked.
pub fn import(config: &Path, json: bool, file: &Path) -> u8 {
    let loaded = match load::load_or_complain(config) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let csv = match load::read_text(file, DIRECTORY_FILE_MAX_OCTETS) {
        Ok(csv) => csv,
        Err(problem) => return fail(FAILED, &load::place(file, &problem), json),
    };
    if let Err(problems) = Directory::parse_csv(&csv, &loaded.config.smtp.domains) {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{}:{problem}", file.display())).collect();
        return fail(FAILED, &format!("the directory has mistakes and was not imported\n{}", lines.join("\n")), json);
    }
    ask_at(&loaded.config.server.control_socket, json, &Verb::DirectoryImport { csv, by: by() })
}

/// Who acts, for the record: `cli:ann`. A courtesy between admins, no proof: the socket's permissions are the lock.
pub fn by() -> String {
    let uid = std::fs::metadata("/proc/self").map(|own| own.uid().to_string()).ok();
    operator(std::env::var("SUDO_USER").ok(), std::env::var("USER").ok(), uid)
}

fn operator(sudo_user: Option<String>, user: Option<String>, uid: Option<String>) -> String {
    let cleaned = |name: String| -> String {
        name.chars().filter(|c| c.is_alphanumeric() || "._-@\\".contains(*c)).take(OPERATOR_MAX_CHARS).collect()
    };
    let names = [sudo_user, user, uid].into_iter().flatten().map(cleaned);
    format!("cli:{}", names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sudo_user: Option<&str>, user: Option<&str>, uid: Option<&str>, expected: &str) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        assert_eq!(operator(owned(sudo_user), owned(user), owned(uid)), expected);
    }

    #[test]
    fn the_person_behind_sudo_is_named() {
        check(Some("ann"), Some("root"), Some("0"), "cli:ann");
        check(None, Some("root"), Some("0"), "cli:root");
        check(Some(""), None, Some("1000"), "cli:1000");
        check(None, None, None, "cli:unknown");
        check(Some("a\nb c\"d"), None, None, "cli:abcd");
    }
}
