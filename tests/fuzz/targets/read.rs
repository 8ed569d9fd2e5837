//! Any octets as a segment.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::store::fuzzing::read(octets));
