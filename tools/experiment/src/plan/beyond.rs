//! How the backward set is filled up beyond the forward set.

use super::{Plan, Row, densities, top_kast};
use crate::setup::{Fill, TopKast};

const DENSITIES: [[f64; 2]; 4] = [[0.05, 0.1], [0.05, 0.5], [0.02, 0.04], [0.02, 0.5]];

pub fn plan() -> Plan {
    let row = |of: [f64; 2]| Row {
        name: densities(of),
        cells: [Fill::Largest, Fill::Random]
            .map(|beyond| Some(top_kast(TopKast { beyond, ..TopKast::two_rate(of[0], of[1]) })))
            .into(),
    };
    Plan {
        name: "beyond",
        title: "What is trained beyond the forward set",
        prose: "LeNet-300-100, two-rate. B is filled up beyond A with the largest of the other weights, or \
                with others by chance, anew every 100 steps.",
        across: "B is filled up",
        columns: vec!["by magnitude".into(), "by chance".into()],
        rows: DENSITIES.map(row).into(),
        order: vec![],
    }
}
