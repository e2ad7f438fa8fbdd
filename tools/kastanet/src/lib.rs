//! The host side of Kastanet: from a trained checkpoint to a flash image.
//!
//! The journey of a model, in the order of the modules: a checkpoint is read into a neutral
//! graph, its weights are pruned, its operators lowered to the image's terms, its tensors placed
//! in RAM, and everything is written and read back. Behind that stand what files and samples are
//! read with, what makes int8 of float checkpoints and sparse ones of dense, what tells about
//! images, and the command line.

pub mod graph;

pub mod tflite;

pub mod onnx;

pub mod description;

pub mod prune;

pub mod encode;

pub mod cost;

pub mod lower;

pub mod packing;

pub mod plan;

pub mod training;

pub mod trainable;

pub mod pack;

pub mod failure;

pub mod words;

pub mod files;

pub mod output;

pub mod arrays;

pub mod data;

pub mod float;

pub mod quantise;

pub mod tune;

pub mod evaluate;

pub mod report;

pub mod sweep;

pub mod page;

pub mod simulate;

pub mod cli;
