//! Reads the configuration file and says what is wrong with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;

use lifeboat::config::{self, Config, Problem};
use lifeboat::limits::CONFIG_FILE_MAX_OCTETS;
use lifeboat::net::probe;

use super::{BAD_CONFIG, complain};

/// A configuration without errors.
pub struct Loaded {
    pub config: Config,
    /// Lines for people: `lifeboat.toml:12: warning: key: text`.
    pub warnings: Vec<String>,
    /// Where keys stand in the file.
    pub key_lines: BTreeMap<String, usize>,
}

/// Reads and checks.
///
/// # Errors
/// Every mistake as a line for people.
pub fn load(path: &Path) -> Result<Loaded, Vec<String>> {
    let text = read_text(path, CONFIG_FILE_MAX_OCTETS).map_err(|problem| vec![place(path, &problem)])?;
    let report = config::parse(&text, probe::default_gateway().map(IpAddr::V4));
    match report.config {
        Some(config) => {
            let warnings = report.warnings.iter().map(|problem| warning(path, problem)).collect();
            Ok(Loaded { config, warnings, key_lines: report.key_lines })
        }
        None => Err(report.errors.iter().map(|problem| place(path, problem)).collect()),
    }
}

/// As [`load`] for commands: the mistakes are printed, and the exit code comes back.
pub fn load_or_complain(path: &Path) -> Result<Loaded, u8> {
    load(path).map_err(|problems| {
        complain(&problems.join("\n"));
        BAD_CONFIG
    })
}

/// `lifeboat.toml:12: key: text`, or without the line if the problem has none.
pub fn place(path: &Path, problem: &Problem) -> String {
    let between = if problem.line > 0 { ":" } else { ": " };
    format!("{}{between}{problem}", path.display())
}

/// `lifeboat.toml:12: warning: key: text`.
pub fn warning(path: &Path, problem: &Problem) -> String {
    place(path, &Problem { key: format!("warning: {}", problem.key), ..problem.clone() })
}

/// Reads a text file of bounded size.
pub fn read_text(path: &Path, octets_max: u64) -> Result<String, Problem> {
    let wrong = |line: usize, key: &str, text: String| Problem { line, key: key.to_owned(), text };
    let octets = read(path, octets_max).map_err(|error| wrong(0, "file", format!("cannot be read: {error}")))?;
    String::from_utf8(octets).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|octet| **octet == b'\n').count() + 1;
        wrong(line, "file", "is not UTF-8 text from here on".into())
    })
}

fn read(path: &Path, octets_max: u64) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    // One octet more than allowed tells a file that is too long from one that just fits.
    File::open(path)?.take(octets_max + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > octets_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {octets_max} octets")));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], limit: u64, expected: Result<&str, (usize, &str)>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, octets).unwrap();
        let got = read_text(&path, limit).map_err(|problem| (problem.line, problem.text));
        assert_eq!(got, expected.map(str::to_owned).map_err(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn reads_bounded_text() {
        check(b"abc", 3, Ok("abc"));
        check(b"abcd", 3, Err((0, "cannot be read: it is longer than 3 octets")));
        check(b"a\nb\xff", 100, Err((2, "is not UTF-8 text from here on")));
        let missing = read_text(Path::new("/nonexistent/f"), 3).unwrap_err();
        assert!(missing.text.starts_with("cannot be read: No such file"), "{}", missing.text);
    }

    #[test]
    fn places() {
        let problem = Problem { line: 12, key: "cache.retention_days".into(), text: "is wrong".into() };
        let path = Path::new("lifeboat.toml");
        assert_eq!(place(path, &problem), "lifeboat.toml:12: cache.retention_days: is wrong");
        assert_eq!(warning(path, &problem), "lifeboat.toml:12: warning: cache.retention_days: is wrong");
        assert_eq!(place(path, &Problem { line: 0, ..problem }), "lifeboat.toml: cache.retention_days: is wrong");
    }
}
