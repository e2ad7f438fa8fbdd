//! Whole networks to test on: what is in the repository, and public ones where they are at hand.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A `.tflite` file.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name, without folders and ending.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Int8 models of the MLPerf Tiny benchmark: one for each of its four tasks.
const MLPERF_TINY: [&str; 4] =
    ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8"];

/// The folder of the benchmark's models: optional, beside the checkout.
const MLPERF_TINY_FOLDER: &str = "../shared/data/mlperf_tiny";

/// Models in the package that `models/Cargo.toml` names.
const MICROFLOW: [&str; 3] = ["person_detect", "speech", "sine"];

/// The demo's own models.
const DEMO: [&str; 2] = ["watch_dense", "watch_sparse"];

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Every model that is at hand. What is not is said on standard error, so that nobody takes its
/// absence for a pass.
///
/// # Panics
///
/// Where a model is absent that everyone can have: the demo's always, the package's where
/// `KASTANET_ORACLE` is `required`.
pub fn all() -> Vec<Model> {
    let demo = workspace().join("tools/kastanet/demo");
    let mlperf_tiny = workspace().join(MLPERF_TINY_FOLDER);
    let package = microflow().map(|root| root.join("models")).unwrap_or_default();
    let required = std::env::var_os("KASTANET_ORACLE").is_some_and(|how| how == "required");
    let groups = [
        (demo, &DEMO[..], true),
        (mlperf_tiny, &MLPERF_TINY, false),
        (package, &MICROFLOW, required),
    ];
    let models = groups.iter().flat_map(|(folder, names, required)| {
        names
            .iter()
            .filter_map(|name| read(&folder.join(format!("{name}.tflite")), name, *required))
    });
    models.collect()
}

fn read(path: &Path, name: &str, required: bool) -> Option<Model> {
    match fs::read(path) {
        Ok(bytes) => Some(Model { name: name.into(), bytes }),
        Err(error) => {
            assert!(!required, "no model {name} at {}: {error}", path.display());
            let message = format!("SKIPPED: model {name} ({}: {error})\n", path.display());
            let _ = std::io::stderr().write_all(message.as_bytes());
            None
        }
    }
}

/// Where cargo keeps the sources of microflow, which it fetches on the way.
fn microflow() -> Option<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--format-version=1", "--manifest-path"])
        .arg(manifest)
        .output()
        .ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let mut packages = metadata.get("packages")?.as_array()?.iter();
    let package = packages.find(|package| package["name"] == "microflow")?;
    Some(Path::new(package["manifest_path"].as_str()?).parent()?.to_path_buf())
}
