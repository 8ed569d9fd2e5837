//! Text from strangers made fit for a line of a page: no control characters, nothing that turns the
//! reading direction, whitespace folded, cut at a bound.

/// One line: control and direction characters removed, runs of whitespace folded to one space, cut to
/// `max_octets` at a character.
pub(super) fn line(text: &str, max_octets: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_octets));
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c == '\0' {
            space = !out.is_empty();
        } else if !is_invisible_control(c) {
            let needed = c.len_utf8() + usize::from(space);
            if out.len() + needed > max_octets {
                break;
            }
            if std::mem::take(&mut space) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// Shown text: LF line ends, no control characters but LF and TAB, no byte order mark.
/// Direction characters stay: right-to-left mail needs them.
pub(super) fn body(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cr = false;
    let mut rest = text;
    loop {
        // Most of it stays as it is, and goes in one piece.
        let plain = rest.bytes().position(may_go).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        let mut left = rest[plain..].chars();
        let Some(c) = left.next() else { return out };
        let was_cr = std::mem::replace(&mut after_cr, c == '\r') && plain == 0;
        match c {
            '\n' if was_cr => {}
            '\r' | '\n' => out.push('\n'),
            '\t' => out.push('\t'),
            '\u{FEFF}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
        rest = left.as_str();
    }
}

// The first octet of each character that `body` may leave out or change: those of ASCII, U+0080 to U+009F, the byte order mark. No octet
// within a character has these values (RFC 3629 section 3).
fn may_go(octet: u8) -> bool {
    octet < 0x20 || matches!(octet, 0x7F | 0xC2 | 0xEF)
}

/// `text` cut to `max_octets` at a character.
pub(super) fn cut(text: &mut String, max_octets: usize) -> bool {
    if text.len() <= max_octets {
        return false;
    }
    let mut end = max_octets;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    true
}

/// A file name as a person may save it: no path, no character that Windows or a shell stumbles over, no
/// leading dots, at most 120 octets with its extension kept; `fallback` if nothing is left.
pub(in crate::mail) fn file_name(name: &str, fallback: &str) -> String {
    const NAME_MAX_OCTETS: usize = 120;
    const EXTENSION_MAX_OCTETS: usize = 16;
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = base.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let name = line(&safe, safe.len());
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return fallback.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && name.len() > NAME_MAX_OCTETS && extension.len() <= EXTENSION_MAX_OCTETS => {
            format!("{}.{extension}", line(stem, NAME_MAX_OCTETS - extension.len() - 1))
        }
        _ => line(name, NAME_MAX_OCTETS),
    }
}

// Control characters, zero-width characters, and those that override or isolate the reading direction: all
// can make one name look like another (Unicode TR 36).
fn is_invisible_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_line(text: &str, expected: &str) {
        assert_eq!(line(text, 20), expected, "{text:?}");
    }

    #[test]
    fn lines_are_one_line() {
        check_line("  a\r\n\t b  ", "a b");
        check_line("a\0b\u{7}c", "a bc");
        check_line("invoice\u{202E}fdp.exe", "invoicefdp.exe");
        check_line("\u{200B}x\u{2066}y\u{2069}", "xy");
        check_line("ééééééééééé", "éééééééééé");
        check_line("12345678901234567890x", "12345678901234567890");
    }

    #[test]
    fn bodies_keep_their_lines() {
        let check = |text: &str, expected: &str| assert_eq!(body(text), expected, "{text:?}");
        check("\u{FEFF}a\r\nb\rc\nd\te\0\u{1b}[0m\r\n\r\n", "a\nb\nc\nd\te[0m\n\n");
        check("\r\n\n\r\r\nx\r", "\n\n\n\nx\n");
        check("a\rb\nc\r\u{7f}\n", "a\nb\nc\n\n");
        check("ä\u{85}\u{9f}\u{a0}\u{200b}€\u{ff01}\u{fefe}\u{feff}漢😀", "ä\u{a0}\u{200b}€\u{ff01}\u{fefe}漢😀");
        check("", "");
    }

    fn check_name(name: &str, expected: &str) {
        assert_eq!(file_name(name, "part"), expected, "{name:?}");
    }

    #[test]
    fn file_names_have_no_path() {
        check_name("report.pdf", "report.pdf");
        check_name("../../etc/passwd", "passwd");
        check_name("C:\\Users\\x\\bill.exe", "bill.exe");
        check_name("a\r\nb.txt", "a b.txt");
        check_name("..", "part");
        check_name(".bashrc", "bashrc");
        check_name("a\"b<c>.txt", "a_b_c_.txt");
        check_name("rech\u{202E}gnp.exe", "rechgnp.exe");
        check_name("", "part");
        let long = file_name(&format!("{}.docx", "ä".repeat(200)), "part");
        assert!(long.len() <= 120 && long.ends_with("ä.docx"), "{long}");
    }
}
