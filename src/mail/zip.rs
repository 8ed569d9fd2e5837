//! Files as one zip archive (PKWARE APPNOTE 6.3.3), stored as they are: what people attach is mostly compressed already.
//!
//! Names are UTF-8 and say so (bit 11). There are no dates, so the same files make the same archive.

use std::collections::HashSet;
use std::io;

use super::Blob;
use crate::limits::{ZIP_FILES_MAX, ZIP_MAX_OCTETS};

/// An archive that grows file by file.
#[derive(Debug, Default)]
pub struct Archive {
    out: Vec<Blob>,
    octets: u64,
    directory: Vec<u8>,
    // In lower case: Windows and macOS take `A.txt` and `a.txt` for the same file.
    names: HashSet<String>,
    files: u16,
}

// 1980-01-01, the first date that the format knows.
const DATE: u16 = 1 << 5 | 1;
const UTF8: u16 = 1 << 11;
const VERSION: u16 = 20;
const READ_OCTETS: usize = 64 * 1024;

impl Archive {
    /// Adds a file, and reads it for its checksum; it stays where it lies. `name` is a cleaned one ([`super::parse::Attachment::name`]); a second
    /// file of that name gets a number. False if it does not fit ([`ZIP_MAX_OCTETS`], [`ZIP_FILES_MAX`]).
    ///
    /// # Errors
    /// Of the disk, where it lies there.
    pub fn add(&mut self, name: &str, content: &Blob) -> io::Result<bool> {
        if usize::from(self.files) >= ZIP_FILES_MAX || self.octets + content.len() + name.len() as u64 > ZIP_MAX_OCTETS as u64 {
            return Ok(false);
        }
        let name = self.unique(name);
        let (Ok(offset), Ok(size), Ok(name_length)) = (u32::try_from(self.octets), u32::try_from(content.len()), u16::try_from(name.len()))
        else {
            return Ok(false);
        };
        let mut shared = Vec::with_capacity(26);
        for value in [VERSION, UTF8, 0, 0, DATE] {
            shared.extend_from_slice(&value.to_le_bytes());
        }
        for value in [crc32(content)?, size, size] {
            shared.extend_from_slice(&value.to_le_bytes());
        }
        shared.extend_from_slice(&name_length.to_le_bytes());
        shared.extend_from_slice(&[0, 0]);

        self.push([b"PK\x03\x04", shared.as_slice(), name.as_bytes()].concat().into());
        self.push(content.clone());

        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&VERSION.to_le_bytes());
        self.directory.extend_from_slice(&shared);
        // No comment, first disk, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.files += 1;
        Ok(true)
    }

    fn push(&mut self, blob: Blob) {
        self.octets += blob.len();
        self.out.push(blob);
    }

    /// The whole archive.
    pub fn finish(mut self) -> Blob {
        // Both fit: ZIP_MAX_OCTETS is below four thousand million.
        let (offset, size) = (self.octets as u32, self.directory.len() as u32);
        let mut end = std::mem::take(&mut self.directory);
        end.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for count in [self.files, self.files] {
            end.extend_from_slice(&count.to_le_bytes());
        }
        for value in [size, offset] {
            end.extend_from_slice(&value.to_le_bytes());
        }
        end.extend_from_slice(&[0, 0]);
        self.push(end.into());
        Blob::row(self.out)
    }

    fn unique(&mut self, name: &str) -> String {
        let flat: String = name.chars().map(|c| if matches!(c, '/' | '\\' | ':') || c.is_control() { '_' } else { c }).collect();
        let flat = match flat.trim_matches(['.', ' ']) {
            "" => "file",
            name => name,
        };
        let (stem, extension) = match flat.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
            _ => (flat, String::new()),
        };
        let mut unique = flat.to_owned();
        let mut number = 1;
        while !self.names.insert(unique.to_lowercase()) {
            number += 1;
            unique = format!("{stem} ({number}){extension}");
        }
        unique
    }
}

const CRC: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut at = 0;
    while at < 256 {
        let mut value = at as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[at] = value;
        at += 1;
    }
    table
};

fn crc32(content: &Blob) -> io::Result<u32> {
    let (mut crc, mut at) = (!0u32, 0);
    loop {
        let piece = content.piece(at, READ_OCTETS)?;
        if piece.is_empty() {
            return if at == content.len() { Ok(!crc) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        at += piece.len() as u64;
        crc = piece.iter().fold(crc, |crc, &byte| crc >> 8 ^ CRC[usize::from(crc as u8 ^ byte)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_format() {
        let sum = |content: &[u8]| crc32(&content.into()).unwrap();
        assert_eq!((sum(b""), sum(b"123456789")), (0, 0xCBF4_3926));
    }

    #[test]
    fn names_are_safe_and_different() {
        let mut archive = Archive::default();
        let names: Vec<String> =
            ["a.txt", "A.txt", "a.txt", "../../etc/passwd", "", "..", "x\\y\0.z", "noext", "noext"].map(|name| archive.unique(name)).into();
        assert_eq!(names, ["a.txt", "A (2).txt", "a (3).txt", "_.._etc_passwd", "file", "file (2)", "x_y_.z", "noext", "noext (2)"]);
    }

    #[test]
    fn unzip_reads_it() {
        let mut archive = Archive::default();
        assert!(archive.add("größe.txt", &b"one".into()).unwrap());
        assert!(archive.add("empty", &b"".into()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, archive.finish().bytes().unwrap()).unwrap();
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                      print([(i.filename, z.read(i).decode()) for i in z.infolist()])";
        let out = std::process::Command::new("python3").args(["-c", script]).arg(&path).env("PYTHONIOENCODING", "utf-8").output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert_eq!(said.trim(), "[('größe.txt', 'one'), ('empty', '')]");
    }

    #[test]
    fn archives_are_bounded() {
        let mut archive = Archive::default();
        assert!(!archive.add("a", &vec![0; ZIP_MAX_OCTETS].into()).unwrap());
        for _ in 0..ZIP_FILES_MAX {
            assert!(archive.add("a", &Blob::default()).unwrap());
        }
        assert!(!archive.add("a", &Blob::default()).unwrap());
    }
}
