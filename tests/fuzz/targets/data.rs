//! Any octets as a message after DATA.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::smtp::fuzzing::data(octets));
