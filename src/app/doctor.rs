//! `lifeboat doctor`: looks at everything around the box that mail needs, and says in one sentence each what to do about what is wrong.
//!
//! Unlike the readiness score, which the running box keeps from what it has seen, this goes and looks, also when the box does not run. It changes nothing and sends no mail.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::{housekeeping, monitor, targets};
use crate::clock::{Clock, Wall};
use crate::config::{Config, HostPort, OutboundRoute};
use crate::continuity::{Class, Evidence};
use crate::control::Status;
use crate::control::readiness::{Certificate, State};
use crate::limits::{DISK_RESERVE_OCTETS, DISK_ROOMY_OCTETS};
use crate::net::dns::{NoMailHost, Resolver};
use crate::net::smtp_client::{Connection, Target};
use crate::net::{deadline, own_address, probe, rt};
use crate::smtp::client::{Cause, Stage};
use crate::store::{Disk, Files};

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, for scripts: `service`, `port-25`, `primary`, ...
    pub name: String,
    pub state: State,
    /// What was found and, if it is not all right, what to do: one line.
    pub text: String,
}

fn finding(name: &str, state: State, text: impl Into<String>) -> Finding {
    Finding { name: name.to_owned(), state, text: text.into() }
}

/// All looks, one after the other: each is bounded by the monitor's time limit, by [`crate::limits::SMTP_CONNECT_TIMEOUT`] or by [`crate::limits::DNS_TIMEOUT`].
/// `status` is what the running box says of itself; None if it does not run. Must not be called from async code.
pub fn examine(config: &Config, clock: Arc<dyn Clock>, status: Option<&Status>) -> Vec<Finding> {
    let now = clock.now().wall;
    let mut found = vec![service(status)];
    if let Some(status) = status {
        found.extend(status.alarms.iter().map(|alarm| finding(&format!("alarm-{}", alarm.name), State::Warn, &alarm.text)));
    }
    found.push(time(now, Path::new(TIME_KEPT)));
    found.push(disk(config, status));
    found.push(certificate(config, now));
    found.extend(rt::block_on(ports(config, clock.clone(), status)));
    found.extend(mail_path(config, clock));
    found
}

/// The looks at what is around a box that is to have this configuration: also before it has it. Bounded as [`examine`]. Must not be called from async code.
pub fn surroundings(config: &Config, clock: Arc<dyn Clock>) -> Vec<Finding> {
    let mut found = vec![time(clock.now().wall, Path::new(TIME_KEPT))];
    found.extend(mail_path(config, clock));
    found
}

/// Names, Exchange, the way out.
fn mail_path(config: &Config, clock: Arc<dyn Clock>) -> Vec<Finding> {
    rt::block_on(async {
        let resolver = Resolver::new();
        let mut found = vec![name_of_the_box(config, &resolver).await];
        found.extend(mail_domains(config).await);
        found.extend(primary(config, &resolver, clock.clone()).await);
        found.extend(way_out(config, &resolver, clock).await);
        found
    })
}

fn service(status: Option<&Status>) -> Finding {
    match status {
        Some(status) => finding("service", State::Ok, format!("Lifeboat runs, mode {:?}", status.mode)),
        None => finding(
            "service",
            State::Bad,
            "Lifeboat does not run: `systemctl start lifeboat`; if it ends again, `journalctl -u lifeboat` says why",
        ),
    }
}

/// systemd-timesyncd makes this file when the clock is right (systemd-timesyncd.service(8)).
const TIME_KEPT: &str = "/run/systemd/timesync/synchronized";

fn time(now: Wall, kept: &Path) -> Finding {
    if now < Wall::FLOOR {
        return finding(
            "clock",
            State::Bad,
            "the clock is years behind: set it (`timedatectl set-time`), and let it be kept (`timedatectl set-ntp true`)",
        );
    }
    match kept.exists() {
        true => finding("clock", State::Ok, "the clock is kept by a time server"),
        false => finding(
            "clock",
            State::Warn,
            "nothing is known to keep the clock right: `timedatectl set-ntp true`, unless chrony or the host of this machine does",
        ),
    }
}

fn disk(config: &Config, status: Option<&Status>) -> Finding {
    let folder = &config.server.data_dir;
    let free = match Disk.free_octets(folder) {
        Ok(free) => free,
        Err(error) => {
            let text = format!("{}: {error}; it is made at the first start, or server.data_dir names a wrong place", folder.display());
            return finding("disk", if status.is_some() { State::Bad } else { State::Warn }, text);
        }
    };
    let room = format!("{} MiB are free for mail", free >> 20);
    let days = status.and_then(|status| status.store.days_left);
    match days {
        _ if free < DISK_RESERVE_OCTETS => {
            finding("disk", State::Bad, format!("{room}: mail is not taken any more; make the disk larger, or lower cache.retention_days"))
        }
        Some(days) => {
            finding("disk", State::Warn, format!("{room}, enough for {days} days: make the disk larger, or lower cache.retention_days"))
        }
        None if free < DISK_ROOMY_OCTETS => {
            finding("disk", State::Warn, format!("{room}: an office of 50 people needs 20 to 50 GB for a month"))
        }
        None => finding("disk", State::Ok, room),
    }
}

fn certificate(config: &Config, now: Wall) -> Finding {
    let name = "certificate";
    let soon = |days| format!("the certificate in web.certificate ends within {days} days: put a new one there, no restart is needed");
    match super::readiness::certificate(config, now) {
        Certificate::None => finding(name, State::Ok, "the web pages have no TLS, on loopback only"),
        Certificate::SelfMade => finding(
            name,
            State::Ok,
            format!(
                "made by the box itself and renewed by itself; browsers ask whether to trust it, but no more where its authority is installed \
                 (https://{}/ca.crt, here {}); or give web.certificate and web.key",
                config.server.hostname,
                config.server.data_dir.join("tls/ca.pem").display()
            ),
        ),
        Certificate::Given => finding(name, State::Ok, "the certificate in web.certificate is good"),
        Certificate::Ends { days } => finding(name, State::Warn, soon(days)),
        Certificate::Unusable => {
            finding(name, State::Bad, "the certificate in web.certificate is out of its dates or cannot be read: put a good one there")
        }
    }
}

/// Each port where the box listens, or should: somebody must answer, and it must be us.
async fn ports(config: &Config, clock: Arc<dyn Clock>, status: Option<&Status>) -> Vec<Finding> {
    let (smtp, web) = match status {
        Some(status) => (&status.listen.smtp, &status.listen.web),
        None => (&config.smtp.listen, &config.web.listen),
    };
    let mut found = Vec::new();
    for address in smtp {
        let at = housekeeping::reachable(*address);
        let target = targets::plain(config, &HostPort { host: at.ip().to_string(), port: at.port() });
        let seen = Connection::open(&target, &Resolver::new(), clock.clone()).await;
        let is_us = matches!(&seen, Err(failure) if matches!(failure.cause, Cause::Ourselves));
        let answers = !matches!(&seen, Err(failure) if failure.stage == Stage::Connect);
        found.push(port(*address, is_us, answers, status.is_some()));
    }
    for address in web {
        let serves = housekeeping::serves(housekeeping::reachable(*address), config.web.tls);
        let is_us = deadline::within(config.monitor.timeout, serves).await.unwrap_or(false);
        found.push(port(*address, is_us, is_us, status.is_some()));
    }
    found
}

fn port(address: SocketAddr, is_us: bool, answers: bool, runs: bool) -> Finding {
    let name = format!("port-{}", address.port());
    let other =
        |port: u16| format!("at {address} another program answers: find it with `ss -ltnp sport = :{port}`, and stop and disable it");
    match (is_us, answers, runs) {
        (true, _, _) => finding(&name, State::Ok, format!("Lifeboat answers at {address}")),
        (false, true, _) => finding(&name, State::Bad, other(address.port())),
        (false, false, true) => finding(
            &name,
            State::Bad,
            format!("nobody answers at {address}: `systemctl restart lifeboat`, and look whether a firewall of this machine is in the way"),
        ),
        (false, false, false) => finding(&name, State::Unknown, format!("{address} is free: Lifeboat will have it when it runs")),
    }
}

async fn name_of_the_box(config: &Config, resolver: &Resolver) -> Finding {
    let hostname = &config.server.hostname;
    let own = own_ip(config, resolver).await;
    let wanted = own.map_or_else(|| "this box".to_owned(), |ip| ip.to_string());
    let add = format!("add it to the office's DNS, as an A record that leads to {wanted}; until then people need the address itself");
    match resolver.resolve(&HostPort { host: hostname.clone(), port: 443 }).await {
        Err(why) => finding("name", State::Warn, format!("{why}: {add}")),
        Ok(addresses) => {
            let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
            let shown = ips.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
            match own {
                Some(own) if !ips.contains(&own) && !ips.iter().any(IpAddr::is_loopback) => finding(
                    "name",
                    State::Warn,
                    format!("{hostname} leads to {shown}, and this box is {own}: right only if a router passes ports 25 and 443 on"),
                ),
                _ => finding("name", State::Ok, format!("{hostname} leads to {shown}")),
            }
        }
    }
}

/// As the primary sees us.
async fn own_ip(config: &Config, resolver: &Resolver) -> Option<IpAddr> {
    let primary = resolver.resolve(&config.primary.smtp).await.ok()?;
    own_address::toward(*primary.first()?)
}

async fn mail_domains(config: &Config) -> Vec<Finding> {
    let resolver = Resolver::for_mail(config.outbound.dns.clone());
    let mut found = Vec::new();
    for domain in &config.smtp.domains {
        let name = format!("mx-{domain}");
        let hostname = &config.server.hostname;
        found.push(match resolver.mail_hosts(domain, "").await {
            Ok(hosts) if hosts.iter().any(|host| host.eq_ignore_ascii_case(hostname)) => {
                finding(&name, State::Ok, format!("the MX of {domain} names {hostname}"))
            }
            Ok(hosts) => {
                let shown = hosts.join(", ");
                let text = format!("the MX of {domain} names {shown}, not {hostname}: mail passes this box only if your router or filter sends port 25 here");
                finding(&name, State::Warn, text)
            }
            Err(NoMailHost::Never(why)) => finding(&name, State::Warn, format!("{why}: nobody outside can write to {domain}; correct its MX, or smtp.domains")),
            Err(NoMailHost::Later(why)) => finding(&name, State::Unknown, format!("{why}: look whether the name servers in /etc/resolv.conf answer")),
        });
    }
    found
}

async fn primary(config: &Config, resolver: &Resolver, clock: Arc<dyn Clock>) -> Vec<Finding> {
    let mut found = Vec::new();
    let submit = (config.primary.smtp_submit != config.primary.smtp).then_some(("primary-submit", &config.primary.smtp_submit));
    for (name, server) in [("primary", &config.primary.smtp)].into_iter().chain(submit) {
        let canary = config.primary.canary.as_ref().filter(|_| name == "primary");
        found.push(match targets::primary(config, server) {
            Ok(target) => judged(name, &probe::smtp(&target, canary, resolver, clock.clone()).await),
            Err(why) => finding(name, State::Bad, why),
        });
    }
    if !config.primary.health_urls.is_empty() {
        let (urls, pass) = (&config.primary.health_urls, monitor::pass(config));
        let (evidence, alarms) = probe::health_pages(urls, &pass, config.monitor.timeout, resolver, clock).await;
        found.push(judged("health-pages", &evidence));
        found.extend(alarms.into_iter().map(|alarm| finding("health-pages", State::Warn, alarm)));
    }
    found
}

fn judged(name: &str, evidence: &Evidence) -> Finding {
    let detail = &evidence.detail;
    let to_do = match evidence.class {
        Class::Healthy => return finding(name, State::Ok, detail),
        Class::Slow => return finding(name, State::Warn, format!("{detail}: look at Exchange's back pressure (event 15004) and its disk")),
        Class::Down => "look whether Exchange and its transport service run, and whether a firewall is between",
        Class::Hanging => "Exchange takes connections and says nothing: restart its transport service",
        Class::Refusing => "Exchange is under back pressure (event 15004): give it disk and memory",
        Class::Draining => "Exchange is in maintenance: end it there, or plan a window here (`lifeboat maintenance add`)",
        Class::UnhealthyPage => "look at the services of Exchange that these pages stand for (Get-ServerHealth)",
        Class::Undelivered => "look at the rule or the journaling that brings the canary message back",
        Class::Isolated => "look at this box's own network cable and switch",
        Class::Misconfigured => "look at Exchange's receive connector for this box, and at [primary] in lifeboat.toml",
        Class::Certificate => "give Exchange a certificate that counts for its name, or set primary.ca_file",
        Class::Login => "let Exchange's receive connector take this box by its address, without a login",
    };
    finding(name, State::Bad, format!("{detail}: {to_do}"))
}

async fn way_out(config: &Config, resolver: &Resolver, clock: Arc<dyn Clock>) -> Vec<Finding> {
    if config.outbound.route == OutboundRoute::Direct {
        return vec![finding(
            "outbound",
            State::Unknown,
            "mail goes out directly: only a message to the outside shows whether others take it (port 25 out, PTR and SPF)",
        )];
    }
    if config.outbound.smarthosts.is_empty() {
        return vec![finding(
            "outbound",
            State::Bad,
            "there is no way out for what people write in an outage: set outbound.smarthost to your provider's mail server",
        )];
    }
    let mut found = Vec::new();
    for server in &config.outbound.smarthosts {
        found.push(match targets::outside(config, server) {
            Ok(target) => smarthost(&target, resolver, clock.clone()).await,
            Err(why) => finding("outbound", State::Bad, why),
        });
    }
    found
}

async fn smarthost(target: &Target, resolver: &Resolver, clock: Arc<dyn Clock>) -> Finding {
    let evidence = probe::greeting(target, resolver, clock).await;
    let detail = &evidence.detail;
    let to_do = match evidence.class {
        Class::Healthy | Class::Slow => {
            let login = if target.options.auth.is_some() { " and takes our login" } else { "" };
            return finding("outbound", State::Ok, format!("{detail}{login}"));
        }
        Class::Login => "correct outbound.user and outbound.password_file",
        Class::Certificate | Class::Misconfigured => "look at outbound.tls and outbound.ca_file",
        Class::Down | Class::Hanging => "look whether name and port are right, and whether the firewall lets this box out",
        _ => "ask the provider why",
    };
    finding("outbound", State::Bad, format!("{detail}: {to_do}"))
}

/// For people: what is wrong first.
pub fn to_text(found: &[Finding]) -> String {
    let word = |state: State| match state {
        State::Ok => "ok",
        State::Warn => "LOOK",
        State::Bad => "BAD",
        State::Unknown => "?",
    };
    let mut sorted: Vec<&Finding> = found.iter().collect();
    sorted.sort_by_key(|finding| match finding.state {
        State::Bad => 0,
        State::Warn => 1,
        State::Unknown => 2,
        State::Ok => 3,
    });
    sorted.iter().map(|finding| format!("{:<5} {:<14} {}\n", word(finding.state), finding.name, finding.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::continuity::Probe;

    fn state_of(found: &[Finding], name: &str) -> State {
        found.iter().find(|finding| finding.name == name).unwrap_or_else(|| panic!("no {name} in {found:?}")).state
    }

    /// A box that does not run, whose primary and smart host are not there.
    #[test]
    fn what_is_missing_is_bad_and_says_what_to_do() {
        let world = World::new();
        let found = examine(&world.core.config, world.core.clock.clone(), None);
        for name in ["service", "primary", "outbound"] {
            assert_eq!(state_of(&found, name), State::Bad, "{name}");
        }
        let text = to_text(&found);
        assert!(text.starts_with("BAD"), "what is wrong comes first: {text}");
        assert!(text.contains("systemctl start lifeboat"), "{text}");
        assert!(found.iter().all(|finding| !finding.text.contains('\n')), "one line each: {found:?}");
    }

    #[test]
    fn whoever_holds_our_port_is_named() {
        let address: SocketAddr = "127.0.0.1:25".parse().unwrap();
        let found = [
            port(address, true, true, true),
            port(address, false, true, false),
            port(address, false, false, true),
            port(address, false, false, false),
        ];
        assert_eq!(found.map(|finding| finding.state), [State::Ok, State::Bad, State::Bad, State::Unknown]);
        assert!(port(address, false, true, true).text.contains("ss -ltnp sport = :25"));
    }

    #[test]
    fn a_clock_without_a_battery_is_bad() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("synchronized");
        assert_eq!(time(Wall(0), &kept).state, State::Bad);
        assert_eq!(time(Wall::FLOOR, &kept).state, State::Warn);
        std::fs::write(&kept, "").unwrap();
        assert_eq!(time(Wall::FLOOR, &kept).state, State::Ok);
    }

    #[test]
    fn each_class_of_the_primary_has_its_advice() {
        let seen = |class| judged("primary", &Evidence::new(Wall(0), Probe::Smtp, class, "mail.example.com:25 did so"));
        assert_eq!(seen(Class::Healthy).state, State::Ok);
        let red = [Class::Down, Class::Hanging, Class::Refusing, Class::Draining, Class::Misconfigured, Class::Certificate, Class::Login];
        let texts: std::collections::BTreeSet<String> = red.iter().map(|class| seen(*class).text).collect();
        assert_eq!(texts.len(), red.len());
    }
}
