//! Runs a program of the admin's choice with a text on its standard input: no shell, a clean environment, a time limit.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use smol::future::zip;
use smol::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use smol::process::Command;

use super::deadline::within;
use crate::limits::COMMAND_OUTPUT_KEPT_OCTETS;

/// Waits for its end. The beginning of what it wrote, in one line.
///
/// # Errors
/// It cannot be started, ended with another status than 0, or did not end in time (then it is killed): in words, with its output.
pub async fn run(program: &Path, facts: &[(&str, &str)], text: &str, limit: Duration) -> Result<String, String> {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").envs(facts.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut input) = input {
            // A program that does not read all of it is none the worse.
            let _partly = input.write_all(text.as_bytes()).await;
        }
    };
    let work = zip(zip(feed, zip(beginning(output), beginning(errors))), child.status());
    let Ok((((), (output, errors)), status)) = within(limit, work).await else {
        return Err(format!("did not end within {} s and was killed", limit.as_secs()));
    };
    let said = one_line(&[output, errors].concat());
    match status {
        Ok(status) if status.success() => Ok(said),
        Ok(status) => Err(format!("{status}: {said}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads to the end and keeps the beginning.
async fn beginning(source: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut source) = source else { return kept };
    let mut piece = [0; 1024];
    while let Ok(length) = source.read(&mut piece).await {
        if length == 0 {
            break;
        }
        let room = COMMAND_OUTPUT_KEPT_OCTETS.saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
    kept
}

fn one_line(octets: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(octets).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::rt::block_on;

    fn check(script: &str, limit: Duration, expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("hook");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let ended = block_on(run(&program, &[("LIFEBOAT_ABOUT", "alarm")], "a text", limit));
        assert_eq!(ended.as_ref().map(String::as_str).map_err(String::as_str), expected, "{script}");
    }

    #[test]
    fn a_program_gets_text_and_facts_and_its_end_is_told() {
        let long = Duration::from_secs(60);
        check("echo \"$LIFEBOAT_ABOUT: $(cat)\"; echo loud >&2", long, Ok("alarm: a text loud"));
        check("echo no; exit 3", long, Err("exit status: 3: no"));
        check("exec sleep 600", Duration::from_millis(300), Err("did not end within 0 s and was killed"));
        // More than a pipe holds, and nothing is read.
        check("head -c 200000 /dev/zero | tr '\\0' ' '", long, Ok(""));
        let missing = block_on(run(Path::new("/nonexistent/hook"), &[], "", long)).unwrap_err();
        assert!(missing.starts_with("cannot be started"), "{missing}");
    }
}
