//! Training, against traces of an independent reference, against a naive model, and by what must hold.

mod case;
mod clip;
mod golden;
mod memory;
mod mlp;
mod numbers;
