//! Keeps the shape of the source true: layers, exclusive imports, purity, sizes, words.
//!
//! Every rule is a function from text to complaints, tried below on a bad sample: a rule that cannot fail is no rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Longer files, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];
const LINES_MAX: usize = 600;

/// Rooms without sockets, clock reads, logging, async and files.
const PURE: [&str; 8] = ["mail", "config", "smtp", "continuity", "relay", "failback", "notify", "sim"];

/// Crates (or modules) that have one home: a room, or a file.
const HOMES: [(&str, &str); 16] = [
    ("mail_parser", "mail"),
    ("mail_builder", "mail"),
    ("ammonia", "mail"),
    ("sled", "store"),
    ("rusqlite", "store"),
    ("maud", "web"),
    ("fluent_bundle", "web"),
    ("unic_langid", "web"),
    ("smol", "net"),
    ("rustls", "net"),
    ("futures_rustls", "net"),
    ("tiny_http", "net"),
    ("hickory_resolver", "net"),
    ("async_signal", "net"),
    ("sd_notify", "net"),
    ("async_std", "net/deadline.rs"),
];

/// The parts that the product was asked to be made of.
const CARD: [&str; 10] = ["smol", "async_std", "sled", "mail_parser", "tiny_http", "maud", "rustls", "argh", "log", "env_logger"];

/// Imports inside one layer that are wanted: the demonstration starts the box; the command line starts both; the configuration
/// holds the canary as the address that it is, not as text that somebody else has to check; the admin's pages ask the same verbs as the
/// command line, so that the two cannot drift apart.
const SAME_LAYER: [(&str, &str); 5] = [("demo", "app"), ("cli", "app"), ("cli", "demo"), ("config", "mail"), ("web", "control")];

/// What may lie at the top of the repository.
const TOP: [&str; 15] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "assets",
    "image",
    "rustfmt.toml",
    "src",
    "systemd",
    "target",
    "tests",
];

// ---- Reading -----------------------------------------------------------------------------------

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files below `folder` with one of the endings, as (path from `folder`, text), sorted.
fn files(folder: &Path, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))));
            }
        }
    }
    found.sort();
    found
}

fn source() -> Vec<(String, String)> {
    files(&root().join("src"), &[".rs"])
}

/// `net/smtp_client.rs` is of the room `net`, `clock.rs` of `clock`.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// Code with comments and the inside of literals blanked, lines kept.
fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => block_end(&chars, at),
            '"' => string_end(&chars, at + 1),
            'r' if !is_word_before(&chars, at) => raw_end(&chars, at).unwrap_or(at),
            '\'' => char_end(&chars, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

fn is_word_before(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn line_end(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |offset| at + offset)
}

fn block_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut here) = (0, at);
    while here + 1 < chars.len() {
        match (chars[here], chars[here + 1]) {
            ('/', '*') => (depth, here) = (depth + 1, here + 2),
            ('*', '/') => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
        if depth == 0 {
            return here;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then(|| {
        let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        let from = at + 2 + hashes;
        chars[from..].windows(close.len()).position(|window| window == close).map_or(chars.len(), |offset| from + offset + close.len())
    })
}

/// A character literal, not a lifetime.
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match chars.get(at + 1)? {
        '\\' => chars[at + 3..].iter().position(|c| *c == '\'').map(|offset| at + 3 + offset + 1),
        _ => (chars.get(at + 2) == Some(&'\'')).then_some(at + 3),
    }
}

/// Code without its tests: items under `#[cfg(test)]` are cut out, files that are all test are empty.
fn product(path: &str, text: &str) -> String {
    if is_test(path) {
        return String::new();
    }
    let mut code = code(text);
    while let Some(at) = code.find(TEST) {
        let end = item_end(&code, at + TEST.len());
        code.replace_range(at..end, " ");
    }
    code
}

const TEST: &str = "#[cfg(test)]";

/// The end of an item: its semicolon, or the brace that closes it.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (offset, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return start + offset + 1;
        }
    }
    code.len()
}

/// `tests.rs`, `tests/`, and what a room's page declares as `#[cfg(test)] mod name;`.
fn is_test(path: &str) -> bool {
    static DECLARED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let pages = source().into_iter().filter(|(path, _)| path.ends_with("mod.rs"));
        pages.flat_map(|(path, text)| test_modules(&path, &text)).collect()
    });
    path.ends_with("tests.rs") || path.contains("/tests/") || DECLARED.contains(path)
}

fn test_modules(page: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let folder = page.trim_end_matches("mod.rs");
    let declared = code.split(TEST).skip(1).filter_map(|rest| rest.trim_start().strip_prefix("mod ")?.split_once(';'));
    declared.filter(|(name, _)| !name.contains('{')).map(|(name, _)| format!("{folder}{}.rs", name.trim())).collect()
}

/// Words and punctuation; `::` is one token.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

// ---- Layers ------------------------------------------------------------------------------------

/// Room to layer, from the table in the documentation of `lib.rs`.
fn layers(lib: &str) -> BTreeMap<String, u8> {
    // The command line belongs to the binary, not to the library.
    let mut layers = BTreeMap::from([("main".to_owned(), 10), ("cli".to_owned(), 9)]);
    for row in lib.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let mut cells = row.split(" | ");
        let (Some(Ok(layer)), Some(rooms)) = (cells.next().map(str::parse::<u8>), cells.next()) else { continue };
        for name in rooms.split('`').skip(1).step_by(2) {
            layers.insert(name.to_owned(), layer);
        }
    }
    layers
}

/// Rooms that a file names: `crate::x`, `lifeboat::x`, groups of `crate::{x::y, z}`, and chains of `super` that leave the room.
fn imports(path: &str, text: &str) -> BTreeSet<String> {
    let code = code(text);
    let tokens = tokens(&code);
    let mut found = BTreeSet::new();
    let depth = path.split('/').count() - usize::from(path.ends_with("/mod.rs"));
    for (at, token) in tokens.iter().enumerate() {
        let previous = at.checked_sub(1).and_then(|before| tokens.get(before));
        let outward = match *token {
            "crate" | "lifeboat" => previous != Some(&"::"),
            "super" => super_chain(&tokens, at) >= depth,
            _ => false,
        };
        if outward && tokens.get(at + 1) == Some(&"::") {
            found.extend(heads(&tokens[at + 2..]));
        }
    }
    found
}

/// How many `super` stand in a row up to here.
fn super_chain(tokens: &[&str], at: usize) -> usize {
    let mut count = 1;
    let mut here = at;
    while here >= 2 && tokens[here - 1] == "::" && tokens[here - 2] == "super" {
        (count, here) = (count + 1, here - 2);
    }
    count
}

/// First names after `crate::`: one, or those of a group.
fn heads(tokens: &[&str]) -> Vec<String> {
    if tokens.first() != Some(&"{") {
        return tokens.first().map(|name| (*name).to_owned()).into_iter().collect();
    }
    let (mut depth, mut names) = (0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            name if depth == 1 && matches!(tokens[at - 1], "{" | ",") => names.push(name.to_owned()),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn layer_faults(layers: &BTreeMap<String, u8>, path: &str, text: &str) -> Vec<String> {
    let room = room(path);
    if room == "lib" {
        return Vec::new();
    }
    let Some(own) = layers.get(room) else { return vec![format!("src/{path}: room `{room}` is not in the table of lib.rs")] };
    let mut faults = Vec::new();
    for other in imports(path, text) {
        let Some(layer) = layers.get(&other) else { continue };
        if other != room && layer >= own && !SAME_LAYER.contains(&(room, other.as_str())) {
            faults.push(format!("src/{path}: `{room}` (layer {own}) imports `{other}` (layer {layer})"));
        }
    }
    faults
}

// ---- Other rules -------------------------------------------------------------------------------

/// Crates that a file names as the start of a path, or in a plain `use`.
fn crates(text: &str) -> BTreeSet<String> {
    let code = code(text);
    let tokens = tokens(&code);
    let starts = |at: usize| at == 0 || tokens[at - 1] != "::";
    let is_path = |at: usize| tokens.get(at + 1) == Some(&"::") || (at > 0 && tokens[at - 1] == "use");
    (0..tokens.len()).filter(|at| starts(*at) && is_path(*at)).map(|at| tokens[at].to_owned()).collect()
}

fn home_faults(path: &str, text: &str) -> Vec<String> {
    let named = crates(text);
    let at_home = |home: &str| room(path) == home || path == home;
    let foreign = HOMES.iter().filter(|(name, home)| named.contains(*name) && !at_home(home));
    foreign.map(|(name, home)| format!("src/{path}: `{name}` is imported outside its home `{home}`")).collect()
}

fn clock_faults(path: &str, text: &str) -> Vec<String> {
    let product = product(path, text);
    let flat: String = product.split_whitespace().collect();
    let reads = ["SystemTime::now", "Instant::now"].iter().filter(|read| path != "clock.rs" && flat.contains(*read));
    reads.map(|read| format!("src/{path}: `{read}` outside clock.rs")).collect()
}

fn purity_faults(path: &str, text: &str) -> Vec<String> {
    if !PURE.contains(&room(path)) {
        return Vec::new();
    }
    let product = product(path, text);
    let tokens = tokens(&product);
    let words = ["async", "SystemTime", "Instant", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener"];
    let word = words.iter().find(|word| tokens.contains(*word));
    let flat: String = product.split_whitespace().collect();
    let call = ["std::fs", "std::thread", "log::"].into_iter().find(|call| match *call {
        "log::" => crates(&product).contains("log"),
        call => flat.contains(call),
    });
    word.copied().into_iter().chain(call).map(|what| format!("src/{path}: `{what}` in the pure room `{}`", room(path))).collect()
}

fn macro_faults(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let tokens = tokens(&code);
    let product = product(path, text);
    let product_tokens = self::tokens(&product);
    let may_print = matches!(room(path), "main" | "demo" | "cli");
    let called = |tokens: &[&str], name: &str| tokens.windows(2).any(|pair| pair == [name, "!"]);
    let never = ["todo", "unimplemented", "dbg"].into_iter().filter(|name| called(&tokens, name));
    let print = ["println", "print", "eprintln", "eprint"].into_iter().filter(|name| !may_print && called(&product_tokens, name));
    never.chain(print).map(|name| format!("src/{path}: `{name}!`")).collect()
}

fn shape_faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") && !is_test(path) {
        faults.push(format!("{path}: does not begin with its documentation (//!)"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !LONG_FILES.iter().any(|(name, _)| *name == path) {
        faults.push(format!("{path}: {lines} lines; split it, or name the reason in LONG_FILES"));
    }
    faults
}

fn space_faults(path: &str, text: &str) -> Vec<String> {
    // RFC 3676 section 4.3: a signature begins with `-- `, also in the middle of a literal.
    let bad = |line: &str| line.contains('\t') || (line.ends_with(' ') && line != "-- ");
    let lines = text.lines().enumerate().filter(|(_, line)| bad(line) || line.ends_with('\r'));
    let mut faults: Vec<String> = lines.map(|(number, _)| format!("{path}:{}: tab or trailing space", number + 1)).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        faults.push(format!("{path}: no line end at its end"));
    }
    faults
}

fn ignore_faults(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| line.trim() == "#[ignore]");
    lines.map(|(number, _)| format!("{path}:{}: #[ignore] without a reason", number + 1)).collect()
}

/// Traces of one machine or of one plan, which mean nothing to a reader.
fn word_faults(path: &str, text: &str) -> Vec<String> {
    let machine = ["/wo", "rk/"].concat();
    let plan = |line: &str| {
        let lower = line.to_lowercase();
        lower.match_indices("issue ").any(|(at, word)| lower[at + word.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&machine) || plan(line));
    lines.map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())).collect()
}

fn manifest_faults(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut faults = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_dependency = section.contains("dependencies]") && line.contains(" = ");
        if is_dependency && line.split_once(" # ").is_none_or(|(_, reason)| reason.trim().len() < 5) {
            faults.push(format!("Cargo.toml: no reason: {line}"));
        }
    }
    faults
}

fn card_faults(sources: &[(String, String)]) -> Vec<String> {
    let named: BTreeSet<String> = sources.iter().flat_map(|(path, text)| crates(&product(path, text))).collect();
    // Macros with a path (`log::info!`) are paths too, so the same look-up finds them.
    CARD.iter().filter(|name| !named.contains(**name)).map(|name| format!("`{name}` is not used")).collect()
}

fn top_faults(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !TOP.contains(&name.as_str())).map(|name| format!("`{name}` at the top of the repository")).collect()
}

// ---- The rules on the real source --------------------------------------------------------------

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn each(rule: impl Fn(&str, &str) -> Vec<String>) {
    none(source().iter().flat_map(|(path, text)| rule(path, text)).collect());
}

/// Everything that people read, with its path from the top.
fn all_texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for folder in ["src", "tests", "assets", "systemd", "image", ".ci"] {
        let path = root().join(folder);
        if path.is_dir() {
            let endings = [".rs", ".md", ".toml", ".smtp", ".html", ".css", ".txt", ".service", "run"];
            texts.extend(files(&path, &endings).into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)));
        }
    }
    for name in ["Cargo.toml", "README.md", "rustfmt.toml"] {
        texts.extend(fs::read_to_string(root().join(name)).ok().map(|text| (name.to_owned(), text)));
    }
    texts
}

#[test]
fn rooms_import_only_from_lower_layers() {
    let layers = layers(&fs::read_to_string(root().join("src/lib.rs")).unwrap());
    assert!(layers.len() > 15, "the table of lib.rs was not understood: {layers:?}");
    each(|path, text| layer_faults(&layers, path, text));
}

#[test]
fn crates_stay_in_their_homes() {
    each(home_faults);
}

#[test]
fn only_the_clock_reads_the_time() {
    each(clock_faults);
}

#[test]
fn pure_rooms_are_pure() {
    each(purity_faults);
}

#[test]
fn nothing_is_left_undone_or_printed() {
    each(macro_faults);
}

#[test]
fn files_are_documented_and_short() {
    each(|path, text| shape_faults(&format!("src/{path}"), text));
}

#[test]
fn every_room_has_its_page() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.is_dir() || path.join("mod.rs").is_file(), "{} has no mod.rs", path.display());
    }
}

#[test]
fn text_is_clean() {
    let rust = |path: &str| path.ends_with(".rs") || path.ends_with("run") || path.ends_with(".service") || path.ends_with(".toml");
    none(all_texts().iter().filter(|(path, _)| rust(path)).flat_map(|(path, text)| space_faults(path, text)).collect());
    none(all_texts().iter().filter(|(path, _)| path.ends_with(".rs")).flat_map(|(path, text)| ignore_faults(path, text)).collect());
}

#[test]
fn words_speak_of_the_product() {
    none(all_texts().iter().flat_map(|(path, text)| word_faults(path, text)).collect());
}

#[test]
fn every_dependency_has_a_reason() {
    none(manifest_faults(&fs::read_to_string(root().join("Cargo.toml")).unwrap()));
}

#[test]
fn the_card_is_used() {
    none(card_faults(&source()));
}

#[test]
fn the_top_is_tidy() {
    let names = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    none(top_faults(&names.collect::<Vec<_>>()));
}

// ---- The rules on bad samples ------------------------------------------------------------------

fn check(faults: Vec<String>, expected: usize) {
    assert_eq!(faults.len(), expected, "{faults:?}");
}

#[test]
fn layer_rule_finds_every_way_to_import() {
    let layers =
        BTreeMap::from([("mail", 1), ("smtp", 2), ("net", 8), ("web", 7), ("app", 9), ("demo", 9)].map(|(a, b)| (a.to_owned(), b)));
    let faults = |path: &str, text: &str| layer_faults(&layers, path, text);
    check(faults("smtp/a.rs", "use crate::mail::Address;"), 0);
    check(faults("mail/a.rs", "use crate::smtp::Reply;"), 1);
    check(faults("mail/a.rs", "use crate::{mail::x, smtp::{self, Reply}, net};"), 2);
    check(faults("mail/a.rs", "fn f() { let x = crate::net::y(); }"), 1);
    check(faults("mail/a.rs", "fn f() { lifeboat :: web :: z() }"), 1);
    check(faults("mail/a.rs", "use super::super::smtp::Reply;"), 1);
    check(faults("mail/mod.rs", "use super::smtp::Reply;"), 1);
    check(faults("mail/a.rs", "use super::smtp; // a sub-module of that name"), 0);
    check(faults("mail/a.rs", "// crate::smtp\n/* crate::net */ const A: &str = \"crate::web\"; r#\"crate::app\"#"), 0);
    check(faults("demo/a.rs", "use crate::app::Running;"), 0);
    check(faults("app/a.rs", "use crate::demo::run;"), 1);
    check(faults("strange/a.rs", ""), 1);
}

#[test]
fn home_rule_finds_strays() {
    check(home_faults("store/index.rs", "use sled::Db;"), 0);
    check(home_faults("web/a.rs", "fn f(x: sled::Db) {}"), 1);
    check(home_faults("app/a.rs", "use smol;"), 1);
    check(home_faults("app/a.rs", "let smol = crate::net::smol::x; // smol::y"), 0);
    check(home_faults("net/deadline.rs", "async_std::future::timeout(x)"), 0);
    check(home_faults("net/rt.rs", "async_std::task::spawn(x)"), 1);
}

#[test]
fn clock_rule_finds_reads_outside_tests() {
    check(clock_faults("clock.rs", "Instant::now()"), 0);
    check(clock_faults("net/a.rs", "let x = std::time::Instant\n  ::now();"), 1);
    check(clock_faults("net/a.rs", "#[cfg(test)]\nmod tests { fn f() { Instant::now(); } }"), 0);
}

#[test]
fn tests_are_told_from_the_product() {
    let check = |text: &str, expected: &str| assert_eq!(product("net/a.rs", text).split_whitespace().collect::<String>(), expected);
    check("fn a() {} #[cfg(test)] mod tests { fn b() { {} } } fn c() {}", "fna(){}fnc(){}");
    check("#[cfg(test)]\nmod gallery;\nfn a() {}", "fna(){}");
    assert_eq!(test_modules("web/mod.rs", "mod a;\n#[cfg(test)]\nmod gallery;\n#[cfg(test)]\nmod b { fn c(); }"), ["web/gallery.rs"]);
}

#[test]
fn purity_rule_finds_impurity() {
    check(purity_faults("relay/a.rs", "pub fn f() {}"), 0);
    check(purity_faults("relay/a.rs", "pub async fn f() {}"), 1);
    check(purity_faults("relay/a.rs", "fn f() { log::info!(\"x\") }"), 1);
    check(purity_faults("smtp/a.rs", "use std::fs; use std::net::TcpStream;"), 2);
    check(purity_faults("net/a.rs", "pub async fn f() {}"), 0);
    check(purity_faults("smtp/a.rs", "use std::net::IpAddr; fn catalog() {}"), 0);
}

#[test]
fn macro_rule_finds_what_is_left_over() {
    check(macro_faults("net/a.rs", "fn f() { todo!() }"), 1);
    check(macro_faults("net/a.rs", "fn f() { println!(\"x\"); dbg!(1); }"), 2);
    check(macro_faults("main.rs", "fn f() { println!(\"x\"); }"), 0);
    check(macro_faults("net/a.rs", "#[cfg(test)] mod tests { fn f() { eprintln!(); todo!() } }"), 1);
    check(macro_faults("net/a.rs", "// todo!()\nconst A: &str = \"todo!()\"; const B: char = '\"'; fn f<'a>() {}"), 0);
}

#[test]
fn text_rules_find_bad_text() {
    check(shape_faults("src/a.rs", "//! Doc.\n"), 0);
    check(shape_faults("src/a.rs", &format!("fn f() {{}}{}", "\n".repeat(LINES_MAX + 1))), 2);
    check(space_faults("a.rs", "a\n\tb\nc \nd"), 3);
    check(ignore_faults("a.rs", "#[ignore]\n#[ignore = \"slow\"]"), 1);
    check(word_faults("a.rs", &["see /wo", "rk/x\nas iss", "ue 7 says\nan issue with 7"].concat()), 2);
}

#[test]
fn repository_rules_find_bad_entries() {
    check(manifest_faults("[package]\na = 1\n[dependencies]\nb = \"1\"\nc = \"1\" # does it\n[profile.dev]\nd = 1\n"), 1);
    check(top_faults(&["src".to_owned(), "notes.txt".to_owned()]), 1);
    check(card_faults(&[("a.rs".to_owned(), "use smol::x; fn f() { log::info!(\"\") }".to_owned())]), CARD.len() - 2);
}
