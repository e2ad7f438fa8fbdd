//! The run that the weights come from: loss, accuracy, and how much of the sets changed.

use super::chart::{Axis, Error, Mark, chart, colour, share};
use super::frame::{Section, key, numbers};
use crate::report::percent;
use crate::tune::{Epoch, History};
use maud::html;

/// The section.
///
/// # Errors
///
/// A chart that cannot be drawn.
pub fn section(history: &History) -> Result<Section, Error> {
    let body = html! {
        div.charts {
            div { h3 { "Loss" } (losses(history)?) }
            div { h3 { "Accuracy" } (accuracy(history)?) ul.keys {
                (key("orange", "samples trained on, before their step"))
                @if !held_back(history).is_empty() { (key("blue", "samples held back")) }
            } }
            @if history.epochs.iter().any(|epoch| !epoch.churn.is_empty()) {
                div { h3 { "Churn" } (churn(history)?) ul.keys {
                    (key("green", "the mean of all layers")) (key("grey", "band: from the least to the most"))
                } }
            }
        }
        (numbers(["Epoch", "Loss", "Known", "Held back", "Churn"], 0, rows(history)))
    };
    let recipe = &history.recipe;
    let kept = match history.kept {
        0 => String::new(),
        epoch => format!(" Kept are the weights after epoch {epoch} (ringed)."),
    };
    let says = format!(
        "{} epochs of tuning: {} of the weights of {} layers stay, at a rate of {}.{kept} Churn is the share of \
         a layer's weights in use that were not in use an epoch before.",
        history.epochs.len(),
        percent(recipe.density),
        history.layers.len(),
        recipe.rate,
    );
    Ok(Section { id: "history", title: "Tuning", says, body })
}

/// A number of each epoch that has it, by the epoch's number.
fn points(history: &History, of: impl Fn(&Epoch) -> Option<f64>) -> Vec<(f64, f64)> {
    let epochs = history.epochs.iter().enumerate();
    epochs.filter_map(|(at, epoch)| Some(((at + 1) as f64, of(epoch)?))).collect()
}

fn held_back(history: &History) -> Vec<(f64, f64)> {
    points(history, |epoch| epoch.accuracy)
}

fn epochs(history: &History) -> Axis<'static> {
    let ends = [1.0, history.epochs.len().max(2) as f64];
    Axis::over("epoch", ends, |number| match number.fract() == 0.0 {
        true => format!("{number:.0}"),
        false => String::new(),
    })
}

/// A line, its dots, and a ring where weights were kept.
fn lines(
    history: &History,
    colour: &'static plotters::style::RGBColor,
    points: Vec<(f64, f64)>,
) -> Vec<(&'static plotters::style::RGBColor, Mark)> {
    let kept = points.iter().find(|(epoch, _)| *epoch == history.kept as f64);
    let halo = kept.map(|&at| (colour, Mark::Halo(at)));
    let line = [(colour, Mark::Line(points.clone())), (colour, Mark::Dots(points))];
    line.into_iter().chain(halo).collect()
}

fn values(points: &[(f64, f64)]) -> impl Iterator<Item = f64> + '_ {
    points.iter().map(|&(_, value)| value)
}

fn losses(history: &History) -> Result<maud::Markup, Error> {
    let losses = points(history, |epoch| Some(f64::from(epoch.loss)));
    let axis =
        Axis::over("mean of an epoch", values(&losses), |loss| format!("{loss:.2}")).with_zero();
    chart("Loss by epoch", (epochs(history), axis), &lines(history, &colour::ORANGE, losses))
}

fn accuracy(history: &History) -> Result<maud::Markup, Error> {
    let known = points(history, |epoch| Some(epoch.known));
    let held_back = held_back(history);
    let all = values(&known).chain(values(&held_back));
    let axis = Axis::over("right answers", all, share).of_shares();
    let mut marks = lines(history, &colour::ORANGE, known);
    if !held_back.is_empty() {
        // The weights were kept for this.
        marks.truncate(2);
    }
    marks.extend(lines(history, &colour::BLUE, held_back));
    chart("Right answers by epoch", (epochs(history), axis), &marks)
}

fn churn(history: &History) -> Result<maud::Markup, Error> {
    let mean = points(history, |epoch| mean(&epoch.churn));
    let ends = |epoch: &Epoch| {
        let low = epoch.churn.iter().copied().fold(f64::MAX, f64::min);
        (low, epoch.churn.iter().copied().fold(0.0, f64::max))
    };
    let epochs_of = history.epochs.iter().enumerate().filter(|(_, epoch)| !epoch.churn.is_empty());
    let band: Vec<_> = epochs_of
        .map(|(at, epoch)| {
            let (low, high) = ends(epoch);
            ((at + 1) as f64, low, high)
        })
        .collect();
    let most = band.iter().map(|&(_, _, high)| high);
    let axis = Axis::over("of the weights in use", most, share).with_zero();
    let marks = [
        (&colour::GREY, Mark::Band(band)),
        (&colour::GREEN, Mark::Line(mean.clone())),
        (&colour::GREEN, Mark::Dots(mean)),
    ];
    chart("Weights in use that are new, by epoch", (epochs(history), axis), &marks)
}

fn mean(shares: &[f64]) -> Option<f64> {
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

fn rows(history: &History) -> impl Iterator<Item = [String; 5]> + '_ {
    let share = |share: Option<f64>| share.map_or("–".into(), percent);
    history.epochs.iter().enumerate().map(move |(at, epoch)| {
        let (loss, known) = (format!("{:.4}", epoch.loss), percent(epoch.known));
        [(at + 1).to_string(), loss, known, share(epoch.accuracy), share(mean(&epoch.churn))]
    })
}
