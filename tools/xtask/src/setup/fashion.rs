//! Fashion-MNIST: Debian's package, installed or unpacked under the target directory.
//!
//! Whether its files are the ones that are meant is seen by whoever reads them, who knows their hashes.

use crate::process::{capture, on_path, run};
use crate::tree::Tree;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "dataset-fashion-mnist";

/// Where the package has its files, below the root of a file system.
const FILES: &str = "usr/share/datasets/fashion-mnist";

/// The last of them by name.
const LAST: &str = "train-labels-idx1-ubyte.gz";

const INSTALL: &str = "install the data set:
    Debian, Ubuntu  apt-get install dataset-fashion-mnist
    others          put its four files, *-ubyte.gz, into /usr/share/datasets/fashion-mnist";

/// The directory of the data set's files; unpacks a private copy where they are not installed.
pub fn fashion(tree: &Tree) -> Result<PathBuf> {
    let home = tree.target.join("fashion-mnist");
    let roots = [PathBuf::from("/"), home.join("root")];
    for root in &roots {
        if root.join(FILES).join(LAST).is_file() {
            return Ok(root.join(FILES));
        }
    }
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        bail!("Fashion-MNIST is missing; {INSTALL}");
    }
    super::say("Fashion-MNIST, a private copy");
    copy(&home, &roots[1]).with_context(|| {
        format!("Fashion-MNIST is missing and a private copy failed; {INSTALL}")
    })?;
    Ok(roots[1].join(FILES))
}

/// Downloads the package and unpacks it to `root`.
fn copy(home: &Path, root: &Path) -> Result<()> {
    let (debs, unpacked) = (home.join("debs"), home.join("root.new"));
    for old in [&debs, &unpacked, &root.to_path_buf()] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(&debs)?;
    fs::create_dir_all(&unpacked)?;
    download(&debs)?;
    for entry in fs::read_dir(&debs)? {
        run(Command::new("dpkg-deb").arg("-x").arg(entry?.path()).arg(&unpacked))?;
    }
    fs::rename(&unpacked, root)?;
    Ok(fs::remove_dir_all(&debs)?)
}

fn download(debs: &Path) -> Result<()> {
    let get =
        || capture(Command::new("apt-get").args(["-q", "download", PACKAGE]).current_dir(debs));
    if get().is_ok() {
        return Ok(());
    }
    // The package lists may be absent or old; without the right to renew them this fails, and the
    // download says why.
    let _ = capture(Command::new("apt-get").args(["-q", "update"]));
    get().map(drop)
}
