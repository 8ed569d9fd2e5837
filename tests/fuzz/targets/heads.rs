//! Good records whose heads say anything, applied to an index.
#![no_main]

use std::cell::RefCell;

use lifeboat::store::fuzzing::Heads;

thread_local! {
    static HEADS: RefCell<Heads> = RefCell::new(heads());
}

// A folder of this run's own; the script around it removes them.
fn heads() -> Heads {
    let folder = std::env::temp_dir().join(format!("lifeboat-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    Heads::new(&folder)
}

libfuzzer_sys::fuzz_target!(|octets: &[u8]| HEADS.with_borrow_mut(|heads| heads.apply(octets)));
