//! Results under git: a file for each experiment, a line of JSON for each setup.

use crate::setup::Setup;
use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What came of a setup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// What was run.
    #[serde(flatten)]
    pub setup: Setup,
    /// Samples of a step.
    pub batch: usize,
    /// Accuracy in percent on the test pictures after the last step, of seeds 0, 1 and so on.
    pub accuracies: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of one less than their number; 0 of one.
    pub spread: f64,
    /// Steps that were given up because a gradient was no longer finite, in all runs.
    pub skipped: u32,
}

impl Record {
    /// Of the runs of a setup.
    pub fn new(setup: Setup, batch: usize, accuracies: Vec<f64>, skipped: u32) -> Self {
        let count = accuracies.len() as f64;
        let mean = accuracies.iter().sum::<f64>() / count;
        let squares: f64 = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
        let spread = (squares / (count - 1.0).max(1.0)).sqrt();
        let [mean, spread] = [mean, spread].map(|number| (1000.0 * number).round() / 1000.0);
        Record { setup, batch, accuracies, mean, spread, skipped }
    }
}

/// The records of an experiment; none where there is no file.
pub fn read<R: DeserializeOwned>(dir: &Path, name: &str) -> Result<Vec<R>> {
    let path = path(dir, name);
    let text = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

/// Writes the records of an experiment.
pub fn write(dir: &Path, name: &str, records: &[impl Serialize]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    let path = path(dir, name);
    fs::write(&path, lines(records)?).with_context(|| path.display().to_string())
}

/// A line of JSON for each record.
pub fn lines(records: &[impl Serialize]) -> Result<String> {
    records.iter().map(|record| Ok(serde_json::to_string(record)? + "\n")).collect()
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(name).with_extension("jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{TopKast, Way};

    #[test]
    fn are_read_as_they_were_written() {
        for way in [Way::Dense, Way::TopKast(TopKast::two_rate(0.05, 0.5))] {
            let record = Record::new(Setup::new(way), 64, vec![87.0, 88.0, 89.0], 0);
            assert_eq!((record.mean, record.spread), (88.0, 1.0));
            let line = serde_json::to_string(&record).unwrap();
            let read: Record = serde_json::from_str(&line).unwrap();
            assert_eq!((read.setup, read.accuracies), (record.setup, record.accuracies));
        }
        assert_eq!(Record::new(Setup::new(Way::Dense), 64, vec![87.0], 0).spread, 0.0);
    }
}
