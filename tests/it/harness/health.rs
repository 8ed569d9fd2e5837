//! A server of one health page, by http or https, that answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A test never waits for a page longer.
const NEVER: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Good,
    /// 503, as IIS says it when the service behind it is stopped.
    Unavailable,
    /// To the login, as a page does that nobody prepared for probes.
    Redirect,
    /// The good answer after this time.
    Late(Duration),
    /// Takes the request and says nothing.
    Hanging,
    /// 200 with other words.
    OtherWords,
}

/// What it shows to who asks by https.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    Expired,
    /// No handshake comes about.
    Broken,
}

#[derive(Clone)]
pub struct HealthServer {
    pub address: SocketAddr,
    https: bool,
    state: Arc<Mutex<(Page, Certificate)>>,
}

impl HealthServer {
    /// Good at first; runs as long as the test.
    pub fn start(address: IpAddr, https: bool) -> HealthServer {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = HealthServer { address, https, state: Arc::new(Mutex::new((Page::Good, Certificate::Good))) };
        let (good, expired) = (tls(address.ip(), 2099), tls(address.ip(), 2020));
        let there = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, stream) = (there.clone(), stream.unwrap());
                let tls = match server.state.lock().unwrap().1 {
                    _ if !https => None,
                    Certificate::Broken => {
                        refuse_handshake(stream);
                        continue;
                    }
                    Certificate::Good => Some(good.clone()),
                    Certificate::Expired => Some(expired.clone()),
                };
                std::thread::spawn(move || server.serve(stream, tls));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}/owa/healthcheck.htm", self.address)
    }

    pub fn show(&self, page: Page) {
        self.state.lock().unwrap().0 = page;
    }

    pub fn certify(&self, certificate: Certificate) {
        self.state.lock().unwrap().1 = certificate;
    }

    // Who asked may be gone: then there is nobody to tell.
    fn serve(&self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> std::io::Result<()> {
        match tls {
            None => self.answer(stream),
            Some(config) => {
                let connection = ServerConnection::new(config).expect("a sound configuration");
                self.answer(StreamOwned::new(connection, stream))
            }
        }
    }

    fn answer(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line)? > 2 {
            line.clear();
        }
        let page = self.state.lock().unwrap().0;
        let reply = match page {
            Page::Good => ok("200 OK<br/>PRIMARY.EXAMPLE.COM"),
            Page::OtherWords => ok("Welcome"),
            Page::Unavailable => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Page::Redirect => "HTTP/1.1 302 Found\r\nLocation: /owa/auth/logon.aspx\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Page::Late(wait) => {
                std::thread::sleep(wait);
                ok("200 OK<br/>PRIMARY.EXAMPLE.COM")
            }
            Page::Hanging => {
                std::thread::sleep(NEVER);
                return Ok(());
            }
        };
        stream.get_mut().write_all(reply.as_bytes())?;
        stream.get_mut().flush()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Reads the greeting and answers with something that is no TLS.
fn refuse_handshake(mut stream: TcpStream) {
    let mut hello = [0; 5];
    let _gone = stream.read_exact(&mut hello).and_then(|()| stream.write_all(b"this is no handshake\r\n"));
}

/// A self-made certificate for the address that ends with that year.
fn tls(address: IpAddr, until: i32) -> Arc<ServerConfig> {
    let mut parameters = rcgen::CertificateParams::new(vec![address.to_string()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2019, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap())
}

#[test]
fn shows_what_it_is_told() {
    use std::process::Command;
    let ask = |server: &HealthServer, more: &[&str]| {
        let output = Command::new("curl").args(["-sS", "-k", "--max-time", "5", "-i"]).args(more).arg(server.url()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    for https in [false, true] {
        let server = HealthServer::start(super::PRIMARY, https);
        assert!(ask(&server, &[]).contains("200 OK<br/>"));
        server.show(Page::Redirect);
        assert!(ask(&server, &[]).contains("302 Found"));
    }
    let server = HealthServer::start(super::PRIMARY, true);
    server.certify(Certificate::Expired);
    assert!(ask(&server, &[]).contains("200 OK<br/>"), "who does not look at the certificate is served");
    server.certify(Certificate::Broken);
    assert!(!ask(&server, &[]).contains("200 OK"));
}
