//! Lines and points over two axes, drawn by `plotters`. No text that comes from a file goes in.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// A chart that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a chart cannot be drawn: {0}")]
pub struct Error(String);

/// Colours that the style knows, and gives others in the dark.
pub mod colour {
    use plotters::style::RGBColor;
    pub static BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
    pub static ORANGE: RGBColor = RGBColor(0xd9, 0x82, 0x00);
    pub static GREEN: RGBColor = RGBColor(0x00, 0x87, 0x5f);
    pub static PURPLE: RGBColor = RGBColor(0x9c, 0x4f, 0x84);
    pub static GREY: RGBColor = RGBColor(0x80, 0x80, 0x80);
}

/// A chart's size, in which its letters are as large as the page's.
const SIZE: (u32, u32) = (360, 230);

/// What is drawn over the axes, points as (x, y).
pub enum Mark {
    /// A line through points.
    Line(Vec<(f64, f64)>),
    /// Everything between the lower and the upper of two lines: (x, low, high).
    Band(Vec<(f64, f64, f64)>),
    /// Full dots.
    Dots(Vec<(f64, f64)>),
    /// Rings.
    Rings(Vec<(f64, f64)>),
    /// A ring around one point.
    Halo((f64, f64)),
}

/// An axis: what it says, its ends, and its numbers.
pub struct Axis<'a> {
    pub name: &'a str,
    pub range: Range<f64>,
    pub says: fn(&f64) -> String,
}

impl<'a> Axis<'a> {
    /// An axis on which all of some numbers have a place, and some room.
    pub fn over(
        name: &'a str,
        numbers: impl IntoIterator<Item = f64>,
        says: fn(&f64) -> String,
    ) -> Self {
        let usable = numbers.into_iter().filter(|&number| is_usable(number));
        let (low, high) =
            usable.fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let size = low.abs().max(high.abs());
        // Numbers that are next to the same get room in proportion to them.
        let room = match high - low {
            span if span > size * 1e-6 => span * 0.08,
            _ => (size * 0.1).max(0.01),
        };
        Axis { name, range: low - room..high + room, says }
    }

    /// The same, from 0 on.
    pub fn with_zero(self) -> Self {
        Axis { range: 0.0..self.range.end.max(1e-6), ..self }
    }

    /// The same, to 1 at most: for shares.
    pub fn of_shares(self) -> Self {
        let start = self.range.start.clamp(0.0, 0.99);
        Axis { range: start..self.range.end.clamp(start + 0.01, 1.0), ..self }
    }
}

/// Draws marks over axes; `title` is for those who do not see them.
pub fn chart(
    title: &str,
    (x, y): (Axis<'_>, Axis<'_>),
    marks: &[(&RGBColor, Mark)],
) -> Result<Markup, Error> {
    let mut svg = String::new();
    draw(&mut svg, (x, y), marks).map_err(|error| Error(error.to_string()))?;
    // Behind the element's name, and behind the element's end.
    let inside = svg.find('>').map(|at| svg.split_at(at)).unwrap_or_default();
    let (start, rest) = inside;
    Ok(html! {
        figure.chart style="margin:0" role="img" aria-label=(title) {
            (PreEscaped(start)) " aria-hidden=\"true\"" (PreEscaped(rest))
        }
    })
}

/// A share on an axis: `97.5 %`.
pub fn share(share: &f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(svg: &mut String, (x, y): (Axis<'_>, Axis<'_>), marks: &[(&RGBColor, Mark)]) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let letters = ("sans-serif", 12).into_font();
    let text = TextStyle::from(letters).color(&colour::GREY);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(24)
        .margin_right(14)
        .x_label_area_size(38)
        .y_label_area_size(56)
        .build_cartesian_2d(x.range, y.range)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(colour::GREY.mix(0.25))
        .axis_style(colour::GREY)
        .label_style(text.clone())
        .x_labels(6)
        .y_labels(6)
        .x_desc(x.name)
        .x_label_formatter(&x.says)
        .y_label_formatter(&y.says)
        .draw()?;
    area.draw_text(y.name, &text.pos(Pos::new(HPos::Left, VPos::Top)), (4, 4))?;
    for (colour, mark) in marks {
        match mark {
            Mark::Line(points) => {
                chart.draw_series(LineSeries::new(usable(points), colour.stroke_width(2)))?;
            }
            Mark::Band(points) => {
                let low = points.iter().map(|&(x, low, _)| (x, low));
                let high = points.iter().rev().map(|&(x, _, high)| (x, high));
                let outline: Vec<_> = low.chain(high).collect();
                let outline: Vec<_> = usable(&outline).collect();
                chart.draw_series([Polygon::new(outline, colour.mix(0.2).filled())])?;
            }
            Mark::Dots(points) => {
                chart.draw_series(usable(points).map(|at| Circle::new(at, 4, colour.filled())))?;
            }
            Mark::Rings(points) => {
                chart.draw_series(
                    usable(points).map(|at| Circle::new(at, 4, colour.stroke_width(2))),
                )?;
            }
            Mark::Halo(at) => {
                chart.draw_series(
                    usable(&[*at]).map(|at| Circle::new(at, 9, colour.stroke_width(2))),
                )?;
            }
        }
    }
    Ok(area.present()?)
}

fn usable(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    points.iter().copied().filter(|(x, y)| is_usable(*x) && is_usable(*y))
}

/// Numbers beyond any that are drawn for people: axes have no place for them.
fn is_usable(number: f64) -> bool {
    number.abs() < 1e15
}
