//! Style sheets, scripts and the icon, compiled in. Their paths change with their content, so browsers may keep them for ever.
//!
//! To add one: a file in `assets/`, a static here, and its name in [`ALL`]. A page links to [`Asset::path`]; one that uses a script
//! is sent by `response::page_with_script`.

use std::sync::OnceLock;

use super::{Answer, Response, Trouble, response};

/// A file of ours.
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    /// As it was written.
    pub text: &'static str,
    lean: OnceLock<String>,
    path: OnceLock<String>,
}

impl Asset {
    const fn new(stem: &'static str, extension: &'static str, media_type: &'static str, text: &'static str) -> Asset {
        Asset { stem, extension, media_type, text, lean: OnceLock::new(), path: OnceLock::new() }
    }

    const fn style(stem: &'static str, text: &'static str) -> Asset {
        Asset::new(stem, "css", "text/css; charset=utf-8", text)
    }

    const fn script(stem: &'static str, text: &'static str) -> Asset {
        Asset::new(stem, "js", "text/javascript; charset=utf-8", text)
    }

    /// Where a page finds it.
    pub fn path(&self) -> &str {
        self.path.get_or_init(|| format!("/assets/{}-{:016x}.{}", self.stem, fnv1a(self.body().as_bytes()), self.extension))
    }

    /// As it is sent: without what only people read.
    pub fn body(&self) -> &str {
        self.lean.get_or_init(|| match self.extension {
            "css" => lean_style(self.text),
            "js" => lean_script(self.text),
            _ => self.text.to_owned(),
        })
    }
}

/// Of every page.
pub static STYLE: Asset = Asset::style("style", include_str!("../../assets/style.css"));
/// Beside it, on every page but those of folders: these stay light.
pub static MORE_STYLE: Asset = Asset::style("more", include_str!("../../assets/more.css"));
/// Beside them, on the admin's pages only: the webmail's stay light.
pub static ADMIN_STYLE: Asset =
    Asset::style("admin", concat!(include_str!("../../assets/cards.css"), include_str!("../../assets/admin.css")));
/// Also drawn inside pages, as the logo.
pub static ICON: Asset = Asset::new("lifeboat", "svg", "image/svg+xml", include_str!("../../assets/lifeboat.svg"));
/// Makes the admin's dashboard look again by itself.
pub static LIVE: Asset = Asset::script("live", include_str!("../../assets/live.js"));

/// Keeps drafts, sends files and finds people while somebody writes; counts the seconds of Undo.
pub static WRITE: Asset = Asset::script("write", include_str!("../../assets/write.js"));

/// Keyboard, ticking of many and new mail by itself, on every page of a person who is signed in.
pub static MAIL: Asset = Asset::script("mail", include_str!("../../assets/mail.js"));

/// Shows the password while it is typed.
pub static LOGIN: Asset = Asset::script("login", include_str!("../../assets/login.js"));

/// Goes on to what a page of the set-up waits for.
pub static WAIT: Asset = Asset::script("wait", include_str!("../../assets/wait.js"));

/// Everything that is served below `/assets/`.
pub static ALL: [&Asset; 9] = [&STYLE, &MORE_STYLE, &ADMIN_STYLE, &ICON, &LIVE, &WRITE, &MAIL, &LOGIN, &WAIT];

/// Of emergency cards, for files that have to do without the rest.
pub const CARDS: &str = include_str!("../../assets/cards.css");

pub fn icon() -> Response {
    response::immutable(ICON.media_type, ICON.text.as_bytes())
}

/// A file by its whole path; one of an older version is not there any more.
pub fn serve(path: &str) -> Answer {
    let asset = ALL.iter().find(|asset| asset.path() == path).ok_or(Trouble::NotFound)?;
    Ok(response::immutable(asset.media_type, asset.body().as_bytes()).into())
}

/// A style sheet without comments, indentation and the spaces around its marks. Texts in our own sheets have none of these marks in them.
fn lean_style(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("/*") {
        out.push_str(before);
        rest = behind.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let mut lean = String::with_capacity(out.len());
    for line in out.lines().map(str::trim).filter(|line| !line.is_empty()) {
        lean.push_str(line);
        if !line.ends_with(['{', '}', ';', ',']) {
            lean.push(' ');
        }
    }
    for (long, short) in [(" {", "{"), ("{ ", "{"), ("; ", ";"), (": ", ":"), (", ", ","), (" }", "}"), (";}", "}")] {
        lean = lean.replace(long, short);
    }
    lean
}

/// A script without indentation and without lines that are comments. Each line stays a line: none of ours needs its semicolons guessed.
fn lean_script(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// FNV-1a, 64 bits: names a version, protects nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_people_read_is_not_sent() {
        let style =
            "/* a */\n.b, .c > d {\n\tmargin: 0 calc(1rem - 2px);\n\tcontent: \"·\";\n}\n@media (max-width: 2rem) { a { b: c; } }\n";
        assert_eq!(lean_style(style), ".b,.c > d{margin:0 calc(1rem - 2px);content:\"·\"}@media (max-width:2rem){a{b:c}}");
        assert_eq!(lean_script("// a\n\"use strict\";\n\n\tcall(\"//x\"); // b\n"), "\"use strict\";\ncall(\"//x\"); // b");
        assert!(!STYLE.body().contains("/*") && STYLE.body().contains("prefers-color-scheme"));
    }

    #[test]
    fn hash_is_fnv1a() {
        // Test vectors of the FNV reference (draft-eastlake-fnv).
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_file_has_a_path_of_its_own() {
        for asset in ALL {
            let served = serve(asset.path()).ok().unwrap().response;
            assert_eq!(served.body.bytes().unwrap(), asset.body().as_bytes(), "{}", asset.path());
        }
        assert!(serve("/assets/style.css").is_err() && serve("/assets/").is_err());
    }

    #[test]
    fn styles_load_nothing() {
        for asset in ALL.iter().filter(|asset| asset.extension == "css") {
            for word in ["url(", "@import", "http:", "https:"] {
                assert!(!asset.text.contains(word), "{}: {word}", asset.stem);
            }
        }
    }

    /// What the page policy forbids or old browsers do not know would only be seen there.
    #[test]
    fn scripts_do_without_what_the_policy_forbids() {
        for asset in ALL.iter().filter(|asset| asset.extension == "js") {
            for word in ["eval(", "new Function", "innerHTML", "document.write", "http:", "https:", "?.", "??"] {
                assert!(!asset.text.contains(word), "{}: {word}", asset.stem);
            }
        }
    }
}
