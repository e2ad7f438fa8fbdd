//! A convolutional network.

use super::{Plan, Row, percent, row, top_kast};
use crate::network::Network;
use crate::setup::{Setup, TopKast, Way};

const DENSITIES: [f64; 2] = [0.1, 0.05];

pub fn plan() -> Plan {
    Plan {
        name: "cnn",
        title: "A convolutional network",
        prose: "3 × 3 × 16, pool, 3 × 3 × 32, pool, 64, 10 on Fashion-MNIST; the first convolution and \
                the classifier stay dense.",
        across: "density",
        columns: DENSITIES.map(percent).into(),
        rows: rows(),
        order: vec!["static", "RigL", "two-rate, B = 50 %"],
    }
}

fn rows() -> Vec<Row> {
    let row = |name, setup: fn(f64) -> Setup| {
        row(name, &DENSITIES, |density| Setup { network: Network::Cnn, ..setup(density) })
    };
    vec![
        row("dense", |_| Setup::new(Way::Dense)),
        row("static", |density| Setup::new(Way::Static { density })),
        row("RigL", |density| Setup::new(Way::Rigl { density })),
        row("together, B = 2 D", |d| top_kast(TopKast::together(d, 2.0 * d, 100))),
        row("two-rate, B = 2 D", |d| top_kast(TopKast::two_rate(d, 2.0 * d))),
        row("two-rate, B = 50 %", |d| top_kast(TopKast::two_rate(d, 0.5))),
    ]
}
