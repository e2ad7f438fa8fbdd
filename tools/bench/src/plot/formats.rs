//! Of one board, each kind of layer in each format, and where lines cross the dense peer's.

use super::{Area, Drawn, GREY, axes, legend, line, text};
use crate::cases::Case;
use crate::crossover::{Crossover, KINDS, crossover, points};
use crate::layers::Kind;
use crate::record::Recorded;
use kastanet::sparse::Format;
use plotters::prelude::*;

/// Formats with their colours.
static LINES: [(Format, RGBColor); 8] = [
    (Format::Dense, RGBColor(0x8c, 0x6d, 0x4f)),
    (Format::Index8, RGBColor(0xd9, 0x5f, 0x02)),
    (Format::Block4x1, RGBColor(0x1b, 0x9e, 0x77)),
    (Format::Block1x4, RGBColor(0x66, 0xa6, 0x1e)),
    (Format::Nm, RGBColor(0xe7, 0x29, 0x8a)),
    (Format::Delta8, RGBColor(0x3a, 0x8f, 0xd0)),
    (Format::Delta4, RGBColor(0x75, 0x70, 0xd3)),
    (Format::Rice, RGBColor(0xb8, 0x8a, 0x00)),
];

pub const SIZE: (u32, u32) = (1240, 880);

/// What is left beside a chart for shares.
const BESIDE: u32 = 130;

/// Ratios that are shown.
const RATIOS: std::ops::Range<f64> = 0.01..20.0;

pub fn draw(area: &Area<'_>, board: &str, records: &[Recorded]) -> Drawn {
    let (head, body) = area.split_vertically(64);
    let what = format!(
        "{board}: instructions ÷ CMSIS-NN's for the dense layer, over the share of zeros; \
         a ring where lines cross"
    );
    head.draw_text(&what, &text(16, &GREY), (12, 18))?;
    let mut x = 12;
    for (format, colour) in &LINES {
        x = legend(&head, format.name(), colour, (x, 46))?;
    }
    for (layers, area) in KINDS.into_iter().zip(&body.split_evenly((2, 2))) {
        panel(area, (board, records), layers)?;
    }
    Ok(())
}

/// A kind of layer: a line for each format, and beside them where each crosses.
fn panel(
    area: &Area<'_>,
    (board, records): (&str, &[Recorded]),
    (kind, title, case): (Kind, &str, Case),
) -> Drawn {
    let (left, right) = area.split_horizontally(area.dim_in_pixel().0 - BESIDE);
    let mut chart = axes(&left, title, RATIOS)?;
    if kind == Kind::Depthwise {
        // Dense in every network.
        let points = points(records, board, (kind, case), None);
        return line(&mut chart, &points, &LINES[0].1);
    }
    right.draw_text("faster from", &text(13, &GREY), (4, 40))?;
    for ((format, colour), y) in LINES.iter().zip((62..).step_by(20)) {
        let points = points(records, board, (kind, case), Some(*format));
        line(&mut chart, &points, colour)?;
        let crossover = crossover(&points);
        if let Crossover::At(share) = crossover {
            chart.draw_series([Circle::new((share, 1.0), 6, colour.stroke_width(2))])?;
        }
        right.draw_text(format.name(), &text(13, colour), (4, y))?;
        right.draw_text(&crossover.to_string(), &text(13, colour), (70, y))?;
    }
    Ok(())
}
