//! The health pages: `…/owa/healthcheck.htm` and the like.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::TlsConnector;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol::net::TcpStream;

use super::page::{Page, Progress, read};
use super::{Finding, elapsed_ms, one_line};
use crate::clock::Clock;
use crate::config::HealthUrl;
use crate::continuity::{Class, Evidence, Pass, Probe, judge};
use crate::limits::{HEALTH_HEAD_MAX_OCTETS, HEALTH_PAGE_MAX_OCTETS};
use crate::net::deadline::within;
use crate::net::dns::Resolver;
use crate::net::{rt, tls};

/// Octets of one answer that are read at most: interim answers and chunk headers included.
const ANSWER_MAX_OCTETS: usize = 2 * (HEALTH_HEAD_MAX_OCTETS + HEALTH_PAGE_MAX_OCTETS);

/// All health pages, at the same time, each within `timeout`. A page is healthy if it says 200 *and* its body says `200 OK`, else red
/// (`UnhealthyPage`, `Down` or `Hanging`); redirects are not health. `pass` says which of them must be healthy. The second value names pages
/// that failed without deciding anything, or have a bad certificate (an alarm).
///
/// Certificate trouble never makes a page unhealthy. Named is what would stop people's own clients: a certificate that has expired, is not valid
/// yet, or is for another name. A self-made one (unknown issuer), and any name beside a literal address in the URL, is ordinary in an office and is
/// not named. A page whose TLS handshake fails cannot be judged: if no page can be, the evidence is `Misconfigured`.
pub async fn health_pages(
    urls: &[HealthUrl],
    pass: &Pass,
    timeout: Duration,
    resolver: &Resolver,
    clock: Arc<dyn Clock>,
) -> (Evidence, Vec<String>) {
    let at = clock.now();
    let looks: Vec<_> = urls.iter().map(|url| rt::spawn(look(url.clone(), timeout, resolver.clone(), clock.clone()))).collect();
    let mut findings = Vec::new();
    for look in looks {
        findings.push(look.await);
    }
    let (finding, alarms) = together(findings, pass);
    (finding.into_evidence(Probe::HealthPages, at), alarms)
}

/// One page: what it showed, and what is wrong with its certificate.
struct Seen {
    finding: Finding,
    certificate: Option<String>,
}

async fn look(url: HealthUrl, timeout: Duration, resolver: Resolver, clock: Arc<dyn Clock>) -> Seen {
    let start = clock.now();
    let address = text(&url);
    let (client, verdict) = tls::recording_client();
    let finding = match within(timeout, fetch(&url, client, &resolver)).await {
        Err(_) => Finding::new(Class::Hanging, format!("{address} did not answer in time")),
        Ok(Err(finding)) => finding,
        Ok(Ok(page)) => shown(&address, &page),
    };
    let finding = match finding.class {
        Class::Healthy | Class::UnhealthyPage => Finding { latency_ms: Some(elapsed_ms(clock.as_ref(), start)), ..finding },
        _ => finding,
    };
    let certificate = verdict.refused().and_then(|error| certificate_words(&error, url.server.ip().is_some()));
    Seen { finding, certificate: certificate.map(|words| one_line(&format!("{address}: {words}"))) }
}

/// Without the query, which may hold a secret.
fn text(url: &HealthUrl) -> String {
    let scheme = if url.https { "https" } else { "http" };
    let default_port = if url.https { 443 } else { 80 };
    let server = url.server.to_string();
    let server = if url.server.port == default_port { server.trim_end_matches(&format!(":{default_port}")) } else { &server };
    format!("{scheme}://{server}{}", url.path.split('?').next().unwrap_or_default())
}

fn shown(address: &str, page: &Page) -> Finding {
    let says_ok = page.body.windows(6).any(|words| words == b"200 OK");
    match (page.status, says_ok) {
        (200, true) => Finding::new(Class::Healthy, format!("{address} says 200 OK")),
        (200, false) => Finding::new(Class::UnhealthyPage, format!("{address} answers, but its text does not say 200 OK")),
        (300..400, _) => Finding::new(Class::UnhealthyPage, format!("{address} redirects ({}): that is no health page", page.status)),
        (status, _) => Finding::new(Class::UnhealthyPage, format!("{address} answers {status}")),
    }
}

fn certificate_words(error: &Error, literal_address: bool) -> Option<&'static str> {
    let Error::InvalidCertificate(why) = error else { return None };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Some("its certificate has expired"),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Some("its certificate is not valid yet (or a clock is wrong)")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } if !literal_address => {
            Some("its certificate is for another name")
        }
        CertificateError::Revoked => Some("its certificate is revoked"),
        _ => None,
    }
}

async fn fetch(url: &HealthUrl, client: Arc<rustls::ClientConfig>, resolver: &Resolver) -> Result<Page, Finding> {
    let address = text(url);
    let stream = connect(url, resolver, &address).await?;
    if !url.https {
        return ask(stream, url, &address).await;
    }
    let name = ServerName::try_from(url.server.host.clone())
        .map_err(|_| Finding::new(Class::Misconfigured, format!("{address}: the host is no name that a certificate can bear")))?;
    match TlsConnector::from(client).connect(name, stream).await {
        Ok(stream) => ask(stream, url, &address).await,
        Err(error) if is_loss(&error) => Err(Finding::new(Class::Down, format!("{address} broke the connection off"))),
        Err(error) if tls::is_about_certificate(&error) => {
            Err(Finding::new(Class::Certificate, format!("{address}: its certificate is not accepted ({error})")))
        }
        Err(error) => Err(Finding::new(Class::Misconfigured, format!("{address}: the TLS handshake failed ({error})"))),
    }
}

async fn connect(url: &HealthUrl, resolver: &Resolver, address: &str) -> Result<TcpStream, Finding> {
    let unreachable = |why: String| Finding::new(Class::Down, format!("{address} cannot be reached ({why})"));
    let mut failure = unreachable("no address".into());
    for server in resolver.resolve(&url.server).await.map_err(unreachable)? {
        failure = match TcpStream::connect(server).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Finding { reset: true, ..Finding::new(Class::Down, format!("{address}: {server} refused the connection")) }
            }
            Err(error) => unreachable(error.to_string()),
        };
    }
    Err(failure)
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, url: &HealthUrl, address: &str) -> Result<Page, Finding> {
    let lost = |_: io::Error| Finding::new(Class::Down, format!("{address} broke the connection off"));
    let host = &url.server;
    let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: lifeboat\r\nAccept: */*\r\nConnection: close\r\n\r\n", url.path);
    stream.write_all(request.as_bytes()).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = match stream.read(&mut piece).await {
            Ok(length) => length,
            // Many servers close TLS without a farewell (close_notify); what came before it counts.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(lost(error)),
        };
        answer.extend_from_slice(&piece[..length]);
        match read(&answer, length == 0) {
            Progress::Whole(page) => return Ok(page),
            Progress::Bad(_) if answer.is_empty() => return Err(Finding::new(Class::Down, format!("{address} broke the connection off"))),
            Progress::Bad(why) => return Err(Finding::new(Class::UnhealthyPage, format!("{address}: {why}"))),
            Progress::Part if answer.len() > ANSWER_MAX_OCTETS => {
                return Err(Finding::new(Class::UnhealthyPage, format!("{address}: the answer is too long")));
            }
            Progress::Part => {}
        }
    }
}

fn is_loss(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// All pages together.
fn together(seen: Vec<Seen>, pass: &Pass) -> (Finding, Vec<String>) {
    let mut alarms: Vec<String> = seen.iter().filter_map(|seen| seen.certificate.clone()).collect();
    let findings: Vec<Finding> = seen.into_iter().map(|seen| seen.finding).collect();
    let classes: Vec<Class> = findings.iter().map(|finding| finding.class).collect();
    let verdict = judge(&classes, pass);
    let Some(speaks) = verdict.speaks.and_then(|at| findings.get(at)) else {
        return (Finding::new(Class::Healthy, "no health pages are configured"), alarms);
    };
    alarms.extend(verdict.odd.iter().filter_map(|at| findings.get(*at)).map(|finding| one_line(&finding.detail)));
    let detail = match verdict.failed {
        0 | 1 => speaks.detail.clone(),
        failed if failed == findings.len() => format!("{} (all {failed} pages fail)", speaks.detail),
        failed => format!("{} ({failed} pages fail)", speaks.detail),
    };
    (Finding { detail, reset: findings.iter().any(|finding| finding.reset), ..speaks.clone() }, alarms)
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
