//! Sparse int8 neural networks for microcontrollers, read in place from flash.
//!
//! Kastanet runs networks whose weights are mostly zero and stores and multiplies only the rest.
//! A host tool turns a trained checkpoint into a *flash image*; this crate checks the image once,
//! reads it where it lies and runs it in RAM whose size the image states. It is `no_std`, has no
//! allocator, no `unsafe` but in the loops of each core and, once an image is accepted, no panic.
//!
//! ```
//! use kastanet::image::{Aligned, Image};
//! use kastanet::network::Network;
//!
//! // In firmware: the image's place in flash, or `include_image!("model.kst")`.
//! let flash: &[u8] = kastanet::include_image!("image/golden/worked-v1.kst");
//! let image = Image::new_checked(flash)?;
//!
//! let mut arena = Aligned([0; 256]);
//! let mut network = Network::new(image, &mut arena.0)?;
//! network.input_i8_mut(0).unwrap().copy_from_slice(&[1, -2, 3, -4, 5, -6]);
//! network.infer()?;
//! assert_eq!(network.output_i8(0).unwrap(), [-25, 0, 1, 14]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map
//!
//! The modules build on each other in the order in which they stand here, and none looks up:
//!
//! 1. [`image`] gives meaning to bytes: a checked, copy-free view of tensors, operators, weights
//!    and the RAM plan. Read it to know what can be wrong with an image and what cannot any more.
//! 2. [`sparse`] holds weight matrices in eight formats, dense to Rice-coded, one file each, the same
//!    small matrix drawn in all.
//! 3. [`quant`] is the one rule by which an accumulator becomes an output. Then [`kernels`], the
//!    loops over slices, written once over the few primitives that differ between cores.
//! 4. [`layers`] are the operators, one file each: what they check and how they run.
//! 5. [`network`] walks the operators over the caller's arena. Most users need [`image::Image`],
//!    [`network::Network`] and nothing else.
//! 6. `train` (feature `train`) is Top-KAST: fine-tuning at constant sparsity, in a caller's memory.
//! 7. `continual` (feature `continual`) is what learning on a device needs around a tuner: samples to learn from
//!    again, a judge.
//! 8. `persist` (feature `persist`) keeps what was learned in NOR flash, through power cuts.
//!
//! # Why this crate
//!
//! - **Known before flashing.** The host plans the arena and writes its size into the image;
//!   [`network::Network::new`] refuses a smaller one and says what is needed.
//! - **The same bytes everywhere.** Integer arithmetic by one rule: the host, a Cortex-M and a
//!   RISC-V core give TFLite Micro's reference bytes for the same weights.
//! - **Bytes from anyone.** A damaged or hostile image is an error with a name and a number.
//!
//! # Features
//!
//! - `defmt`: `defmt::Format` for errors and descriptions. Off by default.
//! - `train`: fine-tuning. Off by default.
//! - `continual`: `train` with a replay buffer and a guard. Off by default.
//! - `persist`: the log, over `embedded-storage`'s flash traits. Off by default.
//! - `micromath`: `train`, with a cosine schedule that takes less flash. Off by default.
//! - `std`: on an x86-64, the kernels use AVX2 where the machine has it. Off by default; for hosts.
//!
//! `FORMAT.md` draws every bit of an image, `DESIGN.md` says why things are as they are.

#![no_std]
#![deny(unsafe_code, missing_docs)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), deny(clippy::panic, clippy::unreachable, clippy::todo))]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[cfg(target_endian = "big")]
compile_error!("images are little-endian and read in place: the target must be little-endian");

mod rolled;

pub mod image;

pub mod sparse;

pub mod quant;

pub mod kernels;

pub mod layers;

pub mod network;

#[cfg(feature = "train")]
pub mod train;

#[cfg(feature = "continual")]
pub mod continual;

#[cfg(feature = "persist")]
pub mod persist;
