//! Any octets as a journal report, with its mark in front so that it is read.
#![no_main]

use lifeboat::limits::JOURNAL_RECIPIENTS_MAX;
use lifeboat::mail::journal::unwrap;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let report = [b"X-MS-Journal-Report:\r\n", octets].concat();
    if let Ok(report) = unwrap(&report) {
        assert!(report.recipients.len() <= JOURNAL_RECIPIENTS_MAX && report.original.len() <= octets.len());
    }
});
