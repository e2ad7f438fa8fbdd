//! The loops: integer arithmetic over slices and rows, no knowledge of images or operators.
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

use crate::sparse::{Delta4Row, Delta8Row};

pub use arch::{Native, Portable};
pub use broadcast::{Operand, combine, spread};
pub use depthwise::Depthwise;
pub use gather::{Gather, Geometry};
pub use matvec::{Channels, DotRows, matvec};
pub use mean::Alternating;
pub use place::place;
pub use softmax::{MAX_ROW as MAX_SOFTMAX_ROW, softmax};

/// The primitives of a core. All sums wrap at 32 bits and do not depend on the order of addition.
pub trait Lanes {
    /// Σ `w[i]` · `x[i]` over the shorter of the two.
    fn dot(w: &[i8], x: &[i8]) -> i32;

    /// The same over the steps of a row. A column outside `x` counts as zero.
    fn dot_delta8(row: Delta8Row<'_>, x: &[i8]) -> i32;

    /// The same over the steps of a row; also gives how many values they took.
    fn dot_delta4(row: Delta4Row<'_>, x: &[i8]) -> (i32, usize);
}
