//! Any octets as a command line.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::smtp::fuzzing::command(octets));
