//! From the greeting to a connection that is ready: EHLO or HELO, STARTTLS, AUTH.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::capabilities::first_word;
use super::machine::{Client, State};
use super::{Capabilities, Cause, Event, Output, Stage, Tls};
use crate::clock::Mono;
use crate::smtp::Reply;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    /// The driver is at work.
    Handshake,
    AuthPlain,
    /// 334 to AUTH LOGIN.
    AuthLogin,
    /// 334 to the user name.
    AuthUser,
    AuthPassword,
}

impl Hello {
    pub fn stage(self) -> Stage {
        match self {
            Hello::Greeting => Stage::Greeting,
            Hello::Ehlo | Hello::Helo => Stage::Hello,
            Hello::StartTls | Hello::Handshake => Stage::Tls,
            Hello::AuthPlain | Hello::AuthLogin | Hello::AuthUser | Hello::AuthPassword => Stage::Auth,
        }
    }
}

impl Client {
    pub(super) fn hello_reply(&mut self, step: Hello, reply: Reply, now: Mono) {
        match (step, reply.code) {
            (_, 421) => self.fail(step.stage(), Cause::Reply(reply)),
            (Hello::Greeting, 220) if self.is_ourselves(&reply) => self.fail(Stage::Greeting, Cause::Ourselves),
            (Hello::Greeting, 220) => self.say_ehlo_first(),
            (Hello::Ehlo | Hello::Helo, 200..300) if self.is_ourselves(&reply) => self.fail(Stage::Hello, Cause::Ourselves),
            (Hello::Ehlo, 200..300) => {
                self.capabilities = Capabilities::from_ehlo(&reply);
                self.after_hello(now);
            }
            // RFC 5321 section 3.2: a server that does not know EHLO is asked by HELO.
            (Hello::Ehlo, 500..) => self.say_hello("HELO", Hello::Helo),
            (Hello::Helo, 200..300) => {
                self.capabilities = Capabilities::from_helo(&reply);
                self.after_hello(now);
            }
            (Hello::StartTls, 220) => self.start_tls(),
            // RFC 7435: if TLS was only a wish, mail goes without it.
            (Hello::StartTls, 400..) if self.options.tls == Tls::IfOffered => self.after_tls(now),
            (Hello::AuthPlain | Hello::AuthPassword, 235) => self.now_ready(now),
            (Hello::AuthLogin, 334) => self.say_credential(Hello::AuthUser, now),
            (Hello::AuthUser, 334) => self.say_credential(Hello::AuthPassword, now),
            _ => self.fail(step.stage(), Cause::Reply(reply)),
        }
    }

    fn is_ourselves(&self, reply: &Reply) -> bool {
        first_word(reply).eq_ignore_ascii_case(&self.options.hostname)
    }

    /// The first EHLO shares the deadline of the greeting.
    fn say_ehlo_first(&mut self) {
        self.say_hello("EHLO", Hello::Ehlo);
    }

    /// The EHLO after the handshake (RFC 3207 section 4.2).
    pub(super) fn say_ehlo(&mut self, now: Mono) {
        self.capabilities = Capabilities::default();
        self.expect_reply(now);
        self.say_hello("EHLO", Hello::Ehlo);
    }

    fn say_hello(&mut self, verb: &str, step: Hello) {
        self.transmit(format!("{verb} {}\r\n", self.options.hostname).into_bytes());
        self.state = State::Hello(step);
    }

    fn after_hello(&mut self, now: Mono) {
        match (self.options.tls, self.capabilities.starttls) {
            _ if self.tls => self.after_tls(now),
            // Implicit TLS is on from the start.
            (Tls::Off | Tls::Implicit, _) | (Tls::IfOffered, false) => self.after_tls(now),
            (Tls::Required, false) => self.fail(Stage::Tls, Cause::Tls("the server does not offer STARTTLS".to_owned())),
            (Tls::IfOffered | Tls::Required, true) => {
                self.transmit(b"STARTTLS\r\n".to_vec());
                self.expect_reply(now);
                self.state = State::Hello(Hello::StartTls);
            }
        }
    }

    fn start_tls(&mut self) {
        // RFC 3207 section 6: replies that came in the clear behind the 220 are somebody else's.
        if !self.replies.is_empty() {
            return self.fail(Stage::Tls, Cause::Protocol("the server sent more before the TLS handshake".to_owned()));
        }
        self.deadline = None;
        self.state = State::Hello(Hello::Handshake);
        self.output(Output::StartTls);
    }

    /// TLS is on, or will not be.
    fn after_tls(&mut self, now: Mono) {
        let Some(credentials) = &self.options.auth else { return self.now_ready(now) };
        if !self.tls && !self.options.auth_in_clear {
            return self.fail(Stage::Auth, Cause::Tls("a password is sent only over TLS".to_owned()));
        }
        let offers = |mechanism: &str| self.capabilities.auth.iter().any(|offered| offered == mechanism);
        let (command, step) = if offers("PLAIN") {
            // RFC 4616 section 2: authorization identity (none), user, password.
            let message = format!("\0{}\0{}", credentials.user, credentials.password);
            (format!("AUTH PLAIN {}\r\n", BASE64_STANDARD.encode(message.as_bytes())), Hello::AuthPlain)
        } else if offers("LOGIN") {
            ("AUTH LOGIN\r\n".to_owned(), Hello::AuthLogin)
        } else {
            return self.fail(Stage::Auth, Cause::Protocol("the server offers neither AUTH PLAIN nor AUTH LOGIN".to_owned()));
        };
        self.transmit(command.into_bytes());
        self.expect_reply(now);
        self.state = State::Hello(step);
    }

    /// User name or password of AUTH LOGIN.
    fn say_credential(&mut self, step: Hello, now: Mono) {
        let Some(credentials) = &self.options.auth else { return self.now_ready(now) };
        let text = if step == Hello::AuthUser { &credentials.user } else { &credentials.password };
        let line = format!("{}\r\n", BASE64_STANDARD.encode(text.as_bytes()));
        self.transmit(line.into_bytes());
        self.expect_reply(now);
        self.state = State::Hello(step);
    }

    fn now_ready(&mut self, now: Mono) {
        let capabilities = self.capabilities.clone();
        self.ready(Event::Ready(capabilities), false, now);
    }
}
