//! Many large attachments at a time: they lie on the disk, and memory stays flat.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use lifeboat::demo::html;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{folder, heavy, slow};

const FLIP: Duration = Duration::from_secs(30);
const MIB: usize = 1024 * 1024;
const AT_A_TIME: usize = 8;
/// With 64 MiB that staged bodies of mail may take, see `limits::STAGE_MEMORY_TOTAL_OCTETS`; eight bodies of 40 MB would be 320.
const PEAK_MAX_MIB: u64 = 120;

#[test]
fn eight_uploads_at_a_time_leave_memory_flat() {
    if !slow() {
        eprintln!("SKIPPED: eight uploads at a time (LIFEBOAT_SLOW=1 runs it)");
        return;
    }
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    let password = lifeboat.password("ann@example.com");
    let ann = Person::new(lifeboat.web, folder.path(), "ann");
    ann.sign_in("ann@example.com", &password);
    let page = ann.get("/mail/new");
    let forms = html::forms(&page.html);
    let form = forms.iter().find(|form| form.has_kind("file")).expect("a form with files");
    let file_field = form.fields.iter().find(|field| field.kind == "file").expect("a file field").name.clone();
    let hidden: Vec<(String, String)> =
        form.fields.iter().filter(|field| field.kind == "hidden").map(|field| (field.name.clone(), field.value.clone())).collect();

    // What nothing can make smaller. 40 MB are too much as a message, 30 are not: both come in whole.
    let mut random = fastrand::Rng::with_seed(7);
    for (name, size) in [("large.bin", 40 * MIB), ("fits.bin", 30 * MIB)] {
        let octets: Vec<u8> = (0..size).map(|_| random.u8(..)).collect();
        fs::write(folder.path().join(name), octets).unwrap();
    }
    let cookies = folder.path().join("person-ann/cookies");
    let uploads: Vec<_> = (0..AT_A_TIME)
        .map(|number| {
            let name = if number % 2 == 0 { "large.bin" } else { "fits.bin" };
            let mut command = Command::new("curl");
            command.args(["--silent", "--show-error", "--insecure", "--max-time", "300", "--noproxy", "*", "--cookie"]).arg(&cookies);
            command.args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
            for (name, value) in &hidden {
                command.args(["--form-string", &format!("{name}={value}")]);
            }
            command.args(["--form-string", "to=bo@example.com", "--form-string", &format!("subject=upload {number}")]);
            command.args([
                "--form-string",
                "text=see the file",
                "--form-string",
                "do=send",
                "-F",
                &format!("{file_field}=@{}", folder.path().join(name).display()),
            ]);
            let url = format!("https://{}{}", lifeboat.web, form.action);
            (name, command.arg(url).stdout(Stdio::piped()).spawn().expect("curl starts"))
        })
        .collect();
    for (name, upload) in uploads {
        let output = upload.wait_with_output().unwrap();
        let status = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(if name == "large.bin" { ["413", "422"].contains(&status.as_str()) } else { status == "303" }, "{name}: {status}");
    }
    let peak = lifeboat.peak_mib();
    println!("peak of {AT_A_TIME} uploads: {peak} MiB");
    assert!(peak < PEAK_MAX_MIB, "{peak} MiB at the peak");
    assert_eq!(fs::read_dir(lifeboat.data().join("spool/incoming")).unwrap().count(), 0, "nothing is left behind");
    let sent = ann.folder("/mail/sent").iter().map(|page| page.html.matches("upload ").count()).sum::<usize>();
    assert!(sent >= AT_A_TIME / 2, "{sent} were sent");
}
