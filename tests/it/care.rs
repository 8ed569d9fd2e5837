//! What keeps a box alive for years: a backup that another machine goes on from, and a look at everything around it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, mail, need, run, sender, wait_for};

const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");
const PATIENCE: Duration = Duration::from_secs(60);

fn deliver(lifeboat: &Lifeboat, subject: &str) {
    let message = mail::message("ann@example.com", subject, "text");
    let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
}

/// A backup made while mail comes in, put onto a machine whose disk is new: the same people with the same passwords, with or without the mail.
#[test]
fn another_machine_goes_on_from_a_backup() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let primary = free_port(PRIMARY);
    let mut lifeboat = Lifeboat::start(here, &Setup::new(primary));
    lifeboat.wait_mode("continuity", PATIENCE);
    (0..20).for_each(|number| deliver(&lifeboat, &format!("kept {number}")));
    let password = lifeboat.password("ann@example.com");
    let event = lifeboat.status()["event"].clone();
    let authority = ["ca.pem", "ca.key"].map(|name| fs::read(lifeboat.data().join("tls").join(name)).unwrap());
    let with_mail = here.join("with-mail.tar");
    let without = here.join("without.tar");
    std::thread::scope(|scope| {
        // With all of these the first page of 50 still has each of the first twenty.
        scope.spawn(|| (0..25).for_each(|number| deliver(&lifeboat, &format!("meanwhile {number}"))));
        lifeboat.command(&["backup", "--mail", "--to", with_mail.to_str().unwrap()]);
        lifeboat.command(&["backup", "--to", without.to_str().unwrap()]);
    });
    lifeboat.kill();
    let config = here.join("lifeboat.toml");
    let restore =
        |from: &str| Command::new(BINARY).args(["restore", "--config"]).arg(&config).arg("--from").arg(here.join(from)).output().unwrap();
    let refused = restore("with-mail.tar");
    assert_eq!(refused.status.code(), Some(1), "there is a box");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("holds a box already"), "{refused:?}");

    for (backup, subject) in [("with-mail.tar", "kept 7"), ("without.tar", "after the restore")] {
        let before = here.join(format!("before-{backup}"));
        fs::rename(lifeboat.data(), &before).unwrap();
        // A new box has an example there.
        fs::write(here.join("directory.csv"), "address,name\nnobody@example.com,Nobody\n").unwrap();
        let done = restore(backup);
        assert!(done.status.success(), "{backup}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(String::from_utf8_lossy(&done.stdout).contains("directory.csv.before-restore"), "{backup}: {done:?}");
        assert!(fs::read_to_string(here.join("directory.csv")).unwrap().contains("ann@example.com"), "{backup}");
        assert!(fs::read_to_string(here.join("directory.csv.before-restore")).unwrap().contains("nobody@example.com"), "{backup}");
        lifeboat.restart();
        assert_eq!(lifeboat.mode(), "continuity", "{backup}: it is the same outage");
        assert_eq!(lifeboat.status()["event"], event, "{backup}");
        let tls = lifeboat.data().join("tls");
        assert_eq!(["ca.pem", "ca.key"].map(|name| fs::read(tls.join(name)).unwrap()), authority, "{backup}: what the office trusts");
        assert_eq!(fs::metadata(tls.join("ca.key")).unwrap().permissions().mode() & 0o777, 0o600, "{backup}");
        deliver(&lifeboat, "after the restore");
        let ann = Person::new(lifeboat.web, here, &format!("ann-{backup}"));
        ann.sign_in("ann@example.com", &password);
        let page = ann.get("/mail/inbox").text();
        assert!(page.contains(subject), "{backup}: {page}");
        assert_eq!(page.contains("kept 7"), backup == "with-mail.tar", "{backup}");
        if backup == "without.tar" {
            // What the ledger knows of the old messages must not be said of the new ones.
            let sink = Sink::start(here, primary);
            lifeboat.wait_mode("normal", PATIENCE);
            wait_for("the queue is empty", PATIENCE, || (lifeboat.queued() == 0).then_some(()));
            let subjects: Vec<String> = sink.dumps().iter().map(|dump| mail::subject(&dump.message)).collect();
            assert!(subjects.contains(&"after the restore".to_owned()), "{subjects:?}");
        }
        assert!(lifeboat.stop().success());
        let clean: Value = serde_json::from_str(&lifeboat.command(&["fsck", "--json"])).unwrap();
        assert_eq!(clean["clean"], true, "{backup}: {clean}");
    }
}

/// What systemd hands to the service is gone when it stops: the file that it is made of goes with the backup, and one that is nowhere is named.
#[test]
fn secrets_that_come_as_credentials_are_in_a_backup() {
    let (old, new) = (folder(), folder());
    let lifeboat = Lifeboat::start(old.path(), &Setup::without_primary());
    let config = old.path().join("lifeboat.toml");
    let at = "/run/credentials/lifeboat-never-there.service";
    let more = format!(
        "[outbound]\nroute = \"smarthost\"\nsmarthost = \"smtp.example.net:587\"\nuser = \"u\"\npassword_file = \"{at}/smarthost.password\"\n\
         [chat]\nurl = \"https://chat.example.net/\"\nheader_file = \"{at}/chat.header\"\n"
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &more).unwrap();
    fs::write(old.path().join("smarthost.password"), "four words\n").unwrap();
    let tar = old.path().join("backup.tar");
    let backup = Command::new(BINARY).args(["backup", "--config"]).arg(&config).arg("--to").arg(&tar).output().unwrap();
    let said = String::from_utf8_lossy(&backup.stderr);
    assert!(backup.status.success() && said.contains("chat.header is not there") && !said.contains("smarthost.password"), "{backup:?}");
    drop(lifeboat);
    fs::remove_dir_all(old.path().join("data")).unwrap();

    // As systemd leaves it (DynamicUser=): a link, and what it leads to was moved away.
    std::os::unix::fs::symlink("private", old.path().join("data")).unwrap();
    let to = new.path().join("lifeboat.toml");
    let restore = Command::new(BINARY).args(["restore", "--config"]).arg(&to).arg("--from").arg(&tar).output().unwrap();
    assert!(restore.status.success(), "{restore:?}");
    assert_eq!(fs::read_to_string(new.path().join("smarthost.password")).unwrap(), "four words\n");
    assert_eq!(fs::metadata(new.path().join("smarthost.password")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!new.path().join("chat.header").exists());
    assert!(old.path().join("private/ledger").is_dir() && old.path().join("data").is_symlink());
    let again = Command::new(BINARY).args(["restore", "--config"]).arg(&to).arg("--from").arg(&tar).output().unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success() && said.contains("/private holds a box already"), "it names what has to be moved: {said}");
}

/// The office installs `/ca.crt` once: from then on clients believe the box, and nobody else by it.
#[test]
fn who_has_the_authority_believes_the_box() {
    let _one = heavy();
    need("curl", "curl");
    need("openssl", "openssl");
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    let (port, crt, pem) = (lifeboat.web.port(), folder.path().join("lifeboat-ca.crt"), folder.path().join("fetched.pem"));
    let curl = |arguments: &[&str]| {
        Command::new("curl").args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]).args(arguments).output().unwrap()
    };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    // The first time nobody can be sure but by the fingerprint.
    let fetched = curl(&["--insecure", "--fail", "--output", &text(&crt), &format!("https://{}/ca.crt", lifeboat.web)]);
    assert!(fetched.status.success(), "{fetched:?}");
    run(Command::new("openssl").args(["x509", "-inform", "der", "-in"]).arg(&crt).arg("-out").arg(&pem));

    let ready = |name: &str| {
        let resolve = format!("{name}:{port}:127.0.0.1");
        curl(&["--cacert", &text(&pem), "--resolve", &resolve, &format!("https://{name}:{port}/readyz")])
    };
    for name in ["lifeboat.example.com", "localhost", "127.0.0.1"] {
        let answer = ready(name);
        assert_eq!(String::from_utf8_lossy(&answer.stdout), "ready\n", "{name}: {answer:?}");
    }
    // curl(1), 60: the peer's certificate cannot be authenticated.
    assert_eq!(ready("mail.example.com").status.code(), Some(60));

    let tls = lifeboat.data().join("tls");
    let verify = |name: &str, leaf: &Path| {
        let mut command = Command::new("openssl");
        command.args(["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name, "-CAfile"]);
        command.arg(&pem).arg(leaf).output().unwrap()
    };
    let own = verify("lifeboat.example.com", &tls.join("cert.pem"));
    assert!(own.status.success(), "{own:?}");
    // Its key in wrong hands.
    let forged = folder.path().join("forged.pem");
    let mut forge = Command::new("openssl");
    forge.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=bank"]);
    forge.args(["-addext", "subjectAltName=DNS:bank.example", "-addext", "basicConstraints=critical,CA:FALSE"]).arg("-keyout");
    forge.arg(folder.path().join("forged.key")).arg("-CA").arg(tls.join("ca.pem")).arg("-CAkey").arg(tls.join("ca.key"));
    run(forge.arg("-out").arg(&forged));
    let refused = verify("bank.example", &forged);
    let why = format!("{}{}", String::from_utf8_lossy(&refused.stdout), String::from_utf8_lossy(&refused.stderr));
    assert!(!refused.status.success() && why.contains("permitted subtree violation"), "{why}");
}

/// Whoever helps sees how the box is, and nothing of what people wrote or who they are.
#[test]
fn the_support_bundle_holds_no_mail_and_no_names() {
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    deliver(&lifeboat, "a secret subject");
    let password = lifeboat.password("ann@example.com");
    let bundle = folder.path().join("support.tar");
    lifeboat.command(&["support", "--to", bundle.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&fs::read(&bundle).unwrap()).into_owned();
    for there in ["continuity", "fsck.txt", "smtp.listen", "refused the connection"] {
        assert!(text.contains(there), "{there} is in it");
    }
    for not_there in ["secret subject", password.as_str(), "ann@example.com", "argon2"] {
        assert!(!text.contains(not_there), "{not_there} is in it");
    }
}

#[test]
fn the_doctor_says_what_to_do() {
    let _one = heavy();
    let folder = folder();
    let sink = Sink::start(folder.path(), free_port(PRIMARY));
    let setup = Setup { smarthost: Some(sink.smtp), ..Setup::new(sink.smtp) };
    let mut lifeboat = Lifeboat::start(folder.path(), &setup);
    lifeboat.wait_mode("normal", PATIENCE);
    let config = folder.path().join("lifeboat.toml");
    let look = || -> Value {
        let output = Command::new(BINARY).args(["doctor", "--json", "--config"]).arg(&config).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    };
    let state = |found: &Value, name: &str| {
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["name"] == name).unwrap_or_else(|| panic!("no {name} in {found}"));
        finding["state"].as_str().unwrap().to_owned()
    };
    let found = look();
    let (smtp, web) = (format!("port-{}", lifeboat.smtp.port()), format!("port-{}", lifeboat.web.port()));
    for name in ["service", &smtp, &web, "primary", "outbound", "certificate"] {
        assert_eq!(state(&found, name), "ok", "{name}: {found:#}");
    }
    drop(sink);
    let found = look();
    assert_eq!((state(&found, "primary"), state(&found, "outbound")), ("bad".to_owned(), "bad".to_owned()), "{found:#}");
    lifeboat.stop();
    let output = Command::new(BINARY).args(["doctor", "--config"]).arg(&config).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("BAD") && text.contains("systemctl start lifeboat"), "{text}");
    run(Command::new(BINARY).args(["check-config", "--config"]).arg(&config));
}
