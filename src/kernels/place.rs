//! A block of elements placed in a larger tensor: padding, concatenation.

use crate::rolled::Rolled;

/// Copies `block` of shape `block_dims` into `y` of shape `dims`, its first element at `at`.
/// `None` where it does not fit.
///
/// Dimensions that the block fills from end to end lie in memory as one with the dimension
/// before, so runs are as long as they can be.
#[inline(never)]
pub fn place(
    y: &mut [i8],
    dims: [usize; 4],
    block: &[i8],
    block_dims: [usize; 4],
    at: [usize; 4],
) -> Option<()> {
    let (mut dims, mut block_dims, mut at) = (dims, block_dims, at);
    for _ in (0..3).rolled() {
        if dims[3] == block_dims[3] && at[3] == 0 {
            at = [0, at[0], at[1], at[2] * dims[3]];
            dims = merge_last(dims);
            block_dims = merge_last(block_dims);
        }
    }
    let [_, height, width, channels] = dims;
    let mut runs = block.chunks_exact(block_dims[3].max(1));
    for n in at[0]..at[0] + block_dims[0] {
        for h in at[1]..at[1] + block_dims[1] {
            for w in (at[2]..at[2] + block_dims[2]).rolled() {
                let run = runs.next()?;
                let start = ((n * height + h) * width + w) * channels + at[3];
                y.get_mut(start..)?.get_mut(..run.len())?.copy_from_slice(run);
            }
        }
    }
    Some(())
}

fn merge_last([a, b, c, d]: [usize; 4]) -> [usize; 4] {
    [1, a, b, c * d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_every_dimension() {
        const DIMS: [usize; 4] = [3, 3, 4, 3];
        let shapes = [[2, 2, 3, 2], [3, 2, 3, 2], [2, 3, 4, 3], [2, 2, 4, 3], [2, 2, 2, 3], DIMS];
        for shape in shapes {
            let at: [usize; 4] = core::array::from_fn(|d| DIMS[d] - shape[d]);
            let len: usize = shape.iter().product();
            let block: std::vec::Vec<i8> = (1..=len as i8).collect();
            let mut y = [0; 108];
            place(&mut y, DIMS, &block, shape, at).unwrap();
            let mut next = 1;
            for (i, y) in y.into_iter().enumerate() {
                let index = [i / 36, i / 12 % 3, i / 3 % 4, i % 3];
                let inside = (0..4).all(|d| index[d] >= at[d]);
                assert_eq!(y, if inside { next } else { 0 }, "{shape:?} {index:?}");
                next += i8::from(inside);
            }
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(place(&mut [0; 4], [1, 1, 2, 2], &[1; 4], [1, 1, 2, 2], [0, 0, 1, 0]), None);
        assert_eq!(place(&mut [0; 4], [1, 1, 2, 2], &[1; 1], [1, 1, 2, 1], [0, 0, 0, 1]), None);
    }
}
