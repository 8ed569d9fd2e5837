//! Message HTML made harmless. The only import of ammonia.

/// Sanitised HTML as a body fragment: no script, no style that loads, no form, no remote content
/// of any kind; links open in a new tab without referrer. `cid` maps a Content-ID to an address
/// on our own origin (pictures of the same message), or nothing.
///
/// The result is still only ever shown inside a sandboxed frame with `default-src 'none'`.
pub fn sanitise(_html: &str, _cid: &dyn Fn(&str) -> Option<String>) -> Sanitised {
    todo!()
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanitised {
    pub html: String,
    /// Whether something that would load from outside was removed.
    pub remote_blocked: bool,
}
