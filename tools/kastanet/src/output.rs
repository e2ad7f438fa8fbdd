//! Output files, which appear whole or not at all.
//!
//! Paths are checked before any work is done. Bytes go to a temporary file in the same directory,
//! which is flushed to the disk and then renamed. Where several files belong together, none is
//! renamed before all are written, and the renamed ones are put back if one cannot be. What a
//! device or pipe has taken cannot be put back: they get their bytes when all files are in place.

use crate::failure::Failure;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Checks that a file could be written to each of `outputs`, and that none of them is another or
/// one of `inputs`.
///
/// # Errors
///
/// A missing directory, a directory in the file's place, or the same file twice.
pub fn check(outputs: &[&Path], inputs: &[&Path]) -> Result<(), Failure> {
    for (index, &path) in outputs.iter().enumerate() {
        check_place(path)?;
        let earlier = outputs.get(..index).unwrap_or_default();
        if inputs.iter().any(|input| same(path, input)) {
            return Err(failed(path).because("it is an input as well").help("give another path"));
        }
        if earlier.iter().any(|other| same(path, other)) {
            return Err(failed(path).because("two outputs go there").help("give different paths"));
        }
    }
    Ok(())
}

fn failed(path: &Path) -> Failure {
    Failure::new(format!("cannot write `{}`", path.display()))
}

fn check_place(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(failed(path).because("it is a directory").help("give a file name as well"));
    }
    // `out/` means a directory, though its last part could be a file's name.
    let means_directory = path.to_string_lossy().ends_with(std::path::is_separator);
    let directory = if means_directory { path } else { directory(path) };
    match directory.is_dir() {
        true => Ok(()),
        false => Err(failed(path)
            .because(format!("there is no directory `{}`", directory.display()))
            .help("create it, or give another path")),
    }
}

/// The directory a file lies in.
fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Whether both are one file, once links are followed.
fn same(a: &Path, b: &Path) -> bool {
    matches!((resolve(a), resolve(b)), (Ok(a), Ok(b)) if a == b)
}

/// The path with all links followed; the file itself need not exist.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize().or_else(|_| {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(directory(path).canonicalize()?.join(name))
    })
}

/// Writes all of `files`, or none; devices and pipes among them last.
///
/// # Errors
///
/// What the file system refuses. Then every file is as it was before; should the file system not
/// even allow that, the error says which are not.
pub fn write(files: &[(&Path, &[u8])]) -> Result<(), Failure> {
    let staged = files.iter().map(|&(path, bytes)| {
        let staged = stage(path, bytes).map_err(|error| advised(path, &error))?;
        Ok((path, staged))
    });
    let mut staged = staged.collect::<Result<Vec<_>, Failure>>()?;
    staged.sort_by_key(|(_, staged)| matches!(staged, Staged::Stream(..)));
    let mut replaced = vec![];
    let mut rest = staged.into_iter();
    while let Some((path, staged)) = rest.next() {
        match staged.publish(rest.len() > 0) {
            Ok(before) => replaced.extend(before.map(|before| (path, before))),
            Err(error) => return Err(put_back(replaced, advised(path, &error))),
        }
    }
    Ok(())
}

/// Removes a file that has served, if it is there.
///
/// # Errors
///
/// What the file system refuses.
pub fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let failure = Failure::new(format!("cannot remove `{}`", path.display()));
            Err(failure.because(error).help("remove it by hand"))
        }
        _ => Ok(()),
    }
}

/// Undoes what was done; `failure` is why.
fn put_back(replaced: Vec<(&Path, Before)>, failure: Failure) -> Failure {
    replaced.into_iter().rev().fold(failure, |failure, (path, before)| match before.restore() {
        Ok(()) => failure,
        Err(error) => failure.because(format!(
            "`{}` is written and cannot be put back as it was: {error}",
            path.display()
        )),
    })
}

fn advised(path: &Path, error: &io::Error) -> Failure {
    let failure = failed(path).because(error);
    match error.kind() {
        io::ErrorKind::PermissionDenied => failure.help("check the directory's permissions"),
        io::ErrorKind::StorageFull => failure.help("free some space, or give another path"),
        _ => failure.help("give another path"),
    }
}

/// A file that is written but not yet seen.
enum Staged {
    /// To be renamed to this path.
    File(NamedTempFile, PathBuf),
    /// A device or pipe takes the bytes as they come.
    Stream(PathBuf, Vec<u8>),
}

fn stage(path: &Path, bytes: &[u8]) -> io::Result<Staged> {
    let path = resolve(path)?;
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(Staged::Stream(path, bytes.to_vec()));
    }
    let mut file = temporary(directory(&path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(Staged::File(file, path))
}

/// A temporary file with the permissions that a new file has.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kastanet-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

impl Staged {
    /// Lets the file be seen; with `keep` gives what was there before.
    fn publish(self, keep: bool) -> io::Result<Option<Before>> {
        match self {
            Staged::File(file, path) => {
                let before = keep.then(|| Before::keep(&path)).transpose()?;
                file.persist(path).map_err(|error| error.error)?;
                Ok(before)
            }
            Staged::Stream(path, bytes) => {
                OpenOptions::new().write(true).open(path)?.write_all(&bytes)?;
                Ok(None)
            }
        }
    }
}

/// What lay at a path before it was written to.
enum Before {
    Nothing(PathBuf),
    /// A second name of the old file, or a copy of it.
    File(TempPath, PathBuf),
}

impl Before {
    fn keep(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            return Ok(Before::Nothing(path.into()));
        }
        let mut builder = tempfile::Builder::new();
        let linked = builder.prefix(".kastanet-").make_in(directory(path), |second| {
            // Where there are no links, the copy is made under a name that is free.
            fs::hard_link(path, second).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Err(error),
                _ if second.exists() => Err(io::ErrorKind::AlreadyExists.into()),
                _ => fs::copy(path, second).map(drop),
            })
        })?;
        Ok(Before::File(linked.into_temp_path(), path.into()))
    }

    fn restore(self) -> io::Result<()> {
        match self {
            Before::Nothing(path) => fs::remove_file(path),
            Before::File(second, path) => second.persist(path).map_err(|error| error.error),
        }
    }
}
