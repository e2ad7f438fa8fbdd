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
mod weights;

pub use checkpoint::CheckpointReport;
pub use image::ImageReport;
pub use layers::{Layer, Layers, PRUNED_FROM, Sum};
pub use table::{Column, Table, bytes, number, percent, title};
pub(crate) use table::{printable, short_name};
pub use weights::WeightsReport;

/// A shape as people write it: `1×32×32×3`, or `scalar`.
pub use crate::graph::shape_string;
