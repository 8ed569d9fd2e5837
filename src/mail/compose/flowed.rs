//! Writing `format=flowed` (RFC 3676): plain text whose paragraphs each reader's window may wrap.

/// Lines are wrapped so that they fit in this many characters (RFC 3676 section 4.2 asks for 78 at most, and suggests 72).
const COLUMNS: usize = 72;
/// RFC 3676 section 4.3: never part of a paragraph.
const SIGNATURE: &str = "-- ";
/// A quoting mark deeper than this is text.
const DEPTH_MAX: usize = 50;

/// Text with `\n` line ends as it is sent, with `\n` line ends: long lines end softly in a space; what could be mistaken for a soft end,
/// a quote or a mail folder's `From ` is stuffed or trimmed. Lines that begin with `>` are quotes.
pub fn flow(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let (depth, content) = unquoted(line);
        let prefix = if depth > 0 { format!("{} ", ">".repeat(depth)) } else { String::new() };
        if content == SIGNATURE {
            out.push_str(&prefix);
            out.push_str(SIGNATURE);
            continue;
        }
        let content = content.trim_end_matches(' ');
        if content.is_empty() {
            out.push_str(prefix.trim_end());
            continue;
        }
        let columns = COLUMNS.saturating_sub(depth + 1).max(20);
        for (at, piece) in pieces(content, columns).enumerate() {
            if at > 0 {
                out.push('\n');
            }
            out.push_str(&prefix);
            // RFC 3676 section 4.4. Behind a quoting mark the space of the prefix is the stuffing.
            if depth == 0 && (piece.starts_with([' ', '>']) || piece.starts_with("From ")) {
                out.push(' ');
            }
            out.push_str(piece);
        }
    }
    out
}

/// Quoting depth and text of a line that a person typed: `> > text` and `>> text` are both quoted twice.
fn unquoted(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while let Some(after) = rest.strip_prefix('>').filter(|_| depth < DEPTH_MAX) {
        depth += 1;
        rest = match after.strip_prefix(' ') {
            Some(quoted) if quoted.starts_with('>') => quoted,
            _ => after,
        };
    }
    (depth, if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest })
}

/// A line in pieces that fit, each but the last with the space at its end. A word that does not fit stays whole.
fn pieces(line: &str, columns: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (piece, after) = split(whole, columns);
        rest = after;
        Some(piece)
    })
}

fn split(line: &str, columns: usize) -> (&str, Option<&str>) {
    if line.chars().nth(columns).is_none() {
        return (line, None);
    }
    let mut end = None;
    for (column, (at, c)) in line.char_indices().enumerate() {
        // Behind the last space of a run, so that no piece begins with one.
        let is_end = c == ' ' && line[at + 1..].chars().next().is_some_and(|next| next != ' ') && !line[..at].trim().is_empty();
        if column >= columns && end.is_some() {
            break;
        }
        if is_end {
            end = Some(at + 1);
        }
    }
    match end {
        Some(end) => (&line[..end], Some(&line[end..])),
        None => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let flowed = flow(text);
        assert_eq!(flowed, expected);
        assert!(flowed.lines().all(|line| line.chars().count() <= 78 || !line[..70].contains(' ')), "{flowed}");
    }

    #[test]
    fn long_lines_end_softly() {
        let long = "word ".repeat(20);
        let long = long.trim_end();
        let first = "word ".repeat(14);
        let rest = "word ".repeat(6);
        check(long, &format!("{first}\n{}", rest.trim_end()));
        check(&format!("> {long}"), &format!("> {first}\n> {}", rest.trim_end()));
        check("short\nlines\n", "short\nlines\n");
        let word = "x".repeat(200);
        check(&word, &word);
    }

    #[test]
    fn nothing_is_mistaken_for_something_else() {
        check("typed with a space at its end \nnext", "typed with a space at its end\nnext");
        check(" indented", "  indented");
        check("From here on", " From here on");
        check("-- \nAnn", "-- \nAnn");
        check("> quoted\n>> twice\n> > twice\n>no space", "> quoted\n>> twice\n>> twice\n> no space");
        check(">", ">");
        check("", "");
    }

    #[test]
    fn what_was_flowed_comes_back() {
        let long = "Some words, and then some more of them; ".repeat(9);
        for text in [
            long.trim_end(),
            "one\n\ntwo\n",
            " indented\n  twice",
            "From the start\n-- \nAnn\nSales",
            "> a quote\n>> of a quote\nan answer",
            "grüße und köstliche äpfel für jeden, der sie haben möchte, und noch einige mehr dazu",
            "many   spaces   between   words   that   are   wrapped   somewhere   in   the   middle   of   it   all",
        ] {
            assert_eq!(read(&flow(text)), text);
            let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
            let back = read(&flow(&quoted));
            let expected: String = quoted.lines().map(|line| format!("{}\n", normal(line))).collect();
            assert_eq!(back, expected);
        }
    }

    /// What a reader sees of flowed text.
    fn read(flowed: &str) -> String {
        let head = "Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
        crate::mail::parse::open(format!("{head}{}", flowed.replace('\n', "\r\n")).as_bytes()).text
    }

    /// A quoted line as it comes back: an empty one without its space.
    fn normal(line: &str) -> String {
        let (depth, content) = unquoted(line);
        let content = if content == SIGNATURE { content } else { content.trim_end_matches(' ') };
        if content.is_empty() { ">".repeat(depth) } else { format!("{} {content}", ">".repeat(depth)) }
    }
}
