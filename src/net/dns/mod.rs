//! Names to addresses, without libc (a static binary has no name service switch): hickory-resolver on the smol reactor.
//! `/etc/hosts` counts. The last good answer is kept for when DNS is down.
//!
//! Why an answer from memory beats any failure, even "no such name": in a small office the domain controller is the name server,
//! and often the same machine as Exchange. When it dies, the resolver falls over to the router, which knows nothing of the office's own
//! names. The box must then still find the primary, to see it come back.

mod mail_hosts;
mod memory;
mod resolv_conf;
mod runtime;
mod txt;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts};

pub use self::mail_hosts::NoMailHost;
use self::memory::Memory;
use self::resolv_conf::ResolvConf;
use self::runtime::Smol;
use super::{deadline, rt};
use crate::config::HostPort;
use crate::limits::{DNS_ADDRESSES_MAX, DNS_STALE_AFTER, DNS_TIMEOUT, MAIL_HOST_ADDRESSES_MAX};

type Engine = hickory_resolver::Resolver<Smol>;

/// Shared resolver; cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    names: Names,
    engine: Mutex<Option<(Stamp, Engine)>>,
    memory: Mutex<Memory>,
}

enum Source {
    /// `/etc/resolv.conf` and `/etc/hosts`, read again when they change (DHCP may write them after the box has started).
    System,
    /// The given name servers, for tests and tools.
    Servers(Vec<SocketAddr>),
}

/// Which names are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Names that an admin wrote: short ones mean the search domains, too; one address family is enough.
    Configured,
    /// Names that strangers wrote into DNS: as they are, in both address families.
    Published,
}

impl Names {
    fn addresses_max(self) -> usize {
        match self {
            Names::Configured => DNS_ADDRESSES_MAX,
            Names::Published => MAIL_HOST_ADDRESSES_MAX,
        }
    }
}

/// Modification times of the files that an engine was made from.
type Stamp = [Option<SystemTime>; 2];

const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

impl Resolver {
    /// Reads `/etc/resolv.conf`; without one only literal addresses, `/etc/hosts` and `localhost` work.
    pub fn new() -> Resolver {
        Resolver::from_source(Source::System, Names::Configured)
    }

    /// Asks these name servers, and reads neither `/etc/resolv.conf` nor `/etc/hosts`.
    pub fn with_servers(servers: Vec<SocketAddr>) -> Resolver {
        Resolver::from_source(Source::Servers(servers), Names::Configured)
    }

    /// For delivery by MX: by these name servers, or by those of `/etc/resolv.conf` if there are none. Names get no search domain (a wildcard in
    /// the office's domain must not catch mail), and addresses of both families are found, IPv4 first.
    pub fn for_mail(servers: Vec<SocketAddr>) -> Resolver {
        let source = if servers.is_empty() { Source::System } else { Source::Servers(servers) };
        Resolver::from_source(source, Names::Published)
    }

    fn from_source(source: Source, names: Names) -> Resolver {
        Resolver { shared: Arc::new(Shared { source, names, engine: Mutex::new(None), memory: Mutex::default() }) }
    }

    /// Addresses to try in order, at least one; a literal address needs no look-up. IPv4 if the name has any, else IPv6;
    /// [`Resolver::for_mail`] gives both. If DNS fails, or has not answered after [`DNS_STALE_AFTER`], the last good answer of this process. At most
    /// [`DNS_ADDRESSES_MAX`] addresses, within [`DNS_TIMEOUT`].
    ///
    /// # Errors
    /// In words, for the log and the probe.
    pub async fn resolve(&self, server: &HostPort) -> Result<Vec<SocketAddr>, String> {
        let name = server.host.trim_end_matches('.').to_ascii_lowercase();
        let addresses = if let Some(ip) = server.ip() {
            vec![ip]
        } else if name == "localhost" {
            // RFC 6761 section 6.3: never asked.
            vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])]
        } else {
            self.look_up(name).await?
        };
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, server.port)).collect())
    }

    async fn look_up(&self, name: String) -> Result<Vec<IpAddr>, String> {
        let known = lock(&self.shared.memory).get(&name);
        let patience = if known.is_some() { DNS_STALE_AFTER } else { DNS_TIMEOUT };
        // The look-up goes on when patience ends, so that a slow answer still reaches the memory (RFC 8767 section 5).
        let (sender, receiver) = rt::channel::bounded(1);
        let shared = self.shared.clone();
        let asked = name.clone();
        rt::spawn(async move {
            let answer = shared.ask(&asked).await;
            let _ = sender.send(answer).await;
        })
        .detach();
        let answer = match deadline::within(patience, receiver.recv()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(format!("{name}: the name servers do not answer")),
        };
        match (answer, known) {
            (Ok(addresses), _) => Ok(addresses),
            (Err(why), Some(addresses)) => {
                log::warn!("dns stale name={name} reason={why:?}");
                Ok(addresses)
            }
            (Err(why), None) => Err(why),
        }
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Resolver::new()
    }
}

impl Shared {
    /// Asks DNS (and `/etc/hosts`), and remembers a good answer.
    async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        let engine = self.engine().ok_or_else(|| format!("{name}: no usable resolver configuration"))?;
        let found = deadline::within(DNS_TIMEOUT, engine.lookup_ip(name)).await;
        let addresses: Vec<IpAddr> = match found {
            Ok(Ok(found)) => {
                let (four, six): (Vec<IpAddr>, Vec<IpAddr>) = found.iter().partition(IpAddr::is_ipv4);
                four.into_iter().chain(six).take(self.names.addresses_max()).collect()
            }
            Ok(Err(error)) if error.is_nx_domain() => return Err(format!("{name}: no such name")),
            Ok(Err(error)) if error.is_no_records_found() => return Err(format!("{name}: the name has no address")),
            Ok(Err(error)) => return Err(format!("{name}: look-up failed ({error})")),
            Err(_) => return Err(format!("{name}: the name servers do not answer")),
        };
        if addresses.is_empty() {
            return Err(format!("{name}: the name has no address"));
        }
        lock(&self.memory).put(name, addresses.clone());
        Ok(addresses)
    }

    /// The engine for the present configuration; a new one if the files have changed.
    fn engine(&self) -> Option<Engine> {
        let stamp = match self.source {
            Source::System => [RESOLV_CONF, HOSTS].map(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok()),
            Source::Servers(_) => [None, None],
        };
        let mut engine = lock(&self.engine);
        if engine.as_ref().is_none_or(|(made_from, _)| *made_from != stamp) {
            *engine = self.build().map(|built| (stamp, built));
        }
        engine.as_ref().map(|(_, engine)| engine.clone())
    }

    fn build(&self) -> Option<Engine> {
        let (conf, servers) = match &self.source {
            Source::System => {
                let conf = read_resolv_conf(Path::new(RESOLV_CONF));
                let servers = conf.nameservers.iter().map(|ip| NameServerConfig::udp_and_tcp(*ip)).collect();
                (conf, servers)
            }
            Source::Servers(servers) => (ResolvConf::default(), servers.iter().map(|server| at_port(*server)).collect()),
        };
        let search = conf.search.iter().filter(|_| self.names == Names::Configured);
        let search = search.filter_map(|domain| hickory_resolver::proto::rr::Name::from_utf8(domain).ok()).collect();
        let config = ResolverConfig::from_parts(None, search, servers);
        let mut builder = hickory_resolver::Resolver::builder_with_config(config, Smol);
        set_options(builder.options_mut(), &conf, matches!(self.source, Source::System));
        if self.names == Names::Published {
            builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        }
        builder.build().inspect_err(|error| log::error!("dns configuration unusable error={error}")).ok()
    }
}

fn set_options(options: &mut ResolverOpts, conf: &ResolvConf, hosts: bool) {
    use hickory_resolver::config::ResolveHosts;
    options.ndots = conf.ndots;
    options.timeout = Duration::from_secs(conf.timeout_s);
    options.attempts = conf.attempts;
    options.ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
    options.use_hosts_file = if hosts { ResolveHosts::Always } else { ResolveHosts::Never };
}

fn read_resolv_conf(path: &Path) -> ResolvConf {
    match std::fs::read(path) {
        Ok(content) => resolv_conf::parse(&String::from_utf8_lossy(&content)),
        Err(error) => {
            log::warn!("dns no name servers file={} error={error}", path.display());
            ResolvConf::default()
        }
    }
}

fn at_port(server: SocketAddr) -> NameServerConfig {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    config.connections.iter_mut().for_each(|connection| connection.port = server.port());
    config
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
