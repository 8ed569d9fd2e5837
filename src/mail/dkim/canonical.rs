//! `relaxed` canonicalisation (RFC 6376 sections 3.4.2 and 3.4.4).

use sha2::{Digest, Sha256};

/// The fields of a header block, each with its continuation lines and its line end.
pub(super) fn fields(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = header;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            end += rest[end..].iter().position(|octet| *octet == b'\n').map_or(rest.len() - end, |at| at + 1);
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, more) = rest.split_at(end);
        rest = more;
        Some(field)
    })
}

/// Lower-cased, without the white space before its colon.
pub(super) fn name(field: &[u8]) -> String {
    let end = field.iter().position(|octet| *octet == b':').unwrap_or(0);
    String::from_utf8_lossy(&field[..end]).trim_end().to_ascii_lowercase()
}

/// One field: its name lower-cased, unfolded, runs of white space as one, none at its ends; with CRLF.
pub(super) fn field(field: &[u8]) -> Vec<u8> {
    let value_at = field.iter().position(|octet| *octet == b':').map_or(field.len(), |at| at + 1);
    let mut out = name(field).into_bytes();
    out.push(b':');
    let start = out.len();
    let mut space = false;
    for octet in field[value_at..].iter().filter(|octet| !matches!(octet, b'\r' | b'\n')) {
        if matches!(octet, b' ' | b'\t') {
            space = true;
            continue;
        }
        if space && out.len() > start {
            out.push(b' ');
        }
        space = false;
        out.push(*octet);
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// SHA-256 of a body, piece by piece. Lines end with CRLF; that of the last may be missing.
#[derive(Clone, Default)]
pub struct BodyHash {
    hash: Sha256,
    /// White space that counts only if something of the line follows.
    space: bool,
    /// Line ends that count only if another line with something in it follows.
    line_ends: u64,
    /// Something was hashed.
    begun: bool,
}

impl BodyHash {
    pub fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            match first {
                b' ' | b'\t' => self.space = true,
                // Only ever before an LF.
                b'\r' => {}
                b'\n' => {
                    self.line_ends += 1;
                    self.space = false;
                }
                _ => {
                    let end = rest.iter().position(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(rest.len());
                    self.word(&rest[..end]);
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[1..];
        }
    }

    fn word(&mut self, word: &[u8]) {
        for _ in 0..std::mem::take(&mut self.line_ends) {
            self.hash.update(b"\r\n");
        }
        if std::mem::take(&mut self.space) {
            self.hash.update(b" ");
        }
        self.hash.update(word);
        self.begun = true;
    }

    /// The hash of what was taken so far, as a whole body.
    pub fn value(&self) -> [u8; 32] {
        let mut hash = self.hash.clone();
        // Empty lines at the end do not count; a body of nothing else is empty.
        if self.begun {
            hash.update(b"\r\n");
        }
        hash.finalize().into()
    }
}
