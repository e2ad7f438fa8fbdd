//! Samples on all processors.

use rayon::prelude::*;
use std::ops::Range;

/// Samples of a block.
const BLOCK: usize = 32;

/// Blocks of a round, for each processor.
const EACH: usize = 2;

/// Makes something of every block of `count` samples, on all processors, and hands it to `merge` in the samples' order.
/// What comes out does not depend on how many processors there are; few blocks are kept at a time.
///
/// # Errors
///
/// The first in the samples' order.
pub fn blocks<T: Send, E: Send>(
    count: usize,
    make: impl Fn(Range<usize>) -> Result<T, E> + Sync,
    mut merge: impl FnMut(T),
) -> Result<(), E> {
    let all: Vec<Range<usize>> =
        (0..count).step_by(BLOCK).map(|start| start..count.min(start + BLOCK)).collect();
    for round in all.chunks(EACH * rayon::current_num_threads().max(1)) {
        let made: Vec<_> = round.par_iter().map(|block| make(block.clone())).collect();
        for made in made {
            merge(made?);
        }
    }
    Ok(())
}
