//! The box on a disk that something else fills: what it can no longer keep it passes on, and what it can neither keep nor pass on it
//! turns away, for now; nothing that got 250 is lost, and when there is room again everything goes on by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::statvfs;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail;
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, run, sender, wait_for};

const FLIP: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(120);
/// The box looks at the free room at least so often for its alarm, and so often for new mail.
const LOOK: Duration = Duration::from_secs(60);
const LOOK_FOR_MAIL: Duration = Duration::from_millis(1500);
/// The alarm is over above 512 MiB.
const DISK_MIB: u64 = 700;
/// Far below the reserve that new mail may not touch (256 MiB), and enough for changes of state.
const LEFT_MIB: u64 = 40;
const ANN: &str = "ann@example.com";

/// A file system of its own for the box's data, in memory. Gone when dropped. None where nothing may be mounted.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    fn mount(path: PathBuf) -> Option<SmallDisk> {
        fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m"), "tmpfs"]).arg(&path).status();
        mounted.expect("mount starts").success().then_some(SmallDisk { path })
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }

    /// Something else takes nearly all of it.
    fn fill(&self) {
        let stat = statvfs(&self.path).unwrap();
        let take = stat.f_bavail * stat.f_frsize - (LEFT_MIB << 20);
        run(Command::new("fallocate").args(["-l", &take.to_string()]).arg(self.filler()));
        std::thread::sleep(LOOK_FOR_MAIL);
    }

    fn clear(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn send(lifeboat: &Lifeboat, subject: &str) -> String {
    sender::deliver(lifeboat.smtp, "out@outside.example", &[ANN], &message(subject)).unwrap()
}

fn message(subject: &str) -> Vec<u8> {
    mail::message(ANN, subject, &format!("This is {subject}.\n.\nEnd.\n"))
}

/// It is at the primary, octet for octet.
fn arrives(sink: &Sink, subject: &str) {
    let there = || sink.dumps().into_iter().find(|dump| mail::subject(&dump.message) == subject);
    let dump = wait_for(&format!("`{subject}` is at the primary"), BACK, there);
    assert_eq!(mail::without_trace(&dump.message), message(subject), "{subject}");
}

fn has_alarm(lifeboat: &Lifeboat) -> bool {
    let status = lifeboat.status();
    status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["name"] == "disk-low")
}

fn person(lifeboat: &Lifeboat, folder: &Path, name: &str, password: &str) -> Person {
    let ann = Person::new(lifeboat.web, folder, name);
    ann.sign_in(ANN, password);
    ann
}

#[test]
fn a_full_disk_loses_nothing_and_is_over_by_itself() {
    let _one = heavy();
    let folder = folder();
    let Some(disk) = SmallDisk::mount(folder.path().join("data")) else {
        return eprintln!("SKIPPED full_disk: nothing may be mounted here (tests/run tells so, too)");
    };
    let primary = free_port(PRIMARY);
    let sink = Sink::start(folder.path(), primary);
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary));
    assert!(send(&lifeboat, "with room").starts_with("250"));
    arrives(&sink, "with room");

    // With the primary up, mail goes through without a copy, also after a start on the full disk.
    disk.fill();
    assert!(send(&lifeboat, "streamed through").starts_with("250"));
    arrives(&sink, "streamed through");
    wait_for("the alarm", LOOK, || has_alarm(&lifeboat).then_some(()));
    lifeboat.kill();
    lifeboat.restart();
    assert!(send(&lifeboat, "streamed after a start").starts_with("250"));
    arrives(&sink, "streamed after a start");
    assert_eq!(lifeboat.log().matches("smtp streamed-through reply=250").count(), 2, "neither has a copy");
    disk.clear();
    wait_for("the alarm is over", LOOK, || (!has_alarm(&lifeboat)).then_some(()));

    // In an outage: the change of mode fits, what is there can be read, and new mail is told to come again.
    drop(sink);
    disk.fill();
    lifeboat.wait_mode("continuity", FLIP);
    let reply = send(&lifeboat, "no room");
    assert!(reply.starts_with("452 4.3.1"), "{reply}");
    disk.clear();
    wait_for("mail is taken again", LOOK, || send(&lifeboat, "kept").starts_with("250").then_some(()));
    disk.fill();
    let password = lifeboat.password(ANN);
    let ann = person(&lifeboat, folder.path(), "full", &password);
    assert!(ann.open("kept").text().contains("This is kept."));
    wait_for("new mail is turned away", LOOK, || send(&lifeboat, "no room").starts_with("452 4.3.1").then_some(()));
    lifeboat.kill();
    lifeboat.restart();
    assert_eq!(lifeboat.mode(), "continuity");
    let ann = person(&lifeboat, folder.path(), "again", &password);
    assert!(ann.open("kept").text().contains("This is kept."), "after a start on a full disk");
    assert!(send(&lifeboat, "no room").starts_with("452 4.3.1"));

    // The hand-back needs no room but that of its outcomes.
    let sink = Sink::start(folder.path(), primary);
    lifeboat.wait_mode("normal", BACK);
    arrives(&sink, "kept");
    wait_for("the queue is empty", BACK, || (lifeboat.queued() == 0).then_some(()));
    disk.clear();
    wait_for("the alarm is over", LOOK, || (!has_alarm(&lifeboat)).then_some(()));
    assert!(send(&lifeboat, "afterwards").starts_with("250"));
    arrives(&sink, "afterwards");
    let mut subjects: Vec<String> = sink.dumps().iter().map(|dump| mail::subject(&dump.message)).collect();
    subjects.retain(|subject| subject != "no room" && !subject.is_empty());
    subjects.sort();
    assert_eq!(subjects, ["afterwards", "kept", "streamed after a start", "streamed through", "with room"], "each of them once");
}
