//! Pages as plain functions of view data: nothing here knows the store, a request or the time.

pub mod admin;
pub mod cards;
pub mod compose;
pub mod enrol;
pub mod folder;
pub mod help;
pub mod layout;
pub mod login;
pub mod message;
pub mod notice;
pub mod people;
pub mod practice;
pub mod preview;
pub mod search;
pub mod settings;
pub mod text;
