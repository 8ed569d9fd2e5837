//! A temporary folder that goes away with its owner.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// `lifeboat-demo-PID` in the system's temporary folder, readable by its owner only. Removed when dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new() -> io::Result<Folder> {
        let base = std::env::temp_dir();
        let pid = std::process::id();
        // A folder of that name can only be left from a process that is gone or belong to somebody else; it is never reused.
        for attempt in 0..100 {
            let name = if attempt == 0 { format!("lifeboat-demo-{pid}") } else { format!("lifeboat-demo-{pid}-{attempt}") };
            let path = base.join(name);
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Folder { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            log::warn!("demo folder left path={} error={error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_there_and_then_gone() {
        let folder = Folder::new().unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("file"), "content").unwrap();
        let other = Folder::new().unwrap();
        assert_ne!(other.path(), path, "two folders of one process differ");
        drop(folder);
        assert!(!path.exists());
    }
}
