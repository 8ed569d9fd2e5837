//! Lifeboat keeps an office's mail going when its Exchange server stops answering.
//!
//! # Codemap
//!
//! A room imports only from rooms of a lower layer; rooms of one layer never import each other
//! (`tests/tidy.rs` reads the imports and fails otherwise).
//!
//! | layer | room | owns |
//! | --- | --- | --- |
//! | 0 | [`clock`], [`limits`] | time as a value; every bound |
//! | 1 | [`mail`], [`config`] | addresses, parsing (also calendars, TNEF, reports), composing, sanitising, DKIM, zip; the configuration and its errors |
//! | 2 | [`smtp`], [`continuity`] | protocol machines for both sides; the mode machine (all pure) |
//! | 3 | [`relay`] | routes, outcomes, back-off, what to try next, bounces (pure) |
//! | 4 | [`store`] | spool, index, search, ledger, retention, recovery |
//! | 5 | [`directory`], [`auth`] | people; verifiers, sessions, throttling |
//! | 6 | [`failback`], [`notify`] | the recovery gate and hand-over plans; what is said to whom |
//! | 7 | [`web`], [`control`], [`sim`] | pages as functions of a snapshot; the control socket's verbs; everything around the decisions in simulated time (pure) |
//! | 8 | [`net`] | sockets, TLS, DNS, probes, HTTP |
//! | 9 | [`app`], [`demo`], and the binary's own `cli` | wiring; the stand-in primary; the command line |
//!
//! # Invariants
//!
//! 1. A `250` to end-of-data is sent only after message and envelope are fsynced ([`store`]).
//! 2. The spool is the truth, the index is a view: delete the index, start, and all is back.
//! 3. Each accepted recipient ends in exactly one recorded outcome ([`relay::DeliveryState`]).
//! 4. Only [`continuity::Machine`] changes the mode.
//! 5. Order is by sequence number, never by wall time.
//!
//! # Invariants of absence
//!
//! - No room below `net` holds a socket; none below `store` touches a file (the configuration comes in as text).
//! - `mail`, `config`, `smtp`, `continuity`, `relay`, `failback`, `notify` and `sim` read no clock and write no log.
//! - Nothing in `continuity` knows what a probe is, only whether it passed and how it looked.
//! - Nothing but [`clock::SystemClock`] reads the time.
//! - There is no `unsafe` code.
#![forbid(unsafe_code)]

pub mod clock;
pub mod limits;

pub mod config;
pub mod mail;

pub mod continuity;
pub mod smtp;

pub mod relay;

pub mod store;

pub mod auth;
pub mod directory;

pub mod failback;
pub mod notify;

pub mod control;
pub mod sim;
pub mod web;

pub mod net;

pub mod app;
pub mod demo;
