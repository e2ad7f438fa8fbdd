//! When exploration ends.

use super::{Plan, Row, densities, percent, top_kast};
use crate::setup::TopKast;

const DENSITIES: [[f64; 2]; 4] = [[0.05, 0.1], [0.05, 0.5], [0.02, 0.04], [0.02, 0.5]];

const SHARES: [f64; 4] = [0.0, 0.25, 0.5, 1.0];

pub fn plan() -> Plan {
    let row = |of: [f64; 2]| Row {
        name: densities(of),
        cells: SHARES
            .map(|explore| Some(top_kast(TopKast { explore, ..TopKast::two_rate(of[0], of[1]) })))
            .into(),
    };
    Plan {
        name: "explore",
        title: "When exploration ends",
        prose: "LeNet-300-100, two-rate. After this share of the run B becomes A: the weights that were \
                chosen by then are trained, and no others. At 0 % that is the largest weights of the first \
                draw.",
        across: "exploration ends after",
        columns: SHARES.map(percent).into(),
        rows: DENSITIES.map(row).into(),
        order: vec![],
    }
}
