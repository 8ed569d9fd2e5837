//! What only makes sense together: checks that look at more than one key.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::Reader;
use super::{Config, HealthPass, HostPort, OutboundRoute, OutboundTls, telling};

pub(super) fn check(reader: &mut Reader<'_>, config: &Config) {
    names(reader, config);
    catch_all(reader, config);
    domain_rules(reader, config);
    telling::check(reader, config);
    sockets(reader, config);
    primary(reader, config);
    super::canary::check(reader, config);
    monitor(reader, config);
    outbound(reader, config);
    web(reader, config);
}

fn names(r: &mut Reader<'_>, config: &Config) {
    let hostname = &config.server.hostname;
    if !hostname.is_empty() && !hostname.contains('.') {
        r.warn("server.hostname", format!("\"{hostname}\" has no domain: many servers do not believe such a name"));
    }
    if !hostname.is_empty() && *hostname == config.primary.smtp.host {
        r.warn("server.hostname", "is also the primary's name: mail would look as if it looped; give this box a name of its own");
    }
}

fn catch_all(r: &mut Reader<'_>, config: &Config) {
    let smtp = &config.smtp;
    if !r.sound(&["smtp.catch_all", "smtp.domains"]) {
        return;
    }
    for (number, address) in smtp.catch_all.iter().enumerate() {
        if !address.is_in(&smtp.domains) {
            r.error("smtp.catch_all", format!("{address} is in none of smtp.domains: it catches nothing"));
        }
        if smtp.catch_all[..number].iter().any(|other| address.is_in(&[other.domain().to_owned()])) {
            r.error("smtp.catch_all", format!("{address} is the second one for {}", address.domain()));
        }
    }
}

fn domain_rules(r: &mut Reader<'_>, config: &Config) {
    let smtp = &config.smtp;
    if !r.sound(&["smtp.domains", "smtp.directory_only", "smtp.accept_all"]) {
        return;
    }
    for (key, domains) in [("smtp.directory_only", &smtp.directory_only), ("smtp.accept_all", &smtp.accept_all)] {
        for domain in domains.iter().filter(|domain| !smtp.domains.contains(domain)) {
            r.error(key, format!("{domain} is none of smtp.domains"));
        }
    }
    for domain in smtp.accept_all.iter().filter(|domain| smtp.directory_only.contains(domain)) {
        r.error("smtp.accept_all", format!("{domain} is in smtp.directory_only, too: only one of them can hold"));
    }
}

fn sockets(r: &mut Reader<'_>, config: &Config) {
    let mut seen: Vec<SocketAddr> = Vec::new();
    let web = &config.web;
    let listening = [("smtp.listen", &config.smtp.listen), ("web.listen", &web.listen), ("web.redirect_listen", &web.redirect_listen)];
    for (key, addresses) in listening {
        for address in addresses.iter().filter(|address| address.port() != 0) {
            if seen.contains(address) && r.sound(&["smtp.listen", "web.listen", "web.redirect_listen"]) {
                r.error(key, format!("{address} is there twice"));
            }
            seen.push(*address);
        }
    }
    let smarthosts = config.outbound.smarthosts.iter().map(|server| ("outbound.smarthost", server));
    for (key, server) in std::iter::once(("primary.smtp", &config.primary.smtp)).chain(smarthosts) {
        if is_ourselves(server, &config.smtp.listen) && r.sound(&[key, "smtp.listen"]) {
            r.error(key, "is this box itself (see smtp.listen): mail would run in a circle");
        }
    }
}

fn is_ourselves(server: &HostPort, listen: &[SocketAddr]) -> bool {
    let Some(ip) = server.ip() else { return false };
    listen.iter().any(|ours| {
        let same_host = ours.ip() == ip || (ours.ip().is_unspecified() && ip.is_loopback());
        same_host && ours.port() == server.port
    })
}

fn primary(r: &mut Reader<'_>, config: &Config) {
    let primary = &config.primary;
    if !r.given("primary.source") && primary.source.0.is_empty() && r.sound(&["primary.smtp"]) {
        r.warn(
            "primary.source",
            "is not set and primary.smtp is a name: mail from the primary is taken for a stranger's (example: [\"192.0.2.10/32\"])",
        );
    }
    if let Some(canary) = &primary.canary
        && !config.smtp.domains.is_empty()
        && !canary.is_in(&config.smtp.domains)
    {
        r.warn("primary.canary", format!("{canary} is in none of smtp.domains: the primary may refuse it"));
    }
    if let HealthPass::These(these) = &primary.health_pass
        && r.sound(&["primary.health_urls"])
    {
        for url in these.iter().filter(|url| !primary.health_urls.contains(url)) {
            r.error("primary.health_pass", format!("{url} is none of primary.health_urls"));
        }
        if these.is_empty() {
            r.error("primary.health_pass", "[] names no page (example: \"any\")");
        }
    }
}

fn monitor(r: &mut Reader<'_>, config: &Config) {
    let monitor = &config.monitor;
    let keys = ["monitor.timeout", "monitor.interval"];
    if monitor.timeout > monitor.interval && r.sound(&keys) {
        let key = if r.given("monitor.timeout") { keys[0] } else { keys[1] };
        let text = format!("timeout ({:?}) is longer than interval ({:?}): probes would overlap", monitor.timeout, monitor.interval);
        r.error(key, text);
    }
    if monitor.interval < Duration::from_secs(1) {
        r.warn("monitor.interval", "is under a second: such a hail of probes is only for tests");
    }
    if !monitor.automatic {
        r.warn("monitor.automatic", "is off: in an outage the box only takes over by `lifeboat event start`");
    }
}

fn outbound(r: &mut Reader<'_>, config: &Config) {
    let outbound = &config.outbound;
    if outbound.route == OutboundRoute::Direct {
        return direct(r, config);
    }
    if !outbound.dns.is_empty() {
        r.warn("outbound.dns", "only means something with outbound.route = \"direct\"");
    }
    if outbound.smarthosts.is_empty() && r.sound(&["outbound.smarthost", "outbound.route"]) {
        r.warn("outbound.smarthost", "is not set: mail to the outside waits in the queue (example: \"smtp.provider.example:587\")");
    }
    let is_primary = |server: &HostPort| server.host == config.primary.smtp.host || server.host == config.primary.smtp_submit.host;
    if outbound.smarthosts.iter().any(is_primary) {
        r.warn("outbound.smarthost", "is the primary itself: while it is down, no mail to the outside leaves");
    }
    if r.sound(&["outbound.user", "outbound.password_file"]) {
        match (&outbound.user, &outbound.password_file) {
            (Some(_), None) => r.error("outbound.user", "needs outbound.password_file, a file with the password in its first line"),
            (None, Some(_)) => r.error("outbound.password_file", "needs outbound.user"),
            _ => {}
        }
    }
    if outbound.user.is_some() && r.sound(&["outbound.tls"]) {
        match outbound.tls {
            OutboundTls::Off => r.error("outbound.tls", "is \"off\", but a password is only sent over TLS; use \"required\""),
            OutboundTls::Opportunistic => {
                r.warn("outbound.tls", "is \"opportunistic\": anybody on the way can catch the password; use \"required\"");
            }
            OutboundTls::Required | OutboundTls::Implicit => {}
        }
    }
}

fn direct(r: &mut Reader<'_>, config: &Config) {
    let outbound = &config.outbound;
    let given = [
        ("outbound.smarthost", !outbound.smarthosts.is_empty()),
        ("outbound.user", outbound.user.is_some()),
        ("outbound.password_file", outbound.password_file.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(_, given)| *given) {
        r.error(key, "is for a smart host, but outbound.route is \"direct\"");
    }
    if outbound.tls == OutboundTls::Implicit {
        r.error("outbound.tls", "\"implicit\" is for a smart host: no mail server of the outside speaks it; use \"opportunistic\"");
    }
    if outbound.tls == OutboundTls::Required {
        r.warn("outbound.tls", "is \"required\": mail to domains without TLS or with a certificate that cannot be verified never leaves");
    }
}

fn web(r: &mut Reader<'_>, config: &Config) {
    let web = &config.web;
    if !web.tls && r.sound(&["web.tls", "web.listen"]) {
        for address in web.listen.iter().filter(|address| !address.ip().is_loopback()) {
            r.error("web.tls", format!("\"off\" is possible only on loopback, but web.listen has {address}"));
        }
    }
    if !web.tls && !web.redirect_listen.is_empty() && r.sound(&["web.tls", "web.redirect_listen"]) {
        r.error("web.redirect_listen", "leads to HTTPS, but web.tls is \"off\"");
    }
    if r.sound(&["web.certificate", "web.key"]) {
        match (&web.certificate, &web.key) {
            (Some(_), None) => r.error("web.certificate", "needs web.key"),
            (None, Some(_)) => r.error("web.key", "needs web.certificate"),
            _ => {}
        }
    }
    if web.networks.0.iter().any(|network| network.prefix == 0) {
        r.warn("web.networks", "lets the whole internet reach the webmail");
    }
    if web.networks.0.is_empty() {
        r.warn("web.networks", "is empty: nobody but this machine reaches the webmail");
    }
}
