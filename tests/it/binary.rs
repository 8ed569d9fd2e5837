//! What the binary is: static, small, quiet, tidy about its exit codes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{folder, need};

const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");
/// A small box has room for this many times, and an update is fetched in a minute.
const SIZE_MAX_OCTETS: u64 = 20_000_000;
// Code that is not optimised is three times as large, and lies in memory; `tests/run` looks at the release binary.
const RESIDENT_MAX_MIB: u64 = if cfg!(debug_assertions) { 60 } else { 40 };

/// The release binary beside the tested one, if it was built.
fn release() -> Option<PathBuf> {
    let debug = PathBuf::from(BINARY);
    let release = debug.parent()?.parent()?.join("release/lifeboat");
    release.exists().then_some(release)
}

#[test]
fn is_static() {
    need("ldd", "libc-bin");
    for binary in std::iter::once(PathBuf::from(BINARY)).chain(release()) {
        let output = Command::new("ldd").arg(&binary).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("statically linked") || text.contains("not a dynamic executable"), "{}: {text}", binary.display());
    }
}

#[test]
fn release_is_small() {
    match release() {
        None => eprintln!("SKIPPED release_is_small: no release binary here (tests/run builds one and checks it)"),
        Some(binary) => {
            let octets = fs::metadata(&binary).unwrap().len();
            assert!(octets < SIZE_MAX_OCTETS, "{}: {octets} octets", binary.display());
        }
    }
}

#[test]
fn is_quiet_when_idle_and_ends_on_sigterm() {
    let folder = folder();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    let resident = lifeboat.resident_mib();
    assert!(resident < RESIDENT_MAX_MIB, "{resident} MiB resident");
    assert!(lifeboat.stop().success(), "SIGTERM is an orderly end");
}

#[test]
fn exit_codes_are_those_of_the_manual() {
    let folder = folder();
    let good = folder.path().join("good.toml");
    let bad = folder.path().join("bad.toml");
    fs::write(&good, Setup::without_primary().text(folder.path())).unwrap();
    fs::write(folder.path().join("directory.csv"), "address,name\nann@example.com,Ann\n").unwrap();
    fs::write(&bad, "[server]\nhostnmae = \"x\"\n[cache]\nretention_days = \"soon\"\n").unwrap();
    let check = |arguments: &[&str], expected: i32| {
        let output = Command::new(BINARY).args(arguments).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {text}");
        text
    };
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    check(&["version"], 0);
    check(&["check-config", "--config", good], 0);
    let text = check(&["check-config", "--config", bad], 78);
    assert!(text.contains("hostnmae") && text.contains("retention_days"), "all mistakes in one run: {text}");
    check(&["run", "--config", bad], 78);
    check(&["status", "--config", good], 69);
    check(&["no-such-command"], 2);
}
