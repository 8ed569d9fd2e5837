//! What a message came to so far, however its end is found: the limits that it is held to, and the piece that is being collected.

use super::firewall::HeaderFirewall;
use super::header::HeaderWatch;
use crate::limits::BODY_PIECE_OCTETS;

/// What is wrong with a message. It is read to its true end all the same: what follows the wrong place would
/// otherwise be taken for commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A bare CR, a bare LF or a NUL.
    LineEnds,
    /// More content than the limit.
    TooBig,
    HeaderTooBig,
    /// [`crate::limits::RECEIVED_FIELDS_MAX`] fields or more.
    Looping,
}

/// What a message is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Most content (RFC 1870 section 3: with CRLFs, without stuffed dots and the final dot).
    pub octets_max: u64,
    /// Whether fields that Exchange believes are taken out.
    pub header_firewall: bool,
}

impl Rules {
    /// Only a size.
    #[cfg(any(test, fuzzing))]
    pub fn size(octets_max: u64) -> Rules {
        Rules { octets_max, header_firewall: false }
    }
}

/// Content in pieces of [`BODY_PIECE_OCTETS`], until a defect is found.
#[derive(Debug)]
pub struct Content {
    defect: Option<Defect>,
    header: HeaderWatch,
    firewall: Option<HeaderFirewall>,
    octets: u64,
    octets_max: u64,
    piece: Vec<u8>,
}

impl Content {
    pub fn new(rules: Rules) -> Content {
        let firewall = rules.header_firewall.then(HeaderFirewall::new);
        Content { defect: None, header: HeaderWatch::new(), firewall, octets: 0, octets_max: rules.octets_max, piece: Vec::new() }
    }

    pub fn defect(&self) -> Option<Defect> {
        self.defect
    }

    pub fn is_sound(&self) -> bool {
        self.defect.is_none()
    }

    /// Octets that the piece still takes.
    pub fn room(&self) -> usize {
        BODY_PIECE_OCTETS.saturating_sub(self.piece.len())
    }

    /// What was collected since the last call.
    pub fn take_piece(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.piece)
    }

    /// Takes content until the first octet that is too much.
    pub fn keep(&mut self, content: &[u8]) {
        if self.defect.is_some() {
            return;
        }
        let room = usize::try_from(self.octets_max - self.octets).unwrap_or(usize::MAX);
        let fitting = &content[..content.len().min(room)];
        self.octets += fitting.len() as u64;
        match self.header.feed(fitting) {
            Some(excess) => self.fail(excess),
            None if fitting.len() < content.len() => self.fail(Defect::TooBig),
            None => match &mut self.firewall {
                Some(firewall) => firewall.push(fitting, &mut self.piece),
                None => self.piece.extend_from_slice(fitting),
            },
        }
    }

    /// A forbidden octet comes after `content`. What is wrong earlier counts first, or the verdict would depend on
    /// how the octets were cut into calls.
    pub fn spoil(&mut self, content: &[u8]) {
        self.keep(content);
        if self.defect.is_none() {
            self.fail(Defect::LineEnds);
        }
    }

    fn fail(&mut self, defect: Defect) {
        self.defect = Some(defect);
        self.piece = Vec::new();
    }
}
