//! Any octets as everything that a server says.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::smtp::fuzzing::replies(octets));
