//! Drives [`crate::smtp::client::Client`] over sockets.

use std::future::Future;
use std::sync::Arc;

use super::dns::Resolver;
use crate::clock::Clock;
use crate::config::HostPort;
use crate::mail::Address;
use crate::smtp::Reply;
use crate::smtp::client::{Capabilities, Failure, Options, Sent, Transaction};

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
    _private: (),
}

impl Connection {
    /// Resolves, connects (each address in turn), greets, TLS, AUTH.
    pub async fn open(_target: &Target, _resolver: &Resolver, _clock: Arc<dyn Clock>) -> Result<Connection, Failure> {
        todo!()
    }

    pub fn capabilities(&self) -> &Capabilities {
        todo!()
    }

    /// One transaction. Usable again if `connection_lost` is None.
    pub async fn send(&mut self, _transaction: Transaction, _body: &mut impl Body) -> Sent {
        todo!()
    }

    /// MAIL, RCPT, RSET: replies to MAIL and RCPT.
    pub async fn verify(&mut self, _reverse_path: Option<Address>, _recipient: Option<Address>) -> Result<(Reply, Option<Reply>), Failure> {
        todo!()
    }

    /// QUIT, waiting briefly for its answer.
    pub async fn quit(self) {
        todo!()
    }
}
