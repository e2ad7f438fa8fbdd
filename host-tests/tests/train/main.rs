//! Training, against traces of an independent reference, against a naive model, and by what must hold.

mod case;
mod clip;
mod damage;
mod dense;
mod golden;
mod gradients;
mod infer;
mod lanes;
mod memory;
mod mlp;
mod numbers;
mod outside;
mod recipes;
mod resume;
mod runs;
mod still;
mod target;
