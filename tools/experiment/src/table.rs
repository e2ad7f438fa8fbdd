//! Records as a table in Markdown, and what they say about the order of methods.

use crate::plan::{Plan, Row};
use crate::record::Record;
use crate::setup::Setup;

/// An experiment's table.
pub fn table(plan: &Plan, records: &[Record]) -> String {
    let mut text = line(plan.across, plan.columns.iter().cloned());
    text += &line("---", plan.columns.iter().map(|_| "--:".into()));
    for row in &plan.rows {
        let cells = row.cells.iter().map(|cell| match of(cell.as_ref(), records) {
            Some(Record { mean, spread, .. }) => format!("{mean:.2} ± {spread:.2}"),
            None => "–".into(),
        });
        text += &line(&row.name, cells);
    }
    text
}

/// The record of a setup, if it has been run.
pub fn of<'r>(setup: Option<&Setup>, records: &'r [Record]) -> Option<&'r Record> {
    setup.and_then(|setup| records.iter().find(|record| record.setup == *setup))
}

/// Whether the expected order is there, column by column; empty where none is expected.
pub fn order(plan: &Plan, records: &[Record]) -> String {
    if plan.order.is_empty() {
        return String::new();
    }
    let columns = plan.columns.iter().enumerate();
    let verdicts =
        columns.map(|(column, name)| format!("at {name} {}", verdict(plan, records, column)));
    let order = plan.order.join(" < ");
    format!("The order {order}: {}.\n", verdicts.collect::<Vec<_>>().join("; "))
}

fn verdict(plan: &Plan, records: &[Record], column: usize) -> String {
    let mean = |name: &str| {
        let row = plan.rows.iter().find(|row: &&Row| row.name == name)?;
        Some(of(row.cells[column].as_ref(), records)?.mean)
    };
    let pairs = plan.order.windows(2).map(|pair| (pair[0], pair[1]));
    let broken = pairs.filter(|(worse, better)| mean(worse) >= mean(better));
    let broken: Vec<_> =
        broken.map(|(worse, better)| format!("{better} not above {worse}")).collect();
    if broken.is_empty() { "it holds".into() } else { broken.join(", ") }
}

fn line(first: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = [first.to_string()].into_iter().chain(cells).collect();
    format!("| {} |\n", cells.join(" | "))
}
