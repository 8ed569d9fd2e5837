//! The machine, processes and their cost.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{Advice, fadvise};

/// A process is at rest when it spent at most this in two looks running, so far apart. The box gathers for its index for 250 ms.
const REST_LOOK: Duration = Duration::from_millis(300);
const REST_CPU_SECONDS: f64 = 0.03;
/// Looks before a process that never rests is measured as it is.
const REST_LOOKS_MAX: usize = 100;

/// Two lines: what the numbers were taken on, and when.
pub fn describe(folder: &Path) {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model =
        text("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let tell = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    println!(
        "{cpus} cores ({}), Linux {}, {}, {} GiB free in {}",
        model.unwrap_or_default(),
        text("/proc/sys/kernel/osrelease").trim(),
        tell("stat", &["-f", "-c", "%T", &folder.to_string_lossy()]),
        free_octets(folder) >> 30,
        folder.display()
    );
    // Others at work on the machine make the numbers worthless: the load says so.
    let load = text("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    let root = env!("CARGO_MANIFEST_DIR");
    let commit = tell("git", &["-C", root, "describe", "--always", "--dirty"]);
    println!("{}, commit {commit}, load before {load}\n", tell("date", &["-u", "+%Y-%m-%d %H:%M UTC"]));
}

pub fn free_octets(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(0, |room| room.f_bavail.saturating_mul(room.f_frsize))
}

fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; numbers follow the last one.
    Some(text.rsplit_once(')')?.1.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect())
}

/// A process and what descends from it.
pub fn family(root: u32) -> BTreeSet<u32> {
    let mut family = BTreeSet::from([root]);
    let all: Vec<u32> =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    loop {
        let before = family.len();
        family.extend(
            all.iter().filter(|pid| stat(**pid).is_some_and(|fields| family.contains(&(fields[0] as u32)))).copied().collect::<Vec<_>>(),
        );
        if family.len() == before {
            return family;
        }
    }
}

/// CPU seconds of a process and all that descends from it, also of those that have ended and were waited for.
pub fn cpu_seconds(root: u32) -> f64 {
    let ticks: u64 = family(root).into_iter().filter_map(stat).map(|fields| fields[10..14].iter().sum::<u64>()).sum();
    // USER_HZ is 100 on every Linux that this runs on.
    ticks as f64 / 100.0
}

/// Resident memory, shared pages counted once (sum of PSS), in MiB.
pub fn resident_mib(root: u32) -> f64 {
    smaps_mib(root, "Pss:")
}

/// Resident memory as `ps` shows it: what processes share is counted for each of them (sum of RSS), in MiB.
pub fn resident_sum_mib(root: u32) -> f64 {
    smaps_mib(root, "Rss:")
}

fn smaps_mib(root: u32, field: &str) -> f64 {
    let kib = |pid: u32| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        text.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
    };
    family(root).into_iter().filter_map(kib).sum::<u64>() as f64 / 1024.0
}

/// Waits until a process and its descendants have done what they put off.
pub fn settle(root: u32) {
    let (mut last, mut quiet) = (cpu_seconds(root), 0);
    for _ in 0..REST_LOOKS_MAX {
        sleep(REST_LOOK);
        let now = cpu_seconds(root);
        quiet = if now - last <= REST_CPU_SECONDS { quiet + 1 } else { 0 };
        last = now;
        if quiet == 2 {
            return;
        }
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

/// What they take on the disk, without holes, in octets.
pub fn disk_octets(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    files(folder).iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.blocks() * 512).sum()
}

/// Takes a folder's files out of the page cache, as after a reboot. What others cached stays.
pub fn forget(folder: &Path) {
    for path in files(folder) {
        // Only pages that are on the disk can go.
        let file = File::open(&path).expect("a file of the box");
        file.sync_all().expect("the disk keeps it");
        fadvise(&file, 0, None, Advice::DontNeed).expect("advice is taken");
    }
}
