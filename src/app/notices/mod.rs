//! What is said to whom: the words are [`crate::notify`]'s, here they get on their way.
//!
//! | file | owns |
//! | --- | --- |
//! | `tell` | the one place that sends a notice, for every part of the box |
//! | `herald` | follows the state of the box and tells what changed; drills and events of some people too |
//! | `campaign` | tells the people of an event, with fresh passwords |
//! | `open` | events as people are told of them; who was told what |
//! | `outbox` | text messages, posts to a chat, the admin's program: tries and outcomes |
//! | `list` | who was told what, and how it went, for the admin |
//! | `templates` | an admin's own words |
//! | `heartbeat` | calls outside while the box is well |

mod campaign;
pub mod heartbeat;
mod herald;
mod list;
mod open;
mod outbox;
mod tell;
mod templates;

pub use herald::run;
pub use list::{answer, outcome_of_push};
pub use outbox::{Outbox, StateLine, outcomes, run as send};
#[allow(unused_imports, reason = "parts that come use them")]
pub use tell::{ADMINS, Channel, NoticeLine, Order, To, Told, tell, tell_all, told_since};
pub use templates::{read as read_templates, take as take_templates};
