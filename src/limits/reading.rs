//! Bounds of reading a message: what is inside it, and what is shown of it.

/// Messages inside messages that can be opened one out of the other.
pub const NESTED_DEPTH_MAX: usize = 10;
/// Files of one `winmail.dat`.
pub const TNEF_FILES_MAX: usize = 500;
/// Rich text of a `winmail.dat`, uncompressed, in octets.
pub const TNEF_RTF_MAX_OCTETS: usize = 8 * 1024 * 1024;
/// Nesting of the elements of a signed message.
pub const BER_DEPTH_MAX: usize = 50;
