//! The distribution's packages, unpacked under the target directory where nothing is installed.
//!
//! They are not installed even as root: a system's other packages may be of another version, and apt
//! would remove them for these.

use crate::process::{capture, on_path, run};
use anyhow::{Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether packages can be had here.
pub fn are_there() -> bool {
    on_path("apt-get").is_some() && on_path("dpkg-deb").is_some()
}

/// Downloads packages and what they need beyond the system's, and unpacks them to `home/root`: of several lists the
/// first that there is. A name that ends in `-` is left out of the plan.
pub fn unpack(home: &Path, choices: &[&[&str]]) -> Result<()> {
    let (debs, root, unpacked) = (home.join("debs"), home.join("root"), home.join("root.new"));
    for old in [&unpacked, &root] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(debs.join("partial"))?;
    fs::create_dir_all(&unpacked)?;
    download(&debs, choices)?;
    for entry in fs::read_dir(&debs)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg-deb").arg("-x").arg(path).arg(&unpacked))?;
        }
    }
    fs::rename(&unpacked, root)?;
    Ok(fs::remove_dir_all(&debs)?)
}

fn download(debs: &Path, choices: &[&[&str]]) -> Result<()> {
    ensure!(!choices.is_empty(), "no packages are named");
    if choices.iter().any(|packages| apt_get(packages, debs).is_ok()) {
        return Ok(());
    }
    // The package lists may be absent or old; without the right to renew them this fails, and the
    // download says why.
    let _ = capture(Command::new("apt-get").args(["-q", "update"]));
    choices.iter().map(|packages| apt_get(packages, debs)).reduce(Result::or).unwrap_or(Ok(()))
}

fn apt_get(packages: &[&str], debs: &Path) -> Result<()> {
    let mut archives = OsString::from("Dir::Cache::archives=");
    archives.push(debs);
    let mut command = Command::new("apt-get");
    command.args(["-q", "-y", "--download-only", "--no-install-recommends", "install"]);
    // No lock: nothing of the system is written, so this works for any user.
    command.args(["-o", "Debug::NoLocking=1", "-o"]).arg(archives).args(packages);
    capture(&mut command).map(drop)
}

/// The directories below `root` that have the packages' libraries.
pub fn library_path(root: &Path) -> OsString {
    let parents = ["usr/lib", "lib"].map(|dir| root.join(dir));
    let children: Vec<PathBuf> = parents.iter().flat_map(|dir| below(dir)).collect();
    // Some packages keep libraries of their own a level further down.
    let further: Vec<PathBuf> = children.iter().flat_map(|dir| below(dir)).collect();
    let dirs = children.into_iter().chain(further.into_iter().filter(|dir| has_libraries(dir)));
    std::env::join_paths(dirs).unwrap_or_default()
}

/// The directories in one.
fn below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn has_libraries(dir: &Path) -> bool {
    let mut names =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| {
        name.to_string_lossy().starts_with("lib") && name.to_string_lossy().contains(".so")
    })
}
