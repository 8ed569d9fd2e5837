//! The control socket's verbs: what the command line asks a running box, one JSON line each way.
//!
//! Owns the wire form and the words of the answers. Never acts: `app` carries the verbs out, `net` moves the lines.

pub mod readiness;
mod status;
mod verb;
mod words;

pub use status::{Alarm, IndexState, ListenStatus, ProbeStatus, ScopeStatus, Status, StoreStatus};
pub use verb::{Answer, Selection, Verb, Whom};
