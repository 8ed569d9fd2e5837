//! Ways out of the box, to the primary and to the outside: which server, on which connection, with what body.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Core, lock};
use super::direct::Direct;
use super::dkim::Signatures;
use super::server::Server;
use super::targets;
use crate::config::OutboundRoute;
use crate::limits;
use crate::mail::Address;
use crate::net::deadline;
use crate::net::dns::Resolver;
use crate::net::rt::{self, Semaphore, SemaphoreGuardArc};
use crate::net::smtp_client::{Body, Connection, Target};
use crate::relay::Route;
use crate::relay::handover::Attempt;
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Sent, Stage, Transaction};
use crate::store::{Seq, Staged, Store};

/// Connections to the primary that ask about recipients, at a time.
const QUESTIONS_MAX: usize = 3;
/// Octets read from the store at a time.
const PIECE_OCTETS: usize = 256 * 1024;

/// Ways out of the box.
pub struct Outgoing {
    core: Arc<Core>,
    resolver: Resolver,
    /// Tried in this order.
    servers: HashMap<Route, Vec<Arc<Server>>>,
    /// The outside without a smart host.
    direct: Option<Direct>,
    signatures: Signatures,
    probe: Target,
    questions: Semaphore,
    /// How long a transaction may hold a slot that others wait for.
    pub(super) slot_patience: Duration,
}

impl Outgoing {
    /// # Errors
    /// In words for the admin: no system roots, unreadable password file, no key for DKIM.
    pub fn new(core: Arc<Core>, resolver: Resolver) -> Result<Outgoing, String> {
        let config = &core.config;
        let server = |target| Arc::new(Server::new(target, resolver.clone()));
        let primary = |at| targets::primary(config, at).map(|target| vec![server(target)]);
        let mut servers = HashMap::new();
        servers.insert(Route::Primary, primary(&config.primary.smtp)?);
        servers.insert(Route::Submit, primary(&config.primary.smtp_submit)?);
        let smarthosts = config.outbound.smarthosts.iter().map(|at| targets::outside(config, at).map(server));
        servers.insert(Route::Outbound, smarthosts.collect::<Result<_, _>>()?);
        let direct = (config.outbound.route == OutboundRoute::Direct).then(|| Direct::new(core.clone()));
        let signatures = Signatures::load(config)?;
        let probe = targets::primary_probe(config, &config.primary.smtp)?;
        Ok(Outgoing {
            core,
            resolver,
            servers,
            direct,
            signatures,
            probe,
            questions: Semaphore::new(QUESTIONS_MAX),
            slot_patience: limits::HANDOVER_DEADLINE,
        })
    }

    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// What signs mail to the outside.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// How the primary is probed.
    pub fn probe_target(&self) -> &Target {
        &self.probe
    }

    /// Whether this route leads anywhere.
    pub fn has(&self, route: Route) -> bool {
        self.is_direct(route) || !self.of(route).is_empty()
    }

    /// `host:port` of the first server, for records and logs.
    pub fn name(&self, route: Route) -> String {
        self.of(route).first().map_or_else(|| "nowhere".to_owned(), |server| server.name())
    }

    /// Whether mail on this route goes to a server of each domain, so that a transaction has recipients of one domain only.
    pub fn is_direct(&self, route: Route) -> bool {
        route == Route::Outbound && self.direct.is_some()
    }

    /// Whether this route leads to a server of its own beside the one that the probes look at.
    pub fn is_apart(&self, route: Route) -> bool {
        let primary = &self.core.config.primary;
        route == Route::Submit && primary.smtp_submit != primary.smtp
    }

    fn of(&self, route: Route) -> &[Arc<Server>] {
        self.servers.get(&route).map(Vec::as_slice).unwrap_or_default()
    }

    /// Makes one transaction, on a connection that is there or on a new one; the next server is tried if one does not take mail at all
    /// now. Also says which server the attempt is about.
    pub async fn send(&self, route: Route, transaction: &Transaction, source: &Source) -> (Attempt, String) {
        match (&self.direct, transaction.recipients.first()) {
            (Some(direct), Some(to)) if self.is_direct(route) => {
                let (attempt, by) = match direct.servers(to).await {
                    Ok(servers) => self.send_by_one_of(route, &servers, transaction, source).await,
                    Err(failure) => (Attempt::Failed(failure), to.domain().to_owned()),
                };
                if let Attempt::Failed(failure) = &attempt {
                    direct.suspend(to, failure);
                }
                (attempt, by)
            }
            _ => self.send_by_one_of(route, self.of(route), transaction, source).await,
        }
    }

    async fn send_by_one_of(&self, route: Route, servers: &[Arc<Server>], transaction: &Transaction, source: &Source) -> (Attempt, String) {
        let now = self.core.now().mono;
        let (good, avoided): (Vec<&Arc<Server>>, Vec<&Arc<Server>>) = servers.iter().partition(|server| !server.is_avoided(now));
        let servers: Vec<&Arc<Server>> = good.into_iter().chain(avoided).collect();
        let Some((last, others)) = servers.split_last() else { return (no_route(), self.name(route)) };
        for server in others {
            let attempt = self.send_by(route, server, transaction, source).await;
            if !is_closed(&attempt) {
                return (attempt, server.name());
            }
            log::warn!("smtp-out server={} takes nothing now, trying the next", server.name());
            server.avoid(self.core.now().mono);
        }
        (self.send_by(route, last, transaction, source).await, last.name())
    }

    async fn send_by(&self, route: Route, server: &Server, transaction: &Transaction, source: &Source) -> Attempt {
        let slot = server.slots.acquire_arc().await;
        self.send_in(slot, route, server, transaction, source).await
    }

    /// The same by the first server, if it has a slot free within `patience`; none if not, and then nothing was tried: that we are busy
    /// says nothing about the server.
    pub async fn send_if_free(&self, route: Route, transaction: &Transaction, source: &Source, patience: Duration) -> Option<Attempt> {
        let Some(server) = self.of(route).first() else { return Some(no_route()) };
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
        if let Some(mut connection) = server.take_idle(self.core.now().mono) {
            let sent = connection.send(transaction.clone(), &mut source.reader()).await;
            let stale = sent.mail.is_none() && sent.misfit.is_none() && sent.connection_lost.is_some();
            if !stale {
                self.put_back(server, connection, &sent);
                return Attempt::Sent(sent);
            }
        }
        match self.open(route, server).await {
            Ok(mut connection) => {
                let sent = connection.send(transaction.clone(), &mut source.reader()).await;
                self.put_back(server, connection, &sent);
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
        let unknown = || Failure { stage: Stage::Connect, cause: Cause::Unreachable("no primary is configured".to_owned()) };
        let server = self.of(Route::Primary).first().ok_or_else(unknown)?;
        // Strangers who guess addresses must not keep accepted mail from its way.
        let _question = self.questions.acquire().await;
        let _slot = server.slots.acquire().await;
        if let Some(mut connection) = server.take_idle(self.core.now().mono)
            && let Ok(answer) = connection.verify(reverse_path.clone(), Some(recipient.clone())).await
        {
            server.put_back(connection, self.core.now().mono);
            return about_the_recipient(answer);
        }
        let mut connection = self.open(Route::Primary, server).await?;
        let answer = connection.verify(reverse_path, Some(recipient)).await?;
        server.put_back(connection, self.core.now().mono);
        about_the_recipient(answer)
    }

    async fn open(&self, route: Route, server: &Server) -> Result<Connection, Failure> {
        let connection = server.open(&self.core).await?;
        if route == Route::Primary {
            *lock(&self.core.offered) = Some(connection.capabilities().clone());
        }
        Ok(connection)
    }

    fn put_back(&self, server: &Server, connection: Connection, sent: &Sent) {
        if sent.connection_lost.is_none() {
            server.put_back(connection, self.core.now().mono);
        }
    }

    /// Says goodbye on connections that nobody used for a while.
    pub async fn close_idle(&self) {
        let now = self.core.now().mono;
        let outside = self.direct.iter().flat_map(Direct::all);
        for server in self.servers.values().flatten().cloned().chain(outside) {
            for connection in server.take_old(now) {
                connection.quit().await;
            }
        }
    }
}

/// A refused MAIL is evidence about the primary, or about the sender; it is no verdict about the recipient.
fn about_the_recipient((mail, verdict): (Reply, Option<Reply>)) -> Result<Reply, Failure> {
    verdict.ok_or(Failure { stage: Stage::Mail, cause: Cause::Reply(mail) })
}

fn no_route() -> Attempt {
    Attempt::Failed(Failure { stage: Stage::Connect, cause: Cause::Unreachable("no smart host is configured".to_owned()) })
}

/// Whether the server took no mail at all, so that nothing was said about this message.
fn is_closed(attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Failed(_) => true,
        Attempt::Sent(sent) => sent.misfit.is_none() && sent.mail.as_ref().is_none_or(|mail| mail.is_transient()),
    }
}

/// Where the body of a transaction comes from; may be read several times.
#[derive(Clone)]
pub enum Source {
    Stored {
        store: Store,
        message: Seq,
    },
    /// What goes in front of a stored message, whole header fields.
    Signed {
        fields: Arc<[u8]>,
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
            Source::Stored { store, message } => stored(&store, message, offset),
            Source::Signed { fields, .. } if offset == 0 => Ok(fields.to_vec()),
            Source::Signed { fields, store, message } => stored(&store, message, offset - fields.len() as u64),
            Source::Staged(staged) => staged.piece(offset, PIECE_OCTETS),
        })
        .await?;
        self.offset += piece.len() as u64;
        Ok((!piece.is_empty()).then_some(piece))
    }
}

fn stored(store: &Store, message: Seq, offset: u64) -> io::Result<Vec<u8>> {
    store.body_piece(message, offset, PIECE_OCTETS).map_err(|error| io::Error::other(error.to_string()))
}
