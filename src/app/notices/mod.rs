//! What is said to whom: the words are [`crate::notify`]'s, here they get on their way.
//!
//! | file | owns |
//! | --- | --- |
//! | `tell` | the one place that sends a notice, for every part of the box |
//! | `herald` | follows the state of the box and tells what changed |

mod herald;
mod tell;

pub use herald::run;
#[allow(unused_imports, reason = "parts that come use them")]
pub use tell::{ADMINS, Channel, NoticeLine, Order, To, Told, tell, tell_all, told_since};
