//! What an attempt means: from the replies of the other server to outcomes, to our own reply, and to evidence.
//!
//! `answer` reads the replies for each recipient, `in_session` and `from_queue` judge them, `evidence` and `words` tell others.

mod answer;
mod evidence;
mod from_queue;
mod in_session;
mod words;

pub use evidence::{evidence, is_known};
pub use from_queue::{Conditions, Next, Tried, from_queue};
pub use in_session::{Verdict, in_session, uncached};

use crate::smtp::client::{Failure, Sent};

/// What an attempt met: the transaction's replies, or no connection at all, or not in time.
#[derive(Clone, Debug)]
pub enum Attempt {
    Sent(Sent),
    Failed(Failure),
}

#[cfg(test)]
mod testing;
