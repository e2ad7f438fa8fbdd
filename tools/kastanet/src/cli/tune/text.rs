//! What is said about a run, and about what went wrong.

use super::Report;
use super::budget::WATCHED;
use crate::report::{bytes, number, percent};
use crate::tune::{Epoch, Run};

/// The run as it stands, for its progress bar.
pub fn standing(run: &Run<'_>) -> String {
    let fared = run.fared();
    let epoch = run.history().epochs.len() + usize::from(!run.is_between_epochs());
    let last = run.history().epochs.last();
    let held =
        last.and_then(|last| last.accuracy).map(|known| format!(", {} of held", percent(known)));
    let churn = last.map(|last| format!(", {} new", percent(mean(&last.churn))));
    format!(
        "epoch {epoch}: loss {:.3}, {} known{}{}",
        fared.loss,
        percent(fared.known),
        held.unwrap_or_default(),
        churn.unwrap_or_default()
    )
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for (number, epoch) in (1..).zip(&report.history.epochs) {
        text += &line(number, epoch);
        text += if number == report.history.kept { ", kept\n" } else { "\n" };
    }
    let share = percent(report.nonzeros as f64 / report.all.max(1) as f64);
    let [nonzeros, all] = [report.nonzeros, report.all].map(number);
    text += &format!("{}: {nonzeros} of {all} weights ({share})\n", report.weights);
    if let Some(flash) = report.flash_bytes {
        text += &format!("flash {} (calibrated on {WATCHED} samples)\n", bytes(flash));
    }
    match report.skipped {
        0 => text,
        skipped => {
            text + &format!("{skipped} steps were given up: gradients ran away, lower the rate\n")
        }
    }
}

fn line(number: usize, epoch: &Epoch) -> String {
    let held = epoch.accuracy.map(|known| format!(", {} of those held back", percent(known)));
    format!(
        "epoch {number}: loss {:.4}, {} of the samples known{}, {} of the sets new",
        epoch.loss,
        percent(epoch.known),
        held.unwrap_or_default(),
        percent(mean(&epoch.churn))
    )
}
