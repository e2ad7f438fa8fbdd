//! What a network takes, and how often it is right.

use super::Source;
use crate::cost::{Aim, Core, Optimise};
use crate::data::Data;
use crate::evaluate::score;
use crate::failure::Failure;
use crate::files;
use crate::graph::Graph;
use crate::pack::{AlignedBytes, Options, pack};
use crate::prune::{Sparsity, Unit};
use crate::report::Layers;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Which of a checkpoint's networks it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The share of the weights that stays.
    pub density: f64,
    /// What stays or goes as one.
    pub unit: String,
}

/// What its formats are chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimised {
    /// The fewest bytes.
    Size,
    /// The fewest instructions.
    Speed,
}

impl Optimised {
    /// Both.
    pub const ALL: [Optimised; 2] = [Optimised::Size, Optimised::Speed];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Optimised::Size => "size",
            Optimised::Speed => "speed",
        }
    }
}

/// A network as it is packed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The network.
    #[serde(flatten)]
    pub network: Network,
    /// What its formats are chosen for.
    pub optimised: Optimised,
    /// The share of the samples that it knows.
    pub accuracy: f64,
    /// Bytes of the image.
    pub flash_bytes: usize,
    /// Bytes of RAM.
    pub arena_bytes: usize,
    /// Its weights.
    pub weights: usize,
    /// Those that are not zero.
    pub nonzeros: usize,
    /// Instructions of its layers' products, as predicted: what else inference takes is left out.
    pub instructions: u64,
}

impl Point {
    /// Whether it is at least as accurate, as small and as fast as another, and in something better.
    pub(super) fn beats(&self, other: &Point) -> bool {
        let costs = |point: &Point| (point.flash_bytes, point.instructions);
        let ((flash, instructions), (others, other_instructions)) = (costs(self), costs(other));
        let as_good = self.accuracy >= other.accuracy
            && flash <= others
            && instructions <= other_instructions;
        as_good && (self.accuracy > other.accuracy || costs(self) != costs(other))
    }
}

/// Packs an int8 network for a core and measures it; `after` is called once a sample.
///
/// # Errors
///
/// A network that cannot be packed, or samples that do not fit it.
pub fn measure(
    graph: &Graph,
    network: &Network,
    (core, optimised): (Core, Optimised),
    test: &Data,
    source: &Source<'_>,
    after: impl Fn() + Sync,
) -> Result<(Point, Vec<u8>), Failure> {
    let optimise = match optimised {
        Optimised::Size => Optimise::Size,
        Optimised::Speed => Optimise::Speed,
    };
    let options = Options {
        sparsity: Sparsity::default(),
        unit: Unit::Weight,
        aim: Aim { core, optimise },
        normalisation: source.normalisation.cloned(),
        source: source.bytes.to_vec(),
        ..Options::default()
    };
    let packed = pack(graph.clone(), &options)
        .map_err(|error| Failure::new("cannot pack a network of the sweep").because(error))?;
    let bytes = AlignedBytes::new(&packed.image);
    let image = files::check_image(Path::new("sweep"), &bytes)?;
    let score = score(image, test, after)?;
    let layers = Layers::of(image);
    let point = Point {
        network: network.clone(),
        optimised,
        accuracy: score.accuracy,
        flash_bytes: packed.image.len(),
        arena_bytes: packed.plan.arena_len,
        weights: layers.all.weights,
        nonzeros: layers.all.nonzeros,
        instructions: packed.instructions as u64,
    };
    Ok((point, packed.image))
}
