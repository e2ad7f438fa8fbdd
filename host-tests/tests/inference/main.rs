//! Images and inference: what is refused, what is computed, and that nothing is without a test.

mod boards;
mod coverage;
mod damage;
mod format;
mod golden;
mod image;
mod input;
mod models;
mod naive_against_tflm;
mod operators;
mod precision;
mod quantised;
mod refused;
mod sparse;
