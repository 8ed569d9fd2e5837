//! The set-up guide with what this box knows of its office.

use std::net::SocketAddr;

use serde_json::json;

use super::links;
use crate::config::Config;
use crate::control::Answer;
use crate::control::guide::{self, Certificate, Office};
use crate::net::tls;

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
        certificate: certificate(config),
    }
}

fn certificate(config: &Config) -> Certificate {
    match (config.web.tls, &config.web.certificate) {
        (false, _) => Certificate::Off,
        (true, Some(_)) => Certificate::Given,
        (true, None) => Certificate::SelfMade {
            authority: tls::authority_name(&config.server.hostname),
            file: config.server.data_dir.join("tls/ca.pem").display().to_string(),
        },
    }
}

/// `guide`: for people, and step by step.
pub fn answer(config: &Config) -> Answer {
    let office = office(config);
    Answer::done(guide::to_text(&office), json!({ "steps": guide::steps(&office) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing;

    #[test]
    fn the_guide_names_the_authority_only_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = testing::config(folder.path(), "127.0.0.1:25".parse().unwrap());
        config.web.tls = false;
        assert_eq!(office(&config).certificate, Certificate::Off);
        config.web.tls = true;
        config.server.hostname = format!("{}.example.com", "box".repeat(20));
        let text = guide::to_text(&office(&config));
        let line = format!("certutil -delstore Root \"{}\"\n", tls::authority_name(&config.server.hostname));
        assert!(text.contains("/ca.crt, on the box ") && text.contains(&line), "{text}");
        config.web.certificate = Some("/etc/lifeboat/tls.crt".into());
        assert_eq!(office(&config).certificate, Certificate::Given);
    }
}
