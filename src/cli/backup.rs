//! `lifeboat backup` and `lifeboat restore`: everything that makes this box this box in one tar file, with mail or without.
//!
//! A backup may be made while the box runs. It holds secrets (passwords' verifiers, keys, the smart host's password), so it is readable for its owner alone.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use lifeboat::clock::{Clock, SystemClock, Wall};
use lifeboat::config::{self, Config};
use lifeboat::limits::CONFIG_FILE_MAX_OCTETS;
use lifeboat::mail::date;
use lifeboat::store::backup::{self, Spooled};
use lifeboat::store::make_folder;
use serde::{Deserialize, Serialize};

use super::args::{Backup, Restore};
use super::check::CREDENTIALS_FOLDER;
use super::{DONE, FAILED, complain, load, say};

/// Goes up when an older version could not read it. 2: secrets that the service gets as credentials.
const FORMAT: u32 = 2;
/// The first entry.
const ABOUT: &str = "backup.json";
/// Entries below: what lies in `server.data_dir`; files that the configuration names, by their whole paths; those of them that systemd hands to the
/// service as credentials, by their names: they lie beside the configuration; the configuration itself.
const DATA: &str = "data";
const FILES: &str = "files";
const CREDENTIALS: &str = "credentials";
const CONFIG: &str = "lifeboat.toml";
/// Of the data folder, beside the spool: what is made from other things (index, search) and what is made at a start stays out.
/// `tls` has the authority that the office trusts, with its key: another machine goes on with it.
const KEPT: [&str; 8] = ["ledger", "tls", "dkim", "loop.key", "admin-totp.json", "verdicts.json", "seen.json", "probes"];
/// Where this is the box is an appliance: what starts and stops there follows from its set-up.
const APPLIANCE: &str = "/usr/lib/lifeboat-box/setup";
const ABOUT_MAX_OCTETS: u64 = 64 * 1024;

/// `backup.json`.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    version: String,
    hostname: String,
    /// RFC 3339.
    made: String,
    mail: bool,
    /// Numbers with which a box without the mail goes on.
    next_seq: u64,
    next_number: u64,
}

pub fn backup(command: &Backup) -> u8 {
    let loaded = match load::load_or_complain(&command.config) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let now = SystemClock::new().now().wall;
    match write(&command.config, &loaded.config, &command.to, command.mail, now) {
        Ok((octets, missing)) => {
            for path in missing {
                complain(&format!("lifeboat: {} is not there, and so not in the backup", path.display()));
            }
            let what = if command.mail { "with all mail" } else { "without mail (--mail takes it along)" };
            say(&format!(
                "{}: {} KiB, {what}. It holds keys and passwords: keep it where nobody else reads it.",
                command.to.display(),
                octets >> 10
            ));
            DONE
        }
        Err(error) => fail(&format!("{}: {error}", command.to.display())),
    }
}

pub fn restore(command: &Restore) -> u8 {
    match read(&command.from, &command.config, SystemClock::new().now().wall) {
        Ok(text) => {
            say(&text);
            DONE
        }
        Err(text) => fail(&text),
    }
}

fn fail(text: &str) -> u8 {
    complain(&format!("lifeboat: {text}"));
    FAILED
}

/// Files and folders that the configuration names, whether they are there or not.
fn config_files(config: &Config) -> Vec<PathBuf> {
    let hooks = [&config.sms, &config.chat].into_iter().flatten();
    let hook_files = hooks.flat_map(|hook| [hook.header_file.clone(), hook.ca_file.clone()]);
    let (outbound, web) = (&config.outbound, &config.web);
    let others = [
        config.directory.file.clone(),
        outbound.password_file.clone(),
        outbound.ca_file.clone(),
        config.primary.ca_file.clone(),
        web.certificate.clone(),
        web.key.clone(),
        config.notify.templates.clone(),
    ];
    others.into_iter().chain(hook_files).flatten().collect()
}

/// Those of them that are there now, as entries of the archive with where they lie; and those that are nowhere.
fn named_files(config_file: &Path, config: &Config) -> io::Result<(BTreeMap<PathBuf, PathBuf>, Vec<PathBuf>)> {
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    let entry = |path: &Path| Path::new(FILES).join(path.strip_prefix("/").unwrap_or(path));
    for path in config_files(config).into_iter().filter(|path| path.is_absolute()) {
        if let Some(name) = credential(&path) {
            // What the running service has may be an empty one in its place, and is gone when it stops.
            match beside(config_file, name) {
                source if source.is_file() => found.insert(Path::new(CREDENTIALS).join(name), source),
                _ if path.metadata().is_ok_and(|there| there.len() > 1) => found.insert(Path::new(CREDENTIALS).join(name), path),
                _ => {
                    missing.push(path);
                    None
                }
            };
        } else if path.is_dir() {
            found.extend(files_in(&path)?.into_iter().map(|path| (entry(&path), path)));
        } else if path.is_file() {
            found.insert(entry(&path), path);
        } else {
            missing.push(path);
        }
    }
    Ok((found, missing))
}

/// The name of a file that systemd hands to the service (LoadCredential=).
fn credential(path: &Path) -> Option<&str> {
    let mut parts = path.strip_prefix(CREDENTIALS_FOLDER).ok()?.components();
    let (Some(_unit), Some(Component::Normal(name)), None) = (parts.next(), parts.next(), parts.next()) else { return None };
    name.to_str()
}

/// Where the unit takes a credential from.
fn beside(config_file: &Path, name: &str) -> PathBuf {
    config_file.with_file_name(name)
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_in(&path)?);
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Octets written, and files that the configuration names and nobody has. A file of that name is replaced when the new one is whole and on the disk.
fn write(config_file: &Path, config: &Config, to: &Path, mail: bool, now: Wall) -> io::Result<(u64, Vec<PathBuf>)> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let _left_by_another_try = fs::remove_file(&partial);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    let done = fill(file, config_file, config, mail, now).and_then(|written| fs::rename(&partial, to).map(|()| written));
    if done.is_err() {
        let _nothing_more_to_do = fs::remove_file(&partial);
    }
    done
}

fn fill(file: File, config_file: &Path, config: &Config, mail: bool, now: Wall) -> io::Result<(u64, Vec<PathBuf>)> {
    let data_dir = &config.server.data_dir;
    let Spooled { segments, next_seq, next_number } = backup::spooled(data_dir).map_err(io::Error::other)?;
    let about = About {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        hostname: config.server.hostname.clone(),
        made: date::rfc3339(now),
        mail,
        next_seq,
        next_number,
    };
    let mut tar = tar::Builder::new(io::BufWriter::new(file));
    add(&mut tar, ABOUT, &serde_json::to_vec_pretty(&about)?)?;
    add(&mut tar, CONFIG, &fs::read(config_file)?)?;
    let (named, missing) = named_files(config_file, config)?;
    for (entry, path) in named {
        add_file(&mut tar, &entry, &path)?;
    }
    for name in KEPT {
        let path = data_dir.join(name);
        let found = if path.is_dir() { files_in(&path)? } else { vec![path].into_iter().filter(|path| path.is_file()).collect() };
        for path in found {
            let inside = Path::new(DATA).join(path.strip_prefix(data_dir).map_err(io::Error::other)?);
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                // Somebody may be in the middle of a line.
                let mut lines = fs::read(&path)?;
                lines.truncate(lines.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1));
                add(&mut tar, inside, &lines)?;
            } else {
                add_file(&mut tar, &inside, &path)?;
            }
        }
    }
    if mail {
        for path in segments {
            let name = path.file_name().unwrap_or_default();
            add_file(&mut tar, &Path::new(DATA).join("spool").join(name), &path)?;
        }
    }
    let file = tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok((file.metadata()?.len(), missing))
}

fn head(octets: u64, mode: u32) -> tar::Header {
    let mut head = tar::Header::new_gnu();
    head.set_size(octets);
    head.set_mode(mode);
    head.set_entry_type(tar::EntryType::Regular);
    head
}

/// A small file, for its owner alone.
pub(super) fn add(tar: &mut tar::Builder<impl Write>, name: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
    tar.append_data(&mut head(content.len() as u64, 0o600), name, content)
}

/// As much of it as there is now; it may grow meanwhile. One that is gone (retention) is left out.
fn add_file(tar: &mut tar::Builder<impl Write>, name: &Path, path: &Path) -> io::Result<()> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let octets = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    // One that is cut meanwhile loses zeros at its end only: they were room.
    let mode = file.metadata()?.permissions().mode() & 0o777;
    tar.append_data(&mut head(octets, mode), name, file.chain(io::repeat(0)).take(octets))
}

/// What was done, in words.
fn read(from: &Path, config_file: &Path, now: Wall) -> Result<String, String> {
    let in_file = |error: io::Error| format!("{}: {error}", from.display());
    let mut archive = tar::Archive::new(io::BufReader::new(File::open(from).map_err(in_file)?));
    let mut entries = archive.entries().map_err(in_file)?;
    let mut next = |name: &str, octets_max: u64| -> Result<Vec<u8>, String> {
        let entry = entries.next().ok_or_else(|| format!("{} is no backup of Lifeboat", from.display()))?.map_err(in_file)?;
        if entry.path().map_err(in_file)? != Path::new(name) {
            return Err(format!("{} is no backup of Lifeboat", from.display()));
        }
        let mut content = Vec::new();
        entry.take(octets_max).read_to_end(&mut content).map_err(in_file)?;
        Ok(content)
    };
    let about: About =
        serde_json::from_slice(&next(ABOUT, ABOUT_MAX_OCTETS)?).map_err(|error| format!("{}: {ABOUT}: {error}", from.display()))?;
    if !(1..=FORMAT).contains(&about.format) {
        return Err(format!(
            "{} was made by version {}, which this one ({}) cannot read",
            from.display(),
            about.version,
            env!("CARGO_PKG_VERSION")
        ));
    }
    let config_text = next(CONFIG, CONFIG_FILE_MAX_OCTETS)?;
    let report = config::parse(&String::from_utf8_lossy(&config_text), None);
    let Some(config) = report.config else {
        return Err(report
            .errors
            .iter()
            .map(|problem| format!("{CONFIG} in {}: {problem}", from.display()))
            .collect::<Vec<_>>()
            .join("\n"));
    };
    let data_dir = &config.server.data_dir;
    for name in ["spool", "ledger"] {
        if data_dir.join(name).exists() {
            // Of a unit with DynamicUser= it is a link: what it leads to has to go.
            let here = fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.clone());
            let here = here.display();
            return Err(format!(
                "{here} holds a box already: stop it (systemctl stop 'lifeboat*'), move {here} away, and try again; nothing was changed"
            ));
        }
    }
    let mut done = Vec::new();
    // A link that leads nowhere: what was here was moved away, and systemd finds the new one at the old place.
    let target = fs::read_link(data_dir).map(|to| data_dir.parent().unwrap_or(Path::new("/")).join(to));
    make_folder(target.as_deref().unwrap_or(data_dir)).map_err(|error| format!("{}: {error}", data_dir.display()))?;
    // Before a secret would make it a folder for root alone.
    if let Some(folder) = config_file.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let named = Named { config_file, data_dir, files: config_files(&config) };
    for entry in entries {
        let mut entry = entry.map_err(in_file)?;
        let name = entry.path().map_err(in_file)?.into_owned();
        let Some(path) = named.place(&name) else {
            return Err(format!("{}: {} does not belong into a backup", from.display(), name.display()));
        };
        let at = |error: io::Error| format!("{}: {error}", path.display());
        let mode = if name.starts_with(CREDENTIALS) { 0o600 } else { entry.header().mode().unwrap_or(0o600) & 0o777 };
        if !name.starts_with(DATA) && path.exists() {
            // Beside the configuration lie the box's own files, and those of a new one are examples.
            if path.parent() != config_file.parent() {
                done.push(format!("{} is there already and was left as it is", path.display()));
                continue;
            }
            let aside = aside(&path);
            fs::rename(&path, &aside).map_err(at)?;
            put(&mut entry, &path, mode).map_err(at)?;
            if fs::read(&path).map_err(at)? == fs::read(&aside).map_err(at)? {
                fs::remove_file(&aside).map_err(at)?;
            } else {
                done.push(format!("the {} that was here is {} now", path.file_name().unwrap_or_default().display(), aside.display()));
            }
            continue;
        }
        put(&mut entry, &path, mode).map_err(at)?;
    }
    if !about.mail {
        backup::begin_after(data_dir, about.next_number, about.next_seq, now)
            .map_err(|error| format!("{}: {error}", data_dir.display()))?;
    }
    let old = fs::read(config_file).ok().filter(|there| *there != config_text);
    if let Some(old) = old {
        let aside = aside(config_file);
        fs::write(&aside, old).map_err(|error| format!("{}: {error}", aside.display()))?;
        done.push(format!("the configuration that was here is {} now", aside.display()));
    }
    put(&mut config_text.as_slice(), config_file, 0o644).map_err(|error| format!("{}: {error}", config_file.display()))?;
    let next =
        if Path::new(APPLIANCE).exists() { "start the machine anew: systemctl reboot" } else { "start it: systemctl start lifeboat" };
    done.push(format!("restored what {} was on {}; {next}", about.hostname, about.made));
    done.push(match about.mail {
        true => {
            "What waited for delivery then is delivered again, unless it is held first: Exchange may get some messages twice.".to_owned()
        }
        false => "The backup holds no mail: the cache fills from now on.".to_owned(),
    });
    Ok(done.join("\n"))
}

/// Under that name somebody finds it again.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-restore");
    name.into()
}

/// Where entries may go: into the data folder, to the credentials that the configuration in the backup names, and to other files that it names, if they are not
/// there yet. Nothing else is written; but whoever made the backup also wrote that configuration, so it has to be trusted as root is.
struct Named<'a> {
    config_file: &'a Path,
    data_dir: &'a Path,
    files: Vec<PathBuf>,
}

impl Named<'_> {
    fn place(&self, name: &Path) -> Option<PathBuf> {
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        if let Ok(inside) = name.strip_prefix(DATA) {
            let first = inside.components().next()?.as_os_str();
            let is_known = first == "spool" || KEPT.iter().any(|kept| first == *kept);
            return is_known.then(|| self.data_dir.join(inside));
        }
        if let Ok(inside) = name.strip_prefix(CREDENTIALS) {
            let wanted = inside.to_str()?;
            let is_named = self.files.iter().any(|named| credential(named) == Some(wanted));
            return is_named.then(|| beside(self.config_file, wanted));
        }
        let path = Path::new("/").join(name.strip_prefix(FILES).ok()?);
        self.files.iter().any(|named| path.starts_with(named)).then_some(path)
    }
}

/// Written, and on the disk. Folders of the box's own are for it alone, whoever made the backup; others are as usual.
fn put(from: &mut impl Read, path: &Path, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        if mode & 0o077 == 0 { make_folder(folder)? } else { fs::create_dir_all(folder)? }
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    io::copy(from, &mut file)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()
}
