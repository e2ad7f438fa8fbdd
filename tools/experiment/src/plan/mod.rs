//! What each experiment runs, one file each: a table of setups.

mod beyond;
mod cnn;
mod explore;
mod fashion;
mod penalty;
mod refresh;

use crate::setup::{Setup, TopKast, Way};

/// An experiment: a table of setups.
pub struct Plan {
    /// What it is called by.
    pub name: &'static str,
    /// What its table is about.
    pub title: &'static str,
    /// What is compared, and how.
    pub prose: &'static str,
    /// What differs between columns.
    pub across: &'static str,
    /// What each column is.
    pub columns: Vec<String>,
    /// What each line of the table is.
    pub rows: Vec<Row>,
    /// Names of rows that are expected in this order, the worst first.
    pub order: Vec<&'static str>,
}

/// A line of a table, a setup for each column.
pub struct Row {
    /// What it is.
    pub name: String,
    /// What is run for each column; `None` where there is nothing to run.
    pub cells: Vec<Option<Setup>>,
}

/// Every experiment, in the order in which they are told.
pub fn all() -> [Plan; 6] {
    [
        fashion::plan(),
        refresh::plan(),
        explore::plan(),
        beyond::plan(),
        penalty::plan(),
        cnn::plan(),
    ]
}

impl Plan {
    /// The experiment of this name.
    pub fn named(name: &str) -> Option<Plan> {
        all().into_iter().find(|plan| plan.name == name)
    }

    /// Every setup once.
    pub fn setups(&self) -> Vec<Setup> {
        let mut setups: Vec<Setup> = Vec::new();
        for setup in self.rows.iter().flat_map(|row| row.cells.iter().flatten()) {
            if !setups.contains(setup) {
                setups.push(setup.clone());
            }
        }
        setups
    }
}

/// `2 %` for 0.02.
fn percent(share: f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}

/// `D = 5 %, B = 50 %`.
fn densities([density, backward]: [f64; 2]) -> String {
    format!("D = {}, B = {}", percent(density), percent(backward))
}

/// A line of a table whose columns are these densities.
fn row(name: &str, densities: &[f64], setup: impl Fn(f64) -> Setup) -> Row {
    Row {
        name: name.into(),
        cells: densities.iter().map(|&density| Some(setup(density))).collect(),
    }
}

fn top_kast(told: TopKast) -> Setup {
    Setup::new(Way::TopKast(told))
}
