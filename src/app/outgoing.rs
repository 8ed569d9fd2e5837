//! Connections to the primary and the smart host: reuse, caps, bodies.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::core::{Core, lock};
use crate::clock::Mono;
use crate::config::{HostPort, OutboundTls};
use crate::limits;
use crate::mail::Address;
use crate::net::deadline;
use crate::net::dns::Resolver;
use crate::net::rt::{self, Semaphore, SemaphoreGuardArc};
use crate::net::smtp_client::{Body, Connection, Target};
use crate::net::tls;
use crate::relay::Route;
use crate::relay::handover::Attempt;
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Credentials, Failure, Options, Stage, Timeouts, Tls, Transaction};
use crate::store::{Seq, Staged, Store};

/// Idle connections are used again within this time; a server closes them not much later.
const REUSE_WITHIN: Duration = Duration::from_secs(10);
/// Connections at a time to one server. Exchange takes 20 from one source by default.
const CONNECTIONS_PER_SERVER_MAX: usize = 10;
/// And as many again that wait long for an answer.
const OVERDUE_PER_SERVER_MAX: usize = 10;
/// Of these, connections that ask about recipients.
const QUESTIONS_MAX: usize = 3;
/// Octets read from the store at a time.
const PIECE_OCTETS: usize = 256 * 1024;

/// Ways out of the box.
pub struct Outgoing {
    core: Arc<Core>,
    resolver: Resolver,
    servers: HashMap<Route, Server>,
    questions: Semaphore,
    /// How long a transaction may hold a slot that others wait for.
    pub(super) slot_patience: Duration,
}

struct Server {
    target: Target,
    idle: Mutex<Vec<(Connection, Mono)>>,
    slots: Arc<Semaphore>,
    /// Places of transactions that took too long for a slot.
    overdue: Semaphore,
}

impl Outgoing {
    /// # Errors
    /// In words for the admin: no system roots, unreadable password file.
    pub fn new(core: Arc<Core>, resolver: Resolver) -> Result<Outgoing, String> {
        let config = &core.config;
        let mut servers = HashMap::new();
        servers.insert(Route::Primary, Server::new(primary_target(&core, &config.primary.smtp)));
        servers.insert(Route::Submit, Server::new(primary_target(&core, &config.primary.smtp_submit)));
        if let Some(smarthost) = &config.outbound.smarthost {
            servers.insert(Route::Outbound, Server::new(smarthost_target(&core, smarthost)?));
        }
        Ok(Outgoing { core, resolver, servers, questions: Semaphore::new(QUESTIONS_MAX), slot_patience: limits::HANDOVER_DEADLINE })
    }

    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// Whether this route leads anywhere.
    pub fn has(&self, route: Route) -> bool {
        self.servers.contains_key(&route)
    }

    /// `host:port` for records and logs.
    pub fn name(&self, route: Route) -> String {
        self.servers.get(&route).map_or_else(|| "nowhere".to_owned(), |server| server.target.server.to_string())
    }

    /// Makes one transaction, on a connection that is there or on a new one.
    pub async fn send(&self, route: Route, transaction: &Transaction, source: &Source) -> Attempt {
        let Some(server) = self.servers.get(&route) else { return no_route() };
        let slot = server.slots.acquire_arc().await;
        self.send_in(slot, route, server, transaction, source).await
    }

    /// The same, if the server has a slot free within `patience`; none if not, and then nothing was tried: that we are busy says
    /// nothing about the server.
    pub async fn send_if_free(&self, route: Route, transaction: &Transaction, source: &Source, patience: Duration) -> Option<Attempt> {
        let Some(server) = self.servers.get(&route) else { return Some(no_route()) };
        let slot = deadline::within(patience, server.slots.acquire_arc()).await.ok()?;
        Some(self.send_in(slot, route, server, transaction, source).await)
    }

    /// A transaction that takes long gives its slot to others: ten that wait for an answer that never comes (RFC 5321 allows ten
    /// minutes) must not keep all other mail from a primary that is back.
    async fn send_in(&self, slot: SemaphoreGuardArc, route: Route, server: &Server, transaction: &Transaction, source: &Source) -> Attempt {
        let mut send = pin!(self.send_to(route, server, transaction, source));
        if let Ok(attempt) = deadline::within(self.slot_patience, &mut send).await {
            return attempt;
        }
        let Some(_overdue) = server.overdue.try_acquire() else {
            let _slot = slot;
            return send.await;
        };
        drop(slot);
        send.await
    }

    async fn send_to(&self, route: Route, server: &Server, transaction: &Transaction, source: &Source) -> Attempt {
        // A connection that was idle may have been closed by the server meanwhile: that says nothing about the server.
        if let Some(mut connection) = self.take_idle(server) {
            let sent = connection.send(transaction.clone(), &mut source.reader()).await;
            let stale = sent.mail.is_none() && sent.misfit.is_none() && sent.connection_lost.is_some();
            if !stale {
                self.put_back(server, connection, sent.connection_lost.is_none());
                return Attempt::Sent(sent);
            }
        }
        match self.open(route, server).await {
            Ok(mut connection) => {
                let sent = connection.send(transaction.clone(), &mut source.reader()).await;
                self.put_back(server, connection, sent.connection_lost.is_none());
                match sent.connection_lost {
                    // Nothing was said to MAIL: the connection failed, not the message.
                    Some(ref failure) if sent.mail.is_none() && sent.misfit.is_none() => Attempt::Failed(failure.clone()),
                    _ => Attempt::Sent(sent),
                }
            }
            Err(failure) => Attempt::Failed(failure),
        }
    }

    /// Asks the primary whether it would take mail for this recipient.
    pub async fn ask(&self, reverse_path: Option<Address>, recipient: Address) -> Result<Reply, Failure> {
        let server = &self.servers[&Route::Primary];
        // Strangers who guess addresses must not keep accepted mail from its way.
        let _question = self.questions.acquire().await;
        let _slot = server.slots.acquire().await;
        if let Some(mut connection) = self.take_idle(server)
            && let Ok((mail, verdict)) = connection.verify(reverse_path.clone(), Some(recipient.clone())).await
        {
            self.put_back(server, connection, true);
            return Ok(verdict.unwrap_or(mail));
        }
        let mut connection = self.open(Route::Primary, server).await?;
        let (mail, verdict) = connection.verify(reverse_path, Some(recipient)).await?;
        self.put_back(server, connection, true);
        // A refused MAIL is evidence about the primary, not a verdict about the recipient.
        verdict.ok_or(Failure { stage: Stage::Mail, cause: Cause::Reply(mail) })
    }

    async fn open(&self, route: Route, server: &Server) -> Result<Connection, Failure> {
        let connection = Connection::open(&server.target, &self.resolver, self.core.clock.clone()).await?;
        if route == Route::Primary {
            *lock(&self.core.offered) = Some(connection.capabilities().clone());
        }
        Ok(connection)
    }

    fn take_idle(&self, server: &Server) -> Option<Connection> {
        let now = self.core.now().mono;
        let mut idle = lock(&server.idle);
        while let Some((connection, since)) = idle.pop() {
            if now.since(since) < REUSE_WITHIN {
                return Some(connection);
            }
        }
        None
    }

    fn put_back(&self, server: &Server, connection: Connection, usable: bool) {
        if usable {
            lock(&server.idle).push((connection, self.core.now().mono));
        }
    }

    /// Says goodbye on connections that nobody used for a while.
    pub async fn close_idle(&self) {
        let now = self.core.now().mono;
        for server in self.servers.values() {
            let old: Vec<Connection> = {
                let mut idle = lock(&server.idle);
                let (keep, old) = idle.drain(..).partition(|(_, since)| now.since(*since) < REUSE_WITHIN);
                *idle = keep;
                old.into_iter().map(|(connection, _)| connection).collect()
            };
            for connection in old {
                connection.quit().await;
            }
        }
    }
}

fn no_route() -> Attempt {
    Attempt::Failed(Failure { stage: Stage::Connect, cause: Cause::Unreachable("no smart host is configured".to_owned()) })
}

impl Server {
    fn new(target: Target) -> Server {
        Server {
            target,
            idle: Mutex::default(),
            slots: Arc::new(Semaphore::new(CONNECTIONS_PER_SERVER_MAX)),
            overdue: Semaphore::new(OVERDUE_PER_SERVER_MAX),
        }
    }
}

/// How the primary is spoken to, by relays and by probes.
pub fn primary_target(core: &Core, server: &HostPort) -> Target {
    let monitor = &core.config.monitor;
    Target {
        server: server.clone(),
        options: Options {
            hostname: core.config.server.hostname.clone(),
            tls: Tls::Off,
            auth: None,
            auth_in_clear: false,
            timeouts: Timeouts { hello: monitor.timeout, reply: limits::SMTP_REPLY_TIMEOUT, final_reply: limits::SMTP_FINAL_REPLY_TIMEOUT },
        },
        tls: None,
        connect_timeout: monitor.timeout,
    }
}

fn smarthost_target(core: &Core, server: &HostPort) -> Result<Target, String> {
    let outbound = &core.config.outbound;
    let auth = match (&outbound.user, &outbound.password_file) {
        (Some(user), Some(file)) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("outbound.password_file {}: {error}", file.display()))?;
            Some(Credentials { user: user.clone(), password: text.trim_end_matches(['\r', '\n']).to_owned() })
        }
        _ => None,
    };
    let (policy, client) = match outbound.tls {
        OutboundTls::Off => (Tls::Off, None),
        OutboundTls::Opportunistic => (Tls::IfOffered, Some(tls::opportunistic_client())),
        OutboundTls::Required => (Tls::Required, Some(tls::verifying_client().map_err(|error| error.0)?)),
    };
    Ok(Target {
        server: server.clone(),
        options: Options {
            hostname: core.config.server.hostname.clone(),
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

/// Where the body of a transaction comes from; may be read several times.
#[derive(Clone)]
pub enum Source {
    Stored {
        store: Store,
        message: Seq,
    },
    /// Not stored: our disk is full or failed, and the mail streams through.
    Staged(Arc<Staged>),
}

impl Source {
    pub fn reader(&self) -> Reader {
        Reader { source: self.clone(), offset: 0 }
    }
}

/// Reads a [`Source`] piece by piece.
pub struct Reader {
    source: Source,
    offset: u64,
}

impl Body for Reader {
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (source, offset) = (self.source.clone(), self.offset);
        let piece = rt::unblock(move || match source {
            Source::Stored { store, message } => {
                store.body_piece(message, offset, PIECE_OCTETS).map_err(|error| io::Error::other(error.to_string()))
            }
            Source::Staged(staged) => staged.piece(offset, PIECE_OCTETS),
        })
        .await?;
        self.offset += piece.len() as u64;
        Ok((!piece.is_empty()).then_some(piece))
    }
}
