//! Any octets as the chunks of a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| lifeboat::smtp::fuzzing::chunks(octets));
