//! How servers are spoken to: names, encryption, logins, time-outs.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, HostPort, OutboundTls, SmtpTls};
use crate::limits;
use crate::net::smtp_client::Target;
use crate::net::tls;
use crate::smtp::client::{Credentials, Options, Timeouts, Tls};

/// The primary, for relays.
///
/// # Errors
/// In words for the admin: certificates that cannot be read.
pub fn primary(config: &Config, server: &HostPort) -> Result<Target, String> {
    let mut target = primary_probe(config, server)?;
    if config.primary.tls == SmtpTls::Opportunistic {
        target.options.tls = Tls::IfOffered;
        target.tls = Some(tls::opportunistic_client());
    }
    Ok(target)
}

/// The primary, for probes: TLS only where nothing goes without it. A wish for TLS is no reason to make a handshake every few seconds.
///
/// # Errors
/// As [`primary`].
pub fn primary_probe(config: &Config, server: &HostPort) -> Result<Target, String> {
    let mut target = plain(config, server);
    if config.primary.tls == SmtpTls::Required {
        target.options.tls = Tls::Required;
        target.tls = Some(verifying(config.primary.ca_file.as_deref(), "primary.ca_file")?);
    }
    Ok(target)
}

/// Without TLS, in the primary's time-outs.
pub fn plain(config: &Config, server: &HostPort) -> Target {
    let monitor = &config.monitor;
    Target {
        server: server.clone(),
        options: Options {
            hostname: config.server.hostname.clone(),
            tls: Tls::Off,
            auth: None,
            auth_in_clear: false,
            timeouts: Timeouts { hello: monitor.timeout, reply: limits::SMTP_REPLY_TIMEOUT, final_reply: limits::SMTP_FINAL_REPLY_TIMEOUT },
        },
        tls: None,
        connect_timeout: monitor.timeout,
    }
}

/// A smart host, or a mail server of another domain.
///
/// # Errors
/// In words for the admin: no system roots, unreadable certificates or password file.
pub fn outside(config: &Config, server: &HostPort) -> Result<Target, String> {
    let outbound = &config.outbound;
    let auth = match (&outbound.user, &outbound.password_file) {
        (Some(user), Some(file)) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("outbound.password_file {}: {error}", file.display()))?;
            Some(Credentials { user: user.clone(), password: text.trim_end_matches(['\r', '\n']).to_owned() })
        }
        _ => None,
    };
    let verifying = || verifying(outbound.ca_file.as_deref(), "outbound.ca_file").map(Some);
    let (policy, client) = match outbound.tls {
        OutboundTls::Off => (Tls::Off, None),
        OutboundTls::Opportunistic => (Tls::IfOffered, Some(tls::opportunistic_client())),
        OutboundTls::Required => (Tls::Required, verifying()?),
        OutboundTls::Implicit => (Tls::Implicit, verifying()?),
    };
    Ok(Target {
        server: server.clone(),
        options: Options {
            hostname: config.server.hostname.clone(),
            tls: policy,
            auth,
            auth_in_clear: false,
            timeouts: Timeouts {
                hello: limits::SMTP_CONNECT_TIMEOUT,
                reply: limits::SMTP_REPLY_TIMEOUT,
                final_reply: limits::SMTP_FINAL_REPLY_TIMEOUT,
            },
        },
        tls: client,
        connect_timeout: limits::SMTP_CONNECT_TIMEOUT,
    })
}

fn verifying(ca_file: Option<&Path>, key: &str) -> Result<Arc<tls::ClientConfig>, String> {
    match ca_file {
        Some(file) => tls::client_trusting(file).map_err(|error| format!("{key}: {error}")),
        None => tls::verifying_client().map_err(|error| error.0),
    }
}
