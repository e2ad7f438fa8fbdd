//! Records as pictures: accuracy over the columns of the table, a line for each of its rows.
//!
//! Lines and letters have colours that can be read on white and on black; there is no background.

use crate::plan::{Plan, Row};
use crate::record::Record;
use crate::table::of;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, Ranged};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;
use std::path::Path;

const SIZE: (u32, u32) = (1000, 440);

/// What is left beside the chart for names.
const BESIDE: u32 = 210;

/// Percent that are shown, at most: what is below is a cross at the lower edge.
const MOST: f64 = 8.0;

static GREY: RGBColor = RGBColor(0x80, 0x80, 0x80);

static COLOURS: [RGBColor; 10] = [
    RGBColor(0x8c, 0x6d, 0x4f),
    RGBColor(0xd9, 0x5f, 0x02),
    RGBColor(0x66, 0xa6, 0x1e),
    RGBColor(0xe7, 0x29, 0x8a),
    RGBColor(0x3a, 0x8f, 0xd0),
    RGBColor(0xb8, 0x8a, 0x00),
    RGBColor(0x75, 0x70, 0xd3),
    RGBColor(0x1b, 0x9e, 0x77),
    RGBColor(0xe0, 0x3c, 0x31),
    RGBColor(0x80, 0x80, 0x80),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Drawn = Result<(), Box<dyn std::error::Error>>;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Columns, RangedF64>>;

type RangedF64 = plotters::coord::types::RangedCoordf64;

/// Draws an experiment in `NAME.svg` below `dir`.
pub fn draw(dir: &Path, plan: &Plan, records: &[Record]) -> Result<()> {
    let path = dir.join(plan.name).with_extension("svg");
    let area = SVGBackend::new(&path, SIZE).into_drawing_area();
    let drawn = picture(&area, plan, records).and_then(|()| Ok(area.present()?));
    drawn.map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn picture(area: &Area<'_>, plan: &Plan, records: &[Record]) -> Drawn {
    let (left, right) = area.split_horizontally(SIZE.0 - BESIDE);
    let range = range(records);
    let mut chart = axes(&left, plan, range.clone())?;
    for ((row, colour), y) in plan.rows.iter().zip(COLOURS.iter().cycle()).zip((40..).step_by(22)) {
        line(&mut chart, &points(row, records), range.start, colour)?;
        right.draw_text(&row.name, &text(14, colour), (6, y))?;
    }
    Ok(())
}

/// From the worst accuracy to the best, in whole percents.
fn range(records: &[Record]) -> Range<f64> {
    let bounds =
        records.iter().map(|record| (record.mean - record.spread, record.mean + record.spread));
    let (low, high) = bounds
        .fold((100.0_f64, 0.0_f64), |(low, high), bound| (low.min(bound.0), high.max(bound.1)));
    low.floor().max(high.ceil() - MOST)..high.ceil()
}

/// Column, mean and spread of what was run.
fn points(row: &Row, records: &[Record]) -> Vec<(f64, f64, f64)> {
    let cells = row.cells.iter().enumerate();
    let points = cells.filter_map(|(column, cell)| {
        let record = of(cell.as_ref(), records)?;
        Some((column as f64, record.mean, record.spread))
    });
    points.collect()
}

fn text(size: i32, colour: &RGBColor) -> TextStyle<'_> {
    let pos = Pos::new(HPos::Left, VPos::Center);
    TextStyle::from(("sans-serif", size).into_font()).color(colour).pos(pos)
}

fn axes<'a, 'b>(
    area: &'a Area<'b>,
    plan: &Plan,
    range: Range<f64>,
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(format!("{}: accuracy in percent", plan.title), text(17, &GREY))
        .x_label_area_size(44)
        .y_label_area_size(38)
        .build_cartesian_2d(Columns(plan.columns.len()), range)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY.mix(0.25))
        .axis_style(GREY)
        .axis_desc_style(text(13, &GREY))
        .label_style(text(12, &GREY))
        .x_desc(plan.across)
        .x_label_formatter(&|&x| plan.columns.get(x.round() as usize).cloned().unwrap_or_default())
        .draw()?;
    Ok(chart)
}

/// A line through the means, each with a dot and its spread. Means below the lower edge are crosses on it.
fn line(
    chart: &mut Chart<'_, '_>,
    points: &[(f64, f64, f64)],
    edge: f64,
    colour: &RGBColor,
) -> Drawn {
    let shown = |mean: f64| mean.max(edge);
    let means = points.iter().map(|&(x, mean, _)| (x, shown(mean)));
    chart.draw_series(LineSeries::new(means, colour.stroke_width(2)))?;
    let (inside, below): (Vec<_>, Vec<_>) = points.iter().partition(|(_, mean, _)| *mean >= edge);
    chart.draw_series(
        inside.iter().map(|&(x, mean, _)| Circle::new((x, mean), 3, colour.filled())),
    )?;
    chart.draw_series(
        below.iter().map(|&(x, ..)| Cross::new((x, edge), 5, colour.stroke_width(2))),
    )?;
    let spreads = inside.iter().map(|&(x, mean, spread)| {
        PathElement::new([(x, shown(mean - spread)), (x, mean + spread)], colour.stroke_width(1))
    });
    chart.draw_series(spreads)?;
    Ok(())
}

/// Columns side by side, with room before the first and behind the last.
struct Columns(usize);

impl Ranged for Columns {
    type FormatOption = plotters::coord::ranged1d::NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * (value + 0.5) / self.0 as f64) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        (0..self.0).map(|column| column as f64).collect()
    }

    fn range(&self) -> Range<f64> {
        -0.5..self.0 as f64 - 0.5
    }
}

impl plotters::coord::ranged1d::ValueFormatter<f64> for Columns {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{Setup, Way};

    #[test]
    fn far_worse_runs_do_not_flatten_the_others() {
        let record =
            |accuracies: &[f64]| Record::new(Setup::new(Way::Dense), 64, accuracies.to_vec(), 0);
        assert_eq!(range(&[record(&[86.5]), record(&[87.2])]), 86.0..88.0);
        assert_eq!(range(&[record(&[10.0]), record(&[87.2])]), 80.0..88.0);
    }

    #[test]
    fn columns_stand_in_the_middle_of_their_share() {
        let columns = Columns(4);
        assert_eq!([0.0, 3.0].map(|column| columns.map(&column, (0, 400))), [50, 350]);
    }
}
