//! Commands: whether one is legal now, apart from what it does.

use super::session::Question;
use super::{CloseReason, Envelope, Facts, Output, Session};
use crate::clock::Mono;
use crate::limits::{SMTP_IDLE_COMMANDS_MAX, SMTP_RECIPIENTS_MAX, SMTP_TRANSACTIONS_MAX};
use crate::mail::{Address, DsnRequest, RecipientDsn};
use crate::smtp::command::{Command, ForwardPath, Mail, Rcpt};
use crate::smtp::{Reply, reply};

impl Session {
    pub(super) fn command(&mut self, command: Command, now: Mono) {
        if let Command::Bdat(chunk) = command {
            return self.bdat(chunk, now);
        }
        match self.check(&command) {
            Ok(()) => self.proceed(command, now),
            // Past a limit, not past understanding: no mistake.
            Err(reply) if matches!(reply.code, 452 | 552) => self.say(reply),
            Err(reply) => self.mistake(reply),
        }
    }

    /// Is it legal now? Changes nothing.
    fn check(&self, command: &Command) -> Result<(), Reply> {
        match command {
            Command::Mail(mail) => self.check_mail(mail),
            Command::Rcpt(rcpt) => self.check_rcpt(rcpt),
            // RFC 3030 section 2: DATA and BDAT cannot be mixed in one transaction.
            Command::Data if self.chunks.is_some() => Err(reply::bad_sequence()),
            Command::Data => self.check_message(),
            Command::StartTls if !self.options.starttls => Err(reply::not_implemented()),
            Command::StartTls if self.facts.tls => Err(reply::bad_sequence()),
            Command::Xclient(_) if !self.options.xclient => Err(reply::not_implemented()),
            Command::Xclient(_) if self.envelope.is_some() => Err(reply::bad_sequence()),
            Command::Expn | Command::Auth => Err(reply::not_implemented()),
            _ => Ok(()),
        }
    }

    /// May a message begin now?
    pub(super) fn check_message(&self) -> Result<(), Reply> {
        match &self.envelope {
            None => Err(reply::bad_sequence()),
            Some(envelope) if envelope.recipients.is_empty() => Err(reply::no_valid_recipients()),
            Some(_) => Ok(()),
        }
    }

    fn check_mail(&self, mail: &Mail) -> Result<(), Reply> {
        if self.facts.helo.is_empty() {
            return Err(reply::bad_sequence());
        }
        if self.options.tls_required && !self.facts.tls {
            return Err(reply::tls_required());
        }
        if self.envelope.is_some() {
            return Err(reply::bad_sequence());
        }
        let dsn = mail.ret.is_some() || mail.envid.is_some();
        if (mail.smtputf8 && !self.options.smtputf8) || (mail.eight_bit && !self.options.eight_bit_mime) || (dsn && !self.options.dsn) {
            return Err(reply::unknown_parameter());
        }
        if mail.size.is_some_and(|size| size > self.options.max_message_size) {
            // Reports have the null reverse-path.
            let may_be_report = self.options.reports_to.is_some() && mail.reverse_path.is_none();
            return Err(if may_be_report { reply::report_too_big() } else { reply::too_big() });
        }
        Ok(())
    }

    fn check_rcpt(&self, rcpt: &Rcpt) -> Result<(), Reply> {
        let Some(envelope) = self.envelope.as_ref().filter(|_| self.chunks.is_none()) else { return Err(reply::bad_sequence()) };
        match &rcpt.path {
            _ if rcpt.dsn != RecipientDsn::default() && !self.options.dsn => Err(reply::unknown_parameter()),
            ForwardPath::Mailbox(address) if !address.is_ascii() && !envelope.smtputf8 => Err(reply::smtputf8_needed()),
            ForwardPath::Mailbox(address) if self.would_mix(address) => Err(reply::too_many_recipients()),
            _ if envelope.recipients.len() >= SMTP_RECIPIENTS_MAX => Err(reply::too_many_recipients()),
            _ => Ok(()),
        }
    }

    /// Whether a report would come together with other mail.
    fn would_mix(&self, recipient: &Address) -> bool {
        let is_report = |address: &Address| self.options.reports_to.as_ref() == Some(&address.mailbox());
        let first = self.envelope.as_ref().and_then(|envelope| envelope.recipients.first());
        self.options.reports_to.is_some() && first.is_some_and(|first| is_report(first) != is_report(recipient))
    }

    /// Does it. Only after [`Session::check`].
    fn proceed(&mut self, command: Command, now: Mono) {
        match command {
            Command::Ehlo { name } => self.hello(name, true),
            Command::Helo { name } => self.hello(name, false),
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(rcpt) => self.rcpt(rcpt),
            Command::Data => self.begin_body(now),
            Command::Rset => {
                self.drop_transaction();
                self.idle(reply::ok());
            }
            Command::Noop => self.idle(reply::ok()),
            Command::Vrfy => self.idle(reply::cannot_verify()),
            Command::Help => self.idle(reply::help()),
            Command::Quit => self.end(reply::goodbye(), CloseReason::Quit),
            Command::StartTls => {
                self.drop_transaction();
                self.say(reply::start_tls());
                // RFC 3207 section 6: commands in the same segment may come from somebody else.
                self.input.clear();
                self.ask(Question::Tls, Output::StartTls);
            }
            Command::Xclient(xclient) => {
                self.given_helo = xclient.helo.or(self.given_helo.take());
                match xclient.client {
                    Some(client) => self.ask(Question::Client, Output::ClientIs(client)),
                    None => self.begin_again(),
                }
            }
            Command::Http => self.end(reply::not_smtp(), CloseReason::NotSmtp),
            Command::Expn | Command::Auth | Command::Bdat(_) => self.mistake(reply::not_implemented()),
        }
    }

    fn hello(&mut self, name: String, extended: bool) {
        // RFC 5321 section 4.1.4: EHLO in the middle is RSET too.
        self.drop_transaction();
        let name = self.given_helo.clone().unwrap_or(name);
        self.facts = Facts { helo: name, extended, tls: self.facts.tls };
        let hostname = &self.options.hostname;
        let reply = if extended { reply::hello_extended(hostname, self.extensions()) } else { reply::hello(hostname) };
        self.idle(reply);
    }

    fn extensions(&self) -> Vec<String> {
        let mut extensions = vec!["PIPELINING".to_owned(), format!("SIZE {}", self.options.max_message_size)];
        if self.options.eight_bit_mime {
            extensions.push("8BITMIME".to_owned());
        }
        // RFC 3207 section 4.2: not offered again inside TLS.
        if self.options.starttls && !self.facts.tls {
            extensions.push("STARTTLS".to_owned());
        }
        if self.options.smtputf8 {
            extensions.push("SMTPUTF8".to_owned());
        }
        if self.options.dsn {
            extensions.push("DSN".to_owned());
        }
        if self.options.xclient {
            extensions.push("XCLIENT NAME ADDR PORT PROTO HELO".to_owned());
        }
        extensions.push("CHUNKING".to_owned());
        extensions.push("ENHANCEDSTATUSCODES".to_owned());
        extensions
    }

    fn mail(&mut self, mail: Mail) {
        if self.is_leaving() {
            return self.end(reply::shutting_down(), CloseReason::ShuttingDown);
        }
        self.counts.transactions += 1;
        if self.counts.transactions > SMTP_TRANSACTIONS_MAX {
            return self.end(reply::too_many_commands(), CloseReason::TooManyCommands);
        }
        let envelope = Envelope {
            reverse_path: mail.reverse_path.clone(),
            recipients: Vec::new(),
            eight_bit: mail.eight_bit,
            smtputf8: mail.smtputf8,
            declared_size: mail.size,
            dsn: DsnRequest::new(mail.ret, mail.envid),
        };
        self.ask(Question::Sender(envelope), Output::CheckSender { reverse_path: mail.reverse_path });
    }

    fn rcpt(&mut self, rcpt: Rcpt) {
        let recipient = match rcpt.path {
            ForwardPath::Mailbox(address) => address,
            ForwardPath::Postmaster => match Address::parse(&format!("postmaster@{}", self.options.hostname)) {
                Ok(address) => address,
                Err(_) => return self.mistake(reply::bad_recipient_syntax()),
            },
        };
        let Some(envelope) = &self.envelope else { return };
        // The same mailbox twice gets one copy, as RFC 5321 section 4.1.1.3 lets a server do.
        if envelope.recipients.contains(&recipient) {
            return self.say(reply::recipient_ok());
        }
        let reverse_path = envelope.reverse_path.clone();
        self.ask(Question::Recipient(recipient.clone(), rcpt.dsn), Output::CheckRecipient { reverse_path, recipient });
    }

    /// A command that moves nothing forward.
    fn idle(&mut self, reply: Reply) {
        self.counts.idle_commands += 1;
        if self.counts.idle_commands > SMTP_IDLE_COMMANDS_MAX {
            self.end(reply::too_many_commands(), CloseReason::TooManyCommands);
        } else {
            self.say(reply);
        }
    }
}
