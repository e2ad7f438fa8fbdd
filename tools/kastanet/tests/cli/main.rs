//! The tool as its users run it.

mod browser;
mod common;
mod data;
mod demo;
mod described;
mod hostile;
mod hostile_onnx;
mod inspect;
mod normalisation;
mod onnx;
mod output;
mod pack;
mod refusals;
mod report;
mod run;
mod simulate;
mod sweep;
mod tune;
