//! Top-KAST beside other methods.

use super::{Plan, Row, percent, row, top_kast};
use crate::setup::{Setup, TopKast, Way};

const DENSITIES: [f64; 4] = [0.2, 0.1, 0.05, 0.02];

pub fn plan() -> Plan {
    Plan {
        name: "fashion",
        title: "Methods on Fashion-MNIST",
        prose: "LeNet-300-100. Every method trains under the same recipe, and no density differs \
                between layers. *Together* chooses both sets every 100 steps, as published; *two-rate* \
                chooses A at every step and B every 100. Gradual pruning is dense at first. Weights beyond A \
                are moved by gradients of outputs that they have no part in: in 100 steps they can go too \
                far, and the more of them there are for a place in A, the worse it is. *Together* with \
                B = 50 % is lost at a density of 2 %; a stronger penalty mends it, see below, and so does \
                choosing A more often.",
        across: "density",
        columns: DENSITIES.map(percent).into(),
        rows: rows(),
        order: vec!["static", "SET", "RigL", "two-rate, B = 50 %"],
    }
}

fn rows() -> Vec<Row> {
    let row = |name, setup: fn(f64) -> Setup| row(name, &DENSITIES, setup);
    vec![
        row("dense", |_| Setup::new(Way::Dense)),
        row("static", |density| Setup::new(Way::Static { density })),
        row("SET", |density| Setup::new(Way::Set { density })),
        row("RigL", |density| Setup::new(Way::Rigl { density })),
        row("gradual pruning", |density| Setup::new(Way::Gradual { density })),
        row("together, B = 2 D", |d| top_kast(TopKast::together(d, 2.0 * d, 100))),
        row("together, B = 50 %", |d| top_kast(TopKast::together(d, 0.5, 100))),
        row("two-rate, B = 2 D", |d| top_kast(TopKast::two_rate(d, 2.0 * d))),
        row("two-rate, B = 50 %", |d| top_kast(TopKast::two_rate(d, 0.5))),
    ]
}
