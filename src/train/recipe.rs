//! What the user says about training.

use super::loss::Loss;
use super::program::{Layer, Program, Training};
use super::schedule::Schedule;

/// How a network is trained. Densities are the program's, layer by layer.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// What is made small.
    pub loss: Loss,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// The learning rate over the steps.
    pub schedule: Schedule,
    /// Samples of a step, 1 or more: a multiple of the tuner's lanes.
    pub batch: u32,
    /// λ, the coefficient of the exploration penalty, 0 or more.
    pub exploration: f32,
    /// The exploration penalty.
    pub penalty: Penalty,
    /// Weight decay of live weights, 0 or more.
    pub weight_decay: f32,
    /// What bounds gradients.
    pub clip: Clip,
    /// Steps between two choices of the forward set within the backward set, 1 or more.
    pub refresh_forward_every: u32,
    /// Steps between two choices of the backward set, 1 or more.
    pub refresh_backward_every: u32,
    /// Among which weights the largest are chosen.
    pub scope: Scope,
    /// The step at which exploration ends: the backward set becomes the forward set. The largest number: never.
    pub explore_until: u32,
    /// Where weights come from that are not live.
    pub reserve: Reserve,
    /// Of the noise in bf16 weights.
    pub seed: u32,
}

impl Recipe {
    /// The default with what an image says: the loss that belongs to its last function, and the reserve and the
    /// table that it was packed for.
    pub fn of(program: &Program<'_>) -> Self {
        let (loss, reserve) = (Loss::of(program.last()), program.reserve());
        Recipe { loss, reserve, ..Recipe::default() }
    }
}

impl Default for Recipe {
    /// Plain SGD, one sample a step, refreshed at two rates.
    fn default() -> Self {
        Recipe {
            loss: Loss::SoftmaxCrossEntropy,
            optimizer: Optimizer::Sgd,
            schedule: Schedule::Constant { rate: 0.01 },
            batch: 1,
            exploration: 1e-4,
            penalty: Penalty::L2,
            weight_decay: 0.0,
            clip: Clip::None,
            refresh_forward_every: 1,
            refresh_backward_every: 100,
            scope: Scope::Layer,
            explore_until: u32::MAX,
            reserve: Reserve::Image { table: 0.05 },
            seed: 0,
        }
    }
}

/// How a gradient becomes a step. What is kept of a weight starts at 0 when it becomes live and is dropped
/// when it no longer is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Optimizer {
    /// Stochastic gradient descent. Keeps nothing.
    Sgd,
    /// v ← μ·v + g. Keeps a float a live weight.
    Momentum {
        /// μ, 0 to below 1.
        momentum: f32,
    },
    /// Adam (Kingma and Ba, 2015). Keeps two floats a live weight.
    Adam {
        /// β₁, 0 to below 1.
        beta1: f32,
        /// β₂, 0 to below 1.
        beta2: f32,
        /// ε, 1e-20 or more.
        epsilon: f32,
    },
}

impl Optimizer {
    /// Floats that it keeps of a live weight.
    pub const fn floats(&self) -> usize {
        match self {
            Optimizer::Sgd => 0,
            Optimizer::Momentum { .. } => 1,
            Optimizer::Adam { .. } => 2,
        }
    }
}

/// The exploration penalty's r.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Penalty {
    /// r(θ) = θ.
    L2,
    /// r(θ) = sign θ.
    L1,
}

/// What bounds gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Clip {
    /// Nothing.
    None,
    /// Each by itself, to ± this.
    Value(f32),
    /// All together: scaled down to this Euclidean norm. Needs the gradient buffer.
    Norm(f32),
}

impl Clip {
    pub(super) fn value(self) -> f32 {
        if let Clip::Value(most) = self { most } else { f32::INFINITY }
    }
}

/// Among which weights the largest are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Scope {
    /// Among those of each layer, as many as its program says.
    Layer,
    /// Among those of all sparse layers, as many as their programs say together. A layer may come to hold all of
    /// them, so there is memory for that in each.
    Network,
}

/// Where weights come from that are not live, and where they go.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reserve {
    /// From the image's reserve; what they have learned goes into a table.
    Image {
        /// The table's capacity, as a share of the backward set; 0 or more.
        table: f32,
    },
    /// All weights are in RAM, 4 bytes each: for hosts.
    Exact,
    /// Nowhere: the first backward set stays.
    None,
}

impl Reserve {
    /// How many units a layer's table has room for.
    pub(super) fn entries(self, layer: &Layer<'_>) -> usize {
        match self {
            Reserve::Image { table } if layer.training == Training::Sparse => {
                (table * layer.backward as f32) as usize
            }
            _ => 0,
        }
    }
}

/// What a recipe says that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecipeError {
    /// No samples in a step, or not a multiple of the lanes.
    Batch {
        /// What was given.
        batch: u32,
        /// What it must be a multiple of.
        lanes: u32,
    },
    /// A learning rate that is not finite, negative or above 1000.
    Rate,
    /// A momentum, β₁ or β₂ outside 0 to below 1, or an ε that is not above 0.
    Optimizer,
    /// A penalty or decay that is negative or not finite, or so large that a step would more than undo a
    /// weight: rate · (λ/D + decay) is at most 1.
    Penalty,
    /// A clip that is not above 0.
    Clip,
    /// A refresh every 0 steps.
    Refresh,
    /// A choice over the network whose sparse layers have different units, or groups.
    Scope,
    /// A table whose share of the backward set is negative or above 100.
    Table,
}

impl core::fmt::Display for RecipeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            RecipeError::Batch { batch, lanes } => {
                write!(f, "a batch of {batch}: expected a multiple of {lanes}, above 0")
            }
            RecipeError::Rate => write!(f, "a learning rate must be between 0 and 1000"),
            RecipeError::Optimizer => {
                write!(f, "momentum and betas must be from 0 to below 1, epsilon at least 1e-20")
            }
            RecipeError::Penalty => {
                write!(
                    f,
                    "penalty and decay must not be negative, penalty / density + decay and the rate's \
                     multiple of it at most 1e6 and 1"
                )
            }
            RecipeError::Clip => write!(f, "a clip must be above 0"),
            RecipeError::Table => write!(f, "a table must be from 0 to 100 times the backward set"),
            RecipeError::Scope => {
                write!(f, "a choice over the network needs one kind of unit, and no groups")
            }
            RecipeError::Refresh => write!(f, "a refresh must be due every 1 step or more"),
        }
    }
}

impl core::error::Error for RecipeError {}

impl Recipe {
    /// Checks it for a tuner of `lanes` lanes whose sparsest layer has `density` in the forward set.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be.
    pub fn check(&self, lanes: u32, density: f32) -> Result<(), RecipeError> {
        let Recipe { batch, refresh_forward_every, refresh_backward_every, .. } = *self;
        let ensure = |good: bool, error| if good { Ok(()) } else { Err(error) };
        ensure(batch > 0 && batch.is_multiple_of(lanes), RecipeError::Batch { batch, lanes })?;
        let rate = self.schedule.highest();
        ensure((0.0..=1000.0).contains(&rate) && self.schedule.is_legal(), RecipeError::Rate)?;
        ensure(self.optimizer.is_legal(), RecipeError::Optimizer)?;
        let (exploration, decay) = (self.exploration, self.weight_decay);
        let pull = exploration / density + decay;
        let legal = exploration >= 0.0 && decay >= 0.0 && pull <= 1e6 && rate * pull <= 1.0;
        ensure(legal, RecipeError::Penalty)?;
        ensure(self.clip.is_legal(), RecipeError::Clip)?;
        let table = if let Reserve::Image { table } = self.reserve { table } else { 0.0 };
        ensure((0.0..=100.0).contains(&table), RecipeError::Table)?;
        ensure(refresh_forward_every > 0 && refresh_backward_every > 0, RecipeError::Refresh)
    }

    /// Whether a tuner of `lanes` lanes adds up gradients before weights move: those of a batch that it does
    /// not take at once, and those whose norm is to be known.
    pub(super) fn collects(&self, lanes: usize) -> bool {
        self.batch as usize > lanes || matches!(self.clip, Clip::Norm(_))
    }
}

impl Optimizer {
    fn is_legal(&self) -> bool {
        let share = |share: f32| (0.0..1.0).contains(&share);
        match *self {
            Optimizer::Sgd => true,
            Optimizer::Momentum { momentum } => share(momentum),
            Optimizer::Adam { beta1, beta2, epsilon } => {
                share(beta1) && share(beta2) && (1e-20..=1e20).contains(&epsilon)
            }
        }
    }
}

impl Clip {
    fn is_legal(self) -> bool {
        match self {
            Clip::None => true,
            Clip::Value(most) | Clip::Norm(most) => most > 0.0 && most.is_finite(),
        }
    }
}
