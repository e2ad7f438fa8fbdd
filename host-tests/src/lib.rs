//! The harness of the tests that run on the host, in `tests/`.
//!
//! Two oracles say what a network computes: [`naive`], plain arithmetic over the imported graph,
//! and [`tflm`], TFLite Micro's own interpreter; [`real`] says what it stands for in real numbers.
//! [`models`] finds whole networks to compare on; [`generate`] makes small ones, most of one operator
//! each, from a seed of [`random`]; [`device`] packs a graph and runs the image as a microcontroller
//! would, [`editor`] damages it, [`refusals`] provokes every error. [`matrices`] walks weight matrices as
//! kernels do. [`kast`] is Top-KAST by its rules. [`nor`] is flash whose power may fail.

pub mod naive;

pub mod real;

pub mod tflm;

pub mod models;

pub mod random;

pub mod generate;

pub mod device;

pub mod editor;

pub mod refusals;

pub mod matrices;

pub mod kast;

pub mod nor;

/// How many random cases a property test runs for each of its subjects: `KASTANET_CASES`, or
/// `default` where it is not set.
///
/// # Panics
///
/// Where the variable is not a number.
pub fn cases(default: u64) -> u64 {
    match std::env::var("KASTANET_CASES") {
        Ok(text) => text.parse().expect("KASTANET_CASES is a number"),
        Err(_) => default,
    }
}

/// Where two lists of bytes first differ, said with the bytes around it.
pub fn difference(expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let at = expected.iter().zip(found).position(|(a, b)| a != b);
    let at = at.unwrap_or(expected.len().min(found.len()));
    let around = |bytes: &[u8]| {
        let end = bytes.len().min(at + 8);
        bytes[at.min(end)..end].iter().map(|&byte| byte as i8).collect::<Vec<_>>()
    };
    let count = expected.iter().zip(found).filter(|(a, b)| a != b).count();
    let (wanted, got) = (around(expected), around(found));
    let lens = (expected.len(), found.len());
    Some(format!(
        "{count} of {lens:?} bytes differ, first at {at}: expected {wanted:?}, found {got:?}"
    ))
}
