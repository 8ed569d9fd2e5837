//! Filled by the work on the store.
