//! `/ca.crt`: the certificate of the box's own authority, for whoever installs it. It is no secret, so anybody may have it, in every mode.

use sha2::{Digest, Sha256};

use super::download::disposition;
use super::{Answer, Context, Trouble, response};

/// Where it is.
pub const PATH: &str = "/ca.crt";
/// What it is called when it is saved.
pub const FILE_NAME: &str = "lifeboat-ca.crt";

/// `GET /ca.crt`; not there if the box was given its certificate.
pub fn file(context: &Context<'_>) -> Answer {
    let der = (context.authority)().ok_or(Trouble::NotFound)?;
    Ok(response::file("application/x-x509-ca-cert", &disposition(FILE_NAME), der).into())
}

/// SHA-256 of the certificate, as browsers and `openssl x509 -fingerprint` write it: `AB:CD:...`.
pub fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_written_as_browsers_do() {
        // FIPS 180-4, of "abc".
        let text = fingerprint(b"abc");
        assert!(text.starts_with("BA:78:16:BF:") && text.ends_with(":F2:00:15:AD"), "{text}");
        assert_eq!(text.len(), 32 * 3 - 1);
    }
}
