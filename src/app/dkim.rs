//! Keys and signatures of what leaves the office: `data_dir/dkim/SELECTOR.pem`, and which of them are in use.

use std::io;

use serde_json::json;

use super::core::Core;
use crate::clock::Wall;
use crate::config::Config;
use crate::control::Answer;
use crate::limits::HEADER_BLOCK_MAX_OCTETS;
use crate::mail::dkim::{self, BodyHash, Key, Kind};
use crate::mail::{Address, trace};
use crate::net::dns::Resolver;
use crate::net::rt;
use crate::store::{Seq, Store, StoreError, replace_file};

/// Octets read from the store at a time.
const PIECE_OCTETS: usize = 256 * 1024;

/// The keys in use, and for whom they sign.
#[derive(Default)]
pub struct Signatures {
    keys: Vec<Key>,
    domains: Vec<String>,
}

impl Signatures {
    /// Reads the keys that the configuration names.
    ///
    /// # Errors
    /// In words for the admin: one of them is not there or is no key.
    pub fn load(config: &Config) -> Result<Signatures, String> {
        let keys = config.dkim.selectors.iter().map(|selector| read(config, selector)).collect::<Result<_, _>>()?;
        Ok(Signatures { keys, domains: ascii(&config.smtp.domains) })
    }

    /// Whether nothing is ever signed.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The fields that go in front of a message, one for each key; none if nobody of our domains wrote it. Reads the message once.
    ///
    /// # Errors
    /// The message cannot be read, or a key does not sign.
    pub fn sign(&self, store: &Store, message: Seq, now: Wall) -> Result<Vec<u8>, String> {
        let read = self.read(store, message).map_err(|error| error.to_string())?;
        let Some((header, domain, body)) = read else { return Ok(Vec::new()) };
        let signatures = self.keys.iter().map(|key| dkim::sign(key, &domain, &header, &body, now));
        signatures.collect::<Result<Vec<_>, _>>().map(|fields| fields.concat()).map_err(|error| error.to_string())
    }

    /// Header block, domain and body of a message that is to be signed; a header block past [`HEADER_BLOCK_MAX_OCTETS`] is not.
    fn read(&self, store: &Store, message: Seq) -> Result<Option<(Vec<u8>, String, BodyHash)>, StoreError> {
        let mut offset = 0;
        let mut next = || {
            let piece = store.body_piece(message, offset, PIECE_OCTETS)?;
            offset += piece.len() as u64;
            Ok::<_, StoreError>(piece)
        };
        let mut head = Vec::new();
        while trace::split_header(&head).1.is_empty() && head.len() <= HEADER_BLOCK_MAX_OCTETS {
            let piece = next()?;
            if piece.is_empty() {
                break;
            }
            head.extend_from_slice(&piece);
        }
        let (header, rest) = trace::split_header(&head);
        let domain = dkim::domain(header).filter(|domain| self.domains.contains(domain));
        let Some(domain) = domain.filter(|_| header.len() <= HEADER_BLOCK_MAX_OCTETS) else { return Ok(None) };
        let mut body = BodyHash::default();
        body.take(rest);
        loop {
            match next()? {
                piece if piece.is_empty() => return Ok(Some((header.to_vec(), domain, body))),
                piece => body.take(&piece),
            }
        }
    }
}

/// The domains as DNS knows them.
fn ascii(domains: &[String]) -> Vec<String> {
    let address = |domain: &String| Address::parse(&format!("postmaster@{domain}")).ok();
    domains.iter().filter_map(address).map(|address| address.ascii_domain().into_owned()).collect()
}

fn read(config: &Config, selector: &str) -> Result<Key, String> {
    let file = config.dkim_key_file(selector);
    let told = |why: String| format!("dkim.selectors: the key {selector}: {} {why}", file.display());
    match std::fs::read_to_string(&file) {
        Ok(pem) => Key::read(selector, &pem).map_err(|error| told(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(told(format!("is not there; make it first, without its name in the configuration: lifeboat dkim create {selector}")))
        }
        Err(error) => Err(told(format!("cannot be read: {error}"))),
    }
}

/// Makes a key.
pub fn create(core: &Core, selector: &str, kind: &str, by: &str) -> Answer {
    if !dkim::is_selector(selector) {
        return Answer::failed(format!(
            "\"{selector}\" is no selector: small letters, digits and hyphens are possible (example: lifeboat1)."
        ));
    }
    let Some(kind) = Kind::parse(kind) else { return Answer::failed(format!("\"{kind}\" is neither rsa nor ed25519.")) };
    let file = core.config.dkim_key_file(selector);
    if file.exists() {
        return Answer::failed(format!(
            "There is a key {selector} already. `lifeboat dkim show` shows it; take another name for a new one."
        ));
    }
    let key = match Key::make(kind).and_then(|pem| Key::read(selector, &pem).map(|key| (pem, key))) {
        Ok((pem, key)) => match replace_file(&file, pem.as_bytes()) {
            Ok(()) => key,
            Err(error) => return Answer::failed(format!("{}: {error}", file.display())),
        },
        Err(error) => return Answer::failed(format!("{error}.")),
    };
    core.audit(by, "dkim-create", format!("selector={selector} kind={}", kind.word()));
    let domains = ascii(&core.config.smtp.domains);
    let lines: Vec<String> = domains.iter().map(|domain| key.zone_line(domain)).collect();
    let text = format!(
        "The key {selector} is made. This belongs into DNS:\n\n{}\n\nWhen it is there (`lifeboat dkim show` looks), name the key in lifeboat.toml and \
         start Lifeboat again:\n\n[dkim]\nselectors = [\"{selector}\"]\n",
        lines.join("\n")
    );
    Answer::done(text, json!({ "selector": selector, "kind": kind.word(), "record": key.record(), "zone": lines }))
}

/// All keys: what belongs into DNS, and whether it is there.
pub fn show(core: &Core) -> Answer {
    let entries = std::fs::read_dir(core.config.server.data_dir.join("dkim")).into_iter().flatten().flatten();
    let mut selectors: Vec<String> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".pem")?.to_owned())).collect();
    selectors.sort();
    if selectors.is_empty() {
        return Answer::done("There is no key. `lifeboat dkim create lifeboat1` makes one.", json!({ "keys": [] }));
    }
    let resolver = Resolver::for_mail(core.config.outbound.dns.clone());
    let (mut text, mut keys) = (String::new(), Vec::new());
    for selector in &selectors {
        let key = match read(&core.config, selector) {
            Ok(key) => key,
            Err(why) => {
                text.push_str(&format!("{selector}: {why}\n\n"));
                keys.push(json!({ "selector": selector, "error": why }));
                continue;
            }
        };
        let in_use = core.config.dkim.selectors.contains(selector);
        text.push_str(&format!(
            "{selector} ({}): {}\n",
            key.kind().word(),
            if in_use { "in use" } else { "not yet named in dkim.selectors" }
        ));
        let mut records = Vec::new();
        for domain in ascii(&core.config.smtp.domains) {
            let published = published(&resolver, &key, &domain);
            text.push_str(&format!("{}\n  {}\n", key.zone_line(&domain), published.1));
            records.push(json!({ "domain": domain, "zone": key.zone_line(&domain), "published": published.0, "dns": published.1 }));
        }
        text.push('\n');
        keys.push(json!({ "selector": selector, "kind": key.kind().word(), "in_use": in_use, "record": key.record(), "domains": records }));
    }
    Answer::done(text, json!({ "keys": keys }))
}

/// Whether DNS has the record, and that in words.
fn published(resolver: &Resolver, key: &Key, domain: &str) -> (bool, String) {
    let name = format!("{}._domainkey.{domain}", key.selector());
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    match rt::block_on(resolver.texts(&name)) {
        Ok(texts) if texts.iter().any(|text| bare(text) == bare(&key.record())) => (true, "DNS has it.".to_owned()),
        Ok(texts) if texts.is_empty() => (false, "DNS does not have it yet.".to_owned()),
        Ok(_) => (false, "DNS has something else there.".to_owned()),
        Err(why) => (false, format!("DNS could not be asked: {why}.")),
    }
}
