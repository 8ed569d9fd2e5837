//! Any octets as a `winmail.dat`, behind its signature.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::mail::fuzzing::packed(octets));
