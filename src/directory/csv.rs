//! The directory file: CSV by RFC 4180, with a header line.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::groups::Groups;
use super::{Directory, Person, Problem};
use crate::limits::{FILE_PROBLEMS_MAX, PERSON_NAME_MAX_CHARS, PERSON_PHONE_MAX_CHARS};
use crate::mail::{Address, Mailbox};

pub(super) const HEADER: &str = "address,name,aliases,alternate_email,phone,groups";
/// Beyond the usual ones.
pub(super) const SEND_AS: &str = "send_as";

pub(super) fn parse(text: &str, domains: &[String]) -> Result<Directory, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Flexible: a row of another length is a mistake with a line of its own, not the end of the file.
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(header) => Columns::of(header).map_err(|text| vec![Problem { line: 1, text }])?,
        Err(error) => return Err(vec![Problem { line: 1, text: in_words(&error) }]),
    };
    let mut build = Build {
        domains,
        directory: Directory::default(),
        first_lines: BTreeMap::new(),
        group_addresses: BTreeMap::new(),
        problems: Vec::new(),
        uncounted: 0,
    };
    for record in reader.records() {
        match record {
            Ok(record) => build.row(&columns, &record),
            Err(error) => build.problem(error.position().map_or(0, csv::Position::line), in_words(&error)),
        }
    }
    build.finish()
}

fn in_words(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8 text; save the file as \"CSV UTF-8\"".into(),
        _ => error.to_string().replace('\n', " "),
    }
}

/// Where each known column stands.
struct Columns {
    count: usize,
    address: usize,
    name: Option<usize>,
    aliases: Option<usize>,
    alternate_email: Option<usize>,
    phone: Option<usize>,
    groups: Option<usize>,
    send_as: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Columns, String> {
        let names: Vec<String> = header.iter().map(str::to_lowercase).collect();
        let first = names.first().map_or("", String::as_str);
        if names.len() == 1 && (first.starts_with("address;") || first.starts_with("address\t")) {
            return Err(format!("the columns must be separated by commas (expected: {HEADER})"));
        }
        for known in HEADER.split(',').chain([SEND_AS]) {
            if names.iter().filter(|name| *name == known).count() > 1 {
                return Err(format!("the column \"{known}\" is there twice"));
            }
        }
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let Some(address) = place("address") else {
            return Err(format!("the first line must name the columns, with \"address\" among them (expected: {HEADER})"));
        };
        Ok(Columns {
            count: names.len(),
            address,
            name: place("name"),
            aliases: place("aliases"),
            alternate_email: place("alternate_email"),
            phone: place("phone"),
            groups: place("groups"),
            send_as: place(SEND_AS),
        })
    }
}

/// The directory while it grows.
struct Build<'a> {
    domains: &'a [String],
    directory: Directory,
    /// Line at which each address or alias was first seen.
    first_lines: BTreeMap<Mailbox, u64>,
    /// Addresses of groups, by name in lower case; the name, and the line that gave it.
    group_addresses: BTreeMap<String, (String, Address, u64)>,
    problems: Vec<Problem>,
    /// Problems that are not listed.
    uncounted: usize,
}

impl Build<'_> {
    fn problem(&mut self, line: u64, text: String) {
        if self.problems.len() < FILE_PROBLEMS_MAX {
            self.problems.push(Problem { line, text });
        } else {
            self.uncounted += 1;
        }
    }

    fn row(&mut self, columns: &Columns, record: &StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or("");
        if record.iter().all(str::is_empty) {
            return;
        }
        if record.len() > columns.count && record.iter().skip(columns.count).any(|extra| !extra.is_empty()) {
            let text = format!("has {} columns instead of {}; a text with a comma needs \"quotes\"", record.len(), columns.count);
            return self.problem(line, text);
        }
        let address = self.own_address(line, "address", record.get(columns.address).unwrap_or(""));
        let name = self.text(line, "name", field(columns.name), PERSON_NAME_MAX_CHARS);
        let aliases: Vec<Option<Address>> = parts(field(columns.aliases)).map(|alias| self.own_address(line, "aliases", alias)).collect();
        let alternate_email = self.alternate(line, field(columns.alternate_email));
        let phone = self.phone(line, field(columns.phone));
        let groups: Vec<Option<String>> = parts(field(columns.groups)).map(|group| self.group(line, group)).collect();
        let send_as: Vec<Option<Address>> = parts(field(columns.send_as)).map(|other| self.own_address(line, SEND_AS, other)).collect();
        // A row with a mistake still claims its addresses, so that doubles elsewhere are found in the same run.
        let Some(address) = address else { return };
        let mailbox = address.mailbox();
        self.claim(line, "address", &address);
        let mut others: Vec<Address> = Vec::new();
        for alias in aliases.into_iter().flatten() {
            // Exports often repeat the address among the aliases; that is no mistake.
            if alias.mailbox() != mailbox && self.claim(line, "aliases", &alias) {
                others.push(alias);
            }
        }
        self.directory.aliases.extend(others.iter().map(|alias| (alias.mailbox(), mailbox.clone())));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| address.local().to_owned());
        let groups = groups.into_iter().flatten().collect();
        let send_as = send_as.into_iter().flatten().filter(|other| other.mailbox() != mailbox).collect();
        let person = Person { mailbox: mailbox.clone(), address, name, aliases: others, alternate_email, phone, groups, send_as };
        self.directory.people.insert(mailbox, person);
    }

    /// The name of a group, which may have its address behind it: `Sales <sales-team@example.com>`.
    fn group(&mut self, line: u64, text: &str) -> Option<String> {
        let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
            return self.text(line, "groups", text, PERSON_NAME_MAX_CHARS);
        };
        let name = self.text(line, "groups", name.trim(), PERSON_NAME_MAX_CHARS).filter(|name| !name.is_empty())?;
        let address = self.own_address(line, "groups", address.trim())?;
        let key = name.to_lowercase();
        let others = self.group_addresses.iter().find(|(other, (_, theirs, _))| **other != key && theirs.mailbox() == address.mailbox());
        if let Some((_, (other, ..))) = others {
            let text = format!("groups: {address} is already the address of the group \"{other}\"");
            self.problem(line, text);
            return None;
        }
        match self.group_addresses.get(&key) {
            Some((_, known, first)) if known.mailbox() != address.mailbox() => {
                let text = format!("groups: \"{name}\" has another address in line {first}");
                self.problem(line, text);
            }
            Some(_) => {}
            None => {
                self.group_addresses.insert(key, (name.clone(), address, line));
            }
        }
        Some(name)
    }

    /// An address that this box would take mail for.
    fn own_address(&mut self, line: u64, column: &str, text: &str) -> Option<Address> {
        let address = self.address(line, column, text)?;
        if !self.domains.is_empty() && !address.is_in(self.domains) {
            self.problem(line, format!("{column}: {address} is in none of the domains of smtp.domains ({})", self.domains.join(", ")));
            return None;
        }
        Some(address)
    }

    fn alternate(&mut self, line: u64, text: &str) -> Option<Address> {
        if text.is_empty() {
            return None;
        }
        let address = self.address(line, "alternate_email", text)?;
        if address.is_in(self.domains) {
            let text = format!("alternate_email: {address} is in our own domain; it must be one that works while our mail is down");
            self.problem(line, text);
        }
        Some(address)
    }

    fn address(&mut self, line: u64, column: &str, text: &str) -> Option<Address> {
        match Address::parse(text) {
            Ok(address) => Some(address),
            Err(_) if text.is_empty() => {
                self.problem(line, format!("{column}: is empty (example: ann@example.com)"));
                None
            }
            Err(error) => {
                self.problem(line, format!("{column}: \"{}\": {error}", shown(text)));
                None
            }
        }
    }

    fn text(&mut self, line: u64, column: &str, text: &str, longest: usize) -> Option<String> {
        // A quote that is never closed swallows the lines behind it: the line breaks betray it.
        if text.chars().any(char::is_control) {
            self.problem(line, format!("{column}: contains a line break or another control character; is a quote not closed?"));
            return None;
        }
        if text.chars().count() > longest {
            self.problem(line, format!("{column}: is longer than {longest} characters"));
            return None;
        }
        Some(text.to_owned())
    }

    fn phone(&mut self, line: u64, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if !is_phone(text) {
            self.problem(line, format!("phone: \"{}\" is not a phone number (example: +49 30 123456)", shown(text)));
            return None;
        }
        Some(text.to_owned())
    }

    /// Notes who has an address; false (and a problem) if somebody has it already.
    fn claim(&mut self, line: u64, column: &str, address: &Address) -> bool {
        match self.first_lines.get(&address.mailbox()) {
            Some(first) => {
                self.problem(line, format!("{column}: {address} is already in line {first}"));
                false
            }
            None => {
                self.first_lines.insert(address.mailbox(), line);
                true
            }
        }
    }

    fn finish(mut self) -> Result<Directory, Vec<Problem>> {
        let mut addresses = BTreeMap::new();
        for (key, (_, address, line)) in std::mem::take(&mut self.group_addresses) {
            if let Some(first) = self.first_lines.get(&address.mailbox()).copied() {
                self.problem(line, format!("groups: {address} is already the address of line {first}"));
            }
            addresses.insert(key, address);
        }
        self.directory.groups = Groups::of(self.directory.people.values(), addresses);
        if self.problems.is_empty() {
            return Ok(self.directory);
        }
        if self.uncounted > 0 {
            let line = self.problems.last().map_or(1, |problem| problem.line);
            self.problems.push(Problem { line, text: format!("{} further mistakes are not shown", self.uncounted) });
        }
        Err(self.problems)
    }
}

/// Whether this may be somebody's phone number: digits and what people write between them, at most [`PERSON_PHONE_MAX_CHARS`].
pub fn is_phone(text: &str) -> bool {
    let fits = text.chars().all(|c| c.is_ascii_digit() || "+-()/. ".contains(c)) && text.chars().any(|c| c.is_ascii_digit());
    fits && text.len() <= PERSON_PHONE_MAX_CHARS
}

/// Elements of a list within a column.
fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(';').map(str::trim).filter(|part| !part.is_empty())
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
