//! Command lines (RFC 5321 section 4.1.1) to values.
