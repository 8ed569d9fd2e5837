//! Pages as plain functions of view data: nothing here knows the store, a request or the time.

pub mod actions;
pub mod admin;
pub mod agenda;
pub mod attachments;
pub mod cards;
pub mod changes;
pub mod compose;
pub mod conversation;
pub mod enrol;
pub mod folder;
pub mod folders;
pub mod help;
pub mod invitation;
pub mod keys;
pub mod layout;
pub mod login;
pub mod message;
pub mod navigation;
pub mod notice;
pub mod people;
pub mod practice;
pub mod preview;
pub mod rows;
pub mod search;
pub mod settings;
pub mod text;
