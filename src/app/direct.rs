//! Delivery to the mail servers of each domain, without a smart host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::core::{Core, lock};
use super::server::Server;
use super::targets;
use crate::clock::Mono;
use crate::config::HostPort;
use crate::limits::{DIRECT_SERVERS_KEPT_MAX, DOMAIN_SUSPENDED};
use crate::mail::Address;
use crate::net::dns::{NoMailHost, Resolver};
use crate::smtp::client::{Cause, Failure, Stage};

const SMTP_PORT: u16 = 25;

pub struct Direct {
    core: Arc<Core>,
    resolver: Resolver,
    /// By name: a server has the mail of many domains.
    servers: Mutex<HashMap<String, Arc<Server>>>,
    /// Domains that could not be reached, until when, and what was met.
    suspended: Mutex<HashMap<String, (Mono, Failure)>>,
}

impl Direct {
    pub fn new(core: Arc<Core>) -> Direct {
        let resolver = Resolver::for_mail(core.config.outbound.dns.clone());
        Direct { core, resolver, servers: Mutex::default(), suspended: Mutex::default() }
    }

    /// The servers to try for that recipient's domain, the best first.
    ///
    /// # Errors
    /// No server, for now or for good; or the domain could not be reached a moment ago, with what was met then.
    pub async fn servers(&self, to: &Address) -> Result<Vec<Arc<Server>>, Failure> {
        let domain = to.ascii_domain();
        let now = self.core.now().mono;
        if let Some((until, failure)) = lock(&self.suspended).get(domain.as_ref())
            && now < *until
        {
            return Err(failure.clone());
        }
        let hosts = match to.literal_ip() {
            Some(ip) => vec![ip.to_string()],
            None => self.resolver.mail_hosts(&domain, &self.core.config.server.hostname).await.map_err(no_mail_host)?,
        };
        hosts.into_iter().map(|host| self.server(host)).collect()
    }

    fn server(&self, host: String) -> Result<Arc<Server>, Failure> {
        let mut servers = lock(&self.servers);
        if let Some(server) = servers.get(&host) {
            return Ok(server.clone());
        }
        if servers.len() >= DIRECT_SERVERS_KEPT_MAX {
            let now = self.core.now().mono;
            servers.retain(|_, server| Arc::strong_count(server) > 1 || server.is_remarkable(now));
        }
        let target = targets::outside(&self.core.config, &HostPort { host: host.clone(), port: SMTP_PORT });
        let target = target.map_err(|why| Failure { stage: Stage::Connect, cause: Cause::Unreachable(why) })?;
        let server = Arc::new(Server::new(target, self.resolver.clone()));
        servers.insert(host, server.clone());
        Ok(server)
    }

    /// None of the servers could be reached: for a while other mail for the domain is not tried in vain.
    pub fn suspend(&self, to: &Address, failure: &Failure) {
        let now = self.core.now().mono;
        let mut suspended = lock(&self.suspended);
        suspended.retain(|_, (until, _)| now < *until);
        // What was not tried does not prolong it.
        suspended.entry(to.ascii_domain().into_owned()).or_insert_with(|| (now.plus(DOMAIN_SUSPENDED), failure.clone()));
    }

    pub fn all(&self) -> Vec<Arc<Server>> {
        lock(&self.servers).values().cloned().collect()
    }
}

fn no_mail_host(why: NoMailHost) -> Failure {
    let cause = match why {
        NoMailHost::Never(why) => Cause::Nowhere(why),
        NoMailHost::Later(why) => Cause::Unreachable(why),
    };
    Failure { stage: Stage::Connect, cause }
}
