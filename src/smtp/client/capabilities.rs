//! What a server offers, and whether a message fits.

use super::{Capabilities, Misfit, Transaction};
use crate::mail::Address;
use crate::smtp::Reply;

impl Capabilities {
    /// From the reply to EHLO (RFC 5321 section 4.1.1.1).
    pub(super) fn from_ehlo(reply: &Reply) -> Capabilities {
        let mut capabilities = Capabilities { hello: first_word(reply), ..Capabilities::default() };
        for line in reply.lines.iter().skip(1) {
            capabilities.add(&line.to_ascii_uppercase());
        }
        capabilities
    }

    /// From the reply to HELO: nothing but a name.
    pub(super) fn from_helo(reply: &Reply) -> Capabilities {
        Capabilities { hello: first_word(reply), ..Capabilities::default() }
    }

    fn add(&mut self, line: &str) {
        // Old servers write AUTH=LOGIN.
        let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
        match words.next() {
            Some("PIPELINING") => self.pipelining = true,
            Some("8BITMIME") => self.eight_bit_mime = true,
            Some("SMTPUTF8") => self.smtputf8 = true,
            Some("STARTTLS") => self.starttls = true,
            Some("DSN") => self.dsn = true,
            // A limit that is no number is no limit.
            Some("SIZE") => self.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0)),
            Some("AUTH") => {
                let new: Vec<String> = words.map(str::to_owned).filter(|word| !self.auth.contains(word)).collect();
                self.auth.extend(new);
            }
            _ => (),
        }
    }

    /// Why the message cannot go to this server as it is, if so.
    pub(super) fn misfit(&self, transaction: &Transaction) -> Option<Misfit> {
        if self.size.is_some_and(|limit| limit > 0 && transaction.size > limit) {
            return Some(Misfit::TooBig);
        }
        if needs_smtputf8(transaction) && !self.smtputf8 {
            return Some(Misfit::SmtpUtf8);
        }
        (transaction.eight_bit && !self.eight_bit_mime).then_some(Misfit::EightBit)
    }

    /// The MAIL command for a message that fits.
    pub(super) fn mail_command(&self, transaction: &Transaction) -> String {
        let mut command = mail_from(transaction.reverse_path.as_ref());
        if self.size.is_some() {
            command.push_str(&format!(" SIZE={}", transaction.size));
        }
        if transaction.eight_bit {
            command.push_str(" BODY=8BITMIME");
        }
        if needs_smtputf8(transaction) {
            command.push_str(" SMTPUTF8");
        }
        if self.dsn {
            if let Some(ret) = transaction.dsn.ret {
                command.push_str(&format!(" RET={}", ret.as_str()));
            }
            if let Some(envid) = &transaction.dsn.envid {
                command.push_str(&format!(" ENVID={}", envid.as_str()));
            }
        }
        command.push_str("\r\n");
        command
    }

    /// The RCPT command for one of its recipients.
    pub(super) fn rcpt_command(&self, transaction: &Transaction, number: usize) -> Option<String> {
        let mut command = format!("RCPT TO:<{}>", transaction.recipients.get(number)?);
        if self.dsn {
            let dsn = transaction.dsn.recipient(number);
            if let Some(notify) = dsn.notify {
                command.push_str(&format!(" NOTIFY={notify}"));
            }
            // RFC 6533 section 3: letters beyond ASCII only where SMTPUTF8 was said.
            if let Some(orcpt) = dsn.orcpt.filter(|orcpt| orcpt.is_ascii() || needs_smtputf8(transaction)) {
                command.push_str(&format!(" ORCPT={}", orcpt.as_str()));
            }
        }
        command.push_str("\r\n");
        Some(command)
    }
}

pub(super) fn mail_from(reverse_path: Option<&Address>) -> String {
    match reverse_path {
        Some(address) => format!("MAIL FROM:<{address}>"),
        None => "MAIL FROM:<>".to_owned(),
    }
}

pub(super) fn rcpt_command(recipient: &Address) -> String {
    format!("RCPT TO:<{recipient}>\r\n")
}

/// The name at the start of a greeting or of the reply to EHLO.
pub(super) fn first_word(reply: &Reply) -> String {
    let line = reply.lines.first().map(String::as_str).unwrap_or_default();
    line.split([' ', '\t']).next().unwrap_or_default().to_owned()
}

// RFC 6531 section 3.4: needed by addresses, or (as the sender said) by the header.
fn needs_smtputf8(transaction: &Transaction) -> bool {
    let addresses = transaction.reverse_path.iter().chain(&transaction.recipients);
    transaction.smtputf8 || addresses.into_iter().any(|address| !address.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{DsnRequest, Notify, OriginalRecipient, RecipientDsn, Ret, Xtext};

    fn ehlo(lines: &[&str]) -> Capabilities {
        let lines = std::iter::once("mx.example greets you").chain(lines.iter().copied()).map(str::to_owned).collect();
        Capabilities::from_ehlo(&Reply { code: 250, lines })
    }

    #[test]
    fn extensions() {
        let check = |lines: &[&str], expected: Capabilities| {
            assert_eq!(ehlo(lines), Capabilities { hello: "mx.example".into(), ..expected }, "{lines:?}");
        };
        check(&[], Capabilities::default());
        check(
            &["pipelining", "SIZE 35882577", "8BITMIME", "SMTPUTF8", "STARTTLS", "XEXCH50", ""],
            Capabilities {
                pipelining: true,
                size: Some(35_882_577),
                eight_bit_mime: true,
                smtputf8: true,
                starttls: true,
                ..Capabilities::default()
            },
        );
        check(&["SIZE"], Capabilities { size: Some(0), ..Capabilities::default() });
        check(&["SIZE many"], Capabilities { size: Some(0), ..Capabilities::default() });
        let auth = vec!["LOGIN".to_owned(), "PLAIN".to_owned()];
        check(&["AUTH login PLAIN", "AUTH=LOGIN"], Capabilities { auth, ..Capabilities::default() });
    }

    #[test]
    fn misfits() {
        let transaction = |size: u64, eight_bit: bool, smtputf8: bool, to: &str| Transaction {
            reverse_path: None,
            recipients: vec![Address::parse(to).unwrap()],
            eight_bit,
            smtputf8,
            size,
            dsn: DsnRequest::default(),
        };
        let check = |lines: &[&str], transaction: Transaction, expected: Option<Misfit>| {
            assert_eq!(ehlo(lines).misfit(&transaction), expected, "{lines:?} {transaction:?}");
        };
        check(&[], transaction(u64::MAX, false, false, "a@b"), None);
        check(&["SIZE 10"], transaction(10, false, false, "a@b"), None);
        check(&["SIZE 10"], transaction(11, false, false, "a@b"), Some(Misfit::TooBig));
        check(&["SIZE 0"], transaction(11, false, false, "a@b"), None);
        check(&[], transaction(1, true, false, "a@b"), Some(Misfit::EightBit));
        check(&["8BITMIME"], transaction(1, true, false, "a@b"), None);
        check(&[], transaction(1, false, true, "a@b"), Some(Misfit::SmtpUtf8));
        check(&[], transaction(1, false, false, "ä@b"), Some(Misfit::SmtpUtf8));
        check(&["SMTPUTF8"], transaction(1, false, false, "ä@b"), None);
    }

    #[test]
    fn dsn_parameters_go_to_who_offers_them() {
        let recipients = vec![Address::parse("ann@example.com").unwrap(), Address::parse("bo@example.com").unwrap()];
        let mut dsn = DsnRequest::new(Some(Ret::Headers), Xtext::envid("a+2Bb"));
        dsn.set_recipient(1, RecipientDsn { notify: Notify::parse("DELAY,FAILURE"), orcpt: OriginalRecipient::parse("rfc822;b+2Bo@x") });
        let transaction = Transaction { reverse_path: None, recipients, eight_bit: false, smtputf8: false, size: 9, dsn };
        let said = |lines: &[&str]| {
            let capabilities = ehlo(lines);
            let rcpt = |number| capabilities.rcpt_command(&transaction, number);
            (capabilities.mail_command(&transaction), rcpt(0).unwrap(), rcpt(1).unwrap(), rcpt(2))
        };
        let plain = ("MAIL FROM:<>\r\n".to_owned(), "RCPT TO:<ann@example.com>\r\n".to_owned(), "RCPT TO:<bo@example.com>\r\n".to_owned());
        assert_eq!(said(&[]), (plain.0, plain.1.clone(), plain.2, None));
        let mail = "MAIL FROM:<> RET=HDRS ENVID=a+2Bb\r\n".to_owned();
        let second = "RCPT TO:<bo@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+2Bo@x\r\n".to_owned();
        assert_eq!(said(&["DSN"]), (mail, plain.1, second, None));
    }
}
