//! The control socket's verbs: what the command line asks a running box, one JSON line each way.
//!
//! Owns the wire form and the words of the answers. Never acts: `app` carries the verbs out, `net` moves the lines.

mod audit;
mod card;
mod csv;
mod delivery_words;
mod event;
mod event_words;
pub mod guide;
pub mod readiness;
mod rights;
mod status;
mod trace;
mod verb;
mod words;

pub use audit::{Audit, AuditQuery, AuditShown};
pub use card::Card;
pub use csv::csv_row;
pub use delivery_words::state_words;
pub use event::{
    CountRow, Durations, EventCounts, EventDocument, EventKind, EventMessage, EventRow, EventScope, EventState, Moment, MomentKind,
    ORIGINS, SignedIn, Told,
};
pub use event_words::cells;
pub use rights::{VERBS, VerbRow};
pub use status::{Alarm, IndexState, ListenStatus, ProbeStatus, ScopeStatus, Status, StoreStatus, WindowStatus};
pub use trace::{Trace, TraceQuery, Traced, TracedRecipient};
pub use verb::{Answer, Secret, Selection, Verb, WhichPeople, Whom};
pub use words::{class_words, probe_words};
