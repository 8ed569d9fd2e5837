//! Who may come in: verifiers, sessions, throttling. No I/O: random bytes and time come in as values.
//!
//! Stands on promise 5: a login needs nothing but what is in the ledger and in memory.

mod admin_sessions;
mod admins;
mod codes;
mod credentials;
mod enrolment;
mod role;
mod sessions;
mod throttle;
mod tokens;
mod totp;
mod verifier;
mod words;

pub use admin_sessions::{AdminSession, AdminSessions, Flash};
pub use admins::{AccountError, AdminLine, Admins, admin_name, admin_password};
pub use codes::{CodeHash, CodeUsedLine, CodesLine, code};
pub use credentials::{Accepted, Credentials, EventPassword, EventPasswordsLine, Passed};
pub use enrolment::{CodeVerdict, Enrolment, InvitationLine, enrol_code, link_token};
pub use role::{EVERY_ROLE, FOR_PEOPLE, ONLY_ADMIN, PROOF, Role, Roles};
pub use sessions::{Session, Sessions, Token};
pub use throttle::Throttle;
pub use tokens::{TokenLine, Tokens, api_token, token_digest};
pub use totp::Totp;
pub use verifier::Verifier;
pub use words::password;
