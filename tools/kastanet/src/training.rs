//! Networks that are trained in float: how they are described, planned and written.
//!
//! A [`Builder`] puts a network together, operation by operation; [`plan()`] says where activations and
//! their gradients lie; [`write()`] gives the bytes that [`kastanet::train::Program`] reads.
//!
//! ```
//! use kastanet::train::{Function, Program};
//! use kastanet_cli::training::{Builder, Layer, Window};
//!
//! let mut net = Builder::new([28, 28, 1]);
//! let x = net.input();
//! let x = net.conv(x, Window::new(8, [3, 3]).stride([2, 2]), Function::Relu, Layer::dense());
//! let x = net.max_pool(x, Window::pool([2, 2]));
//! let x = net.fully_connected(x, 64, Function::Relu, Layer::sparse(0.1, 0.3));
//! let y = net.fully_connected(x, 10, Function::None, Layer::sparse(0.2, 0.5).named("head"));
//! let bytes = net.finish(y, Function::Softmax)?;
//!
//! let program = Program::new_checked(&bytes)?;
//! assert_eq!(program.layers().map(|layer| layer.forward).collect::<Vec<_>>(), [72, 2509, 128]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod error;
mod fuse;
mod graph;
mod layer;
mod plan;
mod stored;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub use builder::Builder;
pub use error::Error;
pub(crate) use graph::TABLE;
pub use graph::{Graph, Operation, Tensor, Weights};
pub use layer::{Layer, Sets, Share};
pub use plan::{Gradients, Plan, plan, smaller};
pub use stored::{Reserve, Stored};
pub use window::Window;
pub use write::write;
