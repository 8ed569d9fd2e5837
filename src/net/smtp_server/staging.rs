//! A body on its way from the session to the host. A slow disk never holds up the reactor: what goes to the disk goes by the
//! thread pool, in large pieces.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::{STAGE_MEMORY_MAX_OCTETS, STAGE_SPARE_MAX_OCTETS};
use crate::net::rt;
use crate::smtp::{Reply, reply};
use crate::store::Staged;

pub struct Staging {
    folder: PathBuf,
    /// Not on the disk yet; at most [`STAGE_MEMORY_MAX_OCTETS`].
    pending: Vec<u8>,
    /// Only for bodies that do not fit in `pending`.
    staged: Option<Staged>,
    /// The disk failed: everything so far, in memory instead.
    spare: Option<Spare>,
    octets: u64,
    /// The disk failed and there was no memory to spare: the message is read to its end all the same, and then refused by this.
    failed: Option<Reply>,
}

impl Staging {
    pub fn new(folder: PathBuf) -> Staging {
        Staging { folder, pending: Vec::new(), staged: None, spare: None, octets: 0, failed: None }
    }

    /// Of the body so far.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    pub async fn push(&mut self, piece: Vec<u8>) {
        self.octets += piece.len() as u64;
        if self.failed.is_some() {
            return;
        }
        if self.pending.len() + piece.len() > STAGE_MEMORY_MAX_OCTETS {
            self.flush().await;
        }
        if self.pending.is_empty() { self.pending = piece } else { self.pending.extend_from_slice(&piece) }
    }

    /// The whole body, or the reply that refuses it. What is held in place of the disk counts until the second part is dropped.
    pub async fn finish(mut self) -> Result<(Staged, Option<Held>), Reply> {
        if self.staged.is_some() || self.spare.is_some() {
            self.flush().await;
        }
        match (self.failed, self.spare, self.staged) {
            (Some(reply), _, _) => Err(reply),
            (None, Some(spare), _) => Ok((Staged::from_bytes(spare.bytes), Some(spare.held))),
            (None, None, Some(staged)) => Ok((staged, None)),
            (None, None, None) => Ok((Staged::from_bytes(self.pending), None)),
        }
    }

    async fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if let Some(spare) = &mut self.spare {
            if !spare.push(&pending) {
                self.spare = None;
                self.failed = Some(reply::insufficient_storage());
            }
            return;
        }
        let mut staged = self.staged.take().unwrap_or_else(|| Staged::new(self.folder.clone()));
        let (staged, written) = rt::unblock(move || {
            let written = staged.write(&pending);
            (staged, written.map_err(|error| (error, pending)))
        })
        .await;
        match written {
            Ok(()) => self.staged = Some(staged),
            Err((error, pending)) => self.rescue(staged, &pending, &error).await,
        }
    }

    /// Our disk is full or failed. A message that the primary could take must not fail for that (DESIGN, promise 1), so it is
    /// gathered in memory, as far as there is some to spare.
    async fn rescue(&mut self, staged: Staged, pending: &[u8], error: &io::Error) {
        log::error!("smtp staging failed error={error:?}");
        let so_far = rt::unblock(move || staged.piece(0, usize::try_from(staged.len()).unwrap_or(usize::MAX))).await;
        let mut spare = Spare::default();
        match so_far {
            Ok(so_far) if spare.push(&so_far) && spare.push(pending) => self.spare = Some(spare),
            _ => self.failed = Some(refusal(error)),
        }
    }
}

/// A body in memory because the disk does not take it.
#[derive(Default)]
struct Spare {
    bytes: Vec<u8>,
    held: Held,
}

impl Spare {
    /// False if there is no memory to spare.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let room = self.held.add(bytes.len());
        if room {
            self.bytes.reserve_exact(bytes.len());
            self.bytes.extend_from_slice(bytes);
        }
        room
    }
}

/// Octets of all bodies held in place of the disk, all sessions together.
static SPARE_HELD_OCTETS: AtomicUsize = AtomicUsize::new(0);

/// A body's share of [`STAGE_SPARE_MAX_OCTETS`]; dropping it gives the share back.
#[derive(Debug, Default)]
pub struct Held {
    octets: usize,
}

impl Held {
    fn add(&mut self, octets: usize) -> bool {
        let more = |held: usize| held.checked_add(octets).filter(|held| *held <= STAGE_SPARE_MAX_OCTETS);
        let room = SPARE_HELD_OCTETS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if room {
            self.octets += octets;
        }
        room
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        SPARE_HELD_OCTETS.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

fn refusal(error: &io::Error) -> Reply {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => reply::insufficient_storage(),
        _ => reply::try_later(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_452() {
        let check = |error: io::Error, code: u16| assert_eq!(refusal(&error).code, code, "{error}");
        // ENOSPC, EDQUOT, EIO.
        check(io::Error::from_raw_os_error(28), 452);
        check(io::Error::from_raw_os_error(122), 452);
        check(io::Error::from_raw_os_error(5), 451);
    }

    /// The body, and whether it is held in place of the disk.
    fn staged(folder: PathBuf, pieces: usize) -> Result<(Staged, Option<Held>), Reply> {
        rt::block_on(async {
            let mut staging = Staging::new(folder);
            for number in 0..pieces {
                staging.push(vec![number as u8; 60_000]).await;
            }
            assert_eq!(staging.octets(), 60_000 * pieces as u64);
            staging.finish().await
        })
    }

    fn check(folder: PathBuf, pieces: usize, in_place_of_the_disk: bool) {
        let (staged, held) = staged(folder, pieces).unwrap();
        let whole = staged.piece(0, 60_000 * pieces + 1).unwrap();
        let expected: Vec<u8> = (0..pieces).flat_map(|number| vec![number as u8; 60_000]).collect();
        assert!(whole == expected, "{pieces} pieces");
        assert_eq!(held.map(|held| held.octets), in_place_of_the_disk.then_some(expected.len()), "{pieces} pieces");
    }

    #[test]
    fn small_and_large_bodies_come_out_whole() {
        let folder = tempfile::tempdir().unwrap();
        for pieces in [0, 1, 4, 5, 30] {
            check(folder.path().to_owned(), pieces, false);
        }
    }

    #[test]
    fn a_failing_disk_is_replaced_by_memory() {
        let nowhere = PathBuf::from("/nonexistent-folder");
        check(nowhere.clone(), 4, false);
        for pieces in [5, 6, 30] {
            check(nowhere.clone(), pieces, true);
        }
    }

    #[test]
    fn spare_memory_has_an_end_and_comes_back() {
        let mut spare = Spare { bytes: Vec::new(), held: Held::default() };
        assert!(!spare.held.add(STAGE_SPARE_MAX_OCTETS + 1));
        assert_eq!(spare.held.octets, 0);
        // Others may hold some at the same time: tests share the process.
        assert!(spare.held.add(STAGE_SPARE_MAX_OCTETS / 2));
        assert!(!spare.push(&vec![0; STAGE_SPARE_MAX_OCTETS / 2 + 1]));
        assert!(spare.bytes.is_empty());
        drop(spare);
        let mut again = Held::default();
        assert!(again.add(STAGE_SPARE_MAX_OCTETS / 2));
    }
}
