//! The control socket: one JSON line of a [`Verb`], one JSON line of an [`Answer`], over a unix socket with mode 0660.

use std::path::Path;
use std::sync::Arc;

use crate::control::{Answer, Verb};

/// Carries a verb out on a thread that may wait.
pub type Handler = Arc<dyn Fn(Verb) -> Answer + Send + Sync>;

pub struct ControlServer {
    _private: (),
}

impl ControlServer {
    /// Binds; a stale socket file that nobody listens on is replaced, a live one is an error.
    pub fn start(_path: &Path, _handler: Handler) -> std::io::Result<ControlServer> {
        todo!()
    }

    /// Stops and removes the socket file.
    pub fn stop(self) {
        todo!()
    }
}

/// Why the running box could not be asked.
#[derive(Debug)]
pub enum AskError {
    /// Nobody listens: exit 69.
    NotRunning,
    Io(std::io::Error),
}

/// Asks the running box (blocking; for the command line).
pub fn ask(_path: &Path, _verb: &Verb) -> Result<Answer, AskError> {
    todo!()
}
