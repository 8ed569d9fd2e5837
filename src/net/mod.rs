//! Sockets, TLS, DNS, probes, HTTP. The only room with smol, async-std, rustls and tiny_http.
//!
//! Drives the machines of the rooms below and decides nothing about mail: that is asked of a [`smtp_server::Host`],
//! a web handler or a control handler.

pub mod command;
pub mod control_socket;
pub mod deadline;
pub mod dns;
pub mod https_client;
pub mod listen;
pub mod own_address;
pub mod probe;
pub mod rt;
pub mod service;
pub mod smtp_client;
pub mod smtp_server;
mod smtp_stream;
pub mod tls;
pub mod web_server;
pub mod webhook;
