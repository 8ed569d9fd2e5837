//! Large attachments, many at a time: sent, kept in drafts, and saved again. They lie on the disk, and memory stays flat.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lifeboat::demo::html::{self, Form};

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::{Page, Person};
use crate::harness::{folder, heavy, slow};

const FLIP: Duration = Duration::from_secs(30);
const MIB: usize = 1024 * 1024;
const AT_A_TIME: usize = 8;
/// With 64 MiB that staged bodies of mail may take, see `limits::STAGE_MEMORY_TOTAL_OCTETS`; eight bodies of 40 MB would be 320.
const PEAK_MAX_MIB: u64 = 120;
/// 40 MB are too much as a message, 30 are not: both come in whole.
const LARGE: &str = "large.bin";
const FITS: &str = "fits.bin";

struct Office {
    lifeboat: Lifeboat,
    ann: Person,
    folder: tempfile::TempDir,
}

impl Office {
    fn curl(&self) -> Command {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--insecure", "--max-time", "300", "--noproxy", "*", "--cookie"]);
        command.arg(self.folder.path().join("person-ann/cookies")).stdout(Stdio::piped());
        command
    }

    /// The form for writing on a page, filled and with a file.
    fn write(&self, page: &Page, what: &str, subject: &str, file: Option<&str>) -> Child {
        let form = form(page);
        let mut command = self.curl();
        command.args(["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"]);
        for field in form.fields.iter().filter(|field| field.kind == "hidden" || field.name == "keep") {
            command.args(["--form-string", &format!("{}={}", field.name, field.value)]);
        }
        let typed = [("to", "bo@example.com"), ("subject", subject), ("text", "see the file"), ("do", what)];
        for (name, value) in typed {
            command.args(["--form-string", &format!("{name}={value}")]);
        }
        if let Some(file) = file {
            let field = form.fields.iter().find(|field| field.kind == "file").expect("a file field");
            command.args(["-F", &format!("{}=@{}", field.name, self.folder.path().join(file).display())]);
        }
        command.arg(format!("https://{}{}", self.lifeboat.web, form.action)).spawn().expect("curl starts")
    }

    fn save(&self, path: &str, to: &Path) -> Child {
        let url = format!("https://{}{path}", self.lifeboat.web);
        self.curl().args(["--fail", "--output"]).arg(to).arg(url).spawn().expect("curl starts")
    }

    /// Below the bound until now.
    fn memory_is_flat(&self, what: &str) {
        let peak = self.lifeboat.peak_mib();
        println!("peak after {what}: {peak} MiB");
        assert!(peak < PEAK_MAX_MIB, "{peak} MiB at the peak after {what}");
    }
}

fn form(page: &Page) -> Form {
    html::forms(&page.html).into_iter().find(|form| form.has_kind("file")).expect("a form with files")
}

/// Status, and where it leads.
fn answered(child: Child) -> (String, String) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (status, place) = text.split_once(' ').unwrap_or((&text, ""));
    (status.to_owned(), place.to_owned())
}

#[test]
fn eight_large_files_at_a_time_leave_memory_flat() {
    if !slow() {
        eprintln!("SKIPPED: eight large files at a time (LIFEBOAT_SLOW=1 runs it)");
        return;
    }
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    let password = lifeboat.password("ann@example.com");
    let ann = Person::new(lifeboat.web, folder.path(), "ann");
    ann.sign_in("ann@example.com", &password);
    let office = Office { lifeboat, ann, folder };
    // What nothing can make smaller.
    let mut random = fastrand::Rng::with_seed(7);
    for (name, size) in [(LARGE, 40 * MIB), (FITS, 30 * MIB)] {
        let mut octets = vec![0; size];
        random.fill(&mut octets);
        fs::write(office.folder.path().join(name), octets).unwrap();
    }

    let page = office.ann.get("/mail/new");
    let names = [LARGE, FITS].into_iter().cycle().take(AT_A_TIME);
    // Each says something else: the same from the same form is sent once.
    let uploads: Vec<_> =
        names.enumerate().map(|(number, name)| (name, office.write(&page, "send", &format!("upload {number}"), Some(name)))).collect();
    for (name, upload) in uploads {
        let (status, _) = answered(upload);
        assert!(if name == LARGE { ["413", "422"].contains(&status.as_str()) } else { status == "303" }, "{name}: {status}");
    }
    office.memory_is_flat("uploads");
    assert_eq!(fs::read_dir(office.lifeboat.data().join("spool/incoming")).unwrap().count(), 0, "nothing is left behind");
    let sent = Person::messages(&office.ann.get("/mail/sent"));
    assert!(sent.len() >= AT_A_TIME / 2, "{} were sent", sent.len());

    // Each of them opens, and is saved as a file, as a message and in an archive.
    let path = sent[0].0.split('?').next().unwrap().to_owned();
    assert!(office.ann.get(&path).text().contains(FITS));
    for what in ["part/0", "raw", "zip"] {
        let target = |number: usize| office.folder.path().join(format!("saved-{number}"));
        let saved: Vec<_> = (0..AT_A_TIME).map(|number| office.save(&format!("{path}/{what}"), &target(number))).collect();
        for (number, child) in saved.into_iter().enumerate() {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{what}: {}", output.status);
            match what {
                "part/0" => {
                    assert!(fs::read(target(number)).unwrap() == fs::read(office.folder.path().join(FITS)).unwrap(), "octet for octet")
                }
                "raw" => assert!(fs::metadata(target(number)).unwrap().len() > 40 * MIB as u64),
                _ => assert_eq!(unzipped(&target(number)), 30 * MIB as u64),
            }
        }
        office.memory_is_flat(what);
    }

    // Drafts that are kept again and again, each time with what is in them.
    let new = office.ann.get("/mail/new");
    let mut drafts: Vec<String> = (0..AT_A_TIME / 2)
        .map(|number| office.write(&new, "save", &format!("draft {number}"), Some(FITS)))
        .map(answered)
        .map(place)
        .collect();
    for turn in 0..2 {
        let pages: Vec<Page> = drafts.iter().map(|draft| office.ann.get(draft)).collect();
        assert!(pages.iter().all(|page| form(page).fields.iter().any(|field| field.name == "keep")), "the file is in the draft");
        let saves: Vec<Child> = pages.iter().map(|page| office.write(page, "save", &format!("turn {turn}"), None)).collect();
        drafts = saves.into_iter().map(answered).map(place).collect();
    }
    office.memory_is_flat("drafts");
    let page = office.ann.get(&drafts[0]);
    let (status, _) = answered(office.write(&page, "send", "from a draft", None));
    assert_eq!(status, "303");
    let sent = Person::messages(&office.ann.get("/mail/sent"));
    let (path, _) = sent.iter().find(|(_, line)| line.contains("from a draft")).expect("it was sent");
    let target = office.folder.path().join("saved-from-draft");
    assert!(office.save(&format!("{}/part/0", path.split('?').next().unwrap()), &target).wait().unwrap().success());
    assert!(fs::read(target).unwrap() == fs::read(office.folder.path().join(FITS)).unwrap(), "octet for octet");
    office.memory_is_flat("all");
}

/// The path of a draft that was kept.
fn place((status, place): (String, String)) -> String {
    assert_eq!(status, "303");
    place[place.find("/mail/edit/").unwrap_or_else(|| panic!("{place}"))..].to_owned()
}

/// What is in an archive, in octets, with its checksums compared.
fn unzipped(archive: &Path) -> u64 {
    let script =
        "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(sum(i.file_size for i in z.infolist()))";
    crate::harness::run(Command::new("python3").args(["-c", script]).arg(archive)).trim().parse().unwrap()
}
