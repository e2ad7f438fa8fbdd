//! `kastanet sweep`: many networks from one checkpoint, and the one that is wanted.

mod args;
mod inputs;
mod text;

pub(super) use args::Args;

use super::Answer;
use super::progress::Progress;
use super::report::undrawn;
use crate::failure::Failure;
use crate::page;
use crate::prune::Unit;
use crate::sweep::{Network, Optimised, Point, Source, Sweep, Wish, measure};
use crate::{files, output};
use inputs::Inputs;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is told about a sweep.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    sweep: Sweep,
    /// Of each point, whether no other is at least as accurate, as small and as fast.
    front: Vec<bool>,
    /// The point that was wished for.
    picked: Option<Point>,
    /// Points that were in the file before.
    kept: usize,
    /// Where the points, the picked image and the page went.
    output: String,
    image: Option<String>,
    page: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let outputs = [Some(&args.output), args.report.as_ref(), args.best.as_ref()];
    let outputs: Vec<&Path> = outputs.into_iter().flatten().map(PathBuf::as_path).collect();
    let files = args.inputs();
    output::check(&outputs, &files.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let inputs = Inputs::read(args)?;
    let source = inputs.source(args)?;
    let mut run =
        Run { args, inputs: &inputs, source: &source, sweep: begun(args, &inputs), best: None };
    let kept = run.sweep.points.len();
    run.all()?;
    write_page(args, &run.sweep)?;
    let picked = args.wish().map(|wish| wanted(args, wish, &run.sweep)).transpose()?.flatten();
    if let (Some(path), Some(point)) = (&args.best, &picked) {
        output::write(&[(path.as_path(), &run.image(point)?)])?;
    }
    let shown = |path: &PathBuf| path.display().to_string();
    let report = Report {
        front: run.sweep.front(),
        sweep: run.sweep,
        picked,
        kept,
        output: shown(&args.output),
        image: args.best.as_ref().map(shown),
        page: args.report.as_ref().map(shown),
    };
    Ok(Answer::new(report, text::text))
}

/// What the file holds for the same inputs; else nothing.
fn begun(args: &Args, inputs: &Inputs) -> Sweep {
    let before = args.output.is_file().then(|| files::read(&args.output).ok()).flatten();
    let before = before.and_then(|bytes| Sweep::read(&bytes).ok());
    before.filter(|sweep| sweep.inputs == inputs.hash).unwrap_or_else(|| Sweep {
        checkpoint: inputs.name.clone(),
        target: args.target.name().into(),
        samples: inputs.test_samples(),
        inputs: inputs.hash.clone(),
        points: vec![],
    })
}

/// A sweep under way.
struct Run<'a> {
    args: &'a Args,
    inputs: &'a Inputs,
    source: &'a Source<'a>,
    sweep: Sweep,
    /// The best point so far, with its image, where it was made in this run.
    best: Option<(Point, Vec<u8>)>,
}

impl Run<'_> {
    /// Makes what is not there yet.
    fn all(&mut self) -> Result<(), Failure> {
        let is_missing = |(network, _): &(Network, Unit)| {
            Optimised::ALL.iter().any(|&optimised| self.sweep.find(network, optimised).is_none())
        };
        let missing: Vec<_> = self.args.networks().into_iter().filter(is_missing).collect();
        let steps = self.source.steps() + 2 * self.inputs.test_samples();
        let progress = Progress::new(missing.len() * steps, "sweeping");
        missing.iter().try_for_each(|(network, unit)| self.one(network, *unit, &progress))
    }

    /// Makes a network, with formats for size and for speed, and keeps the points.
    fn one(&mut self, network: &Network, unit: Unit, progress: &Progress) -> Result<(), Failure> {
        for optimised in Optimised::ALL {
            self.sweep.points.retain(|old| (&old.network, old.optimised) != (network, optimised));
        }
        for (point, image) in self.made(network, unit, &Optimised::ALL, progress)? {
            self.sweep.points.push(point.clone());
            let picked = self.args.wish().and_then(|wish| self.sweep.pick(wish));
            if picked == Some(Ok(&point)) {
                self.best = Some((point, image));
            }
        }
        let bytes = serde_json::to_vec_pretty(&self.sweep)
            .map_err(|error| Failure::new("cannot write the sweep as JSON").because(error))?;
        output::write(&[(self.args.output.as_path(), &bytes)])
    }

    fn made(
        &self,
        network: &Network,
        unit: Unit,
        optimised: &[Optimised],
        progress: &Progress,
    ) -> Result<Vec<(Point, Vec<u8>)>, Failure> {
        let graph = self.source.network(network.density, unit, || progress.step());
        let graph = graph.map_err(|error| inputs::unmade(self.args, network, &error))?;
        let each = optimised.iter().map(|&optimised| {
            let aim = (self.args.target, optimised);
            measure(&graph, network, aim, &self.inputs.test, self.source, || progress.step())
        });
        each.collect()
    }

    /// The image of a point, made again where it is of a run before.
    fn image(&self, point: &Point) -> Result<Vec<u8>, Failure> {
        if let Some((_, image)) = self.best.as_ref().filter(|(best, _)| best == point) {
            return Ok(image.clone());
        }
        let unit = point.network.unit.parse().map_err(|why: &str| {
            Failure::new(format!("cannot use `{}`", self.args.output.display()))
                .because(format!("a unit is `{}`, {why}", point.network.unit))
                .help("give another -o")
        })?;
        let steps = self.source.steps() + self.inputs.test_samples();
        let progress = Progress::new(steps, "making the picked network again");
        let made = self.made(&point.network, unit, &[point.optimised], &progress)?;
        Ok(made.into_iter().map(|(_, image)| image).next().unwrap_or_default())
    }
}

fn write_page(args: &Args, sweep: &Sweep) -> Result<(), Failure> {
    let Some(path) = &args.report else { return Ok(()) };
    let page = page::of_sweep(sweep, args.wish()).map_err(|error| undrawn(path, error))?;
    output::write(&[(path.as_path(), page.html.as_bytes())])
}

/// The point that is wished for.
fn wanted(args: &Args, wish: Wish, sweep: &Sweep) -> Result<Option<Point>, Failure> {
    match sweep.pick(wish) {
        None => Ok(None),
        Some(Ok(point)) => Ok(Some(point.clone())),
        Some(Err(nearest)) => Err(text::unmet(args, wish, nearest)),
    }
}
