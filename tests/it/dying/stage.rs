//! What a way of dying is played on: a Postfix, a health page or two, a box, and a network of their own where cables are pulled.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::folder_in;
use super::ways::Way;
use crate::harness::PRIMARY;
use crate::harness::aiosmtpd::certificate;
use crate::harness::health::HealthServer;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::netns::{NET, Network};
use crate::harness::postfix::Postfix;

pub const ANN: &str = "ann@example.com";
/// A tarpit answers MAIL only after this time: longer than the interval and the timeout of a probe.
const SLOW_MAIL_S: u32 = 8;
pub const PEOPLE: [&str; 3] = ["ann@example.com", "bo@example.com", "carla@example.com"];

/// The Postfix of all whose health pages die: it works all the time.
pub struct Shared {
    postfix: Postfix,
    _folder: tempfile::TempDir,
}

impl Shared {
    pub fn start() -> Shared {
        let folder = crate::harness::folder();
        let postfix = Postfix::start(folder.path(), PRIMARY, &PEOPLE.map(str::to_owned));
        Shared { postfix, _folder: folder }
    }
}

pub struct Stage<'a> {
    folder: PathBuf,
    shared: &'a Shared,
    /// None where the shared one is the primary.
    own: Option<Postfix>,
    network: Option<Network>,
    pages: Vec<HealthServer>,
    setup: Setup,
}

/// Whether an alarm is about the primary, and not about a test's box that has no way outward and nobody to tell.
pub fn is_of_the_primary(alarm: &str) -> bool {
    matches!(alarm, "misconfigured" | "certificate" | "login" | "health-page" | "isolated" | "automatic-off" | "queue-old")
}

impl<'a> Stage<'a> {
    /// None where it needs a network and there can be none.
    pub fn set(way: Way, folder: &Path, shared: &'a Shared) -> Option<Stage<'a>> {
        // Each at an address of its own: ports that are free at this moment are everybody's at an address that many share.
        let loopback = IpAddr::from([127, 0, 1, 1 + Way::ALL.iter().position(|other| *other == way).unwrap_or_default() as u8]);
        let network = if way.needs_network() { Some(Network::new(&["box", "primary"])?) } else { None };
        let people = PEOPLE.map(str::to_owned);
        let own = match &network {
            Some(network) => Some(network.at("primary", || Postfix::start(folder, network.address("primary"), &people))),
            None if way.pages() > 0 => None,
            None => Some(Postfix::start(folder, loopback, &people)),
        };
        let primary = own.as_ref().map_or(shared.postfix.smtp, |postfix| postfix.smtp);
        let pages: Vec<HealthServer> = (0..way.pages()).map(|_| HealthServer::start(loopback, way.https())).collect();
        let urls: Vec<String> = pages.iter().map(|page| format!("\"{}\"", page.url())).collect();
        let mut setup = Setup { patient: true, ..Setup::new(primary) };
        setup.at_primary = format!("health_urls = [{}]\n", urls.join(", "));
        if way == Way::OnePageOfTwoThatMust {
            setup.at_primary += "health_pass = \"all\"\n";
        }
        if let Some(network) = &network {
            setup.ip = network.address("box");
            setup.web = format!("networks = [\"{NET}\"]\n");
        }
        let mut stage = Stage { folder: folder.to_owned(), shared, own, network, pages, setup };
        if let Some(tls) = way.tls() {
            stage.use_tls(tls);
        }
        if way.before() == "slow" {
            stage.slow_mail();
        }
        Some(stage)
    }

    /// Two certificates for the primary's address, of which the box trusts one.
    fn use_tls(&mut self, level: &str) {
        let pem = folder_in(&self.folder, "pem");
        for name in ["primary", "other"] {
            certificate(&pem, name, self.setup.primary);
        }
        self.setup.at_primary += &format!("tls = \"{level}\"\nca_file = \"{}\"\n", pem.join("primary.pem").display());
        self.certify("primary", "primary");
    }

    /// The certificate that Postfix shows, and the key that it has: one of another name makes its TLS unusable.
    pub fn certify(&mut self, certificate: &str, key: &str) {
        let pem = self.folder.join("pem");
        let (certificate, key) = (pem.join(format!("{certificate}.pem")), pem.join(format!("{key}.key")));
        let (certificate, key) = (certificate.display(), key.display());
        self.postfix()
            .change(&format!("smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {certificate}\nsmtpd_tls_key_file = {key}\n"));
    }

    pub fn start_box(&self) -> Lifeboat {
        self.at_the_box(|| Lifeboat::start(&self.folder, &self.setup))
    }

    /// Does something at the box's place in the network.
    pub fn at_the_box<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.network {
            Some(network) => network.at("box", work),
            None => work(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn postfix(&mut self) -> &mut Postfix {
        self.own.as_mut().expect("a Postfix of its own")
    }

    pub fn network(&self) -> &Network {
        self.network.as_ref().expect("a network of its own")
    }

    pub fn page(&self) -> &HealthServer {
        &self.pages[0]
    }

    /// What Postfix checks when it hears MAIL. Only with this setting it answers at once.
    pub fn at_mail(&mut self, restrictions: &str) {
        self.postfix().change(&format!("smtpd_delay_reject = no\nsmtpd_sender_restrictions = {restrictions}\n"));
    }

    pub fn slow_mail(&mut self) {
        self.at_mail(&format!("sleep {SLOW_MAIL_S}"));
    }

    /// What it checks before its greeting.
    pub fn at_banner(&mut self, restrictions: &str) {
        self.postfix().change(&format!("smtpd_delay_reject = no\nsmtpd_client_restrictions = {restrictions}\n"));
    }

    pub fn mailboxes(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        self.own.as_ref().unwrap_or(&self.shared.postfix).mailboxes()
    }
}
