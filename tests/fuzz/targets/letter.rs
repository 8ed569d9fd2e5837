//! Any octets as a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::mail::fuzzing::letter(octets));
