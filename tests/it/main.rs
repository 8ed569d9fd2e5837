//! Tests of several rooms together, in one binary.

mod dialog;
mod smtp_loopback;
