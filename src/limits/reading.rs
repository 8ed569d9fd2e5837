//! Bounds of reading a message: what is inside it, and what is shown of it.

/// Messages inside messages that can be opened one out of the other.
pub const NESTED_DEPTH_MAX: usize = 10;
/// Files of one `winmail.dat`.
pub const TNEF_FILES_MAX: usize = 500;
/// Rich text of a `winmail.dat`, uncompressed, in octets.
pub const TNEF_RTF_MAX_OCTETS: usize = 8 * 1024 * 1024;
/// Nesting of the elements of a signed message.
pub const BER_DEPTH_MAX: usize = 50;
/// An archive of all files of a message, in octets (a message has at most [`super::WEB_BODY_MAX_OCTETS`]), and its files.
pub const ZIP_MAX_OCTETS: usize = 64 * 1024 * 1024;
pub const ZIP_FILES_MAX: usize = 2000;
/// Source of a message that is shown in a page, in octets.
pub const SOURCE_SHOWN_MAX_OCTETS: usize = 512 * 1024;
/// Header fields that are shown when a message is printed.
pub const PRINTED_FIELDS_MAX: usize = 200;
