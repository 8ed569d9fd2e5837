//! Pages of the admin's place, as plain functions of view data.

pub mod confirm;
pub mod dashboard;
pub mod entry;
pub mod layout;
