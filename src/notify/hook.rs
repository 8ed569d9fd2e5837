//! What is posted to an HTTP service: the admin's own words around a notice, with values that cannot break out of them.

use crate::config::{BodyForm, Hook};

/// What one request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub path: String,
    pub content_type: &'static str,
    pub body: String,
}

/// A notice to a number or, with an empty `to`, to where the service sends all.
pub fn post(hook: &Hook, to: &str, subject: &str, text: &str) -> Post {
    let (content_type, escape): (_, fn(&str) -> String) = match hook.form {
        BodyForm::Json => ("application/json", json_escaped),
        BodyForm::Form => ("application/x-www-form-urlencoded", form_escaped),
    };
    let values = [("{to}", to), ("{subject}", subject), ("{text}", text)];
    Post { path: filled(&hook.url.path, &values, form_escaped), content_type, body: filled(&hook.body, &values, escape) }
}

/// What a value says is not looked at again.
fn filled(template: &str, values: &[(&str, &str)], escape: fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((at, (name, value))) = first(rest, values) {
        out.push_str(&rest[..at]);
        out.push_str(&escape(value));
        rest = &rest[at + name.len()..];
    }
    out + rest
}

fn first<'v>(text: &str, values: &[(&'v str, &'v str)]) -> Option<(usize, (&'v str, &'v str))> {
    values.iter().filter_map(|value| Some((text.find(value.0)?, *value))).min_by_key(|(at, _)| *at)
}

/// Inside the quotes of a JSON string (RFC 8259 section 7).
fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As the value of a form field: everything but letters and digits in percent signs.
fn form_escaped(text: &str) -> String {
    let escaped = |octet: u8| if octet.is_ascii_alphanumeric() { char::from(octet).to_string() } else { format!("%{octet:02X}") };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HealthUrl;

    fn check(form: BodyForm, body: &str, expected: &str) {
        let url = HealthUrl::parse("https://gateway.example/send?n={to}").unwrap();
        let hook = Hook { url, form, body: body.to_owned(), header_file: None, ca_file: None };
        let post = post(&hook, "+49 1", "a \"b\"", "ü\n{to}\\");
        assert_eq!((post.path.as_str(), post.body.as_str()), ("/send?n=%2B49%201", expected));
    }

    #[test]
    fn values_cannot_break_out() {
        check(
            BodyForm::Json,
            "{\"t\": \"{text}\", \"s\": \"{subject}\", \"x\": {}}",
            "{\"t\": \"ü\\n{to}\\\\\", \"s\": \"a \\\"b\\\"\", \"x\": {}}",
        );
        check(BodyForm::Form, "to={to}&t={text}", "to=%2B49%201&t=%C3%BC%0A%7Bto%7D%5C");
        check(BodyForm::Form, "nothing", "nothing");
    }
}
