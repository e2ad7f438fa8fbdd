//! Training against traces of an independent reference.

mod golden;
mod mlp;
