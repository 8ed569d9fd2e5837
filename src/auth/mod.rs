//! Who may come in: verifiers, sessions, throttling. No I/O: random bytes and time come in as values.
//!
//! Stands on promise 5: a login needs nothing but what is in the ledger and in memory.

mod credentials;
mod sessions;
mod throttle;
mod words;

pub use credentials::{Credentials, Verifier};
pub use sessions::{Session, Sessions, Token};
pub use throttle::Throttle;
pub use words::password;
