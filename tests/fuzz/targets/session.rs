//! Any octets as everything that a client sends.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::smtp::fuzzing::session(octets));
