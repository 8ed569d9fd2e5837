//! Any octets as a command line, and as what a proxy says before the first.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    lifeboat::smtp::fuzzing::command(octets);
    lifeboat::smtp::fuzzing::proxy(octets);
});
