//! A body on its way from the session to the host. A slow disk never holds up the reactor: what goes to the disk goes by the
//! thread pool, in large pieces.

use std::io;
use std::path::PathBuf;

use crate::limits::STAGE_MEMORY_MAX_OCTETS;
use crate::net::rt;
use crate::smtp::{Reply, reply};
use crate::store::Staged;

pub struct Staging {
    folder: PathBuf,
    /// Not on the disk yet; at most [`STAGE_MEMORY_MAX_OCTETS`].
    pending: Vec<u8>,
    /// Only for bodies that do not fit in `pending`.
    staged: Option<Staged>,
    octets: u64,
    /// The disk failed: the message is read to its end all the same, and then refused by this.
    failed: Option<Reply>,
}

impl Staging {
    pub fn new(folder: PathBuf) -> Staging {
        Staging { folder, pending: Vec::new(), staged: None, octets: 0, failed: None }
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

    /// The whole body, or the reply that refuses it.
    pub async fn finish(mut self) -> Result<Staged, Reply> {
        if self.staged.is_some() {
            self.flush().await;
        }
        match (self.failed, self.staged) {
            (Some(reply), _) => Err(reply),
            (None, Some(staged)) => Ok(staged),
            (None, None) => Ok(Staged::from_bytes(self.pending)),
        }
    }

    async fn flush(&mut self) {
        let mut staged = self.staged.take().unwrap_or_else(|| Staged::new(self.folder.clone()));
        let pending = std::mem::take(&mut self.pending);
        let (staged, written) = rt::unblock(move || {
            let written = staged.write(&pending);
            (staged, written)
        })
        .await;
        match written {
            Ok(()) => self.staged = Some(staged),
            Err(error) => {
                log::error!("smtp staging failed error={error:?}");
                self.failed = Some(refusal(&error));
            }
        }
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

    fn staged(folder: PathBuf, pieces: usize) -> Result<Staged, Reply> {
        rt::block_on(async {
            let mut staging = Staging::new(folder);
            for number in 0..pieces {
                staging.push(vec![number as u8; 60_000]).await;
            }
            assert_eq!(staging.octets(), 60_000 * pieces as u64);
            staging.finish().await
        })
    }

    #[test]
    fn small_and_large_bodies_come_out_whole() {
        let folder = tempfile::tempdir().unwrap();
        for pieces in [0, 1, 4, 5, 30] {
            let staged = staged(folder.path().to_owned(), pieces).unwrap();
            let whole = staged.piece(0, 60_000 * pieces + 1).unwrap();
            let expected: Vec<u8> = (0..pieces).flat_map(|number| vec![number as u8; 60_000]).collect();
            assert!(whole == expected, "{pieces} pieces");
        }
    }

    #[test]
    fn a_failing_disk_refuses_large_bodies_only() {
        let nowhere = PathBuf::from("/nonexistent-folder");
        assert!(staged(nowhere.clone(), 4).is_ok());
        assert_eq!(staged(nowhere, 30).unwrap_err(), reply::try_later());
    }
}
