//! The service unit as it is shipped: hardened, and in agreement with the program.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/lifeboat.service");

fn settings() -> BTreeSet<String> {
    let unit = fs::read_to_string(UNIT).expect("the unit is there");
    unit.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn check(setting: &str) {
    assert!(settings().contains(setting), "{setting}");
}

#[test]
fn it_agrees_with_the_program() {
    // Paths are the defaults of lifeboat.toml, the exit code is that of a bad configuration.
    check("ExecStart=/usr/bin/lifeboat run");
    check("StateDirectory=lifeboat");
    check("RuntimeDirectory=lifeboat");
    check("ConfigurationDirectory=lifeboat");
    check("RestartPreventExitStatus=78");
    check("Type=notify");
    check("WatchdogSec=90s");
    check("AmbientCapabilities=CAP_NET_BIND_SERVICE");
    check("Environment=LIFEBOAT_BOOT_ID=%b");
}

/// A socket by another name would be closed by the program, and its port answer nobody.
#[test]
fn its_sockets_have_the_names_that_the_program_knows() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd");
    let mut units = BTreeSet::new();
    for name in ["smtp", "web", "redirect"] {
        let unit = format!("lifeboat-{name}.socket");
        let text = fs::read_to_string(format!("{folder}/{unit}")).unwrap_or_else(|error| panic!("{unit}: {error}"));
        for line in [&format!("FileDescriptorName={name}"), "Service=lifeboat.service", "WantedBy=sockets.target"] {
            assert!(text.lines().any(|there| there == line), "{unit}: {line}");
        }
        units.insert(unit);
    }
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = all.filter(|name| name.ends_with(".socket")).collect();
    assert_eq!(there, units);
    let lists = settings().into_iter().filter(|line| ["Sockets=", "Wants=", "After=", "Also="].iter().any(|key| line.starts_with(key)));
    let full = lists.filter(|line| units.iter().all(|unit| line.contains(unit))).count();
    assert_eq!(full, 4, "the service starts with all of them, after all of them, and switches all of them on");
}

/// ProcSubset=pid: the rest of /proc is not there for the service. Files that nobody could open looked as if nothing were in them.
#[test]
fn what_runs_as_the_service_reads_nothing_in_proc_but_itself() {
    check("ProcSubset=pid");
    // A command that root gives; and the boot's name, which comes by the environment where the file cannot be read.
    let known = [
        ("src/cli/support.rs", "/proc/version"),
        ("src/cli/support.rs", "/proc/meminfo"),
        ("src/store/index/vessel.rs", "/proc/sys/kernel/random/boot_id"),
    ];
    let mut seen = BTreeSet::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let mut folders = vec![std::path::PathBuf::from(root).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.display().to_string().replacen(root, "", 1);
            for found in text.split("\"/proc/").skip(1) {
                let file = format!("/proc/{}", found.split('"').next().unwrap_or_default());
                if !file.starts_with("/proc/self") {
                    seen.insert((name.clone(), file));
                }
            }
        }
    }
    assert_eq!(seen, known.map(|(name, file)| (name.to_owned(), file.to_owned())).into());
}

/// `systemd-analyze security` counts in tenths: 16 is an exposure of 1.6. `tests/run` installs the tool.
#[test]
fn its_exposure_is_at_most_1_6() {
    let analysis = Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=16", UNIT]).output();
    match analysis {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => eprintln!("not measured: systemd-analyze: {error}"),
    }
}
