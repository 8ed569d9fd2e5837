//! A good segment that is damaged: what is whole must come back.
#![no_main]

libfuzzer_sys::fuzz_target!(|orders: &[u8]| lifeboat::store::fuzzing::mutate(orders));
