//! What all cores from Armv7-M on share, with DSP instructions or without: tiles of four windows, two in
//! a word, and what comes before and after their products.

mod addition;
mod copy;
mod finish;
pub mod paired;
mod rows;
pub mod strip;

pub use addition::add;
pub use copy::{copy, fill};
pub use finish::{finish, finish_tile};
pub use rows::{lay, tile_run};
