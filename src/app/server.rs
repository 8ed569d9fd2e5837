//! One server that mail goes to: its idle connections, its slots, and what it is spared for a while.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::core::{Core, lock};
use crate::clock::Mono;
use crate::limits;
use crate::net::dns::Resolver;
use crate::net::rt::Semaphore;
use crate::net::smtp_client::{Connection, Target};
use crate::smtp::client::{Failure, Tls};

/// Idle connections are used again within this time; a server closes them not much later.
const REUSE_WITHIN: Duration = Duration::from_secs(10);
/// Connections at a time to one server. Exchange takes 20 from one source by default.
const CONNECTIONS_PER_SERVER_MAX: usize = 10;
/// And as many again that wait long for an answer.
const OVERDUE_PER_SERVER_MAX: usize = 10;

pub struct Server {
    target: Target,
    resolver: Resolver,
    idle: Mutex<Vec<(Connection, Mono)>>,
    pub slots: Arc<Semaphore>,
    /// Places of transactions that took too long for a slot.
    pub overdue: Semaphore,
    /// It could not be reached: others come first until then.
    avoided_until: Mutex<Option<Mono>>,
    /// A handshake that was only a wish failed: it is not tried again before.
    plain_until: Mutex<Option<Mono>>,
}

impl Server {
    pub fn new(target: Target, resolver: Resolver) -> Server {
        Server {
            target,
            resolver,
            idle: Mutex::default(),
            slots: Arc::new(Semaphore::new(CONNECTIONS_PER_SERVER_MAX)),
            overdue: Semaphore::new(OVERDUE_PER_SERVER_MAX),
            avoided_until: Mutex::default(),
            plain_until: Mutex::default(),
        }
    }

    /// `host:port`, for records and logs.
    pub fn name(&self) -> String {
        self.target.server.to_string()
    }

    pub fn is_avoided(&self, now: Mono) -> bool {
        lock(&self.avoided_until).is_some_and(|until| now < until)
    }

    pub fn avoid(&self, now: Mono) {
        *lock(&self.avoided_until) = Some(now.plus(limits::SMARTHOST_AVOIDED));
    }

    /// A new connection.
    pub async fn open(&self, core: &Core) -> Result<Connection, Failure> {
        let mut target = self.target.clone();
        if lock(&self.plain_until).is_some_and(|until| core.now().mono < until) {
            target.options.tls = Tls::Off;
        }
        let connection = Connection::open(&target, &self.resolver, core.clock.clone()).await?;
        if connection.fell_back() {
            *lock(&self.plain_until) = Some(core.now().mono.plus(limits::TLS_WISH_RETRY_AFTER));
        }
        Ok(connection)
    }

    pub fn take_idle(&self, now: Mono) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        while let Some((connection, since)) = idle.pop() {
            if now.since(since) < REUSE_WITHIN {
                return Some(connection);
            }
        }
        None
    }

    pub fn put_back(&self, connection: Connection, now: Mono) {
        lock(&self.idle).push((connection, now));
    }

    /// Takes the connections that nobody used for a while.
    pub fn take_old(&self, now: Mono) -> Vec<Connection> {
        let mut idle = lock(&self.idle);
        let (keep, old) = idle.drain(..).partition(|(_, since)| now.since(*since) < REUSE_WITHIN);
        *idle = keep;
        old.into_iter().map(|(connection, _)| connection).collect()
    }

    /// Whether forgetting it loses something.
    pub fn is_remarkable(&self, now: Mono) -> bool {
        let is_ahead = |until: &Mutex<Option<Mono>>| lock(until).is_some_and(|until| now < until);
        !lock(&self.idle).is_empty() || is_ahead(&self.avoided_until) || is_ahead(&self.plain_until)
    }
}
