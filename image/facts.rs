//! Build script: what `lifeboat version` says about where a release build comes from.
//!
//! Only facts that are the same for everybody who builds the same commit: no time of the build, no machine, no path. A debug build carries none, so that a commit does not
//! compile everything anew. Without git (an unpacked archive) `LIFEBOAT_COMMIT` may give the commit, as may any packager.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=image/facts.rs");
    println!("cargo::rerun-if-env-changed=LIFEBOAT_COMMIT");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let mut facts = Vec::new();
    if variable("PROFILE") == "release" {
        // Whatever changes the commit or the work tree.
        for path in [".git/HEAD", ".git/logs/HEAD", "src", "assets", "Cargo.toml", "Cargo.lock"] {
            println!("cargo::rerun-if-changed={path}");
        }
        facts.extend(commit());
        if variable("TARGET") == "x86_64-unknown-linux-gnu" {
            smaller();
        }
    }
    facts.push(variable("TARGET"));
    facts.push(said_by(&variable("RUSTC"), &["--version"]).map_or_else(String::new, |version| two_words(&version)));
    facts.push(variable("PROFILE"));
    facts.retain(|fact| !fact.is_empty());
    println!("cargo::rustc-env=LIFEBOAT_FACTS={}", facts.join(", "));
}

/// The compiler's own linker for this target (lld) can leave a twentieth away.
fn smaller() {
    // Equal functions once: no code here compares functions by their addresses.
    println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    // The list of addresses that are set right at the start, packed (DT_RELR): the C library that is linked in must know the form.
    if said_by("getconf", &["GNU_LIBC_VERSION"]).is_some_and(|version| minor(&version) >= 36) {
        println!("cargo::rustc-link-arg-bins=-Wl,--pack-dyn-relocs=relr");
    }
}

/// `glibc 2.36`: 36. Another form or major version counts as too old.
fn minor(version: &str) -> u32 {
    version.strip_prefix("glibc 2.").and_then(|minor| minor.parse().ok()).unwrap_or(0)
}

/// `commit 0123456789ab of 2026-03-01`, or that somebody changed something since.
fn commit() -> Option<String> {
    let given = env::var("LIFEBOAT_COMMIT").ok().filter(|given| !given.is_empty());
    if let Some(given) = given {
        return Some(format!("commit {given}"));
    }
    let commit = said_by("git", &["show", "--no-patch", "--format=%h of %cs", "--abbrev=12", "HEAD"])?;
    let changed = said_by("git", &["status", "--porcelain", "--untracked-files=no"])?;
    Some(format!("commit {commit}{}", if changed.is_empty() { "" } else { " with changes" }))
}

/// `rustc 1.95.0 (59807616e 2026-04-14)`: the name and the version.
fn two_words(version: &str) -> String {
    version.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
