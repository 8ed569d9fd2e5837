//! Pages of the admin's place, as plain functions of view data.

pub mod account;
pub mod audit;
pub mod confirm;
pub mod dashboard;
pub mod drills;
pub mod entry;
pub mod events;
pub mod guide;
pub mod help;
pub mod layout;
pub mod maintenance;
pub mod people;
pub mod people_cards;
pub mod queue;
pub mod settings;
pub mod table;
pub mod timeline;
pub mod trace;
