//! Running the program, and files for it.

pub mod models;
pub mod pages;
pub mod protobuf;
pub mod samples;

use kastanet_cli::arrays::Array;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the program did.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Numbers below those that it is called with.
pub fn random() -> impl FnMut(usize) -> usize {
    let mut seed = 1_u64;
    move |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    }
}

/// Runs `kastanet` in `dir`.
pub fn kastanet(dir: &Path, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_kastanet"))
        .current_dir(dir)
        .args(args)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Run {
    /// Standard output after success.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert_eq!(self.err, "");
        self.out
    }

    /// The one JSON object on standard output after success.
    #[track_caller]
    pub fn json(self) -> Value {
        let value: Value = serde_json::from_str(&self.ok()).expect("one JSON value");
        assert!(value.is_object());
        value
    }

    /// Standard error after a failure, which says each of `parts` and what to do.
    #[track_caller]
    pub fn fails(self, parts: &[&str]) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert!(self.err.contains("\nhelp: "), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        }
        self.err
    }
}

/// A directory with a model of the demo in it.
pub struct Place {
    pub dir: TempDir,
}

impl Place {
    /// With `m.tflite`, the demo's dense checkpoint.
    pub fn new() -> Self {
        let place = Place { dir: tempfile::tempdir().expect("a directory") };
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/watch_dense.tflite");
        place.put("m.tflite", &std::fs::read(demo).expect("the demo's checkpoint"));
        place
    }

    /// The same, and `m.kst`, packed from it at a sparsity of 0.9.
    pub fn packed() -> Self {
        let place = Place::new();
        place.run(&["pack", "m.tflite", "-o", "m.kst", "--sparsity", "0.9"]).ok();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a file is written");
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("there is such a file")
    }

    pub fn array(&self, name: &str) -> Array {
        Array::read(&self.path(name)).expect("an array")
    }

    pub fn run(&self, args: &[&str]) -> Run {
        kastanet(self.dir.path(), args)
    }

    /// The names of all files, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path()).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// The bytes of a `.npz` file.
pub fn npz(arrays: &[(&str, &Array)], deflate: bool) -> Vec<u8> {
    let files: Vec<_> =
        arrays.iter().map(|(key, array)| (format!("{key}.npy"), array.to_npy())).collect();
    zip(&files, deflate)
}

/// The bytes of a `.zip` file of these names and contents.
pub fn zip(files: &[(String, Vec<u8>)], deflate: bool) -> Vec<u8> {
    let mut bytes = vec![];
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let method = if deflate { CompressionMethod::DEFLATE } else { CompressionMethod::STORE };
        let file = archive.new_file(name).compression_method(method);
        let (mut entry, config) = file.start().expect("an entry");
        let body = match deflate {
            true => miniz_oxide::deflate::compress_to_vec(content, 6),
            false => content.clone(),
        };
        let mut sums = config.wrap(std::io::sink());
        sums.write_all(content).expect("sums");
        let (_, descriptor) = sums.finish().expect("sums");
        entry.write_all(&body).expect("a body");
        entry.finish(descriptor).expect("an entry");
    }
    archive.finish().expect("an archive");
    bytes
}
