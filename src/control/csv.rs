//! Tables for spreadsheets: RFC 4180, and nothing in them that a spreadsheet would run as a formula.

/// What begins a formula in one spreadsheet or another.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One line with its CRLF. A field that a spreadsheet would take for a formula gets an apostrophe in front, which shows it as the text that
/// it is: addresses, subjects and replies are written by strangers. Control characters become spaces: a row stays a row.
pub fn csv_row(fields: &[&str]) -> String {
    let mut row = fields.iter().map(|field| csv_field(field)).collect::<Vec<_>>().join(",");
    row.push_str("\r\n");
    row
}

fn csv_field(field: &str) -> String {
    let guard = if field.trim_start_matches(' ').starts_with(FORMULA_STARTS) { "'" } else { "" };
    let plain: String = field.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = format!("{guard}{plain}");
    if text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[&str], expected: &str) {
        assert_eq!(csv_row(fields), format!("{expected}\r\n"));
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        check(&["1", "ann@example.com", "250 2.0.0 ok"], "1,ann@example.com,250 2.0.0 ok");
        check(&["a,b", "say \"no\"", ""], "\"a,b\",\"say \"\"no\"\"\",");
        check(&["two\r\nlines", "é"], "two  lines,é");
        check(&[" x", "x "], "\" x\",\"x \"");
    }

    #[test]
    fn a_formula_is_text() {
        for start in ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1"] {
            let row = csv_row(&[start]);
            assert!(row.starts_with('\''), "{row:?}");
        }
        check(&["=HYPERLINK(\"http://x.example\",\"ok\")"], "\"'=HYPERLINK(\"\"http://x.example\"\",\"\"ok\"\")\"");
        check(&["  =1"], "'  =1");
        check(&["a=1", "x@example.com"], "a=1,x@example.com");
    }
}
