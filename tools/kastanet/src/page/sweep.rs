//! Networks of one checkpoint: accuracy against size, and against speed.

use super::chart::{Axis, Error, Mark, chart, colour};
use super::frame::{Section, figure, key, numbers};
use crate::report::{number, percent, short_name};
use crate::sweep::{Optimised, Point, Sweep, Wish};
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
pub fn head(sweep: &Sweep, wish: Option<Wish>) -> Markup {
    let picked = picked(sweep, wish);
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

/// The section.
///
/// # Errors
///
/// A chart that cannot be drawn.
pub fn section(sweep: &Sweep, wish: Option<Wish>) -> Result<Section, Error> {
    let target = short_name(&sweep.target);
    let units = units(sweep);
    let body = html! {
        div.charts {
            div { h3 { "Accuracy and size" } (against(sweep, wish, "flash, bytes", |point| point.flash_bytes as f64)?) }
            div { h3 { "Accuracy and speed" } (against(sweep, wish, "instructions, predicted", |point| point.instructions as f64)?) }
        }
        ul.keys { @for (at, unit) in units.iter().enumerate() { (key(drawn(at).0, &format!("unit {unit}"))) } }
        p.soft { "Dots: formats for size. Rings: for speed. A large ring: the network that was picked." }
        (table(sweep))
    };
    let says = format!(
        "{} networks of {}, each with another share of the weights. Instructions are those of the layers' products \
         on {target}, predicted from what formats were measured to take, not counted.",
        number(sweep.points.len()),
        short_name(&sweep.checkpoint)
    );
    Ok(Section { id: "sweep", title: "Other sizes", says, body })
}

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

fn picked(sweep: &Sweep, wish: Option<Wish>) -> Option<&Point> {
    sweep.pick(wish?)?.ok()
}

/// Accuracy against what points cost.
fn against(
    sweep: &Sweep,
    wish: Option<Wish>,
    what: &str,
    cost: fn(&Point) -> f64,
) -> Result<Markup, Error> {
    let x = Axis::over(what, sweep.points.iter().map(cost), round).from_zero();
    let accuracies = sweep.points.iter().map(|point| point.accuracy);
    let y = Axis::over("right answers", accuracies, |share| format!("{:.1} %", 100.0 * share));
    let mut marks = vec![];
    for (at, unit) in units(sweep).iter().enumerate() {
        let colour = drawn(at).1;
        for optimised in Optimised::ALL {
            let points = points(sweep, unit, optimised, cost);
            marks.push((colour, Mark::Line(points.clone())));
            marks.push(match optimised {
                Optimised::Size => (colour, Mark::Dots(points)),
                Optimised::Speed => (colour, Mark::Rings(points)),
            });
        }
    }
    if let Some(point) = picked(sweep, wish) {
        marks.push((&colour::GREY, Mark::Halo((cost(point), point.accuracy))));
    }
    chart(&format!("Right answers against {what}"), (x, y.of_shares()), &marks)
}

/// A line of points, those with fewer weights first.
fn points(
    sweep: &Sweep,
    unit: &str,
    optimised: Optimised,
    cost: fn(&Point) -> f64,
) -> Vec<(f64, f64)> {
    let is_of =
        |point: &&Point| short_name(&point.network.unit) == unit && point.optimised == optimised;
    let mut points: Vec<&Point> = sweep.points.iter().filter(is_of).collect();
    points.sort_by(|a, b| a.network.density.total_cmp(&b.network.density));
    points.into_iter().map(|point| (cost(point), point.accuracy)).collect()
}

/// A large number in few letters: `12 k`, `3.5 M`.
fn round(number: &f64) -> String {
    match *number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
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
