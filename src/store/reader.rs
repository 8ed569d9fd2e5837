//! Reading records where they lie: the index says where, the record says what.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::index::Place;
use super::record::{HEADER_OCTETS, Head, Header, SUM_OCTETS, u32_at};
use super::segment::Paths;
use super::{Files, How, OpenFile, StoreError};
use crate::limits::{APPEND_BUFFER_OCTETS, OPEN_SEGMENTS_MAX};
use crate::mail::{Blob, Content};

/// Reads records. Clones share the open files.
#[derive(Clone)]
pub struct Reader {
    files: Arc<dyn Files>,
    paths: Paths,
    open: Arc<Mutex<BTreeMap<u64, Arc<dyn OpenFile>>>>,
}

/// Header and head, checked, and the file to go on in.
struct Begun {
    header: Header,
    head: Vec<u8>,
    file: Arc<dyn OpenFile>,
}

impl Reader {
    pub fn new(files: Arc<dyn Files>, paths: Paths) -> Reader {
        Reader { files, paths, open: Arc::default() }
    }

    /// The head of a record. Checks its checksum, not the body's.
    pub fn head(&self, place: &Place) -> Result<Head, StoreError> {
        let Begun { header, head, .. } = self.begin(place)?;
        Head::decode(&header, &head).map_err(StoreError::Damaged)
    }

    /// The whole body. Checks its checksum.
    pub fn body(&self, place: &Place) -> Result<Vec<u8>, StoreError> {
        let Begun { header, file, .. } = self.begin(place)?;
        // The lengths are the index's only as far as the record's own header says the same, and the file is that long.
        if place.offset.saturating_add(header.record_octets()) > file.length().map_err(StoreError::of)? {
            return Err(damaged(place));
        }
        let mut body = Vec::with_capacity(usize::try_from(header.body_octets).map_err(|_| damaged(place))?);
        self.check(place, &mut |piece| body.extend_from_slice(piece))?;
        Ok(body)
    }

    /// The body where it lies, to be read piece by piece; checks its checksum first. It can be read to its end also when retention drops its
    /// segment meanwhile.
    pub fn blob(&self, place: &Place) -> Result<Blob, StoreError> {
        self.verify(place)?;
        let at = place.offset + ((HEADER_OCTETS + SUM_OCTETS) as u64) + u64::from(place.head_octets);
        Ok(Blob::new(Arc::new(Body { file: self.file(place.segment)?, at, octets: place.body_octets })))
    }

    /// Checks a record against its checksums, piece by piece: what was damaged on disk must not go out as if it were whole.
    pub fn verify(&self, place: &Place) -> Result<(), StoreError> {
        self.check(place, &mut |_| {})
    }

    /// Up to `length` octets of a body from `offset`; empty at the end. Does not check the checksum.
    pub fn piece(&self, place: &Place, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let left = usize::try_from(place.body_octets.saturating_sub(offset)).unwrap_or(usize::MAX).min(length);
        if left == 0 {
            return Ok(Vec::new());
        }
        let mut piece = vec![0; left];
        let body_at = place.offset + ((HEADER_OCTETS + SUM_OCTETS) as u64) + u64::from(place.head_octets);
        match self.file(place.segment)?.read_at(body_at + offset, &mut piece).map_err(StoreError::of)? {
            read if read == left => Ok(piece),
            _ => Err(damaged(place)),
        }
    }

    fn check(&self, place: &Place, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        let Begun { header, head, file } = self.begin(place)?;
        let (mut at, mut sum) = (place.offset + header.body_offset(), header.head_sum(&head));
        let end = at + header.body_octets;
        let mut piece = vec![0; APPEND_BUFFER_OCTETS.min(header.body_octets as usize)];
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(piece.len());
            if file.read_at(at, &mut piece[..wanted]).map_err(StoreError::of)? < wanted {
                return Err(damaged(place));
            }
            sum = crc32c::crc32c_append(sum, &piece[..wanted]);
            each(&piece[..wanted]);
            at += wanted as u64;
        }
        let mut trailer = [0; SUM_OCTETS];
        file.read_at(end, &mut trailer).map_err(StoreError::of)?;
        if sum == u32_at(&trailer, 0) { Ok(()) } else { Err(damaged(place)) }
    }

    fn begin(&self, place: &Place) -> Result<Begun, StoreError> {
        let file = self.file(place.segment)?;
        let mut bytes = vec![0; HEADER_OCTETS + place.head_octets as usize + SUM_OCTETS];
        if file.read_at(place.offset, &mut bytes).map_err(StoreError::of)? < bytes.len() {
            return Err(damaged(place));
        }
        let header = Header::decode(&bytes).filter(|header| header.seq == place.record).ok_or_else(|| damaged(place))?;
        let head = &bytes[HEADER_OCTETS..bytes.len() - SUM_OCTETS];
        let agrees = header.body_octets == place.body_octets && header.head_octets == place.head_octets;
        if !agrees || header.head_sum(head) != u32_at(&bytes, bytes.len() - SUM_OCTETS) {
            return Err(damaged(place));
        }
        Ok(Begun { header, head: head.to_vec(), file })
    }

    fn file(&self, segment: u64) -> Result<Arc<dyn OpenFile>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Retention may have dropped it meanwhile: then its file must not stay open for ever.
        let Some(path) = self.paths.get(segment) else {
            open.remove(&segment);
            return Err(StoreError::Damaged(format!("there is no segment {segment}")));
        };
        if let Some(file) = open.get(&segment) {
            return Ok(Arc::clone(file));
        }
        let file: Arc<dyn OpenFile> = self.files.open(&path, How::Read).map_err(StoreError::of)?.into();
        if open.len() >= OPEN_SEGMENTS_MAX {
            open.clear();
        }
        open.insert(segment, Arc::clone(&file));
        Ok(file)
    }

    /// Closes a segment that is gone.
    pub fn forget(&self, segment: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&segment);
    }
}

/// See [`Reader::blob`].
struct Body {
    file: Arc<dyn OpenFile>,
    at: u64,
    octets: u64,
}

impl Content for Body {
    fn octets(&self) -> u64 {
        self.octets
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.octets.saturating_sub(offset)).unwrap_or(usize::MAX).min(length);
        let mut piece = vec![0; left];
        match self.file.read_at(self.at + offset.min(self.octets), &mut piece)? {
            read if read == left => Ok(piece),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn damaged(place: &Place) -> StoreError {
    StoreError::Damaged(format!("record {} in segment {}", place.record, place.segment))
}
