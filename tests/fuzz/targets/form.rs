//! Any octets as a form with files.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::mail::fuzzing::form(octets));
