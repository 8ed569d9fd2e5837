//! `lifeboat support`: what somebody who helps needs to see, in one tar file, without mail and without people's names.
//!
//! Nothing in it is a message, a subject, a password or a key. The part of every address before the `@` is replaced by a value that is the same within one file
//! and means nothing outside it. What is in it is text: one can look before one sends it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lifeboat::app::doctor;
use lifeboat::clock::{Clock, SystemClock};
use lifeboat::control::{Status, Verb};
use lifeboat::mail::date;
use lifeboat::net::control_socket;
use lifeboat::store::{Disk, fsck};
use sha2::{Digest, Sha256};

use super::args::Support;
use super::{DONE, FAILED, backup, complain, load, say};

const LOG_LINES: &str = "5000";
const PROBE_HOURS: u32 = 48;

pub fn run(command: &Support) -> u8 {
    match collect(&command.config).and_then(|parts| write(&command.to, &parts)) {
        Ok(names) => {
            say(&format!(
                "{}: {}. No mail, no subjects, no passwords, no names: look into it before you send it.",
                command.to.display(),
                names.join(", ")
            ));
            DONE
        }
        Err(error) => {
            complain(&format!("lifeboat: {}: {error}", command.to.display()));
            FAILED
        }
    }
}

/// Name and text of each part. Whatever cannot be had says why instead: a box in trouble is what this is for.
fn collect(config_file: &Path) -> io::Result<Vec<(&'static str, String)>> {
    let now = SystemClock::new().now().wall;
    let read = |path: &str| fs::read_to_string(path).unwrap_or_else(|error| format!("{path}: {error}\n"));
    let about = format!(
        "lifeboat {} ({})\n{}\n\n{}\n{}\n{}",
        env!("CARGO_PKG_VERSION"),
        env!("LIFEBOAT_FACTS"),
        date::rfc3339(now),
        read("/proc/version"),
        read("/etc/os-release"),
        read("/proc/meminfo").lines().take(3).collect::<Vec<_>>().join("\n"),
    );
    let mut parts = vec![("about.txt", about)];
    let loaded = match load::load(config_file) {
        Ok(loaded) => loaded,
        Err(problems) => {
            parts.push(("configuration.txt", problems.join("\n")));
            parts.push(("log.txt", log()));
            return masked(parts);
        }
    };
    parts.push(("configuration.txt", format!("no mistakes\n{}\n", loaded.warnings.join("\n"))));
    let config = &loaded.config;
    let ask = |verb: Verb| match control_socket::ask(&config.server.control_socket, &verb) {
        Ok(answer) => answer.json,
        Err(error) => serde_json::json!({ "error": format!("{error:?}") }),
    };
    let status = ask(Verb::Status);
    let running: Option<Status> = serde_json::from_value(status.clone()).ok();
    let verbs = [
        ("readiness.json", Verb::Readiness),
        ("settings.json", Verb::Settings),
        ("events.json", Verb::EventList),
        ("probes.json", Verb::ProbeHistory { hours: Some(PROBE_HOURS) }),
    ];
    parts.push(("status.json", format!("{status:#}\n")));
    parts.extend(verbs.map(|(name, verb)| (name, format!("{:#}\n", ask(verb)))));
    parts.push(("doctor.txt", doctor::to_text(&doctor::examine(config, Arc::new(SystemClock::new()), running.as_ref()))));
    parts.push((
        "fsck.txt",
        fsck::check(&config.server.data_dir, Arc::new(Disk)).map_or_else(|error| error.to_string(), |report| report.to_string()),
    ));
    let mut files = String::new();
    list(&config.server.data_dir, &mut files);
    parts.push(("files.txt", files));
    parts.push(("log.txt", log()));
    masked(parts)
}

/// What the journal has of us.
fn log() -> String {
    let output = Command::new("journalctl")
        .args(["--unit", "lifeboat.service", "--no-pager", "--output", "short-iso", "--lines", LOG_LINES])
        .output();
    match output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => format!("journalctl: {error}\n"),
    }
}

/// Octets, seconds since 1970, and path of everything below.
fn list(folder: &Path, into: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_dir() => list(&path, into),
            Ok(there) => *into += &format!("{:>12} {:>11} {}\n", there.len(), there.mtime(), path.display()),
            Err(error) => *into += &format!("{}: {error}\n", path.display()),
        }
    }
}

fn masked(parts: Vec<(&'static str, String)>) -> io::Result<Vec<(&'static str, String)>> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    Ok(parts.into_iter().map(|(name, text)| (name, mask(&text, &key))).collect())
}

/// `ann.smith@example.com` becomes `person-3f9a1c@example.com`.
fn mask(text: &str, key: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at);
        let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let begin = before.rfind(|c| !is_local(c)).map_or(0, |found| found + before[found..].chars().next().map_or(1, char::len_utf8));
        let local = &before[begin..];
        out.push_str(&before[..begin]);
        if local.is_empty() || !after[1..].starts_with(|c: char| c.is_alphanumeric() || c == '[') {
            out.push_str(local);
        } else {
            let sum = Sha256::new().chain_update(key).chain_update(local.to_lowercase()).finalize();
            out.push_str(&format!("person-{:02x}{:02x}{:02x}", sum[0], sum[1], sum[2]));
        }
        out.push('@');
        rest = &after[1..];
    }
    out + rest
}

fn write(to: &Path, parts: &[(&'static str, String)]) -> io::Result<Vec<&'static str>> {
    let file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    let mut tar = tar::Builder::new(file);
    for (name, text) in parts {
        backup::add(&mut tar, Path::new("lifeboat-support").join(name), text.as_bytes())?;
    }
    tar.into_inner()?.sync_all()?;
    Ok(parts.iter().map(|(name, _)| *name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_masked_and_stay_apart() {
        let text = "from=<Ann.Smith@example.com> to ann.smith@example.com, bo@example.com; a @ b; user@[192.0.2.1] ü@example.com";
        let masked = mask(text, b"key");
        for name in ["Ann", "ann", "smith", "bo@", "user", "ü"] {
            assert!(!masked.contains(name), "{name}: {masked}");
        }
        assert!(masked.contains("a @ b") && masked.matches("@example.com").count() == 4, "{masked}");
        let first = masked.split('<').nth(1).unwrap().split('@').next().unwrap();
        assert_eq!(masked.matches(first).count(), 2, "one person, whatever the case: {masked}");
        assert_ne!(mask(text, b"other"), masked);
    }
}
