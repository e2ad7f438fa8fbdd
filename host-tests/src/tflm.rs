//! TFLite Micro's interpreter as an oracle, through its Python package.
//!
//! All jobs of a test run in one process; `oracle/tflm.py` is its program and says how jobs and
//! results lie on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A Python that has the interpreter.
#[derive(Clone, Debug)]
pub struct Tflm {
    python: PathBuf,
}

/// A model and what to run it on.
#[derive(Clone, Debug)]
pub struct Job {
    /// The bytes of a `.tflite` file.
    pub model: Vec<u8>,
    /// For each sample, the bytes of each input.
    pub samples: Vec<Vec<Vec<u8>>>,
}

/// What came of a job.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// For each sample, the bytes of all outputs, one after another.
    pub outputs: Vec<Vec<u8>>,
    /// The RAM that was used.
    pub arena: Arena,
}

/// Bytes of RAM, as the interpreter reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arena {
    /// All of it.
    pub total: usize,
    /// Activations and scratch.
    pub head: usize,
    /// What stays: structures, quantisation parameters, buffers of operators.
    pub tail: usize,
}

/// What a test prints when there is no oracle.
const SKIPPED: &str = "SKIPPED: TFLite Micro oracle (run `cargo xtask test`, which installs it)";

impl Tflm {
    /// The Python named by `KASTANET_ORACLE_PYTHON`, or else the one in `target/oracle`.
    ///
    /// Where there is none, this says so, and `None` means: skip the test.
    ///
    /// # Panics
    ///
    /// Where there is none and `KASTANET_ORACLE` is `required`.
    pub fn find() -> Option<Self> {
        let named = std::env::var_os("KASTANET_ORACLE_PYTHON").map(PathBuf::from);
        let installed = crate::models::workspace().join("target/oracle/bin/python");
        let python = named.unwrap_or(installed);
        if python.exists() {
            return Some(Tflm { python });
        }
        let required = std::env::var_os("KASTANET_ORACLE").is_some_and(|how| how == "required");
        assert!(!required, "no TFLite Micro oracle at {}", python.display());
        // Past the test harness, which keeps what a passing test prints to itself.
        let _ = io::Write::write_all(&mut io::stderr(), format!("{SKIPPED}\n").as_bytes());
        None
    }

    /// Runs the jobs, in their order; `Err` is the interpreter's reason for refusing a model.
    ///
    /// # Panics
    ///
    /// Where the interpreter ends the process, or files cannot be written.
    pub fn run(&self, jobs: &[Job]) -> Vec<Result<Outcome, String>> {
        let folder = Folder::new().expect("a temporary folder");
        let folders: Vec<_> = (0..jobs.len()).map(|n| folder.0.join(format!("{n:06}"))).collect();
        for (job, folder) in jobs.iter().zip(&folders) {
            write(job, folder).expect("a job is written");
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/tflm.py");
        let output = Command::new(&self.python).arg(script).arg(&folder.0).output();
        let output = output.expect("the oracle's Python runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the oracle failed ({}): {said}", output.status);
        jobs.iter().zip(&folders).map(|(job, folder)| read(job, folder)).collect()
    }
}

fn write(job: &Job, folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::write(folder.join("model.tflite"), &job.model)?;
    fs::write(folder.join("samples.bin"), job.samples.concat().concat())
}

fn read(job: &Job, folder: &Path) -> Result<Outcome, String> {
    if let Ok(error) = fs::read_to_string(folder.join("error.txt")) {
        return Err(error);
    }
    let outputs = fs::read(folder.join("outputs.bin")).map_err(|error| error.to_string())?;
    let arena = fs::read_to_string(folder.join("arena.json")).map_err(|error| error.to_string())?;
    let size = (outputs.len() / job.samples.len().max(1)).max(1);
    let outputs = outputs.chunks(size).map(<[u8]>::to_vec).collect();
    Ok(Outcome { outputs, arena: parse(&arena).ok_or(arena)? })
}

fn parse(json: &str) -> Option<Arena> {
    let json: serde_json::Value = serde_json::from_str(json).ok()?;
    let part = |name: &str| json.get(name)?.as_u64().map(|bytes| bytes as usize);
    Some(Arena { total: part("total")?, head: part("head")?, tail: part("tail")? })
}

/// A temporary folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kastanet-oracle-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
