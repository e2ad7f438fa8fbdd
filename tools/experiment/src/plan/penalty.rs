//! The exploration penalty.

use super::{Plan, Row, densities, top_kast};
use crate::setup::{Pull, Setup, TopKast};

const DENSITIES: [[f64; 2]; 4] = [[0.05, 0.1], [0.05, 0.5], [0.02, 0.04], [0.02, 0.5]];

const PENALTIES: [(Pull, f32, &str); 6] = [
    (Pull::L2, 0.0, "none"),
    (Pull::L2, 1e-4, "L2, 1e-4"),
    (Pull::L2, 1e-3, "L2, 1e-3"),
    (Pull::L2, 1e-2, "L2, 1e-2"),
    (Pull::L1, 1e-5, "L1, 1e-5"),
    (Pull::L1, 1e-4, "L1, 1e-4"),
];

pub fn plan() -> Plan {
    let of = |[density, backward]: [f64; 2]| {
        [
            ("together", TopKast::together(density, backward, 100)),
            ("two-rate", TopKast::two_rate(density, backward)),
        ]
        .map(|(name, told)| row(format!("{name}, {}", densities([density, backward])), told))
    };
    Plan {
        name: "penalty",
        title: "The exploration penalty",
        prose: "LeNet-300-100. The penalty's r is θ or its sign; then λ.",
        across: "penalty",
        columns: PENALTIES.map(|(.., name)| name.into()).into(),
        rows: DENSITIES.into_iter().flat_map(of).collect(),
        order: vec![],
    }
}

fn row(name: String, told: TopKast) -> Row {
    let cell = |(penalty, lambda, _)| Some(Setup { penalty, lambda, ..top_kast(told) });
    Row { name, cells: PENALTIES.map(cell).into() }
}
