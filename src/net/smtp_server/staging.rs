//! A body on its way from the session to the host. A slow disk never holds up the reactor: what goes to the disk goes by the
//! thread pool, in large pieces.

use std::io;
use std::path::PathBuf;

use crate::limits::STAGE_WRITE_OCTETS;
use crate::net::rt;
use crate::smtp::{Reply, reply};
use crate::store::Staged;

pub struct Staging {
    staged: Staged,
    /// On its way to the disk, because memory does not take it.
    pending: Vec<u8>,
    octets: u64,
    /// The disk failed and there was no memory to spare: the message is read to its end all the same, and then refused by this.
    failed: Option<Reply>,
}

impl Staging {
    pub fn new(folder: PathBuf) -> Staging {
        Staging { staged: Staged::new(folder), pending: Vec::new(), octets: 0, failed: None }
    }

    /// Of the body so far.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Takes the next piece. True: [`Staging::flush`] is due.
    pub fn push(&mut self, piece: Vec<u8>) -> bool {
        self.octets += piece.len() as u64;
        if self.failed.is_some() {
            return false;
        }
        if !self.pending.is_empty() {
            self.pending.extend_from_slice(&piece);
        } else if let Err(piece) = self.staged.keep(piece) {
            self.pending = piece;
        }
        self.pending.len() >= STAGE_WRITE_OCTETS
    }

    /// Brings what is pending to the disk.
    pub async fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut staged = std::mem::replace(&mut self.staged, Staged::new(PathBuf::new()));
        let (staged, written) = rt::unblock(move || {
            let written = write(&mut staged, pending);
            (staged, written)
        })
        .await;
        self.staged = staged;
        if let Err(reply) = written {
            self.staged = Staged::new(PathBuf::new());
            self.failed = Some(reply);
        }
    }

    /// The whole body, or the reply that refuses it.
    pub async fn finish(mut self) -> Result<Staged, Reply> {
        if !self.pending.is_empty() {
            self.flush().await;
        }
        match self.failed {
            Some(reply) => Err(reply),
            None => Ok(self.staged),
        }
    }
}

/// A message that the primary could take must not fail because our disk is full or failed (DESIGN, promise 1): it is gathered in memory
/// then, as far as there is some to spare.
fn write(staged: &mut Staged, pending: Vec<u8>) -> Result<(), Reply> {
    let Err(error) = staged.write(&pending) else { return Ok(()) };
    log::error!("smtp staging failed error={error:?}");
    if staged.rescue().is_ok() && staged.keep(pending).is_ok() { Ok(()) } else { Err(refusal(&error)) }
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
    use crate::limits::STAGE_MEMORY_MAX_OCTETS;

    #[test]
    fn a_full_disk_is_452() {
        let check = |error: io::Error, code: u16| assert_eq!(refusal(&error).code, code, "{error}");
        // ENOSPC, EDQUOT, EIO.
        check(io::Error::from_raw_os_error(28), 452);
        check(io::Error::from_raw_os_error(122), 452);
        check(io::Error::from_raw_os_error(5), 451);
    }

    fn check(folder: PathBuf, pieces: usize, in_memory: bool) {
        let staged = rt::block_on(async {
            let mut staging = Staging::new(folder);
            for number in 0..pieces {
                if staging.push(vec![number as u8; 60_000]) {
                    staging.flush().await;
                }
            }
            assert_eq!(staging.octets(), 60_000 * pieces as u64);
            staging.finish().await
        });
        let staged = staged.unwrap();
        let whole = staged.piece(0, 60_000 * pieces + 1).unwrap();
        let expected: Vec<u8> = (0..pieces).flat_map(|number| vec![number as u8; 60_000]).collect();
        assert!(whole == expected, "{pieces} pieces");
        assert_eq!(staged.is_in_memory(), in_memory, "{pieces} pieces");
    }

    /// So many pieces fit into memory.
    const FIT: usize = STAGE_MEMORY_MAX_OCTETS / 60_000;

    #[test]
    fn small_and_large_bodies_come_out_whole() {
        let folder = tempfile::tempdir().unwrap();
        for pieces in [0, 1, FIT, FIT + 1, FIT + 2, FIT + 30] {
            check(folder.path().to_owned(), pieces, pieces <= FIT);
        }
    }

    #[test]
    fn a_failing_disk_is_replaced_by_memory() {
        for pieces in [FIT, FIT + 1, FIT + 2, FIT + 30] {
            check(PathBuf::from("/nonexistent-folder"), pieces, true);
        }
    }
}
