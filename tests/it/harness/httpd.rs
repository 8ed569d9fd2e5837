//! A folder over HTTP on loopback, with the policy that the webmail gives its pages.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; \
                      form-action 'self'; frame-src 'self'; base-uri 'none'";

/// Serves until the test ends.
pub fn serve(folder: &Path) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().unwrap();
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // A browser that closed the connection has what it wanted.
            thread::spawn(move || drop(answer(stream, &folder)));
        }
    });
    address
}

fn answer(stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let file: PathBuf = folder.join(path.trim_start_matches('/'));
    let media_type = match file.extension().and_then(|extension| extension.to_str()) {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    };
    let (status, body) = match fs::read(&file) {
        // Browsers ask for it where a page names no icon.
        Err(_) if path == "/favicon.ico" => ("204 No Content", Vec::new()),
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
    if media_type.starts_with("text/html") && !path.ends_with("document.html") {
        write!(stream, "Content-Security-Policy: {POLICY}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&body)
}
