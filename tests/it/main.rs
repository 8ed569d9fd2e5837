//! The binary with real parts around it: Postfix, smtp-source, smtp-sink, swaks, curl and Chromium. See `tests/README.md`.

mod harness;

mod binary;
mod browser;
mod crash;
mod garbage;
mod index;
mod outage;
mod volume;
