//! Passwords that are easy to read out and to type on a phone.

/// Four words with hyphens, e.g. `lamp-river-seven-coat`, from `random` (at least 40 bits are used).
pub fn password(_random: [u8; 16]) -> String {
    todo!()
}
