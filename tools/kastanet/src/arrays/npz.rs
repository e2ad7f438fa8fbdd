//! An archive of arrays: a ZIP file with one `.npy` file each, stored or deflated.
//!
//! What a directory promises is not believed: a deflated array has at most [`MOST_INFLATED`] times
//! the bytes it is stored in, and all arrays that are read [`MAX_ARRAYS`] bytes together.

use super::{Array, Fault, npy};
use crate::failure::Failure;
use crate::files;
use crate::words;
use miniz_oxide::inflate::decompress_slice_iter_to_slice;
use rawzip::{
    CompressionMethod, ZipArchive, ZipArchiveWriter, ZipFileHeaderRecord, ZipSliceArchive,
};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{Read, Write};
use std::path::Path;

/// The most bytes of arrays that are read from one archive.
pub const MAX_ARRAYS: u64 = 1 << 30;

/// Deflate makes no more bytes from one.
const MOST_INFLATED: u64 = 1032;

/// An opened archive.
pub struct Archive<'a> {
    name: String,
    /// Bytes that may still be read.
    left: Cell<u64>,
    zip: ZipSliceArchive<Cow<'a, [u8]>>,
}

impl Archive<'static> {
    /// Opens a `.npz` file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no archive.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::new(path.display().to_string(), files::read(path)?.into())
    }
}

impl<'a> Archive<'a> {
    /// Opens an archive in memory; `name` is for messages.
    ///
    /// # Errors
    ///
    /// Bytes that are no archive.
    pub fn new(name: impl Into<String>, bytes: Cow<'a, [u8]>) -> Result<Self, Failure> {
        let name = name.into();
        match ZipArchive::from_slice(bytes) {
            Ok(zip) => Ok(Archive { name, left: Cell::new(MAX_ARRAYS), zip }),
            Err(error) => {
                Err(bad(format!("it is no .npz archive: {error}")).of(&format!("`{name}`")))
            }
        }
    }

    /// The names of all arrays, of which there are at most `most`.
    ///
    /// # Errors
    ///
    /// A damaged archive, or one with more.
    pub fn keys(&self, most: usize) -> Result<Vec<String>, Failure> {
        let mut keys = vec![];
        for entry in self.zip.entries() {
            let whose = format!("`{}`", self.name);
            let entry = entry.map_err(|error| bad(error.to_string()).of(&whose))?;
            let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            keys.extend(path.strip_suffix(".npy").map(str::to_owned));
            if keys.len() > most {
                let what = format!("it holds more than {most} arrays");
                return Err(Fault { what, help: "save fewer of them" }.of(&whose));
            }
        }
        Ok(keys)
    }

    /// Whether there is an array called `key`.
    pub fn has(&self, key: &str) -> bool {
        let file = format!("{key}.npy");
        self.zip.entries().flatten().any(|entry| entry.file_path().as_bytes() == file.as_bytes())
    }

    /// The array called `key`.
    ///
    /// # Errors
    ///
    /// No such array, or two; one that is damaged, too large or no array of numbers.
    pub fn array(&self, key: &str) -> Result<Array, Failure> {
        let whose = format!("array `{key}` of `{}`", self.name);
        let file = format!("{key}.npy");
        let (mut found, mut known) = (None, vec![]);
        for entry in self.zip.entries() {
            let entry = entry.map_err(|error| bad(error.to_string()).of(&whose))?;
            let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            if path == file && found.replace(entry).is_some() {
                return Err(bad(format!("the archive holds {file} twice")).of(&whose));
            }
            known.push(path);
        }
        if let Some(entry) = found {
            return self.read(&entry).and_then(npy::parse).map_err(|fault| fault.of(&whose));
        }
        let known = if known.is_empty() { "no arrays".into() } else { words::list(known) };
        Err(Failure::new(format!("there is no {whose}"))
            .because(format!("the archive holds {known}"))
            .help(format!("save it with numpy.savez(…, {key}=…)")))
    }

    /// The bytes of an entry: no more than the directory says, and checked against it.
    fn read(&self, entry: &ZipFileHeaderRecord<'_>) -> Result<Vec<u8>, Fault> {
        let len = entry.uncompressed_size_hint();
        let left = self.left.get().checked_sub(len).ok_or_else(|| Fault {
            what: format!("it has {len} bytes, the arrays of an archive at most {MAX_ARRAYS}"),
            help: "save fewer samples in each archive",
        })?;
        self.left.set(left);
        let stored = self.zip.get_entry(entry.wayfinder());
        let stored = stored.map_err(|error| bad(error.to_string()))?;
        let data = stored.data();
        let bytes = match entry.compression_method() {
            CompressionMethod::STORE => {
                let mut bytes = room(data, 1, len)?;
                bytes.extend(data.iter().take(len as usize));
                bytes
            }
            CompressionMethod::DEFLATE => inflate(data, room(data, MOST_INFLATED, len)?, len)?,
            other => return Err(bad(format!("it is compressed as {other}, expected deflate"))),
        };
        let mut verifier = stored.verifying_reader(&*bytes);
        let verified = std::io::copy(&mut verifier.by_ref(), &mut std::io::sink());
        verified.map_err(|error| bad(error.to_string())).map(|_| bytes)
    }
}

/// The bytes of a `.npz` archive of these arrays, stored as they are.
///
/// # Errors
///
/// More than an archive can hold.
pub fn to_npz(arrays: &[(&str, &Array)]) -> Result<Vec<u8>, Failure> {
    let written = || -> Result<Vec<u8>, rawzip::Error> {
        let mut bytes = vec![];
        let mut zip = ZipArchiveWriter::new(&mut bytes);
        for (key, array) in arrays {
            let (mut entry, config) = zip.new_file(format!("{key}.npy")).start()?;
            let mut body = config.wrap(&mut entry);
            body.write_all(&array.to_npy())?;
            let (_, descriptor) = body.finish()?;
            entry.finish(descriptor)?;
        }
        zip.finish()?;
        Ok(bytes)
    };
    written().map_err(|error| Failure::new("cannot make an archive of arrays").because(error))
}

/// Room for the `len` bytes that `stored` becomes, where each byte can become `most`.
fn room(stored: &[u8], most: u64, len: u64) -> Result<Vec<u8>, Fault> {
    let stored = stored.len() as u64;
    if stored.saturating_mul(most) < len {
        return Err(bad(format!("{stored} bytes are stored, the directory says it has {len}")));
    }
    let mut bytes = vec![];
    let reserved = bytes.try_reserve_exact(len as usize);
    reserved.map_err(|error| bad(error.to_string())).map(|()| bytes)
}

/// Inflates `data` into `bytes`, which become as many as it holds, at most `len`.
fn inflate(data: &[u8], mut bytes: Vec<u8>, len: u64) -> Result<Vec<u8>, Fault> {
    bytes.resize(len as usize, 0);
    let chunks = std::iter::once(data);
    let found = decompress_slice_iter_to_slice(&mut bytes, chunks, false, true)
        .map_err(|status| bad(format!("it does not inflate to {len} bytes: {status:?}")))?;
    bytes.truncate(found);
    Ok(bytes)
}

fn bad(what: String) -> Fault {
    Fault { what, help: "save the archive again with numpy.savez" }
}
