//! Whether answers are good, and which files they become.

use std::net::{IpAddr, Ipv4Addr};

use super::answers::{Answers, Secrets, parts};
use crate::auth::{admin_name, admin_password};
use crate::config::{self, Config, Draft, HostPort};
use crate::directory::Directory;
use crate::limits::{PASSWORD_MAX_OCTETS, WIZARD_MISTAKES_MAX};

/// Where the service finds the smart host's password (systemd.exec(5), `LoadCredential=`).
pub const PASSWORD_FILE: &str = "/run/credentials/lifeboat.service/smarthost.password";
/// Of the examples: no office's.
const EXAMPLE: &str = "lifeboat.example.com";
const SMTP_PORT: u16 = 25;
/// RFC 6409.
const SUBMISSION_PORT: u16 = 587;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Name of the field.
    pub field: &'static str,
    pub text: String,
}

fn mistake(field: &'static str, text: impl Into<String>) -> Mistake {
    Mistake { field, text: text.into() }
}

/// Good answers, as the files that they become.
pub struct Taken {
    pub config: Config,
    /// lifeboat.toml
    pub toml: String,
    /// directory.csv
    pub directory: String,
    /// network.conf, if the address is to change.
    pub network: Option<String>,
    /// Address that the box gets, if it is to change.
    pub address: Option<IpAddr>,
    /// smarthost.password
    pub smarthost_password: Option<String>,
    /// Name and password of the first admin.
    pub account: (String, String),
}

/// Checks everything at once.
///
/// # Errors
/// All mistakes, in the order of the questions, at most [`WIZARD_MISTAKES_MAX`].
pub fn judge(answers: &Answers, secrets: &Secrets) -> Result<Taken, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let draft = draft(answers, secrets, &mut mistakes);
    let toml = draft.to_toml();
    let report = config::parse(&toml, None);
    for problem in &report.errors {
        let field = field(&problem.key);
        // Who is to be told without a way out is no second mistake.
        let cause = if field == "admins" { "smarthost" } else { field };
        if mistakes.iter().all(|known: &Mistake| known.field != field && known.field != cause) {
            mistakes.push(mistake(field, &problem.text));
        }
    }
    let network = if answers.fixed { network(answers, &mut mistakes) } else { None };
    let directory = people(&answers.people, &draft.domains, &mut mistakes);
    let name = admin_name(&answers.name).unwrap_or_else(|error| {
        mistakes.push(mistake("name", error.to_string()));
        String::new()
    });
    if let Err(error) = admin_password(&secrets.admin) {
        mistakes.push(mistake("password", error.to_string()));
    } else if secrets.admin != secrets.again {
        mistakes.push(mistake("again", "The two passwords are not the same."));
    }
    match report.config {
        Some(config) if mistakes.is_empty() => Ok(Taken {
            config,
            toml,
            directory,
            address: network.as_ref().map(|(address, _)| *address),
            network: network.map(|(_, text)| text),
            smarthost_password: (!draft.user.is_empty()).then(|| secrets.smarthost.clone()),
            account: (name, secrets.admin.clone()),
        }),
        _ => {
            mistakes.sort_by_key(|mistake| FIELDS.iter().position(|field| *field == mistake.field));
            mistakes.truncate(WIZARD_MISTAKES_MAX);
            Err(mistakes)
        }
    }
}

/// In the order of the questions.
const FIELDS: [&str; 16] = [
    "hostname",
    "domains",
    "time_zone",
    "address",
    "gateway",
    "dns",
    "primary",
    "canary",
    "smarthost",
    "user",
    "smarthost_password",
    "admins",
    "people",
    "name",
    "password",
    "again",
];

/// Where a setting is asked for.
fn field(key: &str) -> &'static str {
    match key {
        "smtp.domains" => "domains",
        "server.time_zone" => "time_zone",
        "primary.smtp" | "primary.source" => "primary",
        "primary.canary" => "canary",
        "outbound.smarthost" => "smarthost",
        "outbound.user" | "outbound.password_file" => "user",
        "notify.admins" => "admins",
        _ => "hostname",
    }
}

fn draft(answers: &Answers, secrets: &Secrets, mistakes: &mut Vec<Mistake>) -> Draft {
    if answers.hostname.is_empty() || answers.hostname == EXAMPLE {
        mistakes.push(mistake("hostname", "Please give the box a name of its own in your domain: lifeboat, a dot, and your domain."));
    }
    if parts(&answers.domains).is_empty() {
        mistakes.push(mistake("domains", "Please type your mail domain: what stands behind the @ in your addresses."));
    }
    let primary = server(&answers.primary, SMTP_PORT);
    // Exchange's own mail is known by its address, and a name that only a DNS server on Exchange's machine knows is of no use in an outage.
    if primary.as_ref().is_none_or(|server| server.ip().is_none()) {
        mistakes.push(mistake("primary", "Please type the IP address of the Exchange server, for example 192.168.1.10."));
    }
    let smarthost = if answers.smarthost.is_empty() { None } else { server(&answers.smarthost, SUBMISSION_PORT) };
    if smarthost.is_none() && !answers.smarthost.is_empty() {
        mistakes.push(mistake(
            "smarthost",
            "Please type a server's name, for example smtp.provider.example, or name and port with a colon between them.",
        ));
    }
    let user = if answers.smarthost.is_empty() { "" } else { answers.user.as_str() };
    let password = &secrets.smarthost;
    if !user.is_empty() && (password.is_empty() || password.len() > PASSWORD_MAX_OCTETS || password.contains(['\r', '\n'])) {
        mistakes.push(mistake("smarthost_password", "The password that belongs to the user name is missing or too long."));
    }
    Draft {
        hostname: answers.hostname.clone(),
        time_zone: answers.time_zone.clone(),
        domains: parts(&answers.domains),
        primary: primary.map(|server| server.to_string()).unwrap_or_default(),
        canary: answers.canary.clone(),
        smarthost: smarthost.map_or_else(|| answers.smarthost.clone(), |server| server.to_string()),
        user: user.to_owned(),
        password_file: PASSWORD_FILE.to_owned(),
        admins: parts(&answers.admins),
    }
}

/// A server as typed, with a port or without.
fn server(typed: &str, port: u16) -> Option<HostPort> {
    let whole = match typed.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        Ok(IpAddr::V4(address)) => format!("{address}:{port}"),
        Err(_) if typed.contains(':') => typed.to_owned(),
        Err(_) => format!("{typed}:{port}"),
    };
    HostPort::parse(&whole)
}

/// The box's new address, and network.conf. The box listens on IPv4 (`systemd/lifeboat-*.socket`).
fn network(answers: &Answers, mistakes: &mut Vec<Mistake>) -> Option<(IpAddr, String)> {
    let before = mistakes.len();
    let address = answers.address.split_once('/').and_then(|(address, length)| {
        let (address, length): (Ipv4Addr, u32) = (address.parse().ok()?, length.parse().ok()?);
        // RFC 3021: a network of two has neither an address of its own nor one for all.
        let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
        let is_one = hosts <= 1 || ![0, hosts].contains(&(address.to_bits() & hosts));
        let sound = is_one && !address.is_loopback() && !address.is_multicast() && !address.is_unspecified() && (1..=32).contains(&length);
        sound.then_some((address, length))
    });
    if address.is_none() {
        mistakes.push(mistake("address", "Please type an IPv4 address with the length of its network, for example 192.168.1.20/24."));
    }
    let gateway: Option<Ipv4Addr> = answers.gateway.parse().ok();
    let reachable = match (address, gateway) {
        (Some((address, length)), Some(gateway)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            gateway != address && gateway.to_bits() & mask == address.to_bits() & mask
        }
        (None, Some(_)) => true,
        _ => false,
    };
    if !reachable {
        mistakes.push(mistake("gateway", "Please type the router's address; it has to be in the same network as the box."));
    }
    let dns: Vec<Option<IpAddr>> = parts(&answers.dns).iter().map(|part| part.parse().ok()).collect();
    if dns.is_empty() || dns.contains(&None) {
        mistakes.push(mistake("dns", "Please type the addresses of the name servers, for example 192.168.1.1."));
    }
    let ((address, length), gateway) = (address?, gateway?);
    let dns = dns.iter().flatten().map(IpAddr::to_string).collect::<Vec<_>>().join(" ");
    (mistakes.len() == before).then(|| (address.into(), format!("address={address}/{length}\ngateway={gateway}\ndns={dns}\n")))
}

/// directory.csv: what was typed is one already, or has a line for each person with address and name.
fn people(typed: &str, domains: &[String], mistakes: &mut Vec<Mistake>) -> String {
    let typed = typed.trim_start_matches('\u{feff}');
    let first = typed.lines().next().unwrap_or_default();
    let is_whole = first.split(',').next().is_some_and(|column| column.trim().eq_ignore_ascii_case("address"));
    let (text, added) =
        if is_whole { (format!("{typed}\n"), 0) } else { (format!("address,name\n{}", typed.lines().map(person).collect::<String>()), 1) };
    match Directory::parse_csv(&text, domains) {
        Ok(directory) if directory.is_empty() => {
            mistakes.push(mistake("people", "Nobody could read mail in an outage: please type at least one person."))
        }
        Ok(_) => {}
        // Without sound domains each person's address is wrong, which helps nobody.
        Err(_) if domains.is_empty() => {}
        Err(problems) => mistakes.extend(
            problems
                .iter()
                .take(WIZARD_MISTAKES_MAX)
                .map(|problem| mistake("people", format!("Line {}: {}", problem.line.saturating_sub(added), problem.text))),
        ),
    }
    text
}

/// A line as people type it: what stands behind the address is the name, commas and all.
fn person(typed: &str) -> String {
    let (address, name) = typed.split_once([',', ';', '\t']).unwrap_or((typed, ""));
    let name = name.trim().trim_matches('"').replace('"', "\"\"");
    if typed.trim().is_empty() { "\n".to_owned() } else { format!("{},\"{name}\"\n", address.trim()) }
}
