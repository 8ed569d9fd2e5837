//! One session: from the machine's outputs to the socket, the host and the stage, and back.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::TlsAcceptor;
use smol::net::TcpStream;

use super::accept::Front;
use super::staging::Staging;
use super::{Host, SessionInfo};
use crate::clock::Mono;
use crate::limits::{
    SMTP_BODY_READ_OCTETS, SMTP_COMMAND_READ_OCTETS, SMTP_CROWD_LOOK, SMTP_CROWDED_TIMEOUT, SMTP_LINGER, SMTP_WRITE_TIMEOUT,
    TLS_HANDSHAKE_TIMEOUT,
};
use crate::mail::Address;
use crate::net::deadline::within;
use crate::net::rt;
use crate::net::smtp_stream::SmtpStream;
use crate::smtp::server::{Answer, CloseReason, Envelope, Options, Output, Session};
use crate::smtp::{Reply, reply};

/// Runs a session to its end.
pub async fn run<H: Host>(front: Arc<Front<H>>, socket: TcpStream, client: IpAddr, mut options: Options) {
    options.starttls &= front.tls.is_some();
    let session = Session::new(options, front.clock.now().mono);
    let info = SessionInfo { id: front.next_id(), client, facts: session.facts() };
    log::info!("session={} smtp connected client={client}", info.id);
    let mut driver = Driver {
        front,
        session,
        stream: Some(SmtpStream::Plain(socket)),
        info,
        staging: None,
        buffer: vec![0; SMTP_COMMAND_READ_OCTETS],
        stop_seen: false,
    };
    let reason = driver.drive().await;
    log::info!("session={} smtp closed reason={reason:?}", driver.info.id);
    if matches!(reason, CloseReason::TooManyErrors | CloseReason::TooManyCommands | CloseReason::OutOfStep) {
        driver.front.host.session_failed(driver.info.client);
    }
    Box::pin(driver.close(reason)).await;
}

struct Driver<H> {
    front: Arc<Front<H>>,
    session: Session,
    /// None once it is broken.
    stream: Option<SmtpStream>,
    info: SessionInfo,
    staging: Option<Staging>,
    buffer: Vec<u8>,
    stop_seen: bool,
}

/// Why a wait for input ended.
enum Woken {
    Read(io::Result<usize>),
    Stopping,
}

impl<H: Host> Driver<H> {
    /// What an idle session does not need is boxed: it would be room in each of a thousand idle ones.
    async fn drive(&mut self) -> CloseReason {
        loop {
            match self.session.poll(self.now()) {
                Output::Send(bytes) => self.send(&bytes).await,
                Output::CheckSender { reverse_path } => {
                    let reply = Box::pin(self.check_sender(reverse_path.as_ref())).await;
                    self.verdict(reply);
                }
                Output::CheckRecipient { reverse_path, recipient } => {
                    let reply = Box::pin(self.check_recipient(reverse_path.as_ref(), &recipient)).await;
                    self.verdict(reply);
                }
                Output::BeginBody => {
                    self.staging = Some(Staging::new(self.front.stage_folder.clone()));
                    self.buffer.resize(SMTP_BODY_READ_OCTETS, 0);
                }
                Output::Body(piece) => {
                    if let Some(staging) = &mut self.staging
                        && staging.push(piece)
                    {
                        Box::pin(staging.flush()).await;
                    }
                }
                Output::Commit(envelope) => {
                    let reply = Box::pin(self.commit(envelope)).await;
                    self.verdict(reply);
                }
                Output::Discard => {
                    self.staging = None;
                    log::info!("session={} smtp discarded message", self.info.id);
                }
                Output::ClientIs(client) => self.client_is(client),
                Output::StartTls => Box::pin(self.start_tls()).await,
                Output::Close(reason) => return reason,
                Output::WaitUntil(deadline) => self.wait(deadline).await,
            }
        }
    }

    fn now(&self) -> Mono {
        self.front.clock.now().mono
    }

    fn verdict(&mut self, reply: Reply) {
        self.session.answer(Answer::Verdict(reply), self.now());
    }

    /// A filter that we trust speaks for somebody else.
    fn client_is(&mut self, client: IpAddr) {
        log::info!("session={} smtp xclient filter={} client={client}", self.info.id, self.info.client);
        self.info.client = client;
        match self.front.host.greet(client) {
            Ok(mut options) => {
                options.starttls &= self.front.tls.is_some();
                self.session.answer(Answer::Client(options), self.now());
            }
            Err(reply) => self.verdict(reply),
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        if log::log_enabled!(log::Level::Debug) {
            log_refusals(&self.info.id, bytes);
        }
        let Some(stream) = &mut self.stream else { return };
        if let Err(error) = stream.write(bytes, SMTP_WRITE_TIMEOUT).await {
            self.broken(&error);
        }
    }

    async fn wait(&mut self, deadline: Mono) {
        let Some(stream) = &mut self.stream else { return self.session.closed() };
        let stop = &self.front.stop;
        let stop_seen = self.stop_seen;
        let read = async { Woken::Read(stream.read(&mut self.buffer).await) };
        let stopping = async {
            if stop_seen {
                std::future::pending::<()>().await;
            }
            // Nothing is ever sent: this ends when the server closes the channel.
            let _ = stop.recv().await;
            Woken::Stopping
        };
        let patience = deadline.since(self.front.clock.now().mono).max(Duration::from_millis(1)).min(SMTP_CROWD_LOOK);
        match within(patience, rt::race(stopping, read)).await {
            Ok(Woken::Read(Ok(0))) => self.session.closed(),
            Ok(Woken::Read(Ok(octets))) => self.session.receive(&self.buffer[..octets], self.front.clock.now().mono),
            Ok(Woken::Read(Err(error))) => self.broken(&error),
            Ok(Woken::Stopping) => {
                self.stop_seen = true;
                let now = self.now();
                self.session.shut_down(now);
            }
            // The machine looks at the time itself.
            Err(_) => self.mind_the_crowd(),
        }
    }

    fn mind_the_crowd(&mut self) {
        if self.front.registry.is_crowded() && !self.front.host.is_exempt(self.info.client) {
            self.session.hurry(SMTP_CROWDED_TIMEOUT);
        }
    }

    fn broken(&mut self, error: &io::Error) {
        log::debug!("session={} smtp broken error={:?}", self.info.id, error.to_string());
        self.stream = None;
        self.session.closed();
    }

    async fn start_tls(&mut self) {
        let plain = self.stream.take().and_then(SmtpStream::into_plain);
        let (Some(plain), Some(config)) = (plain, self.front.tls.clone()) else { return self.no_tls("not configured") };
        match within(TLS_HANDSHAKE_TIMEOUT, TlsAcceptor::from(config).accept(plain)).await {
            Ok(Ok(stream)) => {
                log::debug!("session={} smtp tls version={:?}", self.info.id, stream.get_ref().1.protocol_version());
                self.stream = Some(SmtpStream::Tls(Box::new(stream.into())));
            }
            Ok(Err(error)) => return self.no_tls(&error.to_string()),
            Err(_) => return self.no_tls("timed out"),
        }
        self.session.answer(Answer::TlsDone, self.now());
    }

    /// No reply is possible: the client expects TLS.
    fn no_tls(&mut self, error: &str) {
        log::info!("session={} smtp tls failed client={} error={error:?}", self.info.id, self.info.client);
        self.session.closed();
        self.session.answer(Answer::TlsDone, self.now());
    }

    /// The host sees what the client has said by now.
    fn refresh_info(&mut self) {
        self.info.facts = self.session.facts();
    }

    async fn check_sender(&mut self, reverse_path: Option<&Address>) -> Reply {
        self.refresh_info();
        let reply = self.front.host.check_sender(&self.info, reverse_path).await;
        if !reply.is_positive() {
            let reason = reply.lines.join(" ");
            log::info!("session={} smtp rejected mail=<{}> reply={} reason={reason:?}", self.info.id, shown(reverse_path), reply.code);
        }
        reply
    }

    async fn check_recipient(&mut self, reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        self.refresh_info();
        let reply = self.front.host.check_recipient(&self.info, reverse_path, recipient).await;
        if !reply.is_positive() {
            let reason = reply.lines.join(" ");
            log::info!("session={} smtp rejected rcpt=<{recipient}> reply={} reason={reason:?}", self.info.id, reply.code);
        }
        reply
    }

    async fn commit(&mut self, envelope: Envelope) -> Reply {
        self.refresh_info();
        // BeginBody came before; without it there is nothing to accept.
        let Some(staging) = self.staging.take() else { return reply::try_later() };
        let octets = staging.octets();
        let mail = shown(envelope.reverse_path.as_ref());
        let recipients = envelope.recipients.len();
        let reply = match staging.finish().await {
            Ok(body) => self.front.host.commit(&self.info, envelope, body).await,
            Err(reply) => reply,
        };
        let id = &self.info.id;
        // What was accepted is logged by the host, which knows its name.
        let (word, level) = if reply.is_positive() { ("accepted", log::Level::Debug) } else { ("rejected", log::Level::Info) };
        log::log!(level, "session={id} smtp {word} message mail=<{mail}> rcpts={recipients} octets={octets} reply={:?}", reply.one_line());
        reply
    }

    async fn close(&mut self, reason: CloseReason) {
        let Some(stream) = &mut self.stream else { return };
        match reason {
            CloseReason::Quit | CloseReason::Gone => stream.finish(SMTP_LINGER).await,
            // The client may be in the middle of a sentence, and should still read why.
            _ => stream.linger(SMTP_LINGER).await,
        }
    }
}

fn shown(reverse_path: Option<&Address>) -> String {
    reverse_path.map(Address::to_string).unwrap_or_default()
}

fn log_refusals(id: &str, bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines().filter(|line| line.starts_with(['4', '5'])) {
        log::debug!("session={id} smtp said reply={line:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Staged;

    struct Nobody;

    impl Host for Nobody {
        fn greet(&self, _client: IpAddr) -> Result<Options, Reply> {
            Err(reply::try_later())
        }
        async fn check_sender(&self, _session: &SessionInfo, _reverse_path: Option<&Address>) -> Reply {
            reply::try_later()
        }
        async fn check_recipient(&self, _session: &SessionInfo, _reverse_path: Option<&Address>, _recipient: &Address) -> Reply {
            reply::try_later()
        }
        async fn commit(&self, _session: &SessionInfo, _envelope: Envelope, _body: Staged) -> Reply {
            reply::try_later()
        }
    }

    fn octets_of<F>(_: impl FnOnce(Arc<Front<Nobody>>, TcpStream, IpAddr, Options) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_session_costs_little() {
        assert!(octets_of(run::<Nobody>) <= 4096, "{} octets", octets_of(run::<Nobody>));
    }
}
