//! Plain Rust for any core, and the reference for the others.

use crate::kernels::Lanes;
use crate::sparse::{Delta4, Delta4Row, Delta8Row};

/// Scalar primitives in plain Rust.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Lanes for Portable {
    #[inline]
    fn dot(w: &[i8], x: &[i8]) -> i32 {
        let products = w.iter().zip(x).map(|(&w, &x)| i32::from(w) * i32::from(x));
        products.fold(0, i32::wrapping_add)
    }

    #[inline]
    fn dot_delta8(row: Delta8Row<'_>, x: &[i8]) -> i32 {
        let (mut sum, mut col) = (0_i32, 0);
        for (&delta, &w) in row.deltas().iter().zip(row.values()) {
            col += usize::from(delta);
            let x = x.get(col).copied().unwrap_or(0);
            sum = sum.wrapping_add(i32::from(w) * i32::from(x));
            col += 1;
        }
        sum
    }

    #[inline]
    fn dot_delta4(row: Delta4Row<'_>, x: &[i8]) -> (i32, usize) {
        let (mut sum, mut col, mut taken) = (0_i32, 0, 0);
        let halves = row.steps().iter().flat_map(|&pair| [pair & 15, pair >> 4]);
        for step in halves.take(row.count()) {
            col += usize::from(step);
            if step == Delta4::SKIP {
                continue;
            }
            let (w, x) =
                (row.values().get(taken).copied().unwrap_or(0), x.get(col).copied().unwrap_or(0));
            sum = sum.wrapping_add(i32::from(w) * i32::from(x));
            col += 1;
            taken += 1;
        }
        (sum, taken)
    }
}
