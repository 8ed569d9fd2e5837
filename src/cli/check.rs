//! `lifeboat check-config`: the configuration, and the files that it names.

use std::path::Path;

use lifeboat::config::{Config, Problem};
use lifeboat::directory::Directory;
use lifeboat::limits::{CONFIG_FILE_MAX_OCTETS, DIRECTORY_FILE_MAX_OCTETS};

use super::load::{self, Loaded};
use super::{BAD_CONFIG, DONE, complain, say};

/// Where the service manager puts credentials (systemd.exec(5), LoadCredential=): there only while the box runs.
pub const CREDENTIALS_FOLDER: &str = "/run/credentials/";

pub fn check(path: &Path) -> u8 {
    let loaded = match load::load_or_complain(path) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let mut found = Found { path, loaded: &loaded, errors: Vec::new(), warnings: loaded.warnings.clone() };
    found.secrets(&loaded.config);
    found.dkim(&loaded.config);
    found.directory(&loaded.config);
    found.notices(&loaded.config);
    let Found { errors, warnings, .. } = found;
    for line in warnings.iter().chain(&errors) {
        complain(line);
    }
    if errors.is_empty() {
        say(&format!("{}: ok", path.display()));
        DONE
    } else {
        BAD_CONFIG
    }
}

struct Found<'a> {
    path: &'a Path,
    loaded: &'a Loaded,
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Found<'_> {
    fn problem(&self, key: &str, text: String) -> Problem {
        Problem { line: self.loaded.key_lines.get(key).copied().unwrap_or(0), key: key.to_owned(), text }
    }

    fn error(&mut self, key: &str, text: String) {
        self.errors.push(load::place(self.path, &self.problem(key, text)));
    }

    fn warn(&mut self, key: &str, text: String) {
        self.warnings.push(load::warning(self.path, &self.problem(key, text)));
    }

    fn secrets(&mut self, config: &Config) {
        self.secret("outbound.password_file", config.outbound.password_file.as_deref(), |text| {
            if text.lines().next().unwrap_or("").is_empty() { Err("has no password in its first line") } else { Ok(()) }
        });
        self.secret("web.certificate", config.web.certificate.as_deref(), |text| {
            if text.contains("-----BEGIN CERTIFICATE-----") { Ok(()) } else { Err("is no PEM certificate") }
        });
        self.secret("web.key", config.web.key.as_deref(), |text| {
            if text.contains("PRIVATE KEY-----") { Ok(()) } else { Err("is no PEM private key") }
        });
    }

    /// Own words, and what hooks need.
    fn notices(&mut self, config: &Config) {
        if let Some(folder) = &config.notify.templates {
            for problem in lifeboat::app::read_templates(folder).1 {
                self.error("notify.templates", problem.to_string());
            }
        }
        for (key, hook) in [("sms", &config.sms), ("chat", &config.chat)] {
            let Some(hook) = hook else { continue };
            self.secret(&format!("{key}.header_file"), hook.header_file.as_deref(), |text| {
                let line = text.lines().next().unwrap_or_default();
                if line.contains(':') { Ok(()) } else { Err("has no header field in its first line (example: Authorization: Bearer 4f2a)") }
            });
            self.secret(&format!("{key}.ca_file"), hook.ca_file.as_deref(), |text| {
                if text.contains("-----BEGIN CERTIFICATE-----") { Ok(()) } else { Err("is no PEM certificate") }
            });
        }
        if let Some(program) = config.notify.command.as_deref().filter(|program| !program.is_file()) {
            self.error("notify.command", format!("there is no program {}", program.display()));
        }
    }

    /// Messages name the file, never what is in it.
    fn secret(&mut self, key: &str, file: Option<&Path>, looks_right: impl Fn(&str) -> Result<(), &'static str>) {
        let Some(file) = file else { return };
        if file.starts_with(CREDENTIALS_FOLDER) && !file.exists() {
            self.warn(key, format!("{} can be checked only while the box runs", file.display()));
            return;
        }
        match load::read_text(file, CONFIG_FILE_MAX_OCTETS) {
            Ok(text) => {
                if let Err(wrong) = looks_right(&text) {
                    self.error(key, format!("{} {wrong}", file.display()));
                }
            }
            Err(problem) => self.error(key, format!("{} {}", file.display(), problem.text)),
        }
    }

    fn dkim(&mut self, config: &Config) {
        for selector in &config.dkim.selectors {
            let file = config.dkim_key_file(selector);
            match std::fs::metadata(&file) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let make = format!("make it first, without its name here: lifeboat dkim create {selector}");
                    self.error("dkim.selectors", format!("there is no key {selector} ({}): {make}", file.display()));
                }
                Err(error) => self.warn("dkim.selectors", format!("{}: {error}", file.display())),
            }
        }
    }

    fn directory(&mut self, config: &Config) {
        let Some(file) = &config.directory.file else { return };
        if !file.exists() {
            let text = format!("there is no {}: the directory is empty: only the primary's answers decide", file.display());
            self.warn("directory.file", text);
            return;
        }
        match load::read_text(file, DIRECTORY_FILE_MAX_OCTETS) {
            Ok(csv) => {
                if let Err(problems) = Directory::parse_csv(&csv, &config.smtp.domains) {
                    self.errors.extend(problems.iter().map(|problem| format!("{}:{problem}", file.display())));
                }
            }
            Err(problem) => self.errors.push(load::place(file, &problem)),
        }
    }
}
