//! Networks of one checkpoint: accuracy against size, and against speed.

use super::chart::{Axis, Error, Mark, chart, colour, share};
use super::frame::{Section, figure, key, numbers};
use crate::report::{number, percent, short_name};
use crate::sweep::{Optimised, Point, Sweep};
use maud::{Markup, html};
use plotters::style::RGBColor;

/// Colours of units, in the order in which they come; units without one of their own have the last.
static COLOURS: [(&str, &RGBColor); 4] = [
    ("blue", &colour::BLUE),
    ("orange", &colour::ORANGE),
    ("green", &colour::GREEN),
    ("purple", &colour::PURPLE),
];

/// What stands above the sections on a page about the sweep alone.
pub fn head(sweep: &Sweep, picked: Option<&Point>) -> Markup {
    html! {
        dl.figures {
            (figure("Networks", &number(sweep.points.len()), "packed and measured"))
            (figure("Samples", &number(sweep.samples), "that accuracy is measured on"))
            @if let Some(point) = picked {
                (figure("Picked", &percent(point.accuracy), &format!("{} bytes of flash", number(point.flash_bytes))))
            }
        }
    }
}

/// A network that is ringed: it may be none of the sweep's.
pub struct Ring {
    /// What it is.
    pub what: &'static str,
    /// Where it is on each of the axes.
    pub accuracy: f64,
    pub flash_bytes: usize,
    /// Nothing where that is not known.
    pub instructions: Option<u64>,
}

/// The section, with a ring around a network.
///
/// # Errors
///
/// A chart that cannot be drawn.
pub fn section(sweep: &Sweep, ring: Option<&Ring>) -> Result<Section, Error> {
    let target = short_name(&sweep.target);
    let by_size = ring.map(|ring| ((SIZE.place)(ring.flash_bytes as f64), ring.accuracy));
    let by_speed = ring.and_then(|r| Some(((SPEED.place)(r.instructions? as f64), r.accuracy)));
    let body = html! {
        div.charts {
            div { h3 { "Accuracy and size" } (against(sweep, by_size, &SIZE)?) }
            div { h3 { "Accuracy and speed" } (against(sweep, by_speed, &SPEED)?) }
        }
        ul.keys { @for (at, unit) in units(sweep).iter().enumerate() {
            (key(drawn(at).0, &format!("unit {unit}")))
        } }
        p.soft {
            "Dots: formats for size. Rings: for speed."
            @if let Some(ring) = ring { " A large ring: " (ring.what) "." }
        }
        (table(sweep))
    };
    let says = format!(
        "{} networks of {}, each with another share of the weights. Instructions are those of the \
         layers' products on {target}, predicted from what formats were measured to take, not counted.",
        number(sweep.points.len()),
        short_name(&sweep.checkpoint)
    );
    Ok(Section { id: "sweep", title: "Other sizes", says, body })
}

/// What accuracy is drawn against: its name, its place on an axis, and the number that stands there.
struct Cost {
    name: &'static str,
    of: fn(&Point) -> f64,
    place: fn(f64) -> f64,
    /// Formats for which points are joined: those that were not chosen for this jump to and fro.
    joined: &'static [Optimised],
    says: fn(&f64) -> String,
    has_zero: bool,
}

/// Bytes.
static SIZE: Cost = Cost {
    name: "flash, bytes",
    of: |point| point.flash_bytes as f64,
    place: |bytes| bytes,
    joined: &Optimised::ALL,
    says: |bytes| round(*bytes),
    has_zero: true,
};

/// Instructions, of which there may be a hundred times as many: by their logarithm.
static SPEED: Cost = Cost {
    name: "instructions, predicted",
    of: |point| point.instructions as f64,
    place: |count| count.max(1.0).log10(),
    joined: &[Optimised::Speed],
    says: |log| round(10_f64.powf(*log)),
    has_zero: false,
};

fn drawn(unit: usize) -> (&'static str, &'static RGBColor) {
    COLOURS[unit.min(COLOURS.len() - 1)]
}

/// The units that there are.
fn units(sweep: &Sweep) -> Vec<String> {
    let mut units: Vec<String> = vec![];
    for point in &sweep.points {
        let unit = short_name(&point.network.unit);
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    units
}

/// Accuracy against what points cost.
fn against(sweep: &Sweep, ring: Option<(f64, f64)>, cost: &Cost) -> Result<Markup, Error> {
    let place = |point: &Point| ((cost.place)((cost.of)(point)), point.accuracy);
    let (xs, ys): (Vec<f64>, Vec<f64>) = sweep.points.iter().map(place).chain(ring).unzip();
    let x = Axis::over(cost.name, xs, cost.says);
    let x = if cost.has_zero { x.with_zero() } else { x };
    let y = Axis::over("right answers", ys, share).of_shares();
    let mut marks = vec![];
    for (at, unit) in units(sweep).iter().enumerate() {
        let colour = drawn(at).1;
        for optimised in Optimised::ALL {
            let points = points(sweep, unit, optimised, &place);
            if cost.joined.contains(&optimised) {
                marks.push((colour, Mark::Line(points.clone())));
            }
            marks.push(match optimised {
                Optimised::Size => (colour, Mark::Dots(points)),
                Optimised::Speed => (colour, Mark::Rings(points)),
            });
        }
    }
    marks.extend(ring.map(|at| (&colour::GREY, Mark::Halo(at))));
    chart(&format!("Right answers against {}", cost.name), (x, y), &marks)
}

/// A line of points, those with fewer weights first.
fn points(
    sweep: &Sweep,
    unit: &str,
    optimised: Optimised,
    place: &impl Fn(&Point) -> (f64, f64),
) -> Vec<(f64, f64)> {
    let is_of =
        |point: &&Point| short_name(&point.network.unit) == unit && point.optimised == optimised;
    let mut points: Vec<&Point> = sweep.points.iter().filter(is_of).collect();
    points.sort_by(|a, b| a.network.density.total_cmp(&b.network.density));
    points.into_iter().map(place).collect()
}

/// A number in few letters: `12 k`, `3.2 M`.
fn round(number: f64) -> String {
    let digits = |number: f64| match number {
        number if number < 9.95 => format!("{}", (number * 10.0).round() / 10.0),
        number => format!("{number:.0}"),
    };
    match number {
        number if number >= 999_500.0 => digits(number / 1e6) + " M",
        number if number >= 999.5 => digits(number / 1e3) + " k",
        number => format!("{number:.0}"),
    }
}

fn table(sweep: &Sweep) -> Markup {
    let columns = [
        "Weights",
        "Unit",
        "Formats for",
        "Accuracy",
        "Flash",
        "RAM",
        "Instructions",
        "Best in something",
    ];
    let rows = sweep.points.iter().zip(sweep.front()).map(|(point, is_best)| {
        let share = percent(point.network.density);
        let unit = short_name(&point.network.unit);
        let [flash, ram] = [point.flash_bytes, point.arena_bytes].map(number);
        let (accuracy, best) = (percent(point.accuracy), if is_best { "yes" } else { "" });
        let optimised = point.optimised.name().into();
        [share, unit, optimised, accuracy, flash, ram, number(point.instructions), best.into()]
    });
    numbers(columns, 3, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_few_letters() {
        let of = [0.0, 512.0, 999.9, 2000.0, 3162.3, 64_000.0, 999_999.0, 1e7].map(round);
        assert_eq!(of, ["0", "512", "1 k", "2 k", "3.2 k", "64 k", "1 M", "10 M"]);
    }
}
