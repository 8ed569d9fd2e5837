//! Plain text made from HTML, for reading and quoting. Reads each byte once, keeps no tree.

use mail_parser::decoders::html::add_html_token;

/// The words of an HTML text, block by block. Never fails; bad HTML gives odd text.
pub fn html_to_text(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    // Once a quote has no end, quotes are not trusted for the rest: one search, not one for each tag.
    let mut quotes_end = true;
    while let Some(at) = rest.find('<') {
        out.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            out.text("<");
            rest = &rest[1..];
            continue;
        }
        let mut end = if quotes_end { tag_end(rest) } else { rest.find('>') };
        if end.is_none() && quotes_end {
            quotes_end = false;
            end = rest.find('>');
        }
        let Some(end) = end else { return out.finish() };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let name = name(tag);
        if matches!(name.as_str(), "script" | "style" | "title" | "noscript" | "template" | "iframe" | "svg" | "math") {
            rest = skip_element(rest, &name);
        } else {
            out.tag(&name, tag);
        }
    }
    out.text(rest);
    out.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    // A space or line ends that come before the next word.
    space: bool,
    line_ends: usize,
    preformatted: usize,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            let decoded = entities(text);
            self.flush();
            self.out.push_str(&decoded);
            return;
        }
        for (i, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            self.space |= i > 0;
            if !word.is_empty() {
                self.flush();
                self.out.push_str(&entities(word).replace('\u{A0}', " "));
            }
        }
    }

    fn flush(&mut self) {
        if self.out.is_empty() {
            (self.line_ends, self.space) = (0, false);
        }
        for _ in 0..std::mem::take(&mut self.line_ends) {
            self.out.push('\n');
            self.space = false;
        }
        if std::mem::take(&mut self.space) {
            self.out.push(' ');
        }
    }

    fn break_lines(&mut self, at_least: usize) {
        self.line_ends = self.line_ends.max(at_least);
    }

    fn tag(&mut self, name: &str, tag: &str) {
        let closes = tag.starts_with('/');
        match name {
            "br" => self.line_ends = (self.line_ends + 1).min(3),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl" | "blockquote" => self.break_lines(2),
            "div" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" | "caption" | "figure" | "center" => {
                self.break_lines(1)
            }
            "pre" => {
                self.break_lines(1);
                self.preformatted = if closes { self.preformatted.saturating_sub(1) } else { self.preformatted + 1 };
            }
            "li" => {
                self.break_lines(1);
                if !closes {
                    self.flush();
                    self.out.push_str("- ");
                }
            }
            "hr" => {
                self.break_lines(1);
                self.flush();
                self.out.push_str("----");
                self.break_lines(1);
            }
            "td" | "th" => self.space = true,
            _ => {}
        }
    }

    fn finish(self) -> String {
        self.out.trim_end().to_owned()
    }
}

// Where the tag at the start of `text` ends; `>` inside quotes does not count.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
    }
    None
}

fn name(tag: &str) -> String {
    let tag = tag.trim_start_matches('/');
    tag.chars().take(16).take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

// Behind the end tag of `name`, or the end of the text.
fn skip_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

// Character references; `&` that begins none is kept.
fn entities(text: &str) -> String {
    const ENTITY_MAX_OCTETS: usize = 33;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.bytes().take(ENTITY_MAX_OCTETS).position(|b| b == b';') {
            Some(end) if rest[1..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#') => {
                add_html_token(&mut out, &rest.as_bytes()[..end + 1], false);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(html_to_text(html), expected, "{html:?}");
    }

    #[test]
    fn blocks_become_lines() {
        check("<p>Hello <b>you</b></p><p>second</p>", "Hello you\n\nsecond");
        check("a<br>b<br><br>c", "a\nb\n\nc");
        check("<div>one</div><div>two</div>", "one\ntwo");
        check("<ul><li>x</li><li>y</li></ul>", "- x\n- y");
        check("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3");
        check("<pre>a\n  b</pre>", "a\n  b");
        check("  many \r\n\t spaces  ", "many spaces");
    }

    #[test]
    fn what_is_not_text_is_left_out() {
        check("<head><title>t</title><style>p{}</style></head><body>x<script>alert('</b>')</script>y", "xy");
        check("a<!-- <b>no</b> -->b", "ab");
        check("<a title='>'>x</a>", "x");
        check("a <style>rest", "a");
        check("1 < 2 &amp;&nbsp;3 &lt;b&gt; &#228;&#x20AC; &bogus; & &", "1 < 2 & 3 <b> ä€ &bogus; & &");
        check("<b title=\"open>text", "text");
    }
}
