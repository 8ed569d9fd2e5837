//! SMTP, both sides, as machines without sockets (RFC 5321). Pure.
//!
//! Bytes and time go in, values come out ([`server::Output`], [`client::Output`]); look-ups, storage and TLS are outputs
//! that the driver (`net`) answers. Stands on promise 1: the server says `250` to end-of-data only
//! with the reply that the driver gave to [`server::Output::Commit`].

pub mod client;
pub mod command;
pub mod data;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod proxy;
pub mod reply;
pub mod server;

pub use reply::Reply;
