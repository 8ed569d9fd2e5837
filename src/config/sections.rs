//! Each table of the file: its keys, their defaults, what a value must be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Section, Wanted, Wrong};
use super::values::{self, NetworkError};
use super::{
    Access, Cache, Config, DirectoryFile, Dkim, HealthPass, HealthUrl, HostPort, Monitor, Network, NetworkSet, Outbound, OutboundRoute,
    OutboundTls, Primary, Server, Smtp, SmtpTls, Web, telling, units,
};
use crate::limits::{
    MESSAGE_SIZE_SETTING_MAX_OCTETS, MESSAGE_SIZE_SETTING_MIN_OCTETS, MONITOR_COUNT_SETTING_MAX, MONITOR_SETTING_MAX, MONITOR_SETTING_MIN,
    RATE_SETTING_MAX, RETENTION_SETTING_MAX_DAYS, SOCKET_PATH_MAX_OCTETS, TRUSTED_PREFIX_MIN_V4_BITS, TRUSTED_PREFIX_MIN_V6_BITS,
};
use crate::mail::dkim::is_selector;
use crate::mail::{Address, date};

/// Every table with its keys. `assets/lifeboat.toml` has the same, and a test compares them.
pub(super) const KNOWN: &[(&str, &[&str])] = &[
    ("server", &["hostname", "data_dir", "control_socket", "time_zone"]),
    (
        "smtp",
        &[
            "listen",
            "domains",
            "trusted",
            "trusted_rate",
            "stranger_rate",
            "directory_only",
            "accept_all",
            "proxy",
            "xclient",
            "catch_all",
            "max_message_size",
            "tls",
        ],
    ),
    ("primary", &["smtp", "source", "smtp_submit", "tls", "ca_file", "journal", "canary", "health_urls", "health_pass"]),
    ("monitor", &["interval", "timeout", "fall", "rise", "witnesses", "automatic"]),
    ("outbound", &["route", "smarthost", "dns", "tls", "ca_file", "user", "password_file"]),
    ("dkim", &["selectors"]),
    ("notify", &["admins", "templates", "reminder", "people_reminder", "command", "heartbeat_url", "heartbeat_interval"]),
    ("sms", &["url", "type", "body", "header_file", "ca_file"]),
    ("chat", &["url", "type", "body", "header_file", "ca_file"]),
    ("credentials", &["standing", "event"]),
    ("enrolment", &["invite"]),
    ("web", &["listen", "redirect_listen", "address", "tls", "certificate", "key", "access", "networks"]),
    ("cache", &["retention_days"]),
    ("directory", &["file"]),
    ("drill", &["schedule", "people", "groups", "duration"]),
    ("canary", &["end_to_end", "interval", "timeout"]),
];

const LISTEN: Wanted = Wanted { what: "an address with a port", example: "\"0.0.0.0:25\"" };
const NETWORK: Wanted = Wanted { what: "a network or an address", example: "\"192.0.2.10/32\"" };
const SERVER: Wanted = Wanted { what: "a server with its port", example: "\"192.0.2.10:25\"" };
pub(super) const DURATION: Wanted = Wanted { what: "a time with its unit", example: "\"5s\"" };
pub(super) const CA_FILE: Wanted = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/ca.pem\"" };
const SMTP_TLS: [(&str, SmtpTls); 3] = [("off", SmtpTls::Off), ("opportunistic", SmtpTls::Opportunistic), ("required", SmtpTls::Required)];
pub(super) const YES_NO: Wanted = Wanted { what: "true or false", example: "true" };

/// Reads all tables. What is wrong is noted, and its default stands in so that the rest can be checked.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &'t DeTable<'t>, gateway: Option<IpAddr>) -> Config {
    let sections = reader.sections(root, KNOWN);
    let section = |name: &str| sections.iter().find(|section| section.name == name).expect("the name is one of KNOWN");
    let server = server(reader, section("server"));
    Config {
        smtp: smtp(reader, section("smtp"), gateway),
        primary: primary(reader, section("primary"), &server.hostname),
        server,
        monitor: monitor(reader, section("monitor")),
        outbound: outbound(reader, section("outbound")),
        dkim: dkim(reader, section("dkim")),
        notify: telling::notify(reader, section("notify")),
        sms: telling::hook(reader, section("sms")),
        chat: telling::hook(reader, section("chat")),
        credentials: telling::credentials(reader, section("credentials")),
        enrolment: telling::enrolment(reader, section("enrolment")),
        web: web(reader, section("web")),
        cache: cache(reader, section("cache")),
        directory: directory(reader, section("directory")),
        drill: super::drill::read(reader, section("drill")),
        canary: super::canary::read(reader, section("canary")),
        settings: Vec::new(),
    }
}

fn server<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Server {
    let name = Wanted { what: "a host name", example: "\"lifeboat.example.com\"" };
    let folder = Wanted { what: "an absolute path", example: "\"/var/lib/lifeboat\"" };
    let socket = Wanted { what: "an absolute path", example: "\"/run/lifeboat/control.sock\"" };
    let zone = Wanted { what: "a time zone", example: "\"Europe/Berlin\"" };
    r.require(s, "hostname", name.example);
    Server {
        hostname: r.get(s, "hostname", name, host_name).unwrap_or_default(),
        data_dir: r.get(s, "data_dir", folder, path).unwrap_or_else(|| "/var/lib/lifeboat".into()),
        time_zone: r.get(s, "time_zone", zone, optional(time_zone)).flatten(),
        control_socket: r.get(s, "control_socket", socket, socket_path).unwrap_or_else(|| "/run/lifeboat/control.sock".into()),
    }
}

fn time_zone(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?;
    date::zone_named(name).map(|_| name.to_owned()).ok_or(Wrong::Kind)
}

fn smtp<'t>(r: &mut Reader<'t>, s: &Section<'t>, gateway: Option<IpAddr>) -> Smtp {
    let domain_wanted = Wanted { what: "a domain", example: "\"example.com\"" };
    r.require(s, "domains", "[\"example.com\"]");
    let domains = r.list(s, "domains", domain_wanted, domain);
    if domains.as_ref().is_some_and(Vec::is_empty) {
        r.error("smtp.domains", "[] has no domain: no mail would be accepted (example: [\"example.com\"])");
    }
    let catch_all = Wanted { what: "an address", example: "\"office@example.com\"" };
    let rate = Wanted { what: "a number of recipients an hour", example: "3000" };
    let hourly = |value: &DeValue<'_>| number(value, 1, RATE_SETTING_MAX, "recipients an hour");
    let size_wanted = Wanted { what: "a size", example: "\"50MiB\"" };
    Smtp {
        listen: listen(r, s, 25),
        domains: without_doubles(domains.unwrap_or_default()),
        trusted: NetworkSet(r.list(s, "trusted", NETWORK, |value| trusted_network(value, gateway)).unwrap_or_default()),
        trusted_rate: r.get(s, "trusted_rate", rate, hourly).unwrap_or(3000),
        stranger_rate: r.get(s, "stranger_rate", rate, hourly).unwrap_or(6000),
        directory_only: without_doubles(r.list(s, "directory_only", domain_wanted, domain).unwrap_or_default()),
        accept_all: without_doubles(r.list(s, "accept_all", domain_wanted, domain).unwrap_or_default()),
        proxy: NetworkSet(r.list(s, "proxy", NETWORK, |value| trusted_network(value, gateway)).unwrap_or_default()),
        xclient: NetworkSet(r.list(s, "xclient", NETWORK, |value| trusted_network(value, gateway)).unwrap_or_default()),
        catch_all: r.list(s, "catch_all", catch_all, address).unwrap_or_default(),
        max_message_size: r.get(s, "max_message_size", size_wanted, message_size).unwrap_or(50 << 20),
        tls: choice(r, s, "tls", &SMTP_TLS).unwrap_or(SmtpTls::Opportunistic),
    }
}

fn primary<'t>(r: &mut Reader<'t>, s: &Section<'t>, hostname: &str) -> Primary {
    let journal = Wanted { what: "an address", example: "\"journal@lifeboat.example.com\"" };
    let canary = Wanted { what: "an address", example: "\"lifeboat-canary@example.com\"" };
    let url = Wanted { what: "an http or https address", example: "\"https://192.0.2.10/owa/healthcheck.htm\"" };
    r.require(s, "smtp", SERVER.example);
    // What stands in for a missing server equals nothing that the checks compare it with.
    let smtp = r.get(s, "smtp", SERVER, host_port).unwrap_or(HostPort { host: String::new(), port: 0 });
    let source = match r.list(s, "source", NETWORK, |value| trusted_network(value, None)) {
        Some(networks) => networks,
        // On loopback everybody has the primary's address: it says nothing about who sends.
        None => smtp.ip().filter(|ip| !ip.is_loopback()).map(Network::host).into_iter().collect(),
    };
    Primary {
        smtp_submit: r.get(s, "smtp_submit", SERVER, optional(host_port)).flatten().unwrap_or_else(|| smtp.clone()),
        source: NetworkSet(source),
        tls: choice(r, s, "tls", &SMTP_TLS).unwrap_or(SmtpTls::Opportunistic),
        ca_file: r.get(s, "ca_file", CA_FILE, optional(path)).flatten(),
        journal: match r.get(s, "journal", journal, optional(address)) {
            Some(typed) => typed,
            None => Address::parse(&format!("journal@{hostname}")).ok(),
        },
        canary: r.get(s, "canary", canary, optional(address)).flatten(),
        health_urls: r.list(s, "health_urls", url, |value| HealthUrl::parse(string(value)?).ok_or(Wrong::Kind)).unwrap_or_default(),
        health_pass: health_pass(r, s),
        smtp,
    }
}

/// `"any"`, `"all"`, or a list of pages.
fn health_pass<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> HealthPass {
    let wanted = Wanted { what: "\"any\", \"all\", or a list of pages", example: "\"any\"" };
    let url = |text: &str| HealthUrl::parse(text).ok_or(Wrong::Kind);
    let passed = r.get(s, "health_pass", wanted, |value| match value {
        DeValue::Array(pages) => {
            let pages: Result<Vec<HealthUrl>, Wrong> = pages.iter().map(|page| url(string(page.get_ref())?)).collect();
            pages.map(HealthPass::These)
        }
        value => match string(value)? {
            "any" => Ok(HealthPass::Any),
            "all" => Ok(HealthPass::All),
            _ => Err(Wrong::Kind),
        },
    });
    passed.unwrap_or(HealthPass::Any)
}

fn monitor<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Monitor {
    let count = Wanted { what: "a number of probes", example: "3" };
    let counted = |value: &DeValue<'_>| number(value, 1, MONITOR_COUNT_SETTING_MAX, "probes");
    Monitor {
        interval: r.get(s, "interval", DURATION, probe_time).unwrap_or(Duration::from_secs(5)),
        timeout: r.get(s, "timeout", DURATION, probe_time).unwrap_or(Duration::from_secs(4)),
        fall: r.get(s, "fall", count, counted).unwrap_or(3),
        rise: r.get(s, "rise", count, counted).unwrap_or(6),
        witnesses: r.list(s, "witnesses", SERVER, host_port).unwrap_or_default(),
        automatic: r.get(s, "automatic", YES_NO, yes_no).unwrap_or(true),
    }
}

fn outbound<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Outbound {
    let routes = [("smarthost", OutboundRoute::Smarthost), ("direct", OutboundRoute::Direct)];
    let name_server = Wanted { what: "the address of a name server", example: "\"192.0.2.53\"" };
    let smarthost = Wanted { what: "a server with its port", example: "\"smtp.provider.example:587\"" };
    let login = Wanted { what: "a user name", example: "\"lifeboat@example.com\"" };
    let file = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/smarthost.password\"" };
    let tls = [
        ("off", OutboundTls::Off),
        ("opportunistic", OutboundTls::Opportunistic),
        ("required", OutboundTls::Required),
        ("implicit", OutboundTls::Implicit),
    ];
    let smarthosts = r.one_or_more(s, "smarthost", smarthost, optional(host_port)).unwrap_or_default();
    let smarthosts: Vec<HostPort> = smarthosts.into_iter().flatten().collect();
    let user = r.get(s, "user", login, optional(user_name)).flatten();
    let default_tls = match () {
        // RFC 8314 section 7.3: the port of submission inside TLS.
        () if !smarthosts.is_empty() && smarthosts.iter().all(|server| server.port == 465) => OutboundTls::Implicit,
        () if user.is_some() => OutboundTls::Required,
        () => OutboundTls::Opportunistic,
    };
    Outbound {
        route: choice(r, s, "route", &routes).unwrap_or(OutboundRoute::Smarthost),
        dns: r.list(s, "dns", name_server, socket_or_ip).unwrap_or_default(),
        tls: choice(r, s, "tls", &tls).unwrap_or(default_tls),
        ca_file: r.get(s, "ca_file", CA_FILE, optional(path)).flatten(),
        smarthosts,
        user,
        password_file: r.get(s, "password_file", file, optional(path)).flatten(),
    }
}

fn dkim<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Dkim {
    let selector = Wanted { what: "a selector (small letters, digits and hyphens)", example: "\"lifeboat1\"" };
    let selectors = r.list(s, "selectors", selector, |value| {
        let name = string(value)?;
        if is_selector(name) { Ok(name.to_owned()) } else { Err(Wrong::Kind) }
    });
    Dkim { selectors: without_doubles(selectors.unwrap_or_default()) }
}

fn web<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Web {
    let certificate = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/web.crt\"" };
    let key = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/web.key\"" };
    let networks_wanted = Wanted { what: "a network, an address or \"private\"", example: "\"192.0.2.0/24\"" };
    let networks = r.list(s, "networks", networks_wanted, |value| match string(value)? {
        "private" => Ok(NetworkSet::private().0),
        _ => network(value).map(|network| vec![network]),
    });
    let redirect = r.list(s, "redirect_listen", LISTEN, |value| string(value)?.parse::<SocketAddr>().map_err(|_| Wrong::Kind));
    let own = Wanted { what: "an address, with a port if people need one", example: "\"192.0.2.5\"" };
    Web {
        listen: listen(r, s, 443),
        redirect_listen: redirect.unwrap_or_default(),
        address: r.get(s, "address", own, optional(own_address)).flatten(),
        tls: choice(r, s, "tls", &[("on", true), ("off", false)]).unwrap_or(true),
        certificate: r.get(s, "certificate", certificate, optional(path)).flatten(),
        key: r.get(s, "key", key, optional(path)).flatten(),
        access: choice(r, s, "access", &[("continuity", Access::Continuity), ("always", Access::Always)]).unwrap_or(Access::Continuity),
        networks: networks.map_or_else(NetworkSet::private, |lists| NetworkSet(lists.concat())),
    }
}

fn cache<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Cache {
    let days = Wanted { what: "a number of days", example: "30" };
    let retention = r.get(s, "retention_days", days, |value| number(value, 1, RETENTION_SETTING_MAX_DAYS, "days"));
    Cache { retention_days: retention.unwrap_or(30) }
}

fn directory<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> DirectoryFile {
    let file = Wanted { what: "an absolute path", example: "\"/etc/lifeboat/directory.csv\"" };
    DirectoryFile { file: r.get(s, "file", file, optional(path)).unwrap_or_else(|| Some("/etc/lifeboat/directory.csv".into())) }
}

// ---- Values ----------------------------------------------------------------------------------

fn listen<'t>(r: &mut Reader<'t>, s: &Section<'t>, default_port: u16) -> Vec<SocketAddr> {
    let addresses = r.list(s, "listen", LISTEN, |value| string(value)?.parse::<SocketAddr>().map_err(|_| Wrong::Kind));
    if addresses.as_ref().is_some_and(Vec::is_empty) {
        r.error(&format!("{}.listen", s.name), format!("[] listens nowhere (example: [\"0.0.0.0:{default_port}\"])"));
    }
    addresses.unwrap_or_else(|| vec![SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), default_port)])
}

/// An address as it stands in a link.
fn own_address(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    let bare = text.parse::<IpAddr>().map(|ip| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
    bare.or_else(|_| text.parse::<SocketAddr>().map(|address| address.to_string())).map_err(|_| Wrong::Kind)
}

/// An address, with DNS's port if it has none.
fn socket_or_ip(value: &DeValue<'_>) -> Result<SocketAddr, Wrong> {
    let text = string(value)?;
    let with_port = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
    with_port.or_else(|_| text.parse()).map_err(|_| Wrong::Kind)
}

pub(super) fn choice<'t, T: Copy>(r: &mut Reader<'t>, s: &Section<'t>, key: &str, choices: &[(&str, T)]) -> Option<T> {
    let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let refused = || Wrong::Because(format!("is not possible here; choose {}", names.join(" or ")));
    r.get(s, key, Wanted { what: "", example: "" }, |value| {
        let typed = string(value).map_err(|_| refused())?;
        choices.iter().find(|(name, _)| *name == typed).map(|(_, choice)| *choice).ok_or_else(refused)
    })
}

pub(super) fn string<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Wrong> {
    value.as_str().ok_or(Wrong::Kind)
}

/// The empty text means "none".
pub(super) fn optional<T>(parse: impl Fn(&DeValue<'_>) -> Result<T, Wrong>) -> impl Fn(&DeValue<'_>) -> Result<Option<T>, Wrong> {
    move |value| if value.as_str() == Some("") { Ok(None) } else { parse(value).map(Some) }
}

pub(super) fn yes_no(value: &DeValue<'_>) -> Result<bool, Wrong> {
    value.as_bool().ok_or(Wrong::Kind)
}

fn number(value: &DeValue<'_>, least: u32, most: u32, unit: &str) -> Result<u32, Wrong> {
    let integer = value.as_integer().ok_or(Wrong::Kind)?;
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let inside = number.and_then(|number| u32::try_from(number).ok()).filter(|number| (least..=most).contains(number));
    inside.ok_or_else(|| Wrong::Because(format!("is out of range: {least} to {most} {unit} are possible")))
}

pub(super) fn probe_time(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    let time = units::duration(string(value)?).ok_or(Wrong::Kind)?;
    if (MONITOR_SETTING_MIN..=MONITOR_SETTING_MAX).contains(&time) {
        return Ok(time);
    }
    Err(Wrong::Because("is out of range: 10ms to 1h are possible (example: \"5s\")".into()))
}

fn message_size(value: &DeValue<'_>) -> Result<u64, Wrong> {
    let octets = match value {
        DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
        other => units::size(string(other)?),
    };
    let octets = octets.ok_or(Wrong::Kind)?;
    if (MESSAGE_SIZE_SETTING_MIN_OCTETS..=MESSAGE_SIZE_SETTING_MAX_OCTETS).contains(&octets) {
        return Ok(octets);
    }
    Err(Wrong::Because("is out of range: \"64KiB\" to \"1GiB\" are possible (example: \"50MiB\")".into()))
}

fn host_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?;
    if values::is_host_name(name) { Ok(name.to_ascii_lowercase()) } else { Err(Wrong::Kind) }
}

fn domain(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?;
    // What an address may have behind its @, but no address literal.
    let address = Address::parse(&format!("postmaster@{name}")).map_err(|_| Wrong::Kind)?;
    if name.starts_with('[') || name.contains('@') { Err(Wrong::Kind) } else { Ok(address.domain().to_owned()) }
}

fn without_doubles(words: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once
}

pub(super) fn address(value: &DeValue<'_>) -> Result<Address, Wrong> {
    Address::parse(string(value)?).map_err(|_| Wrong::Kind)
}

fn host_port(value: &DeValue<'_>) -> Result<HostPort, Wrong> {
    HostPort::parse(string(value)?).ok_or(Wrong::Kind)
}

fn user_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?;
    if name.chars().any(char::is_control) { Err(Wrong::Kind) } else { Ok(name.to_owned()) }
}

pub(super) fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let path = Path::new(string(value)?);
    if path.is_absolute() && !path.as_os_str().as_encoded_bytes().contains(&0) { Ok(path.to_owned()) } else { Err(Wrong::Kind) }
}

fn socket_path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let path = path(value)?;
    if path.as_os_str().len() <= SOCKET_PATH_MAX_OCTETS {
        return Ok(path);
    }
    Err(Wrong::Because(format!("is too long: a socket's path has at most {SOCKET_PATH_MAX_OCTETS} octets")))
}

fn network(value: &DeValue<'_>) -> Result<Network, Wrong> {
    Network::parse(string(value)?).map_err(|error| match error {
        NetworkError::NotANetwork => Wrong::Kind,
        NetworkError::HostBits { network, host } => {
            Wrong::Because(format!("has bits behind its prefix; did you mean \"{network}\" or \"{host}\"?"))
        }
    })
}

/// A network whose hosts are believed: never the whole world, neither by its length nor through the gateway.
fn trusted_network(value: &DeValue<'_>, gateway: Option<IpAddr>) -> Result<Network, Wrong> {
    let network = network(value)?;
    let shortest = if network.address.is_ipv4() { TRUSTED_PREFIX_MIN_V4_BITS } else { TRUSTED_PREFIX_MIN_V6_BITS };
    if network.prefix < shortest {
        let text = format!("is far too wide (shorter than /{shortest}): half the world could send through this box");
        return Err(Wrong::Because(format!("{text} (example: \"192.0.2.10/32\")")));
    }
    match gateway.filter(|gateway| network.contains(*gateway)) {
        Some(gateway) => Err(Wrong::Because(format!(
            "contains the default gateway {gateway}: what comes through it is the whole world; \
             name the devices one by one (example: \"192.0.2.10/32\")"
        ))),
        None => Ok(network),
    }
}
