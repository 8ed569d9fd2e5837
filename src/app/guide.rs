//! The set-up guide with what this box knows of its office.

use std::net::SocketAddr;

use serde_json::json;

use super::links;
use crate::config::Config;
use crate::control::Answer;
use crate::control::guide::{self, Office};

/// The office of a configuration. Asks the kernel for our own address; sends nothing.
pub fn office(config: &Config) -> Office {
    let given =
        config.web.address.as_ref().map(|address| address.parse::<SocketAddr>().map_or_else(|_| address.clone(), |at| at.ip().to_string()));
    Office {
        hostname: config.server.hostname.clone(),
        address: given.or_else(|| links::own_ip(config).map(|ip| ip.to_string())),
        domains: config.smtp.domains.clone(),
        primary: config.primary.smtp.to_string(),
        journal: config.primary.journal.as_ref().map(ToString::to_string),
        canary: config.primary.canary.as_ref().map(ToString::to_string),
        authority: config.web.certificate.is_none().then(|| config.server.data_dir.join("tls/ca.pem").display().to_string()),
    }
}

/// `guide`: for people, and step by step.
pub fn answer(config: &Config) -> Answer {
    let office = office(config);
    Answer::done(guide::to_text(&office), json!({ "steps": guide::steps(&office) }))
}
