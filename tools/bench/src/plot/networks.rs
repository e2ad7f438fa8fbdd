//! For each board, whole networks in chosen formats.

use super::{Area, Drawn, GREY, axes, legend, line, text};
use crate::cases::Case;
use crate::record::Recorded;
use plotters::prelude::*;

static COLOURS: [RGBColor; 5] = [
    RGBColor(0xd9, 0x5f, 0x02),
    RGBColor(0x1b, 0x9e, 0x77),
    RGBColor(0x75, 0x70, 0xd3),
    RGBColor(0xe7, 0x29, 0x8a),
    RGBColor(0x3a, 0x8f, 0xd0),
];

pub const SIZE: (u32, u32) = (1200, 640);

/// Boards beside each other.
const COLUMNS: usize = 4;

/// Ratios that are shown.
const RATIOS: std::ops::Range<f64> = 0.02..2.5;

pub fn draw(area: &Area<'_>, boards: &[(&str, Vec<Recorded>)]) -> Drawn {
    let (head, body) = area.split_vertically(40);
    let what = "instructions ÷ CMSIS-NN's for the dense network, over the share of zeros:";
    head.draw_text(what, &text(15, &GREY), (12, 20))?;
    let mut x = 560;
    for (case, colour) in Case::ALL.into_iter().zip(&COLOURS) {
        x = legend(&head, case.name(), colour, (x, 20))?;
    }
    let panels = body.split_evenly((boards.len().div_ceil(COLUMNS), COLUMNS));
    for ((board, records), area) in boards.iter().zip(&panels) {
        let mut chart = axes(area, board, RATIOS)?;
        for (case, colour) in Case::ALL.into_iter().zip(&COLOURS) {
            line(&mut chart, &points(case, records), colour)?;
        }
    }
    Ok(())
}

/// Zeros and ratio of a network whose formats were chosen, by zeros.
fn points(case: Case, records: &[Recorded]) -> Vec<(f64, f64)> {
    let rows = records
        .iter()
        .map(|record| &record.row)
        .filter(|row| row.case == case.name() && row.unit == "weight" && row.format == "auto");
    let ratio = |peer: u64, own: u64| own as f64 / peer as f64;
    let mut points: Vec<(f64, f64)> = rows
        .filter_map(|row| {
            let peer = row.network.as_ref()?.peer_instructions?;
            Some((row.sparsity, ratio(peer, row.instructions)))
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}
