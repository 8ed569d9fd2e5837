//! Login throttle per person and per client address; bounded memory.

use std::net::IpAddr;

use crate::clock::Mono;
use crate::mail::Mailbox;

#[derive(Debug, Default)]
pub struct Throttle {
    _private: (),
}

impl Throttle {
    /// Whether another try is allowed. `mailbox` is what was typed, known or not.
    pub fn allows(&mut self, _client: IpAddr, _mailbox: Option<&Mailbox>, _now: Mono) -> bool {
        todo!()
    }

    pub fn failed(&mut self, _client: IpAddr, _mailbox: Option<&Mailbox>, _now: Mono) {
        todo!()
    }

    pub fn succeeded(&mut self, _client: IpAddr, _mailbox: &Mailbox) {
        todo!()
    }
}
