//! Senders of the outside world: real SMTP, trying again like real servers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::compare::Accepted;
use crate::clock::{Clock, Mono};
use crate::config::HostPort;
use crate::limits::DEMO_TRIES_MAX;
use crate::mail::{Address, DsnRequest};
use crate::net::dns::Resolver;
use crate::net::rt;
use crate::net::smtp_client::{Body, Connection, Target};
use crate::smtp::client::{Options, Sent, Timeouts, Tls, Transaction};

/// Real servers wait minutes; the demonstration has none.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const HELLO_TIMEOUT: Duration = Duration::from_secs(15);
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// A message to send.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Unique; also in the subject.
    pub id: String,
    pub from: Address,
    pub to: Vec<Address>,
    pub bytes: Arc<[u8]>,
}

/// What became of it: pairs that got 250, and when.
#[derive(Clone, Debug)]
pub struct Taken {
    pub pairs: Vec<Accepted>,
    pub at: Mono,
    /// Transactions that it took.
    pub tries: u32,
}

/// A sender outside the office.
#[derive(Clone)]
pub struct Outside {
    target: Target,
    resolver: Resolver,
    clock: Arc<dyn Clock>,
}

struct Bytes(Option<Arc<[u8]>>);

impl Body for Bytes {
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.take().map(|bytes| bytes.to_vec()))
    }
}

impl Outside {
    pub fn new(server: std::net::SocketAddr, clock: Arc<dyn Clock>) -> Outside {
        let options = Options {
            hostname: "mx.outside.example".to_owned(),
            tls: Tls::Off,
            auth: None,
            auth_in_clear: false,
            timeouts: Timeouts { hello: HELLO_TIMEOUT, reply: REPLY_TIMEOUT, final_reply: REPLY_TIMEOUT },
        };
        let server = HostPort { host: server.ip().to_string(), port: server.port() };
        let target = Target { server, options, tls: None, connect_timeout: CONNECT_TIMEOUT };
        Outside { target, resolver: Resolver::new(), clock }
    }

    /// Sends until every recipient has a final answer.
    ///
    /// # Errors
    /// The box refused a recipient for good, or gave no 250 in [`DEMO_TRIES_MAX`] tries; in words.
    pub async fn send(&self, parcel: &Parcel) -> Result<Taken, String> {
        let mut open = parcel.to.clone();
        let mut taken = Taken { pairs: Vec::new(), at: Mono(0), tries: 0 };
        let mut last = String::new();
        while taken.tries < DEMO_TRIES_MAX {
            if taken.tries > 0 {
                rt::sleep(RETRY_AFTER).await;
            }
            taken.tries += 1;
            let sent = match self.transaction(parcel, &open).await {
                Ok(sent) => sent,
                Err(text) => {
                    last = text;
                    continue;
                }
            };
            let verdict = judge(&sent, open.len())?;
            if verdict.accepted.contains(&true) {
                taken.at = self.clock.now().mono;
            }
            last = verdict.text;
            let mut again = Vec::new();
            for (recipient, accepted) in open.into_iter().zip(verdict.accepted) {
                if accepted {
                    taken.pairs.push(Accepted {
                        id: parcel.id.clone(),
                        recipient: recipient.to_string().to_lowercase(),
                        bytes: parcel.bytes.clone(),
                    });
                } else {
                    again.push(recipient);
                }
            }
            if again.is_empty() {
                return Ok(taken);
            }
            open = again;
        }
        Err(format!("{}: no 250 in {DEMO_TRIES_MAX} tries, last: {last}", parcel.id))
    }

    async fn transaction(&self, parcel: &Parcel, recipients: &[Address]) -> Result<Sent, String> {
        let mut connection =
            Connection::open(&self.target, &self.resolver, self.clock.clone()).await.map_err(|failure| format!("{failure:?}"))?;
        let transaction = Transaction {
            reverse_path: Some(parcel.from.clone()),
            recipients: recipients.to_vec(),
            eight_bit: !parcel.bytes.is_ascii(),
            smtputf8: false,
            size: parcel.bytes.len() as u64,
            dsn: DsnRequest::default(),
        };
        let sent = connection.send(transaction, &mut Bytes(Some(parcel.bytes.clone()))).await;
        if sent.connection_lost.is_none() {
            connection.quit().await;
        }
        Ok(sent)
    }
}

struct Verdict {
    /// For each recipient, in order; false means try again.
    accepted: Vec<bool>,
    text: String,
}

/// What a transaction means. A 5xx is an error: nothing that the demonstration sends deserves one.
fn judge(sent: &Sent, recipients: usize) -> Result<Verdict, String> {
    let replies = [&sent.mail, &sent.data, &sent.end];
    let refused = replies.into_iter().flatten().chain(&sent.recipients).find(|reply| reply.is_permanent());
    if let Some(reply) = refused {
        return Err(format!("refused: {}", reply.one_line()));
    }
    if let Some(misfit) = sent.misfit {
        return Err(format!("does not fit: {misfit:?}"));
    }
    let ended = sent.end.as_ref().is_some_and(|reply| reply.is_positive());
    let accepted = (0..recipients).map(|index| ended && sent.recipients.get(index).is_some_and(|reply| reply.is_positive())).collect();
    let newest = sent.end.as_ref().or(sent.data.as_ref()).or(sent.recipients.last()).or(sent.mail.as_ref());
    let text = newest.map(|reply| reply.one_line()).unwrap_or_else(|| format!("{:?}", sent.connection_lost));
    Ok(Verdict { accepted, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Reply;

    fn check(recipients: &[u16], end: Option<u16>, expected: Result<&[bool], ()>) {
        let sent = Sent {
            mail: Some(Reply::new(250, "ok")),
            recipients: recipients.iter().map(|code| Reply::new(*code, "text")).collect(),
            data: Some(Reply::new(354, "go")),
            end: end.map(|code| Reply::new(code, "text")),
            dot_sent: true,
            ..Sent::default()
        };
        let got = judge(&sent, 2).map(|verdict| verdict.accepted).map_err(|_| ());
        assert_eq!(got, expected.map(<[bool]>::to_vec), "{recipients:?} {end:?}");
    }

    #[test]
    fn only_a_250_to_the_end_counts() {
        check(&[250, 250], Some(250), Ok(&[true, true]));
        check(&[250, 451], Some(250), Ok(&[true, false]));
        check(&[250, 250], Some(451), Ok(&[false, false]));
        check(&[250, 250], None, Ok(&[false, false]));
        check(&[250], None, Ok(&[false, false]));
        check(&[250, 550], Some(250), Err(()));
        check(&[250, 250], Some(554), Err(()));
    }
}
