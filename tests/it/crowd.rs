//! A crowd at the door: two thousand connections that say nothing, and some that say one octet a second. Others are served meanwhile, and
//! memory stays flat.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::aiosmtpd::PYTHON;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{folder, heavy, sender, wait_for};

/// Connections from twenty addresses, each of which may have a hundred; every tenth trickles, half of these inside a message.
const CROWD: &str = r#"
import socket, sys, time
server = (sys.argv[1], int(sys.argv[2]))
crowd, trickling, messages = [], [], []
for number in range(2000):
    client = socket.create_connection(server, timeout=60, source_address=("127.0.1.%d" % (1 + number // 100), 0))
    assert client.recv(100).startswith(b"220"), number
    crowd.append(client)
    if number % 20 == 0:
        for line in ("EHLO x", "MAIL FROM:<x@outside.example>", "RCPT TO:<ann@example.com>", "DATA"):
            client.sendall(line.encode() + b"\r\n")
            answer = client.recv(1000)
        assert answer.startswith(b"354"), answer
        messages.append(client)
    elif number % 10 == 0:
        trickling.append(client)
print("ready", flush=True)
octet = 0
while True:
    for client in trickling:
        client.sendall(b"NOOP trickling along, octet by octet"[octet % 36:octet % 36 + 1])
    for client in messages:
        client.sendall(b"x")
    octet += 1
    time.sleep(1)
"#;

/// Of sessions that do nothing, in MiB; the code is not optimised here.
const CROWD_MAX_MIB: u64 = 80;

fn open_files(lifeboat: &Lifeboat) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", lifeboat.pid())).unwrap().count()
}

#[test]
fn two_thousand_idle_connections_and_a_slow_loris() {
    let _alone = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", Duration::from_secs(40));
    let (files, resident) = (open_files(&lifeboat), lifeboat.resident_mib());
    let mut command = Command::new(PYTHON);
    command.args(["-c", CROWD, &lifeboat.smtp.ip().to_string(), &lifeboat.smtp.port().to_string()]);
    let mut crowd = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut line = String::new();
    BufReader::new(crowd.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n", "all of them got a greeting");
    assert!(open_files(&lifeboat) >= files + 2000);

    let mut longest = Duration::ZERO;
    for number in 0..20 {
        let started = Instant::now();
        let message = format!("Subject: {number}\r\n\r\ntext\r\n");
        let reply = sender::deliver(lifeboat.smtp, "y@outside.example", &["bo@example.com"], message.as_bytes()).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
        longest = longest.max(started.elapsed());
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("the longest of 20 deliveries beside the crowd: {longest:?}");
    let grown = lifeboat.resident_mib().saturating_sub(resident);
    assert!(grown <= CROWD_MAX_MIB, "{grown} MiB more than before");

    crowd.kill().unwrap();
    crowd.wait().unwrap();
    wait_for("all of them are forgotten", Duration::from_secs(60), || (open_files(&lifeboat) <= files + 20).then_some(()));
    assert_eq!(lifeboat.queued(), 20, "nothing of the crowd was taken for mail");
}
