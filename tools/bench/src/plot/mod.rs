//! Records as pictures.
//!
//! Lines and letters have colours that can be read on white and on black; there is no background.

mod formats;
mod networks;

use crate::record;
use anyhow::{Result, anyhow};
use plotters::coord::combinators::WithKeyPoints;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Ratios that have a line.
const RATIOS: [f64; 10] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

static GREY: RGBColor = RGBColor(0x80, 0x80, 0x80);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

type Drawn = Result<(), Box<dyn std::error::Error>>;

type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, WithKeyPoints<LogCoord<f64>>>>;

/// Draws the records of the boards below `dir`: `networks.svg` for all of them, `BOARD.svg` for each.
pub fn draw(dir: &Path, boards: &[String]) -> Result<()> {
    let records = boards.iter().map(|board| Ok((board.as_str(), record::of(dir, board)?)));
    let records: Vec<_> = records.collect::<Result<_>>()?;
    picture(&dir.join("networks.svg"), networks::SIZE, |area| networks::draw(area, &records))?;
    for (board, records) in &records {
        let path = dir.join(board).with_extension("svg");
        picture(&path, formats::SIZE, |area| formats::draw(area, board, records))?;
    }
    Ok(())
}

fn picture(path: &Path, size: (u32, u32), draw: impl Fn(&Area<'_>) -> Drawn) -> Result<()> {
    let area = SVGBackend::new(path, size).into_drawing_area();
    draw(&area).and_then(|()| Ok(area.present()?)).map_err(|error| anyhow!("{error}"))?;
    eprintln!("{}", path.display());
    Ok(())
}

fn text(size: i32, colour: &RGBColor) -> TextStyle<'_> {
    let pos = Pos::new(HPos::Left, VPos::Center);
    TextStyle::from(("sans-serif", size).into_font()).color(colour).pos(pos)
}

/// A line and what it is, as wide as the letters need; gives where the next may stand.
fn legend(
    area: &Area<'_>,
    name: &str,
    colour: &RGBColor,
    at: (i32, i32),
) -> Result<i32, Box<dyn std::error::Error>> {
    let (x, y) = at;
    area.draw(&PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(3)))?;
    area.draw_text(name, &text(15, colour), (x + 30, y))?;
    Ok(x + 48 + 8 * name.len() as i32)
}

/// Axes: zeros from none to all, ratios on a logarithmic scale, with a line at 1.
fn axes<'a, 'b>(
    area: &'a Area<'b>,
    caption: &str,
    ratios: std::ops::Range<f64>,
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let lines = RATIOS.into_iter().filter(|ratio| ratios.contains(ratio)).collect::<Vec<_>>();
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .caption(caption, text(17, &GREY))
        .x_label_area_size(26)
        .y_label_area_size(38)
        .build_cartesian_2d(0.0..1.0, ratios.log_scale().with_key_points(lines))?;
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
    Ok(chart)
}

/// A line through points, each with a dot.
fn line(chart: &mut Chart<'_, '_>, points: &[(f64, f64)], colour: &RGBColor) -> Drawn {
    chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
    chart.draw_series(points.iter().map(|&at| Circle::new(at, 3, colour.filled())))?;
    Ok(())
}
