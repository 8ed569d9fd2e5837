//! Flowed text (RFC 3676): lines that belong together become one line again.

/// Joins what was broken for transport. Quotes keep their marks (`>`), each paragraph of them on one line.
pub(super) fn unfold(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Quote depth of the line that goes on, if it does.
    let mut open: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        let depth = line.bytes().take_while(|&b| b == b'>').count();
        let quoted = &line[depth..];
        // Section 4.4: a space was put before text that begins with a space, `>` or `From `.
        // It stays before what would look like a quote.
        let content = quoted.strip_prefix(' ').filter(|content| !content.starts_with('>')).unwrap_or(quoted);
        let is_signature = content == "-- ";
        // Section 4.5: a change of depth ends a paragraph, whatever the line before says. Section 4.3: a signature line never flows.
        let joins = open == Some(depth) && !is_signature;
        if !joins {
            if at > 0 {
                out.push('\n');
            }
            for _ in 0..depth {
                out.push('>');
            }
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !is_signature;
        match content.strip_suffix(' ').filter(|_| flows && delsp) {
            Some(without) => out.push_str(without),
            None => out.push_str(content),
        }
        open = flows.then_some(depth);
    }
    if text.ends_with('\n') {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, delsp: bool, expected: &str) {
        assert_eq!(unfold(text, delsp), expected, "{text:?}");
    }

    #[test]
    fn paragraphs_become_lines() {
        check("one \ntwo \nthree\nfour\n", false, "one two three\nfour\n");
        check("one \ntwo", true, "onetwo");
        check("a\n\nb\n", false, "a\n\nb\n");
        check("", false, "");
        check("last flows \n", false, "last flows \n");
    }

    #[test]
    fn quotes_flow_within_their_depth() {
        check("> one \n> two\n>> deep \n> less\nown \nwords\n", false, "> one two\n>> deep \n> less\nown words\n");
        check(">one \n>two\n>\n", false, "> one two\n>\n");
    }

    #[test]
    fn stuffing_and_signatures() {
        check(" >no quote\n From here\n", false, " >no quote\nFrom here\n");
        check("\n\na\n", false, "\n\na\n");
        check("text \n-- \nAnn\n", false, "text \n-- \nAnn\n");
        check("> text \n> -- \n> Ann\n", false, "> text \n> -- \n> Ann\n");
    }
}
