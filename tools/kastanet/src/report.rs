//! What is told about images and checkpoints.
//!
//! Each report is gathered once, then printed as tables or as JSON: both say the same. [`Layers`]
//! is shared by `pack` and `inspect`, so that both count alike.

mod checkpoint;

mod image;

mod layers;

mod names;

mod params;

mod table;

pub use checkpoint::CheckpointReport;
pub use image::ImageReport;
pub use layers::{Layer, Layers, PRUNED_FROM, Sum};
pub(crate) use table::printable;
pub use table::{Column, Table, bytes, name, number, percent, title};

/// A shape as people write it: `1×32×32×3`, or `scalar`.
pub use crate::graph::shape_string;
