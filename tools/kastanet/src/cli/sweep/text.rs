//! A sweep in words.

use super::{Args, Report};
use crate::failure::Failure;
use crate::report::{Column, Table, bytes, number, percent, printable};
use crate::sweep::{Point, Wish};

pub(super) fn text(report: &Report) -> String {
    use Column::{Left, Right};
    let mut table = Table::new(&[
        Left(""),
        Right("weights"),
        Left("unit"),
        Left("formats for"),
        Right("accuracy"),
        Right("flash"),
        Right("RAM"),
        Right("instructions"),
    ]);
    for (point, is_best) in report.sweep.points.iter().zip(&report.front) {
        table.row(row(point, if *is_best { "*" } else { "" }));
    }
    let mut text = format!(
        "{table}\n* no other is at least as accurate, as small and as fast\n\
         instructions: of the layers' products, a prediction for {}; what else inference takes is left out\n",
        report.sweep.target
    );
    if report.kept > 0 {
        text += &format!(
            "{} of the points were in {} before\n",
            report.kept,
            printable(&report.output)
        );
    }
    if let Some(point) = &report.picked {
        let image = report.image.as_ref().map(|path| format!("{}: ", printable(path)));
        text += &format!("picked: {}{}\n", image.unwrap_or_default(), said(point));
    }
    text
}

fn row(point: &Point, mark: &str) -> [String; 8] {
    [
        mark.into(),
        percent(point.network.density),
        point.network.unit.clone(),
        point.optimised.name().into(),
        percent(point.accuracy),
        number(point.flash_bytes),
        number(point.arena_bytes),
        number(point.instructions),
    ]
}

/// A point in a line.
fn said(point: &Point) -> String {
    format!(
        "{} of the weights, unit {}, formats for {}: accuracy {}, flash {}",
        percent(point.network.density),
        printable(&point.network.unit),
        point.optimised.name(),
        percent(point.accuracy),
        bytes(point.flash_bytes)
    )
}

/// That no point is what was wished for.
pub(super) fn unmet(args: &Args, wish: Wish, nearest: &Point) -> Failure {
    let message = match wish {
        Wish::MinAccuracy(least) => {
            format!("no network is right about {} of the samples", percent(least))
        }
        Wish::MaxFlash(most) => format!("no network takes at most {} of flash", bytes(most)),
    };
    Failure::new(message)
        .because(format!("nearest comes {}", said(nearest)))
        .because(format!("all points are in `{}`", args.output.display()))
        .help(match wish {
            Wish::MinAccuracy(_) => {
                "give larger --densities, a longer --recipe or a lower --min-accuracy"
            }
            Wish::MaxFlash(_) => "give smaller --densities or a larger --max-flash",
        })
}
