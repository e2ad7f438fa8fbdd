//! Results under git: a file for each board, a line for each network, each with its date.

use crate::results::Row;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a count may grow by before it is a failure.
const GROWTH: f64 = 0.02;

/// A network's row and the day it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Year, month and day.
    pub date: String,
    /// What was measured.
    #[serde(flatten)]
    pub row: Row,
}

/// Writes the networks' rows to their boards' files below `dir`; those that were not measured stay.
///
/// # Errors
///
/// Where a count has grown: then nothing is written.
pub fn write(dir: &Path, rows: &[Row]) -> Result<()> {
    let date = date(SystemTime::now());
    let mut files = Vec::new();
    let mut grown = Vec::new();
    for board in rows.chunk_by(|a, b| a.board == b.board) {
        let path = path(dir, &board[0].board);
        let mut all = read(&path)?;
        for row in board.iter().filter(|row| row.layer.is_none()) {
            let new = Recorded { date: date.clone(), row: row.clone() };
            match all.iter_mut().find(|old| same(&old.row, row)) {
                Some(old) => {
                    grown.extend(growth(&old.row, row));
                    *old = new;
                }
                None => all.push(new),
            }
        }
        files.push((path, all));
    }
    ensure!(
        grown.is_empty(),
        "{}\nnothing is recorded; to accept this, remove the boards' files in {} and record again",
        grown.join("\n"),
        dir.display()
    );
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    files.into_iter().try_for_each(|(path, all)| put(&path, &all))
}

/// The records of a board; none where there is no file.
pub fn of(dir: &Path, board: &str) -> Result<Vec<Recorded>> {
    read(&path(dir, board))
}

fn path(dir: &Path, board: &str) -> PathBuf {
    dir.join(board).with_extension("jsonl")
}

fn read(path: &Path) -> Result<Vec<Recorded>> {
    let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

fn put(path: &Path, all: &[Recorded]) -> Result<()> {
    let lines = all.iter().map(|row| Ok(serde_json::to_string(row)? + "\n"));
    let text = lines.collect::<Result<String>>()?;
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn same(a: &Row, b: &Row) -> bool {
    let close = (a.sparsity - b.sparsity).abs() < 1e-9;
    close && (&a.case, &a.unit, &a.format) == (&b.case, &b.unit, &b.format)
}

/// What has grown from `old` to `new`, said.
fn growth(old: &Row, new: &Row) -> Vec<String> {
    let grown = counts(old)
        .into_iter()
        .zip(counts(new))
        .filter(|((_, old), (_, new))| *new as f64 > *old as f64 * (1.0 + GROWTH));
    let Row { board, case, sparsity, unit, format, .. } = new;
    let what = format!("{board} {case} at {:.1} % by {unit}, {format}", 100.0 * sparsity);
    grown
        .map(|((name, old), (_, new))| format!("{what}: {name} grew from {old} to {new}"))
        .collect()
}

fn counts(row: &Row) -> Vec<(&'static str, u64)> {
    let mut counts = vec![("instructions", row.instructions)];
    if let Some(network) = &row.network {
        counts.push(("other instructions", network.other_instructions));
        counts.push(("flash", network.flash_bytes as u64));
        counts.push(("arena", network.arena_bytes as u64));
    }
    counts
}

/// Year, month and day, of Greenwich.
fn date(now: SystemTime) -> String {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut year, mut day) = (1970, seconds / 86_400);
    while day >= year_len(year) {
        day -= year_len(year);
        year += 1;
    }
    let february = year_len(year) - 337;
    let mut month = 1;
    for len in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < len {
            break;
        }
        day -= len;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}

fn year_len(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(sparsity: f64, instructions: u64) -> Row {
        let network = serde_json::json!({
            "case": "fc256", "board": "m4", "sparsity": sparsity, "unit": "weight",
            "format": "auto", "instructions": instructions, "macs": 65_536,
            "nonzero_macs": 6_554, "nnz": 6_554, "weight_bytes": 13_376, "flash_bytes": 14_744,
            "arena_bytes": 512, "peer_instructions": 135_640, "chosen": ["index8"],
            "other_instructions": 0, "stack_bytes": 1_064,
        });
        serde_json::from_value(network).unwrap()
    }

    /// A directory that goes away with the test.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let name = format!("kastanet-bench-{name}-{}", std::process::id());
            Place(std::env::temp_dir().join(name))
        }

        fn instructions(&self) -> Vec<u64> {
            of(&self.0, "m4").unwrap().iter().map(|record| record.row.instructions).collect()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn rows_that_were_not_measured_stay() {
        let place = Place::new("stay");
        write(&place.0, &[row(0.5, 1000), row(0.9, 500)]).unwrap();
        write(&place.0, &[row(0.9, 400), row(0.95, 300)]).unwrap();
        assert_eq!(place.instructions(), [1000, 400, 300]);
    }

    #[test]
    fn growth_is_an_error_and_nothing_is_recorded() {
        let place = Place::new("growth");
        write(&place.0, &[row(0.5, 1000), row(0.9, 500)]).unwrap();
        write(&place.0, &[row(0.9, 510)]).unwrap();
        let error = write(&place.0, &[row(0.5, 900), row(0.9, 521)]).unwrap_err().to_string();
        assert!(
            error.contains("m4 fc256 at 90.0 % by weight, auto: instructions grew from 510 to 521")
        );
        assert_eq!(place.instructions(), [1000, 510]);
    }

    #[test]
    fn dates_follow_the_calendar() {
        let day = |days: u64| date(SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400));
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(11_017), "2000-03-01");
        assert_eq!(day(20_818), "2026-12-31");
    }
}
