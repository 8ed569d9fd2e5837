//! One connection from its first octet to its end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::TlsAcceptor;
use smol::net::TcpStream;

use super::BodyOptions;
use super::admission::{Admitted, Crowd, Idle};
use super::backend::Backend;
use super::client::{Client, End, Patience};
use super::http::{BUSY, DISK_FULL, OUTSIDE, Refusal, RequestHead, TLS_ON_PLAIN, TOO_LARGE, language, last_response, parse_request};
use super::redirect::Redirect;
use super::upstream::Upstream;
use crate::clock::Stopwatch;
use crate::config::NetworkSet;
use crate::limits::{TLS_HANDSHAKE_TIMEOUT, WEB_BODY_SMALL_MAX_OCTETS, WEB_REQUEST_TIMEOUT, WEB_STOP_PATIENCE};
use crate::mail::Blob;
use crate::net::deadline::within;
use crate::net::rt::channel::Receiver;
use crate::net::rt::{self, race};

/// A TLS handshake begins with it (RFC 8446 section 5.1).
pub(super) const TLS_HANDSHAKE: u8 = 0x16;

/// What all connections share.
pub(super) struct Front {
    pub backend: Arc<Backend>,
    pub tls: Option<TlsAcceptor>,
    pub networks: NetworkSet,
    /// Of large request bodies.
    pub uploads: Arc<Crowd>,
    pub options: BodyOptions,
    pub redirect: Redirect,
    pub patience: Patience,
    /// Closed when the server begins to stop: idle connections end, others after their request.
    pub closing: Receiver<()>,
}

impl Front {
    pub async fn serve(self: Arc<Self>, stream: TcpStream, client: IpAddr, admitted: Admitted) {
        let _ = stream.set_nodelay(true);
        let Some(first) = self.first_octet(&stream).await else { return };
        match &self.tls {
            None if first == TLS_HANDSHAKE => finish(Client::new(stream, self.patience), client, TLS_ON_PLAIN.into()).await,
            None => self.speak(Client::new(stream, self.patience), client, &admitted).await,
            // An HTTP request begins with a letter.
            Some(_) if first.is_ascii_alphabetic() => {
                let local = stream.local_addr().ok();
                self.redirect.answer(Client::new(stream, self.patience), client, local).await;
            }
            Some(tls) => match within(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(Client::new(stream, self.patience), client, &admitted).await,
                Ok(Err(error)) => log::debug!("web handshake failed client={client} error={error}"),
                Err(_) => log::debug!("web handshake failed client={client} error=timeout"),
            },
        }
    }

    async fn first_octet(&self, stream: &TcpStream) -> Option<u8> {
        let mut first = [0];
        let peeked = race(within(self.patience.head, stream.peek(&mut first)), async {
            self.stopping_for(WEB_STOP_PATIENCE).await;
            Ok(Ok(0))
        });
        matches!(peeked.await, Ok(Ok(1))).then_some(first[0])
    }

    /// Requests, one after the other, until one side wants no more.
    async fn speak(&self, mut stream: Client, client: IpAddr, admitted: &Admitted) {
        let began = Stopwatch::start();
        let mut idle_limit = self.patience.head;
        // Whoever has just come gets one answer, also from a box that stops: on sockets that somebody else holds nobody notices a restart that way.
        let mut grace = WEB_STOP_PATIENCE;
        // Whoever has had an answer may be sent away for somebody else; browsers come again by themselves.
        let mut idle: Option<Idle<'_>> = None;
        let end = loop {
            let sent_away = async {
                match &idle {
                    Some(idle) => idle.sent_away().await,
                    None => std::future::pending().await,
                }
                Err(End::Gone)
            };
            match race(stream.begin(idle_limit), race(self.gone_when_stopping(grace), sent_away)).await {
                Ok(()) => {}
                Err(end) => break end,
            }
            // A request that began in that moment is answered all the same.
            let is_last = idle.take().is_some_and(|idle| idle.is_sent_away());
            let is_over = || is_last || began.elapsed() >= self.patience.connection;
            match within(WEB_REQUEST_TIMEOUT, self.one_request(&mut stream, client, is_over)).await {
                Ok(Ok(true)) => (idle_limit, grace, idle) = (self.patience.idle, Duration::ZERO, Some(admitted.idle())),
                Ok(Ok(false)) | Err(_) => break End::Gone,
                Ok(Err(end)) => break end,
            }
        };
        finish(stream, client, end).await;
    }

    /// Whether the connection goes on; not if it `is_over` when the answer begins.
    async fn one_request(&self, stream: &mut Client, client: IpAddr, is_over: impl Fn() -> bool) -> Result<bool, End> {
        let head = stream.head().await?;
        stream.language = language(&head);
        let request = parse_request(&head)?;
        if !is_inside(&self.networks, client) {
            return Err(OUTSIDE.into());
        }
        let _upload = self.admit_body(&request, client)?;
        let body = self.read_body(stream, &request).await?;
        let upstream = Upstream::open(&self.backend, client, body).await?;
        upstream.exchange(request, stream, || self.closing.is_closed() || is_over()).await
    }

    /// Refuses before the first octet of a body is read: what no form of ours sends, what there is no place for.
    fn admit_body(&self, request: &RequestHead, client: IpAddr) -> Result<Option<Admitted>, Refusal> {
        let path = request.target.split('?').next().unwrap_or_default();
        if request.body > (self.options.octets_max)(&request.method, path) {
            return Err(TOO_LARGE);
        }
        if request.body <= WEB_BODY_SMALL_MAX_OCTETS {
            return Ok(None);
        }
        let Some(uploads) = &self.options.uploads else { return Err(TOO_LARGE) };
        if !(uploads.has_room)(request.body as u64) {
            return Err(DISK_FULL);
        }
        self.uploads.admit(client).map(Some).ok_or(BUSY)
    }

    async fn read_body(&self, stream: &mut Client, request: &RequestHead) -> Result<Blob, End> {
        if request.body > 0 && request.expects_continue {
            stream.say_continue().await?;
        }
        stream.body(request.body, self.options.uploads.as_ref().map(|uploads| uploads.folder.as_path())).await
    }

    async fn gone_when_stopping(&self, grace: Duration) -> Result<(), End> {
        self.stopping_for(grace).await;
        Err(End::Gone)
    }

    /// Returns when the server has been stopping for this long.
    async fn stopping_for(&self, grace: Duration) {
        self.stopping().await;
        rt::sleep(grace).await;
    }

    /// Returns when the server begins to stop.
    async fn stopping(&self) {
        // Nothing is ever sent: the channel only closes.
        while self.closing.recv().await.is_ok() {}
    }
}

pub(super) async fn finish(mut stream: Client, client: IpAddr, end: End) {
    if let End::Refused(refusal) = end {
        log::info!("web refused client={client} status={}", refusal.status);
        let page = last_response(&crate::web::refusal(refusal.status, refusal.why, &stream.language));
        if stream.write(&page).await.is_err() {
            return;
        }
    }
    stream.close().await;
}

/// Loopback always counts as inside: the watchdog's own probe comes from there.
pub(super) fn is_inside(networks: &NetworkSet, client: IpAddr) -> bool {
    client.is_loopback() || networks.contains(client)
}
