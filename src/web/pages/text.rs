//! Plain text of a message as markup: links that can be clicked, quotes toned down.

use maud::{Markup, Render, html};

use crate::web::texts::Texts;

/// Longest address that is made a link, without its scheme.
const LINK_MAX_OCTETS: usize = 2000;

/// Lines of one kind in a row.
#[derive(Debug, PartialEq, Eq)]
enum Block<'a> {
    Plain(Vec<&'a str>),
    Quoted(Vec<&'a str>),
    Signature(Vec<&'a str>),
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// Quotes longer than this are folded away, and quotes of quotes are marked up to this depth.
const QUOTE_LINES_OPEN: usize = 15;
const QUOTE_DEPTH_MAX: usize = 4;

pub fn text(t: Texts, text: &str) -> Markup {
    let lines: Vec<&str> = text.lines().collect();
    html! { div.text { (nested(t, &lines, 0)) } }
}

fn nested(t: Texts, lines: &[&str], depth: usize) -> Markup {
    html! {
        @for block in blocks(lines) {
            @match block {
                Block::Plain(lines) => div dir="auto" { (self::lines(&lines)) },
                Block::Quoted(lines) if depth == 0 && lines.len() > QUOTE_LINES_OPEN => details.quote {
                    summary { (t.count("quote-folded", lines.len() as u64)) }
                    (quote(t, &lines, depth))
                },
                Block::Quoted(lines) => (quote(t, &lines, depth)),
                Block::Signature(lines) => div.signature dir="auto" { (self::lines(&lines)) },
            }
        }
    }
}

fn quote(t: Texts, lines: &[&str], depth: usize) -> Markup {
    if depth >= QUOTE_DEPTH_MAX {
        return html! { blockquote dir="auto" { (self::lines(lines)) } };
    }
    let inner: Vec<&str> =
        lines.iter().map(|line| line.strip_prefix('>').unwrap_or(line)).map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    html! { blockquote { (nested(t, &inner, depth + 1)) } }
}

/// Text, as maud renders it: but maud looks at each octet and adds it alone, and most lines have nothing to escape.
struct Run<'a>(&'a str);

impl Render for Run<'_> {
    fn render_to(&self, out: &mut String) {
        if self.0.bytes().any(|octet| matches!(octet, b'&' | b'<' | b'>' | b'"')) {
            self.0.render_to(out);
        } else {
            out.push_str(self.0);
        }
    }
}

fn lines(lines: &[&str]) -> Markup {
    html! {
        @for line in lines {
            @for piece in pieces(line) {
                @match piece {
                    Piece::Text(text) => (Run(text)),
                    Piece::Link(address) => a href=(address) target="_blank" rel="noopener noreferrer nofollow" { (address) },
                }
            }
            "\n"
        }
    }
}

fn blocks<'a>(lines: &[&'a str]) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for &line in lines {
        match (blocks.last_mut(), line.starts_with('>')) {
            (Some(Block::Quoted(lines)), true) => lines.push(line),
            (_, true) => blocks.push(Block::Quoted(vec![line])),
            // RFC 3676 section 4.3: the line before a signature is dash, dash, space.
            (_, false) if line == "-- " => blocks.push(Block::Signature(vec![line])),
            (Some(Block::Plain(lines) | Block::Signature(lines)), false) => lines.push(line),
            (_, false) => blocks.push(Block::Plain(vec![line])),
        }
    }
    blocks
}

/// Splits a line at its http and https addresses. Other schemes stay text.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    let (mut from, mut seen) = (0, 0);
    while let Some(found) = line[from..].find("://") {
        let colon = from + found;
        from = colon + 3;
        let Some(start) = ["https", "http"].iter().find_map(|scheme| scheme_start(line, done, colon, scheme)) else { continue };
        let end = address_end(line, from, &mut seen);
        if end <= from {
            continue;
        }
        if start > done {
            pieces.push(Piece::Text(&line[done..start]));
        }
        pieces.push(Piece::Link(&line[start..end]));
        (done, from) = (end, end);
    }
    if done < line.len() {
        pieces.push(Piece::Text(&line[done..]));
    }
    pieces
}

/// Where a scheme that ends at `colon` begins; it must not be the tail of a longer word.
fn scheme_start(line: &str, after: usize, colon: usize, scheme: &str) -> Option<usize> {
    let start = colon.checked_sub(scheme.len()).filter(|start| *start >= after)?;
    let fits = line.get(start..colon)?.eq_ignore_ascii_case(scheme);
    let alone = line[after..start].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    (fits && alone).then_some(start)
}

/// Where an address ends: at white space or at what encloses it; without the punctuation of the sentence around it. A longer one than
/// [`LINK_MAX_OCTETS`] is no link. `seen`: where the run of characters ends that may stand in an address, as far as somebody looked; what was
/// looked at once is not looked at again, so that a line of a megabyte costs no more than that.
fn address_end(line: &str, from: usize, seen: &mut usize) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`«»“”".contains(c);
    let start = from.max(*seen);
    let stop = line[start..].char_indices().map(|(at, c)| (start + at, c)).find(|(at, c)| ends(*c) || at - from > LINK_MAX_OCTETS);
    *seen = stop.map_or(line.len(), |(at, _)| at);
    if *seen - from > LINK_MAX_OCTETS {
        return from;
    }
    let mut address = &line[from..*seen];
    let mut brackets = [('(', ')'), ('[', ']'), ('{', '}')]
        .map(|(open, close)| (close, address.matches(close).count().saturating_sub(address.matches(open).count())));
    while let Some(last) = address.chars().next_back() {
        // One that was not opened within the address belongs to the sentence.
        let surplus = brackets.iter_mut().find(|(close, surplus)| *close == last && *surplus > 0);
        if surplus.map(|(_, surplus)| *surplus -= 1).is_none() && !".,;:!?'*_~".contains(last) {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    from + address.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, links: &[&str]) {
        let pieces = pieces(line);
        let all: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(t) | Piece::Link(t) => *t,
            })
            .collect();
        assert_eq!(all, line, "nothing may get lost");
        let found: Vec<&str> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Link(l) => Some(*l),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(found, links, "{line:?}");
    }

    #[test]
    fn finds_links() {
        check("see https://example.com/a?b=c#d for more", &["https://example.com/a?b=c#d"]);
        check("https://example.com.", &["https://example.com"]);
        check("(https://example.com/a_(b))", &["https://example.com/a_(b)"]);
        check("<https://example.com/>", &["https://example.com/"]);
        check("HTTP://EXAMPLE.COM and https://b.test/ä!", &["HTTP://EXAMPLE.COM", "https://b.test/ä"]);
        check("https://a.testhttps://b.test", &["https://a.testhttps://b.test"]);
        check("üüü https://a.test", &["https://a.test"]);
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in
            ["javascript://x", "ftp://example.com", "xhttp://example.com", "http://", "https:// x", "://", "äp://x", "data:text/html,http"]
        {
            check(line, &[]);
        }
    }

    #[test]
    fn tones_quotes_down() {
        assert_eq!(
            blocks(&["Hi", "", "> a", ">> b", "ok", "-- ", "Ann"]),
            [
                Block::Plain(vec!["Hi", ""]),
                Block::Quoted(vec!["> a", ">> b"]),
                Block::Plain(vec!["ok"]),
                Block::Signature(vec!["-- ", "Ann"]),
            ]
        );
    }

    #[test]
    fn quotes_nest_and_long_ones_are_folded() {
        let out = |source: &str| text(Texts::english(), source).into_string();
        assert_eq!(out("> a\n>> b\n").matches("<blockquote").count(), 2);
        assert!(!out("> a\n>> b\n").contains("&gt;"));
        let long = out(&"> line\n".repeat(30));
        assert!(long.contains("<details") && long.contains("30"), "{long}");
        // Depth is bounded, however many marks there are.
        assert_eq!(out(&format!("{} deep\n", ">".repeat(100_000))).matches("<blockquote").count(), QUOTE_DEPTH_MAX + 1);
    }

    #[test]
    fn markup_in_text_stays_text() {
        let out = text(Texts::english(), "<script>alert(1)</script> https://x.test/\"onclick=\"y <b>").into_string();
        assert!(!out.contains("<script>") && !out.contains("<b>"), "{out}");
        assert!(out.contains("href=\"https://x.test/\""), "{out}");
        let out = text(Texts::english(), "a&b c<d e>f g\"h").into_string();
        assert!(out.contains("a&amp;b c&lt;d e&gt;f g&quot;h"), "{out}");
    }

    #[test]
    fn many_links_are_quick() {
        // One line of a megabyte: quadratic work would take minutes.
        let line = "http://a.test/ ".repeat(70_000);
        assert_eq!(pieces(&line).len(), 140_000);
        for tail in [")", "://", "http://", "ä"] {
            let line = format!("http://a.test/{}", tail.repeat(1_000_000 / tail.len()));
            assert!(!pieces(&line).is_empty());
        }
        // As long as a link may be, and all of it brackets that belong to no address.
        let line = format!("http://a.test/{} ", ")".repeat(1980)).repeat(500);
        assert_eq!(pieces(&line).len(), 1000);
    }
}
