//! The control socket: one JSON line of a [`Verb`], one JSON line of an [`Answer`], over a unix socket with mode 0660.
//!
//! Who may open the socket may do everything: the file's mode is the access control. One verb a connection.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol::io::{AsyncReadExt, AsyncWriteExt};

use super::deadline::within;
use super::rt;
use crate::control::{Answer, Verb};
use crate::limits::{ACCEPT_RETRY_WAIT, CONTROL_ANSWER_TIMEOUT, CONTROL_CONNECTIONS_MAX, CONTROL_IO_TIMEOUT, CONTROL_LINE_MAX_OCTETS};

/// Carries a verb out on a thread that may wait.
pub type Handler = Arc<dyn Fn(Verb) -> Answer + Send + Sync>;

/// The listening socket. Dropping it is stopping it.
pub struct ControlServer {
    path: PathBuf,
    /// Device and inode: the file is removed only while it is still ours.
    identity: Option<(u64, u64)>,
    _accepting: rt::Task<()>,
}

impl ControlServer {
    /// Binds; a stale socket file that nobody listens on is replaced, a live one is an error. The folder is made if it is missing.
    ///
    /// # Errors
    /// Somebody listens already, the path is something else than a socket, or the folder cannot be written.
    pub fn start(path: &Path, handler: Handler) -> io::Result<ControlServer> {
        let socket = bind(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        let identity = identity(path);
        let socket = smol::Async::new(socket)?;
        let accepting = rt::spawn(accept(socket, handler));
        Ok(ControlServer { path: path.to_owned(), identity, _accepting: accepting })
    }

    /// Stops and removes the socket file. A verb that is being carried out still gets its answer.
    pub fn stop(self) {}
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    make_room(path)?;
    let socket = UnixListener::bind(path)?;
    // Between the two calls the umask decides, which gives less, not more, to the group.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(socket)
}

/// Takes a stale socket file away.
fn make_room(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(meta) if !meta.file_type().is_socket() => Err(io::Error::new(io::ErrorKind::AlreadyExists, "is there and no socket")),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another lifeboat is listening here")),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
            Err(error) => Err(error),
        },
    }
}

async fn accept(socket: smol::Async<UnixListener>, handler: Handler) {
    let places = Arc::new(rt::Semaphore::new(CONTROL_CONNECTIONS_MAX));
    loop {
        match socket.accept().await {
            Ok((mut stream, _)) => {
                let (places, handler) = (places.clone(), handler.clone());
                rt::spawn(async move {
                    let answer = match places.try_acquire() {
                        Some(_place) => take(&mut stream, handler).await,
                        None => Some(Answer::failed("too many commands at a time; please try again")),
                    };
                    if let Some(answer) = answer {
                        let _ = within(CONTROL_IO_TIMEOUT, stream.write_all(&to_line(&answer))).await;
                    }
                })
                .detach();
            }
            Err(error) => {
                log::error!("control accept failed error={error}");
                rt::sleep(ACCEPT_RETRY_WAIT).await;
            }
        }
    }
}

/// Reads one verb and has it carried out. None if the client has gone.
async fn take(stream: &mut smol::Async<UnixStream>, handler: Handler) -> Option<Answer> {
    let line = match within(CONTROL_IO_TIMEOUT, read_line(stream)).await {
        Ok(Ok(line)) => line,
        Ok(Err(Unreadable::TooLong)) => return Some(Answer::failed("the command is too long")),
        Ok(Err(Unreadable::Gone)) => return None,
        Err(_) => return Some(Answer::failed("the command took too long to arrive")),
    };
    let verb: Verb = match serde_json::from_slice(&line) {
        Ok(verb) => verb,
        // The two programs are of different versions, or the peer is no lifeboat.
        Err(error) => return Some(Answer::failed(format!("the running lifeboat does not know this command ({error})"))),
    };
    let work = move || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| handler(verb)));
    Some(rt::unblock(work).await.unwrap_or_else(|_| {
        log::error!("control handler panicked");
        Answer::failed("something went wrong inside; see the log")
    }))
}

enum Unreadable {
    Gone,
    TooLong,
}

async fn read_line(stream: &mut smol::Async<UnixStream>) -> Result<Vec<u8>, Unreadable> {
    let mut line = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = stream.read(&mut piece).await.map_err(|_| Unreadable::Gone)?;
        if read == 0 {
            return Err(Unreadable::Gone);
        }
        if let Some(end) = piece[..read].iter().position(|octet| *octet == b'\n') {
            line.extend_from_slice(&piece[..end]);
            return Ok(line);
        }
        line.extend_from_slice(&piece[..read]);
        if line.len() > CONTROL_LINE_MAX_OCTETS {
            return Err(Unreadable::TooLong);
        }
    }
}

fn to_line(answer: &Answer) -> Vec<u8> {
    let mut line = serde_json::to_vec(answer).unwrap_or_default();
    if line.is_empty() || line.len() >= CONTROL_LINE_MAX_OCTETS {
        line = serde_json::to_vec(&Answer::failed("the answer is too long")).unwrap_or_default();
    }
    line.push(b'\n');
    line
}

/// Why the running box could not be asked.
#[derive(Debug)]
pub enum AskError {
    /// Nobody listens: exit 69.
    NotRunning,
    Io(io::Error),
}

impl std::fmt::Display for AskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AskError::NotRunning => f.write_str("lifeboat is not running"),
            AskError::Io(error) => write!(f, "the running lifeboat cannot be asked: {error}"),
        }
    }
}

/// Asks the running box (blocking; for the command line). Waits at most [`CONTROL_ANSWER_TIMEOUT`].
///
/// # Errors
/// Nobody listens, no permission, or no sound answer.
pub fn ask(path: &Path, verb: &Verb) -> Result<Answer, AskError> {
    let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AskError::NotRunning,
        _ => AskError::Io(error),
    })?;
    exchange(stream, verb).map_err(AskError::Io)
}

fn exchange(mut stream: UnixStream, verb: &Verb) -> io::Result<Answer> {
    stream.set_read_timeout(Some(CONTROL_ANSWER_TIMEOUT))?;
    stream.set_write_timeout(Some(CONTROL_IO_TIMEOUT))?;
    let mut line = serde_json::to_vec(verb)?;
    line.push(b'\n');
    // A box that refuses early (too long, busy) has answered all the same.
    let sent = stream.write_all(&line);
    let mut answer = Vec::new();
    // Up to the line's end and not the connection's: closing with unread input looks like an error behind the answer.
    io::BufReader::new(stream).take(CONTROL_LINE_MAX_OCTETS as u64 + 1).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        sent?;
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection without an answer"));
    }
    Ok(serde_json::from_slice(&answer)?)
}

#[cfg(test)]
mod tests;
