//! Wiring: from a configuration to a running box, and the order in which it stops.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::control::{Answer, Status, Verb};

/// Why the box does not start; shown to the admin.
#[derive(Debug)]
pub struct StartError(pub String);

/// A running box.
pub struct Running {
    _private: (),
}

impl Running {
    /// Opens the store, starts everything; listening when it returns.
    pub fn start(_config: Config, _clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        todo!()
    }

    pub fn smtp_addresses(&self) -> Vec<SocketAddr> {
        todo!()
    }

    pub fn web_addresses(&self) -> Vec<SocketAddr> {
        todo!()
    }

    pub fn status(&self) -> Status {
        todo!()
    }

    /// Carries out what the control socket would; may wait.
    pub fn execute(&self, _verb: Verb) -> Answer {
        todo!()
    }

    /// Orderly: no new sessions, those under way finish, queues stop, the store is closed last.
    pub fn stop(self) {
        todo!()
    }
}
