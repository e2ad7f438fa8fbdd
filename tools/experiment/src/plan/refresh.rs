//! How often the sets are chosen.

use super::{Plan, Row, densities, top_kast};
use crate::setup::TopKast;

const DENSITIES: [[f64; 2]; 5] = [[0.1, 0.2], [0.05, 0.1], [0.05, 0.5], [0.02, 0.04], [0.02, 0.5]];

const PERIODS: [u32; 4] = [1, 10, 100, 1000];

pub fn plan() -> Plan {
    let periods: Vec<[u32; 2]> = PERIODS
        .into_iter()
        .flat_map(|backward| PERIODS.map(|forward| [forward, backward]))
        .filter(|[forward, backward]| forward <= backward)
        .collect();
    let row = |of: [f64; 2]| Row {
        name: densities(of),
        cells: periods
            .iter()
            .map(|&every| Some(top_kast(TopKast::at(of[0], of[1], every))))
            .collect(),
    };
    Plan {
        name: "refresh",
        title: "How often the sets are chosen",
        prose: "LeNet-300-100. Steps between two choices of A / of B; a choice of B is one of A as well. \
                Equal periods are the published algorithm.",
        across: "A every / B every",
        columns: periods
            .iter()
            .map(|[forward, backward]| format!("{forward} / {backward}"))
            .collect(),
        rows: DENSITIES.map(row).into(),
        order: vec![],
    }
}
