//! Style sheet and icon, compiled in. Their paths change with their content, so browsers may keep them for ever.

use std::sync::LazyLock;

use super::{Answer, Response, Trouble, response};

pub const STYLE: &str =
    concat!(include_str!("../../assets/style.css"), include_str!("../../assets/cards.css"), include_str!("../../assets/admin.css"));
/// Of emergency cards, for files that have to do without the rest.
pub const CARDS: &str = include_str!("../../assets/cards.css");
/// Also drawn inside pages, as the logo.
pub const ICON: &str = include_str!("../../assets/lifeboat.svg");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/style-{:016x}.css", fnv1a(STYLE.as_bytes())));
/// Makes the admin's dashboard look again by itself.
pub const LIVE: &str = include_str!("../../assets/live.js");

static LIVE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/live-{:016x}.js", fnv1a(LIVE.as_bytes())));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/lifeboat-{:016x}.svg", fnv1a(ICON.as_bytes())));

pub fn style_path() -> &'static str {
    &STYLE_PATH
}

pub fn live_path() -> &'static str {
    &LIVE_PATH
}

pub fn icon_path() -> &'static str {
    &ICON_PATH
}

pub fn icon() -> Response {
    response::immutable("image/svg+xml", ICON.as_bytes())
}

/// A file by its whole path; one of an older version is not there any more.
pub fn serve(path: &str) -> Answer {
    let response = match path {
        _ if path == style_path() => response::immutable("text/css; charset=utf-8", STYLE.as_bytes()),
        _ if path == live_path() => response::immutable("text/javascript; charset=utf-8", LIVE.as_bytes()),
        _ if path == icon_path() => icon(),
        _ => return Err(Trouble::NotFound),
    };
    Ok(response.into())
}

/// FNV-1a, 64 bits: names a version, protects nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_fnv1a() {
        // Test vectors of the FNV reference (draft-eastlake-fnv).
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn style_loads_nothing() {
        for word in ["url(", "@import", "http:", "https:"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }
}
