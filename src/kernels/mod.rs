//! The loops: integer arithmetic over slices, no knowledge of images or operators.
//!
//! A kernel is written once, generic over [`Lanes`], the handful of primitives that differ
//! between cores: each a whole row, so that what is checked is checked once a row. `arch` has the
//! primitives of each core; [`Native`] is the one of the core this build is for.

mod arch;
mod broadcast;
mod depthwise;
pub mod fixed;
mod gather;
mod matvec;
mod mean;
mod place;
pub mod pool;
mod softmax;

pub use arch::{Native, Portable};
pub use broadcast::{Operand, combine, spread};
pub use depthwise::Depthwise;
pub use gather::{Gather, Geometry};
pub use matvec::{Channels, matvec};
pub use mean::Alternating;
pub use place::place;
pub use softmax::{MAX_ROW as MAX_SOFTMAX_ROW, softmax};

/// The primitives of a core. All sums wrap at 32 bits and do not depend on the order of addition.
pub trait Lanes {
    /// Σ `w[i]` · `x[i]` over the shorter of the two.
    fn dot(w: &[i8], x: &[i8]) -> i32;

    /// The same over the steps of a [`Delta8`](crate::sparse::Delta8) row. A column outside `x`
    /// counts as zero.
    fn dot_delta8(deltas: &[u8], values: &[i8], x: &[i8]) -> i32;

    /// The same over `count` steps of a [`Delta4`](crate::sparse::Delta4) row, whose values start
    /// at the front of `values`; also gives how many values were taken.
    fn dot_delta4(steps: &[u8], count: usize, values: &[i8], x: &[i8]) -> (i32, usize);
}
