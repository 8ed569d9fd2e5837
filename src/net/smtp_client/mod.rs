//! Drives [`crate::smtp::client::Client`] over sockets.

mod connect;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use super::deadline::within;
use super::dns::Resolver;
use super::smtp_stream::SmtpStream;
use crate::clock::{Clock, Mono};
use crate::config::HostPort;
use crate::limits::{SMTP_COMMAND_READ_OCTETS, SMTP_DATA_BLOCK_TIMEOUT, SMTP_QUIT_TIMEOUT};
use crate::mail::Address;
use crate::smtp::Reply;
use crate::smtp::client::{Capabilities, Cause, Client, Event, Failure, Options, Output, Sent, Stage, Tls, Transaction};

/// Where a body comes from, piece by piece.
pub trait Body: Send {
    /// None at the end. An error breaks the connection off before the final dot.
    fn next(&mut self) -> impl Future<Output = std::io::Result<Option<Vec<u8>>>> + Send;
}

/// How to reach a server.
#[derive(Clone)]
pub struct Target {
    pub server: HostPort,
    pub options: Options,
    /// For TLS; needed unless `options.tls` is `Off`.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    pub connect_timeout: std::time::Duration,
}

/// One ready connection.
pub struct Connection {
    target: Target,
    clock: Arc<dyn Clock>,
    machine: Client,
    /// None once it is broken.
    stream: Option<SmtpStream>,
    capabilities: Capabilities,
    buffer: Vec<u8>,
    fell_back: bool,
}

/// For conversations without a message.
struct NoBody;

impl Body for NoBody {
    async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Connection {
    /// Resolves, connects (each address in turn), greets, TLS, AUTH.
    ///
    /// `options.timeouts.hello` counts from the start of the connecting. If TLS is only a wish ([`Tls::IfOffered`]) and
    /// the handshake fails, one more connection is made without TLS (RFC 7435 section 3), unless a password would be sent.
    pub async fn open(target: &Target, resolver: &Resolver, clock: Arc<dyn Clock>) -> Result<Connection, Failure> {
        let unreachable = |text| Failure { stage: Stage::Connect, cause: Cause::Unreachable(text) };
        let addresses = resolver.resolve(&target.server).await.map_err(unreachable)?;
        let mut failure = unreachable(format!("{} has no address", target.server.host));
        for address in addresses {
            match Connection::open_at(address, target.clone(), clock.clone()).await {
                Err(at_connect) if at_connect.stage == Stage::Connect => failure = at_connect,
                Err(Failure { cause: Cause::Tls(text), stage: Stage::Tls }) if may_go_without_tls(&target.options) => {
                    log::warn!("smtp-out tls failed server={} error={text:?} now=without-tls", target.server);
                    let options = Options { tls: Tls::Off, ..target.options.clone() };
                    let mut connection = Connection::open_at(address, Target { options, ..target.clone() }, clock).await?;
                    connection.fell_back = true;
                    return Ok(connection);
                }
                outcome => return outcome,
            }
        }
        Err(failure)
    }

    async fn open_at(address: SocketAddr, target: Target, clock: Arc<dyn Clock>) -> Result<Connection, Failure> {
        let started = clock.now().mono;
        let limit = target.connect_timeout.min(target.options.timeouts.hello);
        let socket = connect::connect(address, limit).await.map_err(|cause| Failure { stage: Stage::Connect, cause })?;
        let mut stream = SmtpStream::Plain(socket);
        if target.options.tls == Tls::Implicit {
            stream = connect::handshake(stream, &target).await.map_err(|cause| Failure { stage: Stage::Tls, cause })?;
        }
        let mut connection = Connection {
            machine: Client::new(target.options.clone(), started),
            stream: Some(stream),
            capabilities: Capabilities::default(),
            buffer: vec![0; SMTP_COMMAND_READ_OCTETS],
            fell_back: false,
            target,
            clock,
        };
        loop {
            match connection.event(&mut NoBody).await {
                Event::Ready(capabilities) => {
                    connection.capabilities = capabilities;
                    return Ok(connection);
                }
                Event::Failed(failure) => return Err(failure),
                _ => (),
            }
        }
    }

    /// TLS was wished for and failed: this is a second connection, without it.
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// One transaction. Usable again if `connection_lost` is None.
    pub async fn send(&mut self, transaction: Transaction, body: &mut impl Body) -> Sent {
        self.look().await;
        self.machine.send(transaction, self.now());
        loop {
            match self.event(body).await {
                Event::Sent(sent) => return sent,
                // It had ended while it was idle.
                Event::Failed(failure) => return Sent { connection_lost: Some(failure), ..Sent::default() },
                _ => (),
            }
        }
    }

    /// MAIL, RCPT, RSET: replies to MAIL and RCPT. A 421 is a reply too; the connection is over after it.
    pub async fn verify(&mut self, reverse_path: Option<Address>, recipient: Option<Address>) -> Result<(Reply, Option<Reply>), Failure> {
        self.look().await;
        self.machine.verify(reverse_path, recipient, self.now());
        loop {
            match self.event(&mut NoBody).await {
                Event::Verified { mail, recipient } => return Ok((mail, recipient)),
                Event::Failed(failure) => return Err(failure),
                _ => (),
            }
        }
    }

    /// QUIT, waiting briefly for its answer.
    pub async fn quit(mut self) {
        self.machine.quit(self.now());
        let _ = within(SMTP_QUIT_TIMEOUT, self.event(&mut NoBody)).await;
        if let Some(stream) = &mut self.stream {
            stream.finish(SMTP_QUIT_TIMEOUT).await;
        }
    }

    fn now(&self) -> Mono {
        self.clock.now().mono
    }

    /// Runs the machine to its next event.
    async fn event(&mut self, body: &mut impl Body) -> Event {
        loop {
            match self.machine.poll(self.now()) {
                Output::Send(bytes) => self.write(&bytes).await,
                Output::StartTls => self.start_tls().await,
                Output::NeedBody => self.give_body(body).await,
                Output::Event(event) => return event,
                Output::WaitUntil(deadline) => self.read(deadline).await,
                Output::Close => return Event::Failed(Failure { stage: Stage::Idle, cause: Cause::Lost }),
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        let Some(stream) = &mut self.stream else { return self.machine.lost(Cause::Lost) };
        match stream.write(bytes, SMTP_DATA_BLOCK_TIMEOUT).await {
            Ok(()) => (),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => self.broken(Cause::Timeout),
            Err(_) => {
                self.last_words().await;
                self.broken(Cause::Lost);
            }
        }
    }

    /// A server that closes in the middle may have said why (a 421, or 552 to a large message) before it did.
    async fn last_words(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        while let Ok(Ok(octets @ 1..)) = within(SMTP_QUIT_TIMEOUT, stream.read(&mut self.buffer)).await {
            self.machine.receive(&self.buffer[..octets], self.clock.now().mono);
        }
    }

    async fn read(&mut self, deadline: Mono) {
        let Some(stream) = &mut self.stream else { return self.machine.lost(Cause::Lost) };
        let patience = deadline.since(self.clock.now().mono).max(std::time::Duration::from_millis(1));
        // If the time is up, the machine sees it itself.
        if let Ok(read) = within(patience, stream.read(&mut self.buffer)).await {
            self.take_read(read);
        }
    }

    /// Takes what the server has said by now, without waiting: a connection that ended while it was idle must not look like a
    /// refused MAIL, and a refusal in the middle of a large body saves the rest of it.
    async fn look(&mut self) {
        while let Some(stream) = &mut self.stream {
            match stream.read_now(&mut self.buffer).await {
                Some(read) => self.take_read(read),
                None => return,
            }
        }
    }

    fn take_read(&mut self, read: std::io::Result<usize>) {
        match read {
            Ok(octets @ 1..) => self.machine.receive(&self.buffer[..octets], self.clock.now().mono),
            Ok(0) => self.broken(Cause::Lost),
            Err(error) => {
                log::debug!("smtp-out broken server={} error={:?}", self.target.server, error.to_string());
                self.broken(Cause::Lost);
            }
        }
    }

    fn broken(&mut self, cause: Cause) {
        self.stream = None;
        self.machine.lost(cause);
    }

    async fn start_tls(&mut self) {
        let Some(stream) = self.stream.take() else { return self.machine.lost(Cause::Lost) };
        match connect::handshake(stream, &self.target).await {
            Ok(stream) => {
                self.stream = Some(stream);
                self.machine.tls_done(self.now());
            }
            Err(cause) => self.machine.lost(cause),
        }
    }

    async fn give_body(&mut self, body: &mut impl Body) {
        self.look().await;
        if self.stream.is_none() {
            return;
        }
        match body.next().await {
            Ok(Some(piece)) => self.machine.body(&piece, self.now()),
            Ok(None) => self.machine.body_end(self.now()),
            Err(error) => {
                // Without the final dot the server throws away what it has.
                log::error!("smtp-out body unreadable server={} error={:?}", self.target.server, error.to_string());
                self.broken(Cause::Lost);
            }
        }
    }
}

fn may_go_without_tls(options: &Options) -> bool {
    options.tls == Tls::IfOffered && (options.auth.is_none() || options.auth_in_clear)
}
