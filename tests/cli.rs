//! The command line as scripts see it: exit codes and texts of the real binary.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock};

use lifeboat::clock::Wall;
use lifeboat::store::{Disk, Ledger};
use tempfile::TempDir;

fn lifeboat(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.args(arguments).current_dir(folder).env_remove("RUST_LOG").env_remove("JOURNAL_STREAM");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = {
        let _forks = FORKS.read().unwrap_or_else(PoisonError::into_inner);
        command.spawn()
    };
    started.and_then(|child| child.wait_with_output()).expect("the binary runs")
}

/// A process that another test starts has this one's open files until it becomes the binary: a store that is closed meanwhile is still
/// locked by it.
static FORKS: RwLock<()> = RwLock::new(());

fn close(store: lifeboat::store::Store) {
    let _no_forks = FORKS.write().unwrap_or_else(PoisonError::into_inner);
    store.close();
    drop(store);
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("output is UTF-8")
}

/// Runs and compares the exit code, standard output and standard error.
fn check(folder: &Path, arguments: &[&str], exit: i32, stdout: &str, stderr: &str) {
    let output = lifeboat(folder, arguments);
    let got = (output.status.code(), text(&output.stdout), text(&output.stderr));
    assert_eq!(got, (Some(exit), stdout.to_owned(), stderr.to_owned()), "lifeboat {}", arguments.join(" "));
}

/// A folder with `lifeboat.toml`: the smallest valid one with everything inside the folder, and more tables.
fn folder_with(tables: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = folder.path().display();
    let config = format!(
        "[server]\nhostname = \"lifeboat.example.com\"\ndata_dir = \"{here}/data\"\ncontrol_socket = \"{here}/control.sock\"\n\
         [smtp]\ndomains = [\"example.com\"]\nlisten = [\"127.0.0.1:0\"]\n\
         [primary]\nsmtp = \"192.0.2.10:25\"\n\
         [outbound]\nsmarthost = \"smtp.provider.example:587\"\n{}\n\
         [directory]\nfile = \"{here}/directory.csv\"\n",
        tables.replace("HERE", &here.to_string())
    );
    write(&folder, "lifeboat.toml", &config);
    write(&folder, "directory.csv", "address,name\nann@example.com,Ann\n");
    folder
}

fn write(folder: &TempDir, name: &str, content: &str) {
    fs::write(folder.path().join(name), content).expect("the file is written");
}

const CHECK: [&str; 3] = ["check-config", "--config", "lifeboat.toml"];

#[test]
fn a_good_configuration_is_ok() {
    let folder = folder_with("");
    check(folder.path(), &CHECK, 0, "lifeboat.toml: ok\n", "");
}

#[test]
fn a_key_that_is_not_there_is_a_mistake() {
    let folder = folder_with("[dkim]\nselectors = [\"lb1\"]\n");
    let here = folder.path().display();
    let expected = format!(
        "lifeboat.toml:13: dkim.selectors: there is no key lb1 ({here}/data/dkim/lb1.pem): make it first, without its name here: \
         lifeboat dkim create lb1\n"
    );
    check(folder.path(), &CHECK, 78, "", &expected);
    fs::create_dir_all(folder.path().join("data/dkim")).unwrap();
    write(&folder, "data/dkim/lb1.pem", "key");
    check(folder.path(), &CHECK, 0, "lifeboat.toml: ok\n", "");
}

#[test]
fn the_record_is_shown_and_checked() {
    let folder = folder_with("");
    let here = folder.path();
    let run = |arguments: &[&str], exit, stdout: &str, stderr: &str| {
        check(here, &[arguments, &["--config", "lifeboat.toml"]].concat(), exit, stdout, stderr);
    };
    run(&["audit", "list"], 0, "Nothing is on record yet.\n", "");
    let (ledger, _) = Ledger::open(&here.join("data/ledger"), std::sync::Arc::new(Disk)).unwrap();
    let audit = |action: &str, detail: &str| serde_json::json!({ "by": "cli:ann", "action": action, "detail": detail });
    ledger.append("audit", &audit("event-end", "force=false"), Wall(1_772_355_907_000)).unwrap();
    ledger.append("credential", &"a verifier", Wall(1_772_355_908_000)).unwrap();
    let transition = serde_json::json!({ "to": "continuity", "from": "suspect", "by": "monitor", "reason": "It is\ndown." });
    ledger.append("mode", &serde_json::json!({ "transition": transition }), Wall(1_772_355_909_000)).unwrap();
    let last = ledger.append("audit", &audit("automatic", "on=true"), Wall(1_772_355_910_000)).unwrap().hash;
    let three = "2026-03-01T09:05:07Z  cli:ann  event-end force=false\n\
                 2026-03-01T09:05:09Z  monitor  mode continuity (was suspect): It is down.\n\
                 2026-03-01T09:05:10Z  cli:ann  automatic on=true\n";
    run(&["audit", "list"], 0, three, "");
    run(&["audit", "list", "--last", "1"], 0, "2026-03-01T09:05:10Z  cli:ann  automatic on=true\n", "");
    let sealed = format!("4 lines, each as it was written. Keep the seal of the last one elsewhere to prove it later:\n{last}\n");
    run(&["audit", "verify"], 0, &sealed, "");

    let file = here.join("data/ledger/ledger.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("a verifier", "b verifier")).unwrap();
    run(&["audit", "verify"], 1, "", "lifeboat: line 2 of 4 is not as it was written, or not in its place\n");
    run(
        &["audit", "list", "--last", "1"],
        1,
        "2026-03-01T09:05:10Z  cli:ann  automatic on=true\n",
        "lifeboat: the record was changed at line 2: what is shown from there on may not be true\n",
    );
    fs::write(&file, text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    run(&["audit", "verify"], 1, "", "lifeboat: line 1 of 3 is not as it was written, or not in its place\n");
    fs::write(&file, text + "{\"number\":5").unwrap();
    let torn = "lifeboat: 11 octets at the end are no whole line (a power cut leaves that; the next start cuts them)\n";
    run(&["audit", "verify"], 0, &sealed, torn);
}

#[test]
fn all_mistakes_are_shown_at_once() {
    let folder = folder_with("[cache]\nretention_days = \"30d\"\n[web]\ntls = \"of\"\nlisen = []\n");
    let expected = "lifeboat.toml:13: cache.retention_days: \"30d\" is not a number of days (example: 30)\n\
                    lifeboat.toml:15: web.tls: \"of\" is not possible here; choose \"on\" or \"off\"\n\
                    lifeboat.toml:16: web.lisen: unknown key; did you mean \"listen\"?\n";
    check(folder.path(), &CHECK, 78, "", expected);
    check(folder.path(), &["run", "--config", "lifeboat.toml"], 78, "", expected);
    check(folder.path(), &["status", "--config", "lifeboat.toml"], 78, "", expected);
    check(folder.path(), &["fsck", "--config", "lifeboat.toml"], 78, "", expected);
}

#[test]
fn files_that_the_configuration_names_are_read() {
    let folder =
        folder_with("user = \"u\"\npassword_file = \"HERE/password\"\n[web]\ncertificate = \"HERE/web.crt\"\nkey = \"HERE/web.key\"\n");
    let here = folder.path().display().to_string();
    write(&folder, "password", "\nsecret in the second line\n");
    write(&folder, "web.key", "secret");
    write(&folder, "directory.csv", "address\nann@example.com\nann@example.net\nAnn@example.com\n");
    let expected = format!(
        "lifeboat.toml:13: outbound.password_file: {here}/password has no password in its first line\n\
         lifeboat.toml:15: web.certificate: {here}/web.crt cannot be read: No such file or directory (os error 2)\n\
         lifeboat.toml:16: web.key: {here}/web.key is no PEM private key\n\
         {here}/directory.csv:3: address: ann@example.net is in none of the domains of smtp.domains (example.com)\n\
         {here}/directory.csv:4: address: Ann@example.com is already in line 2\n"
    );
    check(folder.path(), &CHECK, 78, "", &expected);
}

#[test]
fn a_missing_directory_is_a_warning() {
    let folder = folder_with("");
    fs::remove_file(folder.path().join("directory.csv")).expect("it was there");
    let here = folder.path().display();
    let expected = format!(
        "lifeboat.toml:14: warning: directory.file: there is no {here}/directory.csv: \
         the directory is empty: only the primary's answers decide\n"
    );
    check(folder.path(), &CHECK, 0, "lifeboat.toml: ok\n", &expected);
}

#[test]
fn a_file_that_is_not_there_or_too_long_is_a_bad_configuration() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = "lifeboat.toml: file: cannot be read: No such file or directory (os error 2)\n";
    check(folder.path(), &CHECK, 78, "", missing);
    check(folder.path(), &["run", "--config", "lifeboat.toml"], 78, "", missing);
    write(&folder, "lifeboat.toml", &"#".repeat(1024 * 1024 + 1));
    check(folder.path(), &CHECK, 78, "", "lifeboat.toml: file: cannot be read: it is longer than 1048576 octets\n");
    fs::write(folder.path().join("lifeboat.toml"), b"[server]\n\xff").expect("the file is written");
    check(folder.path(), &CHECK, 78, "", "lifeboat.toml:2: file: is not UTF-8 text from here on\n");
}

#[test]
fn the_example_configuration_is_valid() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lifeboat.toml");
    let output = lifeboat(Path::new("/"), &["check-config", "--config", example]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn without_a_running_box_scripts_are_told_so() {
    let folder = folder_with("");
    let told = "Lifeboat is not running (start it with: systemctl start lifeboat)";
    let asking: [&[&str]; 16] = [
        &["status"],
        &["event", "start", "--reason", "test"],
        &["event", "end", "--force"],
        &["event", "drill", "--all"],
        &["event", "list"],
        &["event", "show", "2026-03-03T09-15-02"],
        &["automatic", "off"],
        &["maintenance", "list"],
        &["people", "list"],
        &["trace", "--to", "ann@example.com"],
        &["admin", "list"],
        &["queue", "list"],
        &["queue", "retry"],
        &["queue", "hold", "7"],
        &["credential", "issue", "ann@example.com"],
        &["directory", "import", "directory.csv"],
    ];
    for command in asking {
        let arguments = [command, &["--config", "lifeboat.toml"]].concat();
        check(folder.path(), &arguments, 69, "", &format!("lifeboat: {told}\n"));
        let json = [&arguments[..], &["--json"]].concat();
        check(folder.path(), &json, 69, &format!("{{\n  \"error\": \"{told}\"\n}}\n"), "");
    }
}

#[test]
fn a_directory_with_mistakes_is_not_sent() {
    let folder = folder_with("");
    write(&folder, "people.csv", "address\nann\n");
    let expected = "lifeboat: the directory has mistakes and was not imported\n\
                    people.csv:2: address: \"ann\": the address has no domain (example: ann@example.com)\n";
    check(folder.path(), &["directory", "import", "people.csv", "--config", "lifeboat.toml"], 1, "", expected);
    let missing = "lifeboat: none.csv: file: cannot be read: No such file or directory (os error 2)\n";
    check(folder.path(), &["directory", "import", "none.csv", "--config", "lifeboat.toml"], 1, "", missing);
}

#[test]
fn wrong_usage_ends_with_2() {
    let here = Path::new("/");
    let wrong: [&[&str]; 14] = [
        &[],
        &["stauts"],
        &["status", "--jsn"],
        &["event"],
        &["event", "show"],
        &["automatic"],
        &["automatic", "maybe"],
        &["queue", "hold"],
        &["queue", "bounce", "--yes"],
        &["queue", "list", "--recipient", "ann"],
        &["queue", "show"],
        &["queue", "hold", "seven"],
        &["run", "--config"],
        &["credential", "issue"],
    ];
    for arguments in wrong {
        let output = lifeboat(here, arguments);
        assert_eq!(output.status.code(), Some(2), "lifeboat {}", arguments.join(" "));
        assert!(output.stdout.is_empty());
        let told = text(&output.stderr);
        let from_argh = told.ends_with("Try: lifeboat --help\n") && told.lines().count() > 1;
        assert!(from_argh || told.starts_with("lifeboat: name a message, "), "{told}");
    }
}

#[test]
fn help_and_version_end_with_0() {
    let here = Path::new("/");
    for arguments in [&["--help"][..], &["help"], &["event", "--help"], &["event", "start", "--help"]] {
        let output = lifeboat(here, arguments);
        assert_eq!(output.status.code(), Some(0), "lifeboat {}", arguments.join(" "));
        assert!(text(&output.stdout).starts_with("Usage: lifeboat"), "{}", text(&output.stdout));
    }
    for arguments in [["version"], ["--version"]] {
        let output = lifeboat(here, &arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).starts_with(concat!("lifeboat ", env!("CARGO_PKG_VERSION"))));
    }
}

#[test]
fn fsck_without_data_says_so() {
    let folder = folder_with("");
    let expected = format!("lifeboat: nothing is stored in {}/data yet\n", folder.path().display());
    check(folder.path(), &["fsck", "--config", "lifeboat.toml"], 1, "", &expected);
}

#[test]
fn fsck_says_what_the_next_start_would_do_and_changes_nothing() {
    let folder = folder_with("");
    store_mail(&folder);
    let here = folder.path();
    let data = here.join("data");
    let run = |arguments: &[&str]| lifeboat(here, &[&["fsck", "--config", "lifeboat.toml"], arguments].concat());
    let told = |index: &str| format!("spool: 3 records in 1 segments\nindex: {index}\nledger: 0 lines\nclean\n");
    let check = |expected: &str| {
        let output = run(&[]);
        assert_eq!((output.status.code(), text(&output.stdout), text(&output.stderr)), (Some(0), told(expected), String::new()));
    };
    check("trusted; the next start uses it");
    fs::write(data.join("index.opening"), "").unwrap();
    check("not trusted (the last open did not come back, or damage was met); the next start sets it aside and makes it again");
    assert!(data.join("index.opening").exists());
    fs::remove_dir_all(data.join("index")).unwrap();
    check("there is none; the next start makes it from the spool");
    assert!(!data.join("index").exists(), "looking makes nothing");
    let output = run(&["--json"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((&found["clean"], &found["found"]["records"], &found["rebuilt"]), (&true.into(), &3.into(), &serde_json::Value::Null));
    assert_eq!(found["found"]["index"]["state"], "missing");
}

#[test]
fn fsck_makes_the_index_again_but_not_that_of_a_running_box() {
    use lifeboat::clock::Wall;
    use lifeboat::store::{Disk, Options, Store};
    let folder = folder_with("");
    store_mail(&folder);
    let here = folder.path();
    let data = here.join("data");
    let rebuild = ["fsck", "--rebuild", "--config", "lifeboat.toml"];
    let (store, _) = Store::open(&Options { data_dir: data.clone() }, std::sync::Arc::new(Disk), Wall(1_772_355_917_000)).unwrap();
    let in_use = format!("lifeboat: a running box uses {}; stop it first: systemctl stop 'lifeboat*'\n", data.display());
    check(here, &rebuild, 1, "", &in_use);
    close(store);
    fs::write(data.join("index.opening"), "").unwrap();
    let output = lifeboat(here, &rebuild);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", text(&output.stderr));
    assert!(told.starts_with("index: made again: 3 messages in 2 mailboxes, from "), "{told}");
    assert!(told.ends_with("index: trusted; the next start uses it\nledger: 0 lines\nclean\n"), "{told}");
    assert!(data.join("index").is_dir() && !data.join("index.opening").exists());
}

/// One message to each of two people, and one that was sent; the folder as a stopped box leaves it.
fn store_mail(folder: &TempDir) {
    use lifeboat::clock::Wall;
    use lifeboat::mail::{Address, DsnRequest, Summary};
    use lifeboat::store::{Accepted, Change, Disk, Filing, Flags, Folder, Options, Origin, Staged, Store};
    let (store, _) =
        Store::open(&Options { data_dir: folder.path().join("data") }, std::sync::Arc::new(Disk), Wall(1_772_355_907_000)).unwrap();
    let letters = [("ann", Folder::Inbox, "one\r\n"), ("bo", Folder::Inbox, "From two\r\n"), ("ann", Folder::Sent, "three\r\n")];
    for (number, (name, kind, text)) in letters.into_iter().enumerate() {
        let at = Wall(1_772_355_907_000 + number as u64 * 1000);
        let mailbox = Address::parse(&format!("{name}@example.com")).unwrap().mailbox();
        let accepted = Accepted {
            at,
            origin: Origin::Inbound,
            session: "4f2a".to_owned(),
            client: None,
            reverse_path: Address::parse("carla@example.net").ok(),
            recipients: Vec::new(),
            filings: vec![Filing { mailbox, folder: kind, flags: if number == 0 { Flags::SEEN } else { Flags::NONE }, recipient: None }],
            eight_bit: false,
            smtputf8: false,
            dsn: DsnRequest::default(),
            summary: Summary::default(),
        };
        let body = Staged::from_bytes(format!("Subject: {number}\r\n\r\n{text}").into_bytes());
        store.write_wait(vec![Change::Message(Box::new(accepted), body.into())], at).unwrap();
    }
    close(store);
}

#[test]
fn mailboxes_are_listed_and_exported_while_the_box_is_stopped() {
    let folder = folder_with("");
    store_mail(&folder);
    let here = folder.path();
    let config = ["--config", "lifeboat.toml"];
    let run = |arguments: &[&str], exit, stdout: &str, stderr: &str| check(here, &[arguments, &config].concat(), exit, stdout, stderr);
    let index = |data: &Path| fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let before = index(&here.join("data"));
    let both = "ann@example.com: Inbox 1 (0 unread), Sent 1 (1 unread)\nbo@example.com: Inbox 1 (1 unread)\n";
    run(&["mailbox", "list"], 0, both, "");
    run(&["mailbox", "export", "Ann@Example.com", "--to", "out"], 0, "ann@example.com: 2 messages in out/ann@example.com\n", "");
    let letter = fs::read(here.join("out/ann@example.com/Inbox/20260301T090507Z-1.eml")).unwrap();
    assert_eq!(letter, b"Return-Path: <carla@example.net>\r\nSubject: 0\r\n\r\none\r\n");
    run(
        &["mailbox", "export", "--all", "--to", "box", "--format", "mbox"],
        0,
        "ann@example.com: 2 messages in box/ann@example.com\nbo@example.com: 1 messages in box/bo@example.com\n",
        "",
    );
    let expected = "From carla@example.net Sun Mar  1 09:05:08 2026\nReturn-Path: <carla@example.net>\nSubject: 1\n\n>From two\n\n";
    assert_eq!(fs::read_to_string(here.join("box/bo@example.com/Inbox.mbox")).unwrap(), expected);
    // Nothing is written over, nobody is invented, nothing in the data folder changes, nothing is left behind.
    let there = "lifeboat: box/ann@example.com/Inbox.mbox: File exists (os error 17)\n";
    run(&["mailbox", "export", "--all", "--to", "box", "--format", "mbox"], 1, "", there);
    let nobody = "lifeboat: eve@example.com has no mail here (`lifeboat mailbox list` shows who has)\n";
    run(&["mailbox", "export", "eve@example.com", "--to", "out"], 1, "", nobody);
    run(&["mailbox", "export", "--to", "out"], 2, "", "lifeboat: name one mailbox, or --all\n");
    assert_eq!(index(&here.join("data")), before);
    assert_eq!(index(&here.join("out")).len(), 1);
}

#[test]
fn every_folder_is_exported_whatever_it_is_called() {
    use lifeboat::clock::Wall;
    use lifeboat::mail::Address;
    use lifeboat::store::{Change, Disk, Folder, FolderId, Options, Seq, Store};
    let folder = folder_with("");
    store_mail(&folder);
    let (here, at) = (folder.path(), Wall(1_772_355_917_000));
    let (store, _) = Store::open(&Options { data_dir: here.join("data") }, std::sync::Arc::new(Disk), at).unwrap();
    let ann = Address::parse("ann@example.com").unwrap().mailbox();
    let make = |parent: Option<u64>, name: &str| {
        let made = Change::FolderCreate { mailbox: ann.clone(), parent: parent.map(FolderId), name: name.to_owned() };
        store.write_wait(vec![made], at).unwrap()[0].0
    };
    let outer = make(None, "../A\u{1f4c1}:B");
    let inner = make(Some(outer), "2026");
    let sent = make(None, "sent");
    let relocate = |message: u64, from: Folder, to: Folder| {
        let moved = Change::Move { mailbox: ann.clone(), message: Seq(message), from, to };
        store.write_wait(vec![moved], at).unwrap();
    };
    // The first letter, and that one after it which ann sent.
    relocate(1, Folder::Inbox, Folder::Own(FolderId(inner)));
    let export =
        |to: &str| lifeboat(here, &["mailbox", "export", "ann@example.com", "--to", to, "--format", "mbox", "--config", "lifeboat.toml"]);
    let files = |to: &str| {
        let files = fs::read_dir(here.join(to).join("ann@example.com")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(export("one").status.code(), Some(0));
    assert_eq!(files("one"), ["Sent.mbox", "_A\u{1f4c1}_B - 2026.mbox"]);
    relocate(1, Folder::Own(FolderId(inner)), Folder::Own(FolderId(sent)));
    assert_eq!(export("two").status.code(), Some(0));
    assert_eq!(files("two"), ["Sent.mbox", "sent (2).mbox"]);
    relocate(1, Folder::Own(FolderId(sent)), Folder::Trash);
    relocate(3, Folder::Sent, Folder::Archive);
    assert_eq!(text(&export("three").stdout), "ann@example.com: 2 messages in three/ann@example.com\n");
    assert_eq!(files("three"), ["Archive.mbox", "Trash.mbox"]);
    // A folder whose record is gone gives up no mail.
    relocate(1, Folder::Trash, Folder::Own(FolderId(4711)));
    assert_eq!(export("four").status.code(), Some(0));
    assert_eq!(files("four"), ["Archive.mbox", "Folder 4711.mbox"]);
    close(store);
}

#[test]
fn a_rotten_message_is_named_and_the_others_are_exported() {
    let folder = folder_with("");
    store_mail(&folder);
    let spool = folder.path().join("data/spool");
    let segment = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_file()).unwrap();
    let mut octets = fs::read(&segment).unwrap();
    let at = octets.windows(8).position(|window| window == b"From two").unwrap();
    octets[at] ^= 1;
    fs::write(&segment, octets).unwrap();
    let output = lifeboat(folder.path(), &["mailbox", "export", "--all", "--to", "out", "--config", "lifeboat.toml"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), "ann@example.com: 2 messages in out/ann@example.com\n"));
    assert!(text(&output.stderr).contains("damaged"), "{}", text(&output.stderr));
}

/// `lifeboat status | head` must not end in a panic.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.arg("--help").stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = {
        let _forks = FORKS.read().unwrap_or_else(PoisonError::into_inner);
        command.spawn()
    };
    let mut child = started.expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn thresholds_are_tried_in_simulated_time() {
    let folder = folder_with("[monitor]\nfall = 20\n");
    let run = |more: &[&str]| lifeboat(folder.path(), &[&["simulate", "--outages", "10", "--seed", "3"], more].concat());
    let own = run(&["--config", "lifeboat.toml", "--pattern", "short"]);
    let shown = text(&own.stdout);
    assert_eq!((own.status.code(), text(&own.stderr).as_str()), (Some(0), ""), "{shown}");
    for words in
        ["Thresholds of lifeboat.toml.", "With your thresholds", "20 failures", "With the defaults", "detected in", "entered falsely"]
    {
        assert!(shown.contains(words), "{words:?} is not in:\n{shown}");
    }
    assert!(shown.trim_end().ends_with("go back to the defaults."), "{shown}");

    let json = run(&["--config", "lifeboat.toml", "--json", "--pattern", "long"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("one JSON document");
    assert_eq!((json["pattern"].as_str(), json["defaults"]["entered"].as_u64()), (Some("long"), Some(10)), "{json:#}");
    assert!(json["defaults"]["detected_in_worst_s"].as_f64() < json["configured"]["detected_in_worst_s"].as_f64(), "{json:#}");

    let exit = |arguments: &[&str]| lifeboat(folder.path(), arguments).status.code();
    assert_eq!(exit(&["simulate", "--pattern", "stormy"]), Some(2));
    assert_eq!(exit(&["simulate", "--outages", "0"]), Some(2));
    assert_eq!(exit(&["simulate", "--config", "missing.toml"]), Some(78));
    if !Path::new("/etc/lifeboat/lifeboat.toml").exists() {
        let plain = lifeboat(folder.path(), &["simulate", "--outages", "2"]);
        assert_eq!(plain.status.code(), Some(0));
        assert!(text(&plain.stdout).contains("these are the defaults"), "{}", text(&plain.stdout));
    }
}
