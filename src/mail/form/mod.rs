//! HTML forms: `application/x-www-form-urlencoded` and `multipart/form-data` (RFC 7578).
//!
//! Reads each byte a fixed number of times, whatever it holds; names of files are cleaned of paths. Fields come into memory, files stay
//! where the body lies.

mod multipart;

use super::Blob;
use crate::limits::{FORM_FIELDS_MAX, FORM_FIELDS_MAX_OCTETS};

/// A parsed form: fields in order, files apart.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub fields: Vec<(String, String)>,
    pub files: Vec<super::compose::File>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// Neither of the two media types.
    NotAForm,
    Malformed,
    /// More than [`crate::limits::FORM_FIELDS_MAX`] fields.
    TooManyFields,
    /// More than [`crate::limits::FORM_FIELDS_MAX_OCTETS`] in fields.
    TooLarge,
    /// The disk on which the body lies failed.
    Unreadable,
}

impl From<std::io::Error> for FormError {
    fn from(_: std::io::Error) -> FormError {
        FormError::Unreadable
    }
}

impl Form {
    /// The first field of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Parses a request body by its Content-Type. Empty file inputs are left out.
    ///
    /// # Errors
    /// [`FormError`]; an upload that ends before its closing delimiter is malformed, never a shorter form.
    pub fn parse(content_type: &str, body: &Blob) -> Result<Form, FormError> {
        let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => {
                if body.len() > FORM_FIELDS_MAX_OCTETS as u64 {
                    return Err(FormError::TooLarge);
                }
                let body = body.bytes()?;
                if body.iter().filter(|&&b| b == b'&').count() >= FORM_FIELDS_MAX {
                    return Err(FormError::TooManyFields);
                }
                Ok(Form { fields: parse_urlencoded(&String::from_utf8_lossy(&body)), files: Vec::new() })
            }
            "multipart/form-data" => multipart::parse(parameters, body),
            _ => Err(FormError::NotAForm),
        }
    }
}

/// Parses a query string or urlencoded body; `+` is a space, bad escapes stay as they are.
pub fn parse_urlencoded(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// Percent-encodes one value for a query string or path segment.
pub fn urlencode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        // RFC 3986 section 2.3: the unreserved characters.
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "), |_| true)
}

// Escapes of the bytes that `wanted` names, decoded; what is then no UTF-8 is replaced.
fn percent_decoded(text: &str, wanted: impl Fn(u8) -> bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(hex).filter(|&code| wanted(code));
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    Some((digit(pair.first()?)? * 16 + digit(pair.get(1)?)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let form = Form::parse("application/x-www-form-urlencoded; charset=UTF-8", &text.as_bytes().into()).unwrap();
        let found: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn urlencoded_forms_are_read() {
        check("", &[]);
        check("a=1&b=x+y&c=%C3%A4%26&&d&e=", &[("a", "1"), ("b", "x y"), ("c", "ä&"), ("d", ""), ("e", "")]);
        check("a=100%&b=%zz%4&c=%2", &[("a", "100%"), ("b", "%zz%4"), ("c", "%2")]);
        check("a=%ff&a=2&%61=3", &[("a", "\u{FFFD}"), ("a", "2"), ("a", "3")]);
        check("a=b=c", &[("a", "b=c")]);
    }

    #[test]
    fn too_many_fields_are_refused() {
        let text = "a=1&".repeat(FORM_FIELDS_MAX + 1);
        assert_eq!(Form::parse("application/x-www-form-urlencoded", &text.as_bytes().into()).unwrap_err(), FormError::TooManyFields);
        assert_eq!(Form::parse("text/plain", &b"a=1".into()).unwrap_err(), FormError::NotAForm);
        assert_eq!(Form::parse("", &b"".into()).unwrap_err(), FormError::NotAForm);
    }

    #[test]
    fn fields_have_a_bound_together() {
        let text = format!("a={}", "x".repeat(FORM_FIELDS_MAX_OCTETS));
        assert_eq!(Form::parse("application/x-www-form-urlencoded", &text.as_bytes().into()).unwrap_err(), FormError::TooLarge);
    }

    #[test]
    fn what_is_encoded_comes_back() {
        for text in ["", "a b+c", "ä/ö?&=%", "\0\r\n", "~-._"] {
            let query = format!("k={}", urlencode(text));
            assert_eq!(parse_urlencoded(&query), [("k".to_owned(), text.to_owned())]);
        }
        assert_eq!(urlencode("ann@x.com/a b"), "ann%40x.com%2Fa%20b");
    }
}
