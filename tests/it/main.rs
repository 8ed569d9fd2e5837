//! The binary with real parts around it: Postfix, smtp-source, smtp-sink, swaks, curl and Chromium. See `tests/README.md`.

mod harness;

mod admin;
mod binary;
mod browser;
mod canary;
mod crash;
mod crowd;
mod damage;
mod day;
mod dialog;
mod direct;
mod drill;
mod dying;
mod enrol;
mod exim;
mod full_disk;
mod garbage;
mod guards;
mod index;
mod journal;
mod kills;
mod misbehaving;
mod notices;
mod outage;
mod outward;
mod pages;
mod postfix;
mod reading;
mod scope;
mod sessions;
mod smtp_loopback;
mod undo;
mod volume;
