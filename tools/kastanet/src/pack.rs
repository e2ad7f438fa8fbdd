//! From a graph to an image: prune, lower, plan, write, and read back what was written.

mod write;

use crate::cost::{self, Aim};
use crate::data::{Normalisation, NormalisationError};
use crate::graph::{Graph, TensorId};
use crate::lower::{self, Choice, Formats};
use crate::plan::{Plan, plan};
use crate::prune::{self, Sparsity, Unit};
use crate::trainable::{self, Trainable};
use kastanet::image::record::section;
use kastanet::image::{IMAGE_ALIGN as ALIGN, Image};
use kastanet::network::Network;
use kastanet::train::{Program, Recipe, Source, Tuner};

/// The largest arena that is planned or allocated, in bytes.
pub const MAX_ARENA: usize = 1 << 30;

/// What to do on the way.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Share of the weights to prune.
    pub sparsity: Sparsity,
    /// What is pruned as one.
    pub unit: Unit,
    /// The formats of convolution and fully connected weights.
    pub formats: Formats,
    /// The core, and what counts there, by which formats are chosen.
    pub aim: Aim,
    /// Names of the classes of the first output.
    pub labels: Vec<String>,
    /// Leave the names of operators and tensors out.
    pub strip: bool,
    /// What raw values are normalised with before they enter the network.
    pub normalisation: Option<Normalisation>,
    /// What is trained on the device; nothing: the image is for inference alone.
    pub trainable: Option<Trainable>,
    /// The bytes of the source file, whose hash goes into the image; empty: no provenance.
    pub source: Vec<u8>,
}

/// An image and how it came about.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The image.
    pub image: Vec<u8>,
    /// The graph with pruned weights.
    pub graph: Graph,
    /// Weight tensors that pruning changed.
    pub pruned: Vec<TensorId>,
    /// The RAM plan.
    pub plan: Plan,
    /// What training takes.
    pub training: Option<Training>,
    /// Instructions that its layers' products are estimated to take on the core it is packed for.
    pub instructions: f64,
}

/// What training on the device takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// Bytes of RAM, one sample a step, by plain SGD.
    pub ram: usize,
    /// Bytes of the reserve in flash.
    pub reserve: usize,
    /// How many real numbers a sample has: the values of a tensor, and its name.
    pub inputs: (usize, String),
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sparsity asked for does not fit the model.
    #[error(transparent)]
    Prune(#[from] prune::Error),
    /// The model has something that an image cannot hold.
    #[error(transparent)]
    Lower(#[from] lower::Error),
    /// The model is larger than an image can be.
    #[error("{what} is {found}, an image holds at most {most}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        found: usize,
        /// How much would fit.
        most: usize,
    },
    /// What it is normalised with does not fit it.
    #[error(transparent)]
    Normalisation(#[from] NormalisationError),
    /// It cannot be trained.
    #[error(transparent)]
    Trainable(#[from] trainable::Error),
    /// Inference would need more memory than any device has.
    #[error("inference needs {found} bytes of RAM, at most {MAX_ARENA} can be planned")]
    Arena {
        /// How much it needs.
        found: usize,
    },
    /// Training would.
    #[error("training needs {found} bytes of RAM, at most {MAX_ARENA} can be planned")]
    Training {
        /// How much it needs.
        found: usize,
    },
    /// The image was written but the reader refuses it.
    #[error("the reader refuses what was written ({0}); please report this")]
    Refused(String),
}

/// Packs `graph`.
///
/// # Errors
///
/// One [`Error`] for each step that can fail; nothing has been written then.
pub fn pack(mut graph: Graph, options: &Options) -> Result<Packed, Error> {
    options.normalisation.as_ref().map_or(Ok(()), |it| it.check(&graph))?;
    let original = options.trainable.is_some().then(|| graph.clone());
    let pruned = prune::prune(&mut graph, &options.sparsity, options.unit)?;
    let choice = Choice { formats: options.formats.clone(), aim: options.aim };
    let program = lower::lower(&graph, &choice)?;
    let plan = plan(&program);
    if plan.arena_len > MAX_ARENA {
        return Err(Error::Arena { found: plan.arena_len });
    }
    let part = match (&options.trainable, &original) {
        (Some(trainable), Some(original)) => {
            let (graph, lowered, unit) = (&graph, &program, options.unit);
            let sparsity = &options.sparsity;
            let model = trainable::Model { original, graph, lowered, sparsity, unit };
            Some(trainable::part(model, trainable)?)
        }
        _ => None,
    };
    let image = write::write(&program, &plan, &graph, part.as_ref(), options)?;
    read_back(&image, part.is_some())?;
    let training = part.map(|part| Training {
        ram: part.training_len,
        reserve: part.reserve.len(),
        inputs: part.inputs,
    });
    let instructions = cost::network(&program, options.aim);
    Ok(Packed { image, graph, pruned, plan, training, instructions })
}

/// The image as the device will check it.
fn read_back(bytes: &[u8], is_trainable: bool) -> Result<(), Error> {
    let bytes = AlignedBytes::new(bytes);
    let image = Image::new_checked(&bytes).map_err(|error| Error::Refused(error.to_string()))?;
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    Network::new(image, &mut arena).map_err(|error| Error::Refused(error.to_string()))?;
    if is_trainable { train(image) } else { Ok(()) }
}

/// The trained part as the device will check it.
fn train(image: Image<'_>) -> Result<(), Error> {
    let refused = |error: &dyn std::fmt::Display| Error::Refused(error.to_string());
    let section = image.section(section::TRAINABLE).unwrap_or_default();
    let program = Program::new_checked(section).map_err(|error| refused(&error))?;
    let recipe = Recipe::of(&program);
    let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
    if needed > MAX_ARENA {
        return Err(Error::Training { found: needed });
    }
    let mut memory = AlignedBytes::zeroed(needed);
    Tuner::<f32, 1>::new(program, Source::of_image(image), recipe, &mut memory)
        .map_err(|error| refused(&error))?;
    Ok(())
}

/// Bytes on the heap that start at a multiple of the image's alignment.
#[derive(Clone, Debug)]
pub struct AlignedBytes {
    chunks: Vec<u128>,
    len: usize,
}

const _: () = assert!(align_of::<u128>() == ALIGN && size_of::<u128>() == ALIGN);

impl AlignedBytes {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut aligned = Self::zeroed(bytes.len());
        aligned.copy_from_slice(bytes);
        aligned
    }

    /// `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        AlignedBytes { chunks: vec![0; len.div_ceil(ALIGN)], len }
    }
}

impl std::ops::Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        zerocopy::IntoBytes::as_bytes(self.chunks.as_slice()).get(..self.len).unwrap_or_default()
    }
}

impl std::ops::DerefMut for AlignedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        let bytes = zerocopy::IntoBytes::as_mut_bytes(self.chunks.as_mut_slice());
        bytes.get_mut(..self.len).unwrap_or_default()
    }
}
