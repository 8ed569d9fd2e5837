//! The spool as it is on disk, for reading alone: while the box runs or not, and without trusting its index.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::feed::Feed;
use super::index::{Index, View};
use super::open::SPOOL;
use super::reader::Reader;
use super::segment::{self, Paths};
use super::{Files, Seq, StoreError, recover};

/// What the spool said when it was opened. Changes nothing in the data folder, and takes no lock.
///
/// It makes an index of its own in a scratch folder and removes it when dropped: one function says what records add up to, here
/// as in the running box.
pub struct Frozen {
    view: View,
    reader: Reader,
    damaged: Vec<String>,
    /// Goes last.
    _scratch: Scratch,
}

impl Frozen {
    /// Reads all of the spool in `data_dir`. `scratch_in` must have room for an index: some 500 octets a message.
    ///
    /// # Errors
    /// Of the disk. Damage is no error: see [`Frozen::damaged`].
    pub fn open(data_dir: &Path, scratch_in: &Path, files: &Arc<dyn Files>) -> Result<Frozen, StoreError> {
        let scratch = Scratch::make(scratch_in)?;
        let segments = segment::list(&**files, &data_dir.join(SPOOL))?;
        let paths = Paths::default();
        for segment in &segments {
            paths.set(segment.number, segment.path.clone());
        }
        let reader = Reader::new(Arc::clone(files), paths);
        let (index, _) = Index::open(&scratch.path)?;
        let replayed = recover::catch_up(&**files, &segments, &index, &mut |_, _| true)?;
        let view = View::new(Arc::new(Feed::settled(replayed.reached.seq)), reader.clone());
        view.set(Some(&index));
        Ok(Frozen { view, reader, damaged: replayed.damaged, _scratch: scratch })
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    /// The whole body of a message. Checks its checksum.
    ///
    /// # Errors
    /// Damage, or a segment that retention dropped meanwhile.
    pub fn body(&self, message: Seq) -> Result<Vec<u8>, StoreError> {
        let gone = || StoreError::Damaged(format!("there is no message {message}"));
        self.reader.body(&self.view().place(message)?.ok_or_else(gone)?)
    }

    /// Places that were acknowledged once and cannot be read now.
    pub fn damaged(&self) -> &[String] {
        &self.damaged
    }
}

/// A folder that goes away with its owner.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn make(within: &Path) -> Result<Scratch, StoreError> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|error| StoreError::Io(error.to_string()))?;
        let path = within.join(format!("lifeboat-scratch-{:016x}", u64::from_be_bytes(name)));
        std::fs::create_dir(&path).map_err(StoreError::of)?;
        Ok(Scratch { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            log::warn!("store scratch folder {} stays: {error}", self.path.display());
        }
    }
}
