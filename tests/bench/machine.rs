//! The machine, processes and their cost.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// One line: what the numbers were taken on.
pub fn describe(folder: &Path) {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model =
        text("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output().map(|out| out.stdout).unwrap_or_default();
    println!(
        "{cpus} cores ({}), Linux {}, {}, {} GiB free in {}\n",
        model.unwrap_or_default(),
        text("/proc/sys/kernel/osrelease").trim(),
        String::from_utf8_lossy(&kind).trim(),
        free_octets(folder) >> 30,
        folder.display()
    );
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
    let pss = |pid: u32| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        text.lines().find_map(|line| line.strip_prefix("Pss:"))?.split_whitespace().next()?.parse().ok()
    };
    family(root).into_iter().filter_map(pss).sum::<u64>() as f64 / 1024.0
}
