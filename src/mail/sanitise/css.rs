//! The `style` attribute: a short list of properties with short lists of characters.
//!
//! Nothing here understands CSS, and so nothing can misunderstand it: a declaration with a character or a
//! function that is not known to be harmless is left out whole.

const VALUE_MAX_OCTETS: usize = 200;
const DECLARATIONS_MAX: usize = 100;

/// The harmless declarations of `style`; nothing if there are none.
pub(super) fn declarations(style: &str) -> Option<String> {
    let kept: Vec<String> = style.split(';').take(DECLARATIONS_MAX).filter_map(declaration).collect();
    (!kept.is_empty()).then(|| kept.join(";"))
}

/// Whether `style` has something that a browser would fetch. Errs towards yes.
pub(super) fn loads(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let is_own = |rest: &str| {
        let rest = rest.trim_start_matches(['"', '\'', ' ']);
        rest.starts_with("data:") || rest.starts_with("cid:") || rest.starts_with('#') || rest.starts_with(')')
    };
    // The escape of a letter may spell any of these words.
    let has_escape = style.split('\\').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()));
    has_escape
        || ["@import", "image(", "image-set(", "src("].iter().any(|word| style.contains(word))
        || style.split("url(").skip(1).any(|rest| !is_own(rest))
}

fn declaration(text: &str) -> Option<String> {
    let (property, value) = text.split_once(':')?;
    let property = property.trim().to_ascii_lowercase();
    let value = value.trim();
    let is_safe = is_property(&property) && is_value(value) && is_fitting(&property, &value.to_ascii_lowercase());
    is_safe.then(|| format!("{property}:{value}"))
}

fn is_property(property: &str) -> bool {
    #[rustfmt::skip]
    const EXACT: &[&str] = &[
        "background", "background-color", "border-collapse", "border-radius", "border-spacing", "clear", "color", "direction",
        "display", "float", "font", "height", "letter-spacing", "line-height", "list-style-type", "max-height", "max-width",
        "min-height", "min-width", "overflow-wrap", "table-layout", "text-align", "text-decoration", "text-indent",
        "text-transform", "vertical-align", "white-space", "width", "word-break", "word-spacing", "word-wrap",
    ];
    const FAMILIES: &[&str] = &["font-", "padding-", "margin-", "border-top", "border-right", "border-bottom", "border-left"];
    const SHORT: &[&str] = &["border", "border-color", "border-style", "border-width", "padding", "margin"];
    let is_word = property.len() <= 40 && property.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    is_word && (EXACT.contains(&property) || SHORT.contains(&property) || FAMILIES.iter().any(|family| property.starts_with(family)))
}

// Numbers, words, colours, font names: no function but colours, no escape, no comment, no at-rule.
fn is_value(value: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || " #%.,-+!'\"()/_".contains(c);
    let quotes_pair = |quote: char| value.matches(quote).count().is_multiple_of(2);
    let no_empty = !value.is_empty() && value.len() <= VALUE_MAX_OCTETS;
    no_empty
        && value.chars().all(is_allowed)
        && !value.contains("//")
        && quotes_pair('"')
        && quotes_pair('\'')
        && has_only_colour_functions(&value.to_ascii_lowercase())
}

fn has_only_colour_functions(value: &str) -> bool {
    let mut pieces = value.split('(');
    let mut before = pieces.next().unwrap_or_default();
    for piece in pieces {
        let name = before.rsplit([' ', ',', ')']).next().unwrap_or_default();
        let Some((arguments, after)) = piece.split_once(')') else { return false };
        let is_numbers = arguments.chars().all(|c| c.is_ascii_digit() || " .,%/-".contains(c) || "deg".contains(c));
        if !matches!(name, "rgb" | "rgba" | "hsl" | "hsla") || !is_numbers {
            return false;
        }
        before = after;
    }
    !before.contains(')')
}

// Values that would let content leave its place, cover other content or hide the page.
fn is_fitting(property: &str, value: &str) -> bool {
    match property {
        "display" => matches!(
            value.trim_end_matches("!important").trim_end(),
            "block"
                | "inline"
                | "inline-block"
                | "none"
                | "table"
                | "table-row"
                | "table-cell"
                | "table-row-group"
                | "inline-table"
                | "list-item"
        ),
        _ if property.starts_with("margin") || property == "text-indent" => !value.contains('-'),
        "font-feature-settings" | "font-variation-settings" => false,
        _ => !value.contains("expression") && !value.contains("javascript"),
    }
}

/// The `face` of a `font` element.
pub(super) fn is_font_list(value: &str) -> bool {
    value.len() <= VALUE_MAX_OCTETS && value.chars().all(|c| c.is_alphanumeric() || " ,-_'\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(style: &str, expected: &str) {
        assert_eq!(declarations(style).unwrap_or_default(), expected, "{style:?}");
    }

    #[test]
    fn keeps_what_mail_looks_like() {
        check("color: #f00; font-family: 'Segoe UI', Arial", "color:#f00;font-family:'Segoe UI', Arial");
        check("FONT: 12px/1.5 Arial;", "font:12px/1.5 Arial");
        check("background:rgba(0, 0, 0, .5) ; margin:0 auto", "background:rgba(0, 0, 0, .5);margin:0 auto");
        check("border-left:1px solid RGB(1,2,3);padding:0in 5.4pt", "border-left:1px solid RGB(1,2,3);padding:0in 5.4pt");
        check("display:none !important;mso-hide:all", "display:none !important");
    }

    #[test]
    fn refuses_what_could_load_or_leave() {
        check("background:url(http://x)", "");
        check("background:u\\72l(http://x)", "");
        check("background:url (x);color:red", "color:red");
        check("color:red/**/;position:fixed;top:0", "");
        check("width:expression(alert(1))", "");
        check("width:calc(1px)", "");
        check("color:var(--x)", "");
        check("background:image-set('x' 1x)", "");
        check("background:rgb(url(x))", "");
        check("font-family:'a;color:red", "color:red");
        check("font-family:\"x", "");
        check("color:red)}body{display:none", "");
        check("@import 'x'; -moz-binding:url(x); behavior:url(x)", "");
        check("margin-top:-9999px;text-indent:-99em", "");
        check("background: //x.example/a", "");
        check("--x:red;display:flex;content:'x';cursor:auto", "");
    }

    #[test]
    fn knows_what_would_load() {
        assert!(loads("background:URL(http://x)") && loads("@import 'x'") && loads("a:u\\72l(x)") && loads("image-set('x' 1x)"));
        assert!(
            !loads("background:url(data:image/png;base64,AA)")
                && !loads("fill:url(#a)")
                && !loads("v\\:*{behavior:url(#default#VML)}")
                && !loads("color:red")
        );
    }
}
