//! The box's configuration, as the text that an admin would write: the demonstration starts the way `lifeboat run` does.

use std::net::SocketAddr;
use std::path::Path;

use super::people::{CANARY, DOMAIN};
use crate::config::{self, Config};

/// Where the stand-ins are.
pub struct Around<'a> {
    pub folder: &'a Path,
    pub directory: &'a Path,
    pub primary: SocketAddr,
    pub health_page: SocketAddr,
    pub internet: SocketAddr,
}

/// Monitor settings stay at their defaults: what the demonstration shows is what an office gets.
pub fn text(around: &Around<'_>) -> String {
    let folder = around.folder.display().to_string();
    format!(
        r#"[server]
hostname = "lifeboat.{DOMAIN}"
data_dir = {data:?}
control_socket = {socket:?}

[smtp]
listen = ["127.0.0.1:0"]
domains = ["{DOMAIN}"]
trusted = ["{primary_ip}/32"]

[primary]
smtp = "{primary}"
source = ["{primary_ip}/32"]
canary = "{CANARY}"
health_urls = ["http://{page}/owa/healthcheck.htm"]

[outbound]
route = "smarthost"
smarthost = "{internet}"
tls = "off"

[web]
listen = ["127.0.0.1:0"]
tls = "on"

[directory]
file = {directory:?}
"#,
        data = format!("{folder}/data"),
        socket = format!("{folder}/control.sock"),
        primary = around.primary,
        primary_ip = around.primary.ip(),
        page = around.health_page,
        internet = around.internet,
        directory = around.directory.display().to_string(),
    )
}

/// Reads it as `lifeboat run` reads its file.
///
/// # Errors
/// Every mistake, a line each.
pub fn read(around: &Around<'_>) -> Result<Config, String> {
    let report = config::parse(&text(around), None);
    let mistakes: Vec<String> = report.errors.iter().map(|problem| format!("demo configuration:{problem}")).collect();
    match report.config {
        Some(config) if mistakes.is_empty() => Ok(config),
        _ => Err(mistakes.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_no_mistake() {
        let around = Around {
            folder: Path::new("/tmp/lifeboat demo"),
            directory: Path::new("/tmp/lifeboat demo/directory.csv"),
            primary: ([127, 0, 0, 2], 2525).into(),
            health_page: ([127, 0, 0, 2], 8080).into(),
            internet: ([127, 0, 0, 4], 2525).into(),
        };
        let config = read(&around).unwrap();
        assert_eq!(config.smtp.domains, ["example.com"]);
        assert_eq!((config.monitor.fall, config.monitor.rise), (3, 6), "the demonstration runs on the defaults");
    }
}
