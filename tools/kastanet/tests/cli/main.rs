//! The tool as its users run it.

mod common;
mod demo;
mod described;
mod hostile;
mod hostile_onnx;
mod inspect;
mod onnx;
mod output;
mod pack;
mod refusals;
mod run;
mod tune;
