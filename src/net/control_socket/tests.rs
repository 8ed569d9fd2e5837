use super::*;

fn handler() -> Handler {
    Arc::new(|verb| match verb {
        Verb::Status => Answer::done("well", serde_json::json!({ "mode": "normal" })),
        Verb::EventList => panic!("as asked"),
        Verb::DirectoryImport { csv, .. } => Answer::done(csv.len().to_string(), serde_json::Value::Null),
        _ => Answer::done("x".repeat(CONTROL_LINE_MAX_OCTETS), serde_json::Value::Null),
    })
}

fn start() -> (tempfile::TempDir, PathBuf, ControlServer) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run/control.sock");
    let server = ControlServer::start(&path, handler()).unwrap();
    (folder, path, server)
}

#[test]
fn verbs_are_answered() {
    let (_folder, path, _server) = start();
    for _ in 0..CONTROL_CONNECTIONS_MAX * 2 {
        let answer = ask(&path, &Verb::Status).unwrap();
        assert_eq!(answer, Answer::done("well", serde_json::json!({ "mode": "normal" })));
    }
    let csv = "a@b,c\n".repeat(500_000);
    assert_eq!(ask(&path, &Verb::DirectoryImport { csv, by: "t".into() }).unwrap().text, "3000000");
}

#[test]
fn trouble_is_answered_too() {
    let (_folder, path, _server) = start();
    let failed = |verb: Verb| ask(&path, &verb).unwrap().text;
    assert!(failed(Verb::EventList).contains("went wrong"));
    assert!(failed(Verb::QueueList { selection: Default::default() }).contains("answer is too long"));
    let csv = "x".repeat(CONTROL_LINE_MAX_OCTETS + 100_000);
    assert!(failed(Verb::DirectoryImport { csv, by: "t".into() }).contains("command is too long"));
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"verb\":\"dance\"}\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("does not know this command"), "{answer}");
    // And after all that it still answers.
    assert_eq!(ask(&path, &Verb::Status).unwrap().exit, 0);
}

#[test]
fn the_socket_is_for_its_group_only() {
    let (_folder, path, _server) = start();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
}

#[test]
fn stopping_removes_the_file_and_says_so_to_askers() {
    let (_folder, path, server) = start();
    server.stop();
    assert!(!path.exists());
    assert!(matches!(ask(&path, &Verb::Status), Err(AskError::NotRunning)));
}

#[test]
fn a_stale_file_is_replaced_and_a_live_one_is_not() {
    let (_folder, path, server) = start();
    assert_eq!(ControlServer::start(&path, handler()).err().unwrap().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(ask(&path, &Verb::Status).unwrap().exit, 0);
    server.stop();
    // A process that was killed leaves the file.
    drop(UnixListener::bind(&path).unwrap());
    assert!(matches!(ask(&path, &Verb::Status), Err(AskError::NotRunning)));
    let _server = ControlServer::start(&path, handler()).unwrap();
    assert_eq!(ask(&path, &Verb::Status).unwrap().exit, 0);
}

#[test]
fn what_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    assert!(ControlServer::start(&path, handler()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"data");
}
