//! Top-KAST: training at constant sparsity, in memory whose size is known beforehand.
//!
//! Of a layer's weights θ a device keeps in RAM those of the *backward set* B, which are trained. The largest of
//! them are the *forward set* A, the only ones that the network computes with. All others rest in flash until
//! one of them is larger than one that is live. The method is Top-KAST (Jayakumar et al., NeurIPS 2020, arXiv
//! 2106.03517); refreshing the two sets at two rates is this crate's.
//!
//! # One step
//!
//! ```text
//! sets that are due      every N_B steps   B := the largest of all θ                 backward_set, rebuild
//!                        every N_A steps   A := the largest of B                     forward_set
//! forward                y = A·x + b       layer by layer, in f32                    fully_connected, windows
//! loss                   and its gradient by the outputs                             loss
//! back                   dx = Aᵀ·dy        through A alone                           fully_connected, windows
//! update                 g = dy·xᵀ         at B alone, weight by weight              update, plain, rule
//!                        θ := θ − η·(v + penalty)     v: of the optimizer
//! ```
//!
//! Nothing outside B moves. A gradient that is not finite gives the step up before any weight has moved.
//! The weight gradient of one sample is a product of two numbers that are at hand, so that no gradient is ever
//! stored where weights take a step at each sample. Gradients of activations are kept until all are known, or, as
//! [`Program::recomputes`] says, computed twice.
//!
//! # Where a weight is
//!
//! ```text
//!              leaves B: what it has learned              is among the largest again
//!     live  ───────────────────────────────▶  table  ───────────────────────────────▶  live
//!       ▲                                       │ full: the one that differs least
//!       │  is among the largest                 ▼
//!       └──────────────────────────────────  reserve      int8 and a scale per row, in flash
//! ```
//!
//! Its magnitude is that of its live value, else that of the table's, else that of its reserve. RAM is O(|B| + the
//! table + activations), never O(all weights).
//!
//! # Use
//!
//! `kastanet pack --trainable` writes the trained part into an image. [`Program`] is the checked view of it,
//! [`Recipe`] says how to train, [`Tuner`] trains in memory of its caller's:
//!
//! ```
//! use kastanet::image::{Aligned, Image, record::section};
//! use kastanet::train::{Loss, Program, Recipe, Source, Target, Tuner};
//!
//! let image = Image::new_checked(kastanet::include_image!("../image/golden/trained-v1.kst"))?;
//! let program = Program::new_checked(image.section(section::TRAINABLE).unwrap_or_default())?;
//! let recipe = Recipe { loss: Loss::SoftmaxCrossEntropy, ..Recipe::of(&program) };
//!
//! // Known before there is any memory, and stated by `kastanet inspect`.
//! let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
//! let mut memory = Aligned([0; 4096]);
//! let mut tuner =
//!     Tuner::<f32, 1>::new(program, Source::of_image(image), recipe, &mut memory.0[..needed])?;
//!
//! let input = [[0.5], [-1.0], [0.25], [1.0], [0.0], [-0.5]];
//! let first = tuner.step(&input, Target::Classes(&[2]))?.losses[0];
//! for _ in 0..20 {
//!     tuner.step(&input, Target::Classes(&[2]))?;
//! }
//! assert!(tuner.step(&input, Target::Classes(&[2]))?.losses[0] < first);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The same bits
//!
//! Sums have one order, products are rounded before they are added, and `exp`, `ln`, roots and cosines are
//! `libm`'s. So with the same image, recipe, inputs and N, every machine ends with the same weights, sets and
//! losses, to the last bit.

// What is trained, and how: the image's part, the recipe, the tuner.
mod boundary;
mod deploy;
mod error;
mod operation;
mod program;
mod recipe;
pub mod record;
mod schedule;
mod source;
mod tuner;

// A run: where everything lies, the passes, the step, what is kept.
mod loss;
mod memory;
mod operators;
mod pass;
mod resume;
mod start;
mod step;
mod view;

// A layer's units: which there are, which are live, which have learned, what rests in flash.
mod arrays;
mod base;
mod grid;
mod live;
mod overlay;
mod tile;
mod value;

// The sets: who is larger, and how units change places.
mod backward_set;
mod candidates;
mod choose;
mod entering;
mod exchange;
mod fall_back;
mod forward_set;
mod global;
mod group;
mod groups;
mod heap;
mod rank;
mod rebuild;
mod scan;
mod search;
mod slots;

// The loops over live weights, and how a weight moves.
mod dense;
mod fully_connected;
mod lanes;
mod plain;
mod random;
mod rule;
mod update;
mod weighted;
mod windows;

#[cfg(feature = "continual")]
pub(crate) use random::bits as noise;

pub use boundary::BoundaryError;
pub use deploy::{DeployError, Deployed, Extremes, saturated};
pub use error::Error;
pub use grid::{Grid, Unit};
pub use lanes::Lanes;
pub use loss::{Loss, LossError, Target, predicted};
pub use memory::Bytes;
pub use operation::{Function, Kind, Shape};
pub use program::{Layer, Program, ProgramError, Training};
pub use recipe::{Clip, Optimizer, Penalty, Recipe, RecipeError, Reserve, Scope};
pub use schedule::Schedule;
pub use source::Source;
pub use tuner::{Counters, Outcome, Tuner};
pub use value::{Bf16, Value};
pub use view::LiveWeight;
