//! File access behind one small trait, so that tests can make any operation fail.

/// Placeholder of the trait's shape.
pub trait Files: Send + Sync {}
/// The real disk.
pub struct Disk;
impl Files for Disk {}
