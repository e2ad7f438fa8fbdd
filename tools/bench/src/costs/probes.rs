//! The networks that are measured, and what is known of their layers.

use super::NAME;
use crate::cases::{Built, probe};
use crate::layers;
use crate::mask::{Mask, Unit};
use crate::write::put;
use anyhow::{Context, Result};
use kastanet::sparse::{Format, Pattern};
use kastanet_cli::cost::{Aim, Kernel, Optimise, STORED, Walks, Work, stored, work};
use kastanet_cli::encode::encode;
use kastanet_cli::graph::OpKind;
use kastanet_cli::pack::{Options, pack};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// Shares of zeros.
const SPARSITIES: [f64; 5] = [0.25, 0.5, 0.8, 0.9, 0.96];

/// A network in one format.
#[derive(Debug, Serialize, Deserialize)]
pub struct Probe {
    pub layers: Vec<Layer>,
}

/// A layer of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Layer {
    /// The number of its operator in the image.
    pub operator: usize,
    /// The number of how it is stored.
    pub stored: usize,
    /// Whether it multiplies vectors, not tiles.
    pub vector: bool,
    /// How often it walks its matrix.
    pub walks: usize,
    /// What a walk is.
    pub work: Work,
    /// What a walk has that does not depend on the format: 1, and the columns that are gathered
    /// from where they lie in one piece, or from rows of the input.
    pub shared: [f64; 3],
}

/// Writes the images, their list, the same for every board, and what is known of them.
pub fn write(dir: &Path) -> Result<()> {
    let (mut list, mut probes) = (String::new(), String::new());
    for (number, (mask, format)) in masks().into_iter().enumerate() {
        for (network, built) in [probe::vectors(mask), probe::tiles(mask)].iter().enumerate() {
            let name = format!("{NAME}-{number}-{network}");
            put(dir, &format!("{name}.in"), &built.input)?;
            put(dir, &format!("{name}.out"), &built.expected.concat())?;
            put(dir, &format!("{name}.kst"), &image(built, format)?)?;
            list += &format!("{name}.kst {name}.in {name}.out\n");
            let layers = describe(built, format).context("it is encoded so")?;
            probes += &(serde_json::to_string(&Probe { layers })? + "\n");
        }
    }
    put(dir, &format!("{NAME}.list"), list.as_bytes())?;
    put(dir, &format!("{NAME}.json"), probes.as_bytes())
}

/// What [`write()`] has written.
pub fn read(dir: &Path) -> Result<Vec<Probe>> {
    let path = dir.join(format!("{NAME}.json"));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Each format with its own unit, at each share that it has.
fn masks() -> Vec<(Mask, Format)> {
    let of = |format| match format {
        Format::Dense => vec![Mask::DENSE],
        Format::Nm => {
            let unit = |pattern: Pattern| Unit::Nm { n: pattern.kept(), m: pattern.group() };
            Pattern::ALL.map(|pattern| Mask { sparsity: 0.0, unit: unit(pattern) }).to_vec()
        }
        _ => {
            let shares = SPARSITIES.into_iter();
            let unit = |sparsity| Unit::of(Some(format), sparsity);
            shares.filter_map(|sparsity| Some(Mask { sparsity, unit: unit(sparsity)? })).collect()
        }
    };
    let all = Format::ALL.into_iter().map(|format| (format, of(format)));
    all.flat_map(|(format, masks)| masks.into_iter().map(move |mask| (mask, format))).collect()
}

fn image(built: &Built, format: Format) -> Result<Vec<u8>> {
    built.graph.validate()?;
    let aim = Aim { optimise: Optimise::Speed, ..Aim::default() };
    let options = Options { formats: format.into(), aim, strip: true, ..Options::default() };
    Ok(pack(built.graph.clone(), &options)?.image)
}

fn describe(built: &Built, format: Format) -> Option<Vec<Layer>> {
    let all = layers::of(&built.graph).enumerate().map(|(operator, layer)| {
        let shape = &built.graph.input(layer.op, 1)?.shape;
        let positions = built.graph.output(layer.op)?.elements() / shape.first()?;
        let (walks, gathered) = match layer.op.kind {
            OpKind::FullyConnected { .. } => (Walks::of_vectors(positions), [0.0; 2]),
            _ if shape[1..3] == [1, 1] => (Walks::of_positions(positions), [1.0, 0.0]),
            _ => (Walks::of_positions(positions), [0.0, 1.0]),
        };
        let [whole, parts] = gathered.map(|share| share * layer.cols as f64);
        let encoded = encode(format, &layer.weights, layer.cols)?;
        Some(Layer {
            operator,
            stored: STORED.iter().position(|name| *name == stored(&encoded))?,
            vector: walks.kernel == Kernel::Vector,
            walks: walks.count,
            work: work(&encoded),
            shared: [1.0, whole, parts],
        })
    });
    all.collect()
}
