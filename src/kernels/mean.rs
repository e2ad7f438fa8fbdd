//! Sums of a tensor over some of its dimensions.
//!
//! Dimensions side by side that are both kept or both summed over are one dimension. Four
//! dimensions alternate at most three times, so what remains always is kept, summed, kept,
//! summed, kept, some of them 1:
//!
//! ```text
//! for each a, b, c:
//!     y[a, b, c] = f(Σ x[a, i, b, j, c])        over i and j
//! ```

use crate::rolled::Rolled;

/// A tensor's shape as kept, summed, kept, summed, kept dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternating([usize; 5]);

impl Alternating {
    /// The shape `dims`, where dimension d is summed over if bit d of `axes` is set.
    pub fn new(dims: [usize; 4], axes: u32) -> Self {
        let mut shape = [1_usize; 5];
        let mut slot = 0;
        for (axis, size) in dims.into_iter().enumerate() {
            let summed = (axes >> axis & 1) as usize;
            slot += (slot + summed) % 2;
            if let Some(merged) = shape.get_mut(slot) {
                *merged = merged.saturating_mul(size);
            }
        }
        Alternating(shape)
    }

    /// Number of sums.
    pub fn kept(&self) -> usize {
        let [a, _, b, _, c] = self.0;
        a.saturating_mul(b).saturating_mul(c)
    }

    /// Number of elements in one sum.
    pub fn summed(&self) -> usize {
        let [_, i, _, j, _] = self.0;
        i.saturating_mul(j)
    }

    /// Writes `f` of each sum over `x` to `y`.
    pub fn sums(&self, x: &[i8], y: &mut [i8], f: impl Fn(i32) -> i8) {
        let [_, outer, rows, inner, cols] = self.0;
        let row_len = inner.saturating_mul(cols).max(1);
        let block_len = rows.saturating_mul(row_len);
        let blocks = x.chunks_exact(outer.saturating_mul(block_len).max(1));
        let mut y = y.iter_mut();
        for block in blocks {
            for start in (0..rows).flat_map(|row| (0..cols).map(move |col| row * row_len + col)) {
                let mut sum = 0_i32;
                for line in block.chunks_exact(block_len.max(1)).rolled() {
                    let row = line.get(start..).unwrap_or_default();
                    sum = sum.wrapping_add(column(row, inner, cols));
                }
                let Some(y) = y.next() else { return };
                *y = f(sum);
            }
        }
    }
}

/// The sum of `count` elements, the first of every `cols`.
#[inline]
fn column(row: &[i8], count: usize, cols: usize) -> i32 {
    let elements = row.iter().step_by(cols.max(1)).take(count);
    elements.fold(0, |sum, &x| sum.wrapping_add(x.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_neighbours() {
        let merged = |axes| Alternating::new([2, 3, 4, 5], axes).0;
        assert_eq!(merged(0b0110), [2, 12, 5, 1, 1]);
        assert_eq!(merged(0b0000), [120, 1, 1, 1, 1]);
        assert_eq!(merged(0b1111), [1, 120, 1, 1, 1]);
        assert_eq!(merged(0b0101), [1, 2, 3, 4, 5]);
        assert_eq!(merged(0b1010), [2, 3, 4, 5, 1]);
    }

    #[test]
    fn sums_agree_with_one_line_an_element() {
        const DIMS: [usize; 4] = [2, 3, 4, 5];
        let x: [i8; 120] = core::array::from_fn(|i| (i * 37 % 101) as i8 - 50);
        for axes in 0..16 {
            let shape = Alternating::new(DIMS, axes);
            let mut expected = [0_i32; 120];
            for (i, &x) in x.iter().enumerate() {
                let index = [i / 60, i / 20 % 3, i / 5 % 4, i % 5];
                let kept = (0..4).filter(|d| axes >> d & 1 == 0);
                expected[kept.fold(0, |at, d| at * DIMS[d] + index[d])] += i32::from(x);
            }
            let mut y = [0; 120];
            let y = &mut y[..shape.kept()];
            shape.sums(&x, y, |sum| sum as i8);
            assert!(y.iter().zip(expected).all(|(&y, sum)| y == sum as i8), "{axes:04b}");
            assert_eq!(shape.kept() * shape.summed(), 120);
        }
    }
}
