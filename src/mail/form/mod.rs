//! HTML forms: `application/x-www-form-urlencoded` and `multipart/form-data` (RFC 7578).

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
}

impl Form {
    /// The first field of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Parses a request body by its Content-Type. Empty file inputs are left out.
    pub fn parse(_content_type: &str, _body: &[u8]) -> Result<Form, FormError> {
        todo!()
    }
}

/// Parses a query string or urlencoded body; `+` is a space, bad escapes stay as they are.
pub fn parse_urlencoded(_text: &str) -> Vec<(String, String)> {
    todo!()
}

/// Percent-encodes one value for a query string or path segment.
pub fn urlencode(_text: &str) -> String {
    todo!()
}
