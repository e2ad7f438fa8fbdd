//! The part of an image that is trained on the device: the sections TRAINABLE and RESERVE.
//!
//! The trained part is the network from its first trainable layer on, or from the nearest operator before
//! it at which a single tensor enters. Its operators become a [`training`](crate::training) program, in
//! real numbers: scales and zero points vanish, and what only moves or requantises bytes does too. Its
//! layers get their scales and unfolded biases, and the reserve their weights as they were before
//! pruning. Layers of the part that are not to be trained are frozen.

mod border;
mod convert;
mod error;
mod layers;
mod reserve;
mod steps;
#[cfg(test)]
mod tests;

pub use error::Error;

use crate::graph::Graph;
use crate::lower::Program as Lowered;
use crate::prune::{Sparsity, Unit};
use crate::training::{Gradients, Sets, TABLE, Weights, plan, smaller, write};
use convert::Conversion;
use kastanet::train::{Program, Recipe, Tuner};

/// What is trained on the device.
#[derive(Clone, Debug, PartialEq)]
pub struct Trainable {
    /// The layers.
    pub layers: Which,
    /// Share of a layer's weights in the backward set, of all layers and of some; without one, twice that
    /// of the forward set.
    pub backward: Option<f64>,
    /// The same, by layer name.
    pub backward_of: Vec<(String, f64)>,
    /// Which weights outside the forward set the image holds.
    pub reserve: Reserve,
    /// The table of what weights have learned that left the backward set, as a share of that, up to 6.5.
    pub table: f32,
    /// Whether gradients of activations may be computed twice, where that takes less RAM.
    pub recompute: bool,
}

/// Which layers are trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// So many, from the end.
    Last(usize),
    /// These.
    Named(Vec<String>),
}

/// Which weights outside the forward set the image holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reserve {
    /// All.
    Full,
    /// Of all weights of a layer, this share of the largest.
    Top(f64),
    /// None: the backward set is the forward set, for good.
    None,
}

impl Default for Trainable {
    fn default() -> Self {
        Trainable {
            layers: Which::All,
            backward: None,
            backward_of: vec![],
            reserve: Reserve::Full,
            table: TABLE,
            recompute: false,
        }
    }
}

impl Trainable {
    /// The table's size; `None` where the backward set stays.
    fn table(&self) -> Option<f32> {
        (self.reserve != Reserve::None).then_some(self.table)
    }

    /// The share asked for the layer called `name`.
    fn backward(&self, name: &str) -> Option<f64> {
        let named = self.backward_of.iter().rev().find(|(layer, _)| layer == name);
        named.map(|&(_, share)| share).or(self.backward)
    }
}

/// What there is to read of a network.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    /// As it was before pruning.
    pub original: &'a Graph,
    /// As it is in the image.
    pub graph: &'a Graph,
    /// The same in the image's terms.
    pub lowered: &'a Lowered,
    /// How it was pruned.
    pub sparsity: &'a Sparsity,
    /// What was pruned as one.
    pub unit: Unit,
}

/// The sections of the trained part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// TRAINABLE.
    pub trainable: Vec<u8>,
    /// RESERVE.
    pub reserve: Vec<u8>,
    /// Bytes of RAM that training needs, one sample a step, by plain SGD.
    pub training_len: usize,
    /// Real numbers that enter, and what they are the values of.
    pub inputs: (usize, String),
}

/// A float network as a training program, whose layers `layer` gives by the numbers of their operators.
///
/// # Errors
///
/// Several inputs or outputs, no layers, operators that cannot be trained through.
pub(crate) fn network(
    graph: &Graph,
    layer: impl FnMut(usize) -> Result<crate::training::Layer, Error>,
) -> Result<crate::training::Graph, Error> {
    let border = border::Border::whole(graph)?;
    let steps = steps::steps(graph, &border)?;
    convert::Wiring::new(graph, &border).run(&steps, layer)
}

/// Writes the sections.
///
/// # Errors
///
/// Layers that are not there, operators that cannot be trained through, sets that cannot be.
pub(crate) fn part(model: Model<'_>, options: &Trainable) -> Result<Part, Error> {
    let border = border::border(model.graph, options)?;
    let steps = steps::steps(model.graph, &border)?;
    let (graph, reserve) = Conversion::new(model, options, &border).run(&steps)?;
    let is_sparse = |layer: &Weights| matches!(layer.sets, Sets::Sparse { .. });
    if options.backward.is_some() && !graph.layers.iter().any(is_sparse) {
        return Err(Error::NoneBackward);
    }
    let plan = match options.recompute {
        true => smaller(&graph),
        false => plan(&graph, Gradients::Kept),
    };
    let trainable = write(&graph, &plan)?;
    let program = Program::new_checked(&trainable).map_err(crate::training::Error::Refused)?;
    let training_len = Tuner::<f32, 1>::bytes(&program, &Recipe::of(&program)).all;
    let entrance = model.graph.tensors[border.entrance].name.clone();
    let inputs = (program.inputs(), entrance);
    Ok(Part { reserve: reserve.bytes, training_len, inputs, trainable })
}
