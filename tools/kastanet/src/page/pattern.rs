//! Where a layer's weights are: its matrix from far away.

use kastanet::image::Op;
use kastanet::layers::LayerWeights;
use maud::{Markup, html};
use std::fmt::Write;

/// Cells of a picture, at most: down and across.
const MOST: [usize; 2] = [28, 40];

/// Shades of a cell.
const SHADES: u32 = 5;

/// Pixels of a cell.
const CELL: usize = 4;

/// A matrix's nonzeros, counted cell by cell.
struct Density {
    size: [usize; 2],
    /// Shares of cells that are not zero.
    cells: Vec<f64>,
}

/// The picture of an operator's matrix: outputs downwards, inputs across; nothing where it cannot be read.
pub fn of(op: Op<'_>) -> Option<Markup> {
    let density = Density::of(op)?;
    let [height, width] = density.size;
    let densest = density.cells.iter().copied().fold(0.0, f64::max);
    let title = format!("Where weights are not zero; the darkest cell: {:.0} %", 100.0 * densest);
    Some(html! {
        svg.map.pattern.blue role="img" aria-label=(title) viewBox={ "0 0 " (width) " " (height) }
            width=(width * CELL) height=(height * CELL) shape-rendering="crispEdges" {
            title { (title) }
            rect.track width=(width) height=(height) {}
            @for shade in 1..=SHADES {
                @let path = density.path(densest, shade);
                @if !path.is_empty() {
                    path d=(path) fill-opacity=(format!("{:.2}", f64::from(shade) / f64::from(SHADES))) {}
                }
            }
        }
    })
}

impl Density {
    fn of(op: Op<'_>) -> Option<Self> {
        let record = op.weights()?;
        let weights = LayerWeights::new_checked(op.image(), record).ok()?;
        let matrix = [record.rows, record.cols].map(|size| size.get() as usize);
        let size = [0, 1].map(|axis| matrix[axis].min(MOST[axis]));
        if size.contains(&0) {
            return None;
        }
        let mut cells = vec![0.0; size[0] * size[1]];
        let cell = |at: usize, axis: usize| at * size[axis] / matrix[axis];
        for (row, col, _) in weights.matrix.entries() {
            if let Some(cell) = cells.get_mut(cell(row, 0) * size[1] + cell(col, 1)) {
                *cell += 1.0;
            }
        }
        let long = |at: usize, axis: usize| {
            let start = |cell: usize| (cell * matrix[axis]).div_ceil(size[axis]);
            start(at + 1) - start(at)
        };
        for (at, cell) in cells.iter_mut().enumerate() {
            *cell /= (long(at / size[1], 0) * long(at % size[1], 1)).max(1) as f64;
        }
        Some(Density { size, cells })
    }

    /// The cells of a shade, those side by side as one.
    fn path(&self, densest: f64, shade: u32) -> String {
        let has = |&cell: &f64| (cell / densest * f64::from(SHADES)).ceil() as u32 == shade;
        let mut path = String::new();
        for (y, row) in self.cells.chunks(self.size[1]).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| has(a) == has(b)) {
                if run.first().is_some_and(has) {
                    let len = run.len();
                    // Writing to a text does not fail.
                    let _ = write!(path, "M{x} {y}h{len}v1h-{len}z");
                }
                x += run.len();
            }
        }
        path
    }
}
