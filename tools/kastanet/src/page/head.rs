//! Key figures, and where the image comes from.

use super::frame::figure;
use crate::evaluate::Score;
use crate::report::{ImageReport, number, percent, short_name};
use maud::{Markup, html};

/// What stands above the sections.
pub fn section(report: &ImageReport, score: Option<&Score>) -> Markup {
    let all = &report.weights.all;
    let dense = format!("bytes, {} of dense", percent(all.share));
    html! {
        dl.figures {
            @if let Some(score) = score {
                (figure("Accuracy", &percent(score.accuracy), &right(score)))
            }
            (figure("Flash", &number(report.flash_bytes), "bytes"))
            (figure("RAM", &number(report.arena_bytes), "bytes"))
            (figure("Weights stored", &number(all.bytes), &dense))
            (figure("Nonzeros", &number(all.nonzeros), &of(all.nonzeros, all.weights, "weights")))
            @if report.training_bytes > 0 {
                (figure("RAM to train", &number(report.training_bytes), "bytes"))
            }
        }
        @if let Some(why) = &report.refused { p { "This version cannot run it: " (why) } }
        dl.facts {
            @for (what, value) in facts(report) { dt { (what) } dd { bdi { (value) } } }
        }
    }
}

fn right(score: &Score) -> String {
    format!("{} of {} samples", number(score.correct), number(score.samples))
}

/// A share and what it is of: `10.2 % of 61,440 weights`.
fn of(part: usize, all: usize, what: &str) -> String {
    let share = if all == 0 { String::new() } else { percent(part as f64 / all as f64) + " " };
    format!("{share}of {} {what}", number(all))
}

fn facts(report: &ImageReport) -> Vec<(&'static str, String)> {
    let provenance = |key: &str| report.provenance.get(key).map(|text| short_name(text));
    let hash = report.provenance.get("sha256").map(|hash| hash.chars().take(16).collect());
    let format = format!("version {}, checksum {}", report.version, report.crc);
    let known = [
        ("Packed from", provenance("source")),
        ("whose SHA-256 begins", hash),
        ("Packed by", provenance("tool")),
        ("Image format", Some(format)),
        ("Operators", Some(number(report.operators.len()))),
    ];
    known.into_iter().filter_map(|(what, value)| Some((what, value?))).collect()
}
