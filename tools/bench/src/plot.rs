//! The report as a picture: for each board, instructions beside CMSIS-NN's dense ones, over zeros.
//!
//! Lines and letters have colours that can be read on white and on black; there is no background.

use crate::cases::Case;
use crate::record::{self, Recorded};
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

static COLOURS: [RGBColor; 5] = [
    RGBColor(0xd9, 0x5f, 0x02),
    RGBColor(0x1b, 0x9e, 0x77),
    RGBColor(0x75, 0x70, 0xd3),
    RGBColor(0xe7, 0x29, 0x8a),
    RGBColor(0x3a, 0x8f, 0xd0),
];

static GREY: RGBColor = RGBColor(0x80, 0x80, 0x80);

const SIZE: (u32, u32) = (1200, 640);

/// Boards beside each other.
const COLUMNS: usize = 4;

/// Ratios that are shown.
const RATIOS: std::ops::Range<f64> = 0.05..10.0;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws the records of the boards below `dir` to `crossovers.svg` there.
pub fn draw(dir: &Path, boards: &[String]) -> Result<()> {
    let path = dir.join("crossovers.svg");
    let root = SVGBackend::new(&path, SIZE).into_drawing_area();
    let (head, body) = root.split_vertically(40);
    legend(&head).map_err(|error| anyhow!("{error}"))?;
    let panels = body.split_evenly((boards.len().div_ceil(COLUMNS), COLUMNS));
    for (board, area) in boards.iter().zip(&panels) {
        panel(area, board, &record::of(dir, board)?).map_err(|error| anyhow!("{error}"))?;
    }
    root.present()?;
    println!("{}", path.display());
    Ok(())
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn text(size: i32, colour: &'static RGBColor) -> TextStyle<'static> {
    let pos = Pos::new(HPos::Left, VPos::Center);
    TextStyle::from(("sans-serif", size).into_font()).color(colour).pos(pos)
}

fn legend(area: &Area<'_>) -> Drawn {
    let what = "instructions ÷ CMSIS-NN's for the dense network, over the share of zeros:";
    area.draw_text(what, &text(15, &GREY), (12, 20))?;
    for ((case, colour), x) in Case::ALL.into_iter().zip(&COLOURS).zip((540..).step_by(110)) {
        area.draw(&PathElement::new([(x, 20), (x + 24, 20)], colour.stroke_width(3)))?;
        area.draw_text(case.name(), &text(15, colour), (x + 30, 20))?;
    }
    Ok(())
}

fn panel(area: &Area<'_>, board: &str, records: &[Recorded]) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .caption(board, text(17, &GREY))
        .x_label_area_size(26)
        .y_label_area_size(38)
        .build_cartesian_2d(0.0..1.0, RATIOS.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY.mix(0.25))
        .axis_style(GREY)
        .label_style(text(12, &GREY))
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|x| format!("{:.0} %", 100.0 * x))
        .y_label_formatter(&|y| format!("{y}"))
        .draw()?;
    chart.draw_series(LineSeries::new([(0.0, 1.0), (1.0, 1.0)], GREY.stroke_width(2)))?;
    for (case, colour) in Case::ALL.into_iter().zip(&COLOURS) {
        let points = points(case, records);
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
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
