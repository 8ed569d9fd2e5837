//! Just enough of HTML to use our own pages like a person does: links, forms, visible text. Pure.
//!
//! Knows nothing of the webmail's addresses: it follows what the pages offer, so that it fails when a person would be stuck.

use crate::mail::form::urlencode;

/// A link: where it goes and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub text: String,
}

/// A form with its fields as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    pub multipart: bool,
    pub post: bool,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// `hidden`, `text`, `password`, `textarea`, `submit`, ... in lower case.
    pub kind: String,
    pub value: String,
}

/// One tag: name in lower case (with `/` if it ends an element), attributes, and where it stands.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    start: usize,
    end: usize,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All links of a page.
pub fn links(html: &str) -> Vec<Link> {
    let tags = tags(html);
    let mut links = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let (true, Some(href)) = (tag.name == "a", tag.get("href")) else { continue };
        let end = tags[index..].iter().find(|tag| tag.name == "/a").map_or(html.len(), |tag| tag.start);
        links.push(Link { href: href.to_owned(), text: text(html.get(tag.end..end).unwrap_or_default()) });
    }
    links
}

/// All forms of a page.
pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    let tags = tags(html);
    for (index, tag) in tags.iter().enumerate() {
        match tag.name.as_str() {
            "form" => {
                open = true;
                forms.push(Form {
                    action: tag.get("action").unwrap_or_default().to_owned(),
                    multipart: tag.get("enctype") == Some("multipart/form-data"),
                    post: tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
                    fields: Vec::new(),
                });
            }
            "/form" => open = false,
            "input" | "textarea" | "button" if open => {
                if let (Some(form), Some(field)) = (forms.last_mut(), field(html, &tags, index)) {
                    form.fields.push(field);
                }
            }
            _ => {}
        }
    }
    forms
}

fn field(html: &str, tags: &[Tag], index: usize) -> Option<Field> {
    let tag = &tags[index];
    let name = tag.get("name")?.to_owned();
    let value = tag.get("value").unwrap_or_default().to_owned();
    Some(match tag.name.as_str() {
        "textarea" => {
            let end = tags[index..].iter().find(|tag| tag.name == "/textarea").map_or(html.len(), |tag| tag.start);
            let inner = html.get(tag.end..end).unwrap_or_default();
            // The first line end after the tag is not content (HTML, parsing of textarea).
            let inner = inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n')).unwrap_or(inner);
            Field { name, kind: "textarea".to_owned(), value: unescape(inner) }
        }
        "button" => Field { name, kind: tag.get("type").unwrap_or("submit").to_ascii_lowercase(), value },
        _ => Field { name, kind: tag.get("type").unwrap_or("text").to_ascii_lowercase(), value },
    })
}

impl Form {
    pub fn has_kind(&self, kind: &str) -> bool {
        self.fields.iter().any(|field| field.kind == kind)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// Types into the first field that fits; false if there is none.
    pub fn fill(&mut self, fits: impl Fn(&Field) -> bool, value: &str) -> bool {
        match self.fields.iter_mut().find(|field| fits(field)) {
            Some(field) => {
                field.value = value.to_owned();
                true
            }
            None => false,
        }
    }

    /// What a browser would send when the first submit button is pressed: content type and body.
    pub fn encode(&self) -> (String, Vec<u8>) {
        let mut pressed = false;
        let sent = self.fields.iter().filter(|field| match field.kind.as_str() {
            "submit" => !std::mem::replace(&mut pressed, true),
            "button" | "reset" | "file" | "checkbox" | "radio" => false,
            _ => true,
        });
        if self.multipart {
            let boundary = "----lifeboat-demo-7f3a9c";
            let mut body = String::new();
            for field in sent {
                body.push_str(&format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
                    field.name, field.value
                ));
            }
            body.push_str(&format!("--{boundary}--\r\n"));
            (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
        } else {
            let pairs: Vec<String> = sent.map(|field| format!("{}={}", urlencode(&field.name), urlencode(&field.value))).collect();
            ("application/x-www-form-urlencoded".to_owned(), pairs.join("&").into_bytes())
        }
    }
}

/// Visible text, white space folded.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for tag in tags(html) {
        out.push_str(html.get(at..tag.start).unwrap_or_default());
        out.push(' ');
        at = tag.end;
    }
    out.push_str(html.get(at..).unwrap_or_default());
    unescape(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|offset| at + offset) {
        let (tag, end) = tag(html, start);
        tags.extend(tag);
        at = end;
    }
    tags
}

/// Reads a tag at `start`; gives where to go on.
fn tag(html: &str, start: usize) -> (Option<Tag>, usize) {
    if html[start..].starts_with("<!--") {
        return (None, html[start..].find("-->").map_or(html.len(), |offset| start + offset + 3));
    }
    let bytes = html.as_bytes();
    let mut at = start + 1;
    let mut quote = None;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None, b'>') => break,
            (None, mark @ (b'"' | b'\'')) => quote = Some(mark),
            (Some(mark), octet) if octet == mark => quote = None,
            _ => {}
        }
        at += 1;
    }
    let inner = &html[start + 1..at];
    let end = (at + 1).min(html.len());
    let name_len = inner.find(|c: char| c.is_whitespace()).unwrap_or(inner.len());
    let name = inner[..name_len].trim_end_matches('/').to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
        return (None, start + 1);
    }
    (Some(Tag { name, attributes: attributes(&inner[name_len..]), start, end }), end)
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return found;
        }
        let name_len = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = rest[..name_len].to_ascii_lowercase();
        rest = rest[name_len..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(mark @ ('"' | '\'')) => after[1..].split_once(mark).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
        }
        // A stray `=` would otherwise stand still.
        if name.is_empty() {
            rest = rest.get(1..).unwrap_or_default();
        } else {
            found.push((name, unescape(value)));
        }
    }
}

/// The five entities and numeric references that our pages use.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((character(&rest[1..end])?, end + 1)));
        let (c, length) = reference.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

/// Writes text into a page.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_with_their_text() {
        let check = |html: &str, expected: &[(&str, &str)]| {
            let got: Vec<(String, String)> = links(html).into_iter().map(|link| (link.href, link.text)).collect();
            let expected: Vec<(String, String)> = expected.iter().map(|(href, text)| ((*href).to_owned(), (*text).to_owned())).collect();
            assert_eq!(got, expected, "{html}");
        };
        check(r#"<p><a class=x href="/mail/1?a=1&amp;b=2"><b>Two</b> <i>words</i></a> rest"#, &[("/mail/1?a=1&b=2", "Two words")]);
        check("<a>no</a><!-- <a href=1>x</a> --><A HREF='/y'>yes</A>", &[("/y", "yes")]);
        check("1 < 2 <a href=/z>z</a", &[("/z", "z")]);
    }

    #[test]
    fn reads_fills_and_encodes_a_form() {
        let html = r#"<form method="post" action="/login"><input type=hidden name=csrf value="a&quot;b"><input name="who">
            <input type="password" name="pass"><input type=checkbox name=keep><button name=do value=go>In</button>
            <button name=do value=other>x</button></form><input name=outside>"#;
        let mut form = forms(html).remove(0);
        assert!(form.has_kind("password") && form.post && !form.multipart);
        assert!(form.fill(|field| field.kind == "text", "ann@example.com"));
        assert!(form.fill(|field| field.kind == "password", "secret"));
        assert!(!form.fill(|field| field.name == "outside", "x"));
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["csrf", "who", "pass", "keep", "do", "do"]);
        assert_eq!(form.get("csrf"), Some("a\"b"));
    }

    #[test]
    fn encodes_multipart_like_a_browser() {
        let html = "<form enctype=\"multipart/form-data\"><textarea name=text>\na &lt;b</textarea><input type=file name=f></form>";
        let (content_type, body) = forms(html).remove(0).encode();
        let boundary = content_type.split_once("boundary=").unwrap().1;
        let expected = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na <b\r\n--{boundary}--\r\n");
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn text_and_escape_are_inverse() {
        let check = |typed: &str| assert_eq!(text(&escape(typed)), typed);
        check("a < b && \"c\" 'd'");
        check("Grüße &amp; mehr");
        assert_eq!(text("<p>a</p><p>b</p>"), "a b");
        assert_eq!(text("x &#228; &#x41; &bogus; &"), "x ä A &bogus; &");
    }
}
