//! Sparse int8 neural networks for microcontrollers.
#![no_std]
#![deny(unsafe_code, missing_docs)]

#[cfg(test)]
extern crate std;

#[cfg(target_endian = "big")]
compile_error!(
    "images are little-endian and read in place: only little-endian targets are supported"
);

pub mod image;

pub mod sparse;

pub mod quant;

pub mod kernels;

pub mod layers;

pub mod network;
