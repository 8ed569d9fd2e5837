//! The other way round: from a few answers to a configuration that a person can read and go on with.

use std::fmt::Write;

/// What has to be known of an office. Everything is written as it is: [`super::parse`] judges the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// `server.hostname`
    pub hostname: String,
    /// `server.time_zone`; empty: the system's.
    pub time_zone: String,
    /// `smtp.domains`
    pub domains: Vec<String>,
    /// `primary.smtp`, with its port.
    pub primary: String,
    /// `primary.canary`; empty: none.
    pub canary: String,
    /// `outbound.smarthost`, with its port; empty: none.
    pub smarthost: String,
    /// `outbound.user`; empty: no login.
    pub user: String,
    /// `outbound.password_file`, where there is a user.
    pub password_file: String,
    /// `notify.admins`
    pub admins: Vec<String>,
}

impl Draft {
    /// As TOML, with a line of explanation for each table. Answers that are empty leave no trace.
    pub fn to_toml(&self) -> String {
        let mut text = "# Lifeboat: configuration, as it was asked for by the set-up in the browser.\n# Every setting there is, with its default and what it is for: \
                        lifeboat settings, and the example lifeboat.toml.\n"
            .to_owned();
        let mut table = |name: &str, why: &str, keys: &[(&str, String)]| {
            let keys: Vec<_> = keys.iter().filter(|(_, value)| !value.is_empty()).collect();
            if !keys.is_empty() {
                let _ = write!(text, "\n# {why}\n[{name}]\n");
                keys.iter().for_each(|(key, value)| _ = writeln!(text, "{key} = {value}"));
            }
        };
        table("server", "This box.", &[("hostname", quoted(&self.hostname)), ("time_zone", optional(&self.time_zone))]);
        table("smtp", "Mail is taken for these domains.", &[("domains", list(&self.domains))]);
        table("primary", "Exchange.", &[("smtp", quoted(&self.primary)), ("canary", optional(&self.canary))]);
        let (user, file) = match self.user.is_empty() {
            true => (String::new(), String::new()),
            false => (quoted(&self.user), quoted(&self.password_file)),
        };
        table(
            "outbound",
            "The way out for what people write in an outage.",
            &[("smarthost", optional(&self.smarthost)), ("user", user), ("password_file", file)],
        );
        table("notify", "Who is told when an outage begins and ends.", &[("admins", optional_list(&self.admins))]);
        text
    }
}

fn optional(text: &str) -> String {
    if text.is_empty() { String::new() } else { quoted(text) }
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

fn optional_list(texts: &[String]) -> String {
    if texts.is_empty() { String::new() } else { list(texts) }
}

/// A basic string (TOML 1.0, "String").
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            sign if sign.is_control() => _ = write!(out, "\\u{:04X}", u32::from(sign)),
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn full() -> Draft {
        Draft {
            hostname: "lifeboat.example.com".into(),
            time_zone: "Europe/Berlin".into(),
            domains: vec!["example.com".into(), "example.net".into()],
            primary: "192.0.2.10:25".into(),
            canary: "canary@example.com".into(),
            smarthost: "smtp.provider.example:587".into(),
            user: "of\"fice\\1".into(),
            password_file: "/run/credentials/lifeboat.service/smarthost.password".into(),
            admins: vec!["admin@outside.example".into()],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let report = config::parse(&full().to_toml(), None);
        assert_eq!(report.errors, []);
        assert_eq!(report.warnings, []);
        let config = report.config.unwrap();
        assert_eq!(config.server.hostname, "lifeboat.example.com");
        assert_eq!(config.server.time_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(config.smtp.domains, ["example.com", "example.net"]);
        assert_eq!(config.primary.smtp.to_string(), "192.0.2.10:25");
        assert!(config.primary.source.contains([192, 0, 2, 10].into()), "Exchange's own mail is known as that");
        assert_eq!(config.primary.canary.unwrap().to_string(), "canary@example.com");
        assert_eq!(config.outbound.smarthosts[0].to_string(), "smtp.provider.example:587");
        assert_eq!(config.outbound.user.as_deref(), Some("of\"fice\\1"));
        assert_eq!(config.notify.admins[0].to_string(), "admin@outside.example");
    }

    #[test]
    fn what_is_left_out_leaves_no_trace() {
        let least = Draft {
            hostname: "b.example.com".into(),
            domains: vec!["example.com".into()],
            primary: "192.0.2.10:25".into(),
            ..Draft::default()
        };
        let text = least.to_toml();
        assert!(
            !text.contains("outbound") && !text.contains("notify") && !text.contains("canary") && !text.contains("time_zone"),
            "{text}"
        );
        assert_eq!(config::parse(&text, None).errors, []);
    }

    #[test]
    fn no_answer_becomes_another_setting() {
        let bad = Draft { hostname: "x\"\nsmtp_submit = \"192.0.2.66:25\u{7f}\u{0}".into(), ..full() };
        let report = config::parse(&bad.to_toml(), None);
        let keys: Vec<&str> = report.errors.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["server.hostname"]);
    }
}
