//! Whether a message is signed or encrypted, by what it says of itself. Nothing is checked, nothing is opened.

use super::nested::{self, Inside};
use super::parse::Letter;
use super::signed::{self, Content};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// S/MIME or OpenPGP.
    Signed,
    SmimeEncrypted,
    PgpEncrypted,
}

/// `text` is the text that is shown of it (RFC 9580 section 6.2: armour within a text).
pub fn seal(letter: &Letter<'_>, text: &str) -> Option<Seal> {
    let smime = letter.attachments().into_iter().find(|attachment| nested::kind(attachment) == Some(Inside::Smime));
    match smime.and_then(|attachment| letter.attachment(attachment.number)).map(|(_, content)| signed::content(&content)) {
        Some(Content::Encrypted) => return Some(Seal::SmimeEncrypted),
        Some(Content::Signed) => return Some(Seal::Signed),
        _ => {}
    }
    let has = |wanted: &[&str]| !letter.numbers_of(|media_type| wanted.contains(&media_type)).is_empty();
    let start = text.trim_start();
    if has(&["application/pgp-encrypted"]) || start.starts_with("-----BEGIN PGP MESSAGE-----") {
        Some(Seal::PgpEncrypted)
    } else if has(&["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"])
        || start.starts_with("-----BEGIN PGP SIGNED MESSAGE-----")
    {
        Some(Seal::Signed)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: Option<Seal>) {
        let letter = Letter::new(message.as_bytes());
        assert_eq!(seal(&letter, &letter.opened().text), expected, "{message}");
    }

    #[test]
    fn seals_are_named() {
        let parts = |last: &str| {
            format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: {last}\r\n\r\nx\r\n--b--\r\n"
            )
        };
        check(&parts("application/pkcs7-signature; name=smime.p7s"), Some(Seal::Signed));
        check(&parts("application/pgp-signature"), Some(Seal::Signed));
        check(&parts("application/pgp-encrypted"), Some(Seal::PgpEncrypted));
        check(&parts("application/pdf"), None);
        check("Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n", Some(Seal::PgpEncrypted));
        check("Subject: x\r\n\r\nI like -----BEGIN PGP MESSAGE-----\r\n", None);
        check(
            "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMAsGCSqGSIb3DQEHA6CA\r\n",
            Some(Seal::SmimeEncrypted),
        );
    }
}
