//! What boards printed of training.

use super::NETWORKS;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Training of a network on a board.
#[derive(Serialize)]
pub struct Row {
    case: &'static str,
    network: &'static str,
    board: String,
    /// How live weights are stored.
    storage: &'static str,
    weights: usize,
    /// Of one step without a choice of backward sets, on the average, and the most.
    // Visible to the tests.
    pub instructions: u64,
    pub most_instructions: u64,
    /// Of a choice of all backward sets, and of the forward sets in them, by weight of the network: where tables
    /// have room, and where units must fall back for want of it.
    pub refresh_instructions: Option<f64>,
    pub overflow_instructions: Option<f64>,
    /// Everything: static data, the training's memory among it, and stack.
    pub ram_bytes: u64,
    memory_bytes: u64,
    stack_bytes: u64,
}

/// Steps between two choices of backward sets.
const EVERY: usize = 20;

/// Prints a row for each board, network and storage of which there is an output, as JSON or as a table.
pub fn print(dir: &Path, boards: &[String], json: bool) -> Result<()> {
    for board in boards {
        for network in &NETWORKS {
            for storage in ["f32", "bf16"] {
                let path = dir.join(format!("{board}-train-{}-{storage}.out", network.name));
                let Ok(text) = fs::read_to_string(&path) else { continue };
                let mut row = read(&text).with_context(|| path.display().to_string())?;
                (row.network, row.board, row.storage) = (network.name, board.clone(), storage);
                row.weights = network.weights();
                for refresh in [&mut row.refresh_instructions, &mut row.overflow_instructions] {
                    *refresh = refresh.map(|instructions| instructions / row.weights as f64);
                }
                print_row(&row, json)?;
            }
        }
    }
    Ok(())
}

fn print_row(row: &Row, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(row)?);
        return Ok(());
    }
    let Row { network, board, storage, instructions, most_instructions, .. } = row;
    let Row { refresh_instructions, overflow_instructions, ram_bytes, .. } = row;
    let Row { memory_bytes, stack_bytes, .. } = row;
    let [refresh, overflow] = [refresh_instructions, overflow_instructions]
        .map(|of| of.map_or("-".into(), |of| format!("{of:.1}")));
    println!(
        "{board:<6} {network:<6} {storage:<5} {instructions:>12} instructions a step (most \
         {most_instructions}), {refresh} a weight to choose anew, {overflow} where tables overflow, \
         {ram_bytes} bytes of RAM \
         ({memory_bytes} memory, {stack_bytes} stack)"
    );
    Ok(())
}

/// A row but for its names; `refresh_instructions` are those of one choice.
pub fn read(text: &str) -> Result<Row> {
    let number = |word: &str| word.parse::<u64>().with_context(|| format!("`{word}` is no number"));
    let (mut steps, mut memory, mut stack, mut fixed) = (Vec::new(), 0, 0, 0);
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["step", _, count, fallen] => steps.push((number(count)?, number(fallen)?)),
            ["ram", len, depth] => (memory, stack) = (number(len)?, number(depth)?),
            ["static", len] => fixed = number(len)?,
            _ => anyhow::bail!("the board printed `{line}`"),
        }
    }
    let (mut plain, mut refreshes, mut overflows) = (Vec::new(), Vec::new(), Vec::new());
    for (at, pair) in (1..).zip(steps.windows(2)) {
        let ((_, before), (count, fallen)) = (pair[0], pair[1]);
        match (at % EVERY, fallen > before) {
            (0, false) => refreshes.push(count),
            (0, true) => overflows.push(count),
            _ => plain.push(count),
        }
    }
    let step = mean(&plain).unwrap_or_default();
    let more = |counts: &[u64]| mean(counts).map(|count| count - step);
    Ok(Row {
        case: "train",
        network: "",
        board: String::new(),
        storage: "",
        weights: 0,
        instructions: step.round() as u64,
        most_instructions: plain.iter().copied().max().unwrap_or_default(),
        refresh_instructions: more(&refreshes),
        overflow_instructions: more(&overflows),
        ram_bytes: fixed + memory + stack,
        memory_bytes: memory,
        stack_bytes: stack,
    })
}

fn mean(counts: &[u64]) -> Option<f64> {
    let sum = counts.iter().sum::<u64>();
    (!counts.is_empty()).then(|| sum as f64 / counts.len() as f64)
}
