//! What boards printed of training.

use super::NETWORKS;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Training of a network on a board.
#[derive(Serialize)]
struct Row {
    case: &'static str,
    network: &'static str,
    board: String,
    /// How live weights are stored.
    storage: &'static str,
    weights: usize,
    /// Of one step without a choice of backward sets, on the average, and the most.
    instructions: u64,
    most_instructions: u64,
    /// Of a choice of all backward sets, and of the forward sets in them, by weight of the network.
    refresh_instructions: f64,
    /// Everything: static data, the training's memory among it, and stack.
    ram_bytes: u64,
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
                row.refresh_instructions /= row.weights as f64;
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
    let Row { refresh_instructions, ram_bytes, memory_bytes, stack_bytes, .. } = row;
    println!(
        "{board:<6} {network:<6} {storage:<5} {instructions:>12} instructions a step (most \
         {most_instructions}), {refresh_instructions:.1} a weight to choose anew, {ram_bytes} bytes of RAM \
         ({memory_bytes} memory, {stack_bytes} stack)"
    );
    Ok(())
}

/// A row but for its names; `refresh_instructions` are those of one choice.
fn read(text: &str) -> Result<Row> {
    let number = |word: &str| word.parse::<u64>().with_context(|| format!("`{word}` is no number"));
    let (mut steps, mut memory, mut stack, mut fixed) = (Vec::new(), 0, 0, 0);
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["step", _, count] => steps.push(number(count)?),
            ["ram", len, depth] => (memory, stack) = (number(len)?, number(depth)?),
            ["static", len] => fixed = number(len)?,
            _ => anyhow::bail!("the board printed `{line}`"),
        }
    }
    let (refreshed, plain): (Vec<_>, Vec<_>) =
        steps.iter().copied().enumerate().skip(1).partition(|(number, _)| number % EVERY == 0);
    let sum = |steps: &[(usize, u64)]| steps.iter().map(|(_, count)| count).sum::<u64>();
    let mean = sum(&plain) / plain.len().max(1) as u64;
    let refreshes = sum(&refreshed).saturating_sub(mean * refreshed.len() as u64);
    Ok(Row {
        case: "train",
        network: "",
        board: String::new(),
        storage: "",
        weights: 0,
        instructions: mean,
        most_instructions: plain.iter().map(|(_, count)| *count).max().unwrap_or_default(),
        refresh_instructions: refreshes as f64 / refreshed.len().max(1) as f64,
        ram_bytes: fixed + stack,
        memory_bytes: memory,
        stack_bytes: stack,
    })
}
