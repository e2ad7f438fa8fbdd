//! Of one board, each kind of layer in each format, and where lines cross the dense peer's.

use super::{Area, Chart, Drawn, GREY, axes, legend, line, text};
use crate::crossover::{Crossover, KINDS, Point, crossover, points};
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

pub const SIZE: (u32, u32) = (1100, 880);

/// Ratios that are shown.
const RATIOS: std::ops::Range<f64> = 0.02..20.0;

pub fn draw(area: &Area<'_>, board: &str, records: &[Recorded]) -> Drawn {
    let (head, body) = area.split_vertically(64);
    let what = format!(
        "{board}: instructions ÷ CMSIS-NN's for the dense layer, over the share of zeros; a ring where lines cross"
    );
    head.draw_text(&what, &text(16, &GREY), (12, 18))?;
    let mut x = 12;
    for (format, colour) in &LINES {
        x = legend(&head, format.name(), colour, (x, 46))?;
    }
    for ((kind, title, case), area) in KINDS.into_iter().zip(&body.split_evenly((2, 2))) {
        let mut chart = axes(area, title, RATIOS)?;
        let mut said = 0;
        for (format, colour) in &LINES {
            // Depthwise filters are dense in every network.
            let format = (kind != Kind::Depthwise).then_some(*format);
            let points = points(records, board, (kind, case), format);
            line(&mut chart, &points, colour)?;
            if format.is_some_and(|format| format != Format::Dense) {
                said += cross(&mut chart, &points, colour, said)?;
            }
            if format.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// A ring where the line crosses 1, and the share at the panel's left; gives how many were said.
fn cross(
    chart: &mut Chart<'_, '_>,
    points: &[Point],
    colour: &RGBColor,
    line: usize,
) -> Result<usize, Box<dyn std::error::Error>> {
    let crossover = crossover(points);
    if let Crossover::At(share) = crossover {
        chart.draw_series([Circle::new((share, 1.0), 6, colour.stroke_width(2))])?;
    }
    if points.is_empty() {
        return Ok(0);
    }
    let said = format!("faster from {crossover}");
    let said = if crossover == Crossover::Never { "slower".into() } else { said };
    let place = (0.02, 0.03 * 1.4_f64.powi(line as i32));
    chart.draw_series([Text::new(said, place, text(13, colour))])?;
    Ok(1)
}
