//! Chromium, which looks at pages: the one on the PATH, else a private copy under the target directory.

use super::packages;
use crate::process::{capture, on_path};
use crate::tree::Tree;
use anyhow::{Context, Result, anyhow};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What it is called.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Debian's; what Ubuntu has by this name is no program.
const PACKAGES: [&[&str]; 1] = [&["chromium", "fonts-dejavu-core"]];

const INSTALL: &str = "install Chromium, or Chrome:
    Debian          apt-get install chromium
    Ubuntu          snap install chromium
    Fedora          dnf install chromium
    Arch            pacman -S chromium
    macOS           brew install --cask chromium, and put `chromium` on the PATH";

/// Where the browser is.
pub struct Browser {
    /// Its program.
    pub program: PathBuf,
    /// Where its libraries are, where they are not the system's.
    pub libraries: Option<OsString>,
}

impl Browser {
    fn starts(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        capture(command.arg("--version")).map(drop)
    }
}

/// The browser; unpacks the private copy where there is none.
pub fn chromium(tree: &Tree) -> Result<Browser> {
    let installed = PROGRAMS.iter().filter_map(|program| on_path(program));
    let installed = installed.map(|program| Browser { program, libraries: None });
    if let Some(browser) = installed.into_iter().find(|browser| browser.starts().is_ok()) {
        return Ok(browser);
    }
    let home = tree.target.join("chromium");
    if let Some(browser) = copied(&home).filter(|browser| browser.starts().is_ok()) {
        return Ok(browser);
    }
    if !packages::are_there() {
        return Err(anyhow!("Chromium is missing; {INSTALL}"));
    }
    super::say("Chromium, a private copy");
    let copied = packages::unpack(&home, &PACKAGES).and_then(|()| {
        let browser = copied(&home).context("the package has no browser in it")?;
        browser.starts().map(|()| browser)
    });
    copied.with_context(|| format!("Chromium is missing and a private copy failed; {INSTALL}"))
}

/// The private copy.
fn copied(home: &std::path::Path) -> Option<Browser> {
    let root = home.join("root");
    let program = root.join("usr/lib/chromium/chromium");
    let libraries = Some(packages::library_path(&root));
    program.is_file().then_some(Browser { program, libraries })
}
