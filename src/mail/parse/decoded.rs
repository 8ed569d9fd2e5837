//! What base64 stands for, decoded while it is read: an attachment is never whole in memory.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::decode::Base64;
use crate::mail::{Blob, Content, Reader};

const READ_OCTETS: usize = 64 * 1024;

/// Read from its beginning to its end it costs one pass. Whoever goes back begins anew.
pub(super) struct Decoded {
    encoded: Blob,
    octets: u64,
    place: Mutex<Place>,
}

struct Place {
    encoded: Reader,
    decoder: Base64,
    ended: bool,
    /// Decoded, from `used` on not given away yet.
    ready: Vec<u8>,
    used: usize,
    /// Where the first of `ready` that is not used stands in all that is decoded.
    at: u64,
}

impl Decoded {
    /// `octets`: what it comes to, by [`super::decode::Encoding::decoded_len`].
    pub fn new(encoded: Blob, octets: u64) -> Decoded {
        let place = Mutex::new(Place::first(&encoded));
        Decoded { encoded, octets, place }
    }
}

impl Content for Decoded {
    fn octets(&self) -> u64 {
        self.octets
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if offset < place.at {
            *place = Place::first(&self.encoded);
        }
        loop {
            let left = place.ready.len() - place.used;
            let skip = usize::try_from(offset - place.at).unwrap_or(usize::MAX).min(left);
            let found = place.take(skip).len();
            if found < left {
                let length = length.min(left - found);
                return Ok(place.take(length).to_vec());
            }
            if !place.read_on()? {
                return Ok(Vec::new());
            }
        }
    }
}

impl Place {
    fn first(encoded: &Blob) -> Place {
        Place { encoded: encoded.reader(), decoder: Base64::default(), ended: false, ready: Vec::new(), used: 0, at: 0 }
    }

    // Of what is ready there is so much.
    fn take(&mut self, length: usize) -> &[u8] {
        let taken = &self.ready[self.used..self.used + length];
        self.used += length;
        self.at += length as u64;
        taken
    }

    // False at the end. All that was ready has been taken.
    fn read_on(&mut self) -> io::Result<bool> {
        self.ready.clear();
        self.used = 0;
        let mut piece = vec![0; READ_OCTETS];
        while self.ready.is_empty() && !self.ended {
            let read = self.encoded.read(&mut piece)?;
            let ready = &mut self.ready;
            self.decoder.read(&piece[..read], &mut |octets| ready.extend_from_slice(octets));
            if read == 0 {
                self.decoder.finish(&mut |octets| ready.extend_from_slice(octets));
                self.ended = true;
            }
        }
        Ok(!self.ready.is_empty())
    }
}
