//! What people type where recipients belong.

use crate::mail::{Address, AddressError};

/// Parses what a person typed into To or Cc: `ann@x.com, "Bo, B" <bo@x.com>; carl@x.com`. Commas, semicolons and line
/// ends separate; quotes and comments are understood; groups (`Team: a@x.com;`) are not, and come back as errors.
///
/// # Errors
/// The parts that are no address, as typed.
pub fn parse_recipients(typed: &str) -> Result<Vec<(String, Address)>, Vec<String>> {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for piece in each_recipient(typed) {
        match piece {
            Ok(recipient) => found.push(recipient),
            Err(piece) => wrong.push(piece),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The same one by one: name and address, or the part that is no address.
pub fn each_recipient(typed: &str) -> impl Iterator<Item = Result<(String, Address), String>> {
    pieces(typed).into_iter().map(|piece| recipient(piece).map_err(|_| piece.to_owned()))
}

/// The words of a part that is no address, without quotes and without comments: it may be the name of a group.
pub fn group_name(piece: &str) -> String {
    let (bare, _) = without_comments(piece);
    bare.trim().trim_end_matches(':').trim_matches('"').trim().to_owned()
}

// Splits at separators outside quotes, comments and angle brackets. An open quote ends with its line.
fn pieces(typed: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut comment, mut angle, mut escaped) = (0, false, 0usize, false, false);
    for (at, c) in typed.char_indices() {
        let was_escaped = escaped;
        escaped = c == '\\' && (quoted || comment > 0) && !was_escaped;
        match c {
            '\n' | '\r' => (quoted, comment, angle) = (false, 0, false),
            _ if was_escaped => continue,
            '"' if comment == 0 => quoted = !quoted,
            '(' if !quoted => comment += 1,
            ')' if !quoted => comment = comment.saturating_sub(1),
            '<' if !quoted && comment == 0 => angle = true,
            '>' if !quoted && comment == 0 => angle = false,
            ',' | ';' if !quoted && comment == 0 && !angle => {}
            _ => continue,
        }
        if matches!(c, ',' | ';' | '\n' | '\r') {
            pieces.push(&typed[start..at]);
            start = at + c.len_utf8();
        }
    }
    pieces.push(&typed[start..]);
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

fn recipient(piece: &str) -> Result<(String, Address), AddressError> {
    let (bare, comment) = without_comments(piece);
    let bare = bare.trim();
    if let Some(head) = bare.strip_suffix('>') {
        let open = head.rfind('<').ok_or(AddressError::BadDomain)?;
        let (name, address) = (&head[..open], head[open + 1..].trim());
        let name = display_name(name).ok_or(AddressError::BadLocalPart)?;
        return Ok((if name.is_empty() { comment } else { name }, Address::parse(address)?));
    }
    Ok((comment, Address::parse(bare)?))
}

// RFC 5322 section 3.2.2, outside quotes; the comments' text serves as a name where there is none.
fn without_comments(piece: &str) -> (String, String) {
    let (mut bare, mut comment) = (String::new(), String::new());
    let (mut quoted, mut depth, mut escaped) = (false, 0usize, false);
    for c in piece.chars() {
        let was_escaped = escaped;
        escaped = c == '\\' && (quoted || depth > 0) && !was_escaped;
        match c {
            '"' if depth == 0 && !was_escaped => quoted = !quoted,
            '(' if !quoted && !was_escaped => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ')' if !quoted && !was_escaped && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    continue;
                }
            }
            _ => {}
        }
        if depth > 0 { comment.push(c) } else { bare.push(c) }
    }
    (bare, comment.trim().to_owned())
}

// Quotes taken off; a colon outside them would be a group, an angle bracket a second address.
fn display_name(text: &str) -> Option<String> {
    let (mut name, mut quoted, mut escaped) = (String::new(), false, false);
    for c in text.trim().chars() {
        match c {
            _ if std::mem::take(&mut escaped) => name.push(c),
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ':' | '<' | '>' if !quoted => return None,
            c => name.push(c),
        }
    }
    (!quoted).then(|| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Result<&[(&str, &str)], &[&str]>) {
        let found = parse_recipients(typed).map(|list| list.into_iter().map(|(name, a)| (name, a.to_string())).collect::<Vec<_>>());
        let expected = expected
            .map(|list| list.iter().map(|(name, a)| (name.to_string(), a.to_string())).collect::<Vec<_>>())
            .map_err(|list| list.iter().map(|s| s.to_string()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{typed:?}");
    }

    #[test]
    fn reads_what_people_type() {
        check("", Ok(&[]));
        check(" , ;\n", Ok(&[]));
        check("ann@x.com", Ok(&[("", "ann@x.com")]));
        check(
            "ann@x.com, \"Bo, B\" <bo@x.com>; carl@x.com\nDora D <d@x.com>,",
            Ok(&[("", "ann@x.com"), ("Bo, B", "bo@x.com"), ("", "carl@x.com"), ("Dora D", "d@x.com")]),
        );
        check("<e@x.com>", Ok(&[("", "e@x.com")]));
        check("f@x.com (Franz (jun.), Sales)", Ok(&[("Franz (jun.), Sales", "f@x.com")]));
        check("\"a \\\" b\" <g@x.com>", Ok(&[("a \" b", "g@x.com")]));
        check("\"odd, local\"@x.com", Ok(&[("", "\"odd, local\"@x.com")]));
        check("O'Neil <o'neil@x.com>\r\nJürgen <j@x.com>", Ok(&[("O'Neil", "o'neil@x.com"), ("Jürgen", "j@x.com")]));
    }

    #[test]
    fn says_what_it_cannot_read() {
        check("ann", Err(&["ann"]));
        check("ann@x.com, bob, carl@", Err(&["bob", "carl@"]));
        check("Team: a@x.com;", Err(&["Team: a@x.com"]));
        check("ann@x.com bob@x.com", Err(&["ann@x.com bob@x.com"]));
        check("\"open <a@x.com>\nb@x.com", Err(&["\"open <a@x.com>"]));
        check("<a@x.com", Err(&["<a@x.com"]));
        check("A <a@x.com> B <b@x.com>", Err(&["A <a@x.com> B <b@x.com>"]));
        check("x\u{0}@x.com", Err(&["x\u{0}@x.com"]));
    }
}
