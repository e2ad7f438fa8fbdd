//! Every core's primitives against one line of arithmetic each, over all lengths and tails.

use super::Portable;
use crate::kernels::DotRows;
use crate::sparse::{Delta4, Delta8, Dense, Streams};
use std::vec::Vec;

/// Longest row; past the reach of a half byte and of a byte.
const MOST: usize = 600;

/// The tests of one core's primitives.
macro_rules! lanes_tests {
    ($name:ident, $lanes:ty) => {
        mod $name {
            use super::*;

            #[test]
            fn rows_of_every_length_and_density() {
                for case in cases() {
                    let [dense, delta8, delta4] = case.encoded();
                    let expected = case.product();
                    let mut rows = Dense::new_checked(dense.streams(case.cols)).unwrap().rows();
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[0]);
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[1]);
                    let mut rows = Delta8::new_checked(delta8.streams(case.cols)).unwrap().rows();
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[0]);
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[1]);
                    let mut rows = Delta4::new_checked(delta4.streams(case.cols)).unwrap().rows();
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[0]);
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), expected[1]);
                    assert_eq!(rows.dot_next::<$lanes>(&case.x), 0, "after the last row");
                }
            }
        }
    };
}

lanes_tests!(portable, Portable);

/// Two rows of weights and a vector.
struct Case {
    cols: usize,
    weights: [Vec<i8>; 2],
    x: Vec<i8>,
}

#[derive(Default)]
struct Encoded {
    counts: Vec<u8>,
    indices: Vec<u8>,
    values: Vec<i8>,
}

impl Encoded {
    fn streams(&self, cols: usize) -> Streams<'_> {
        let count_width = if self.counts.is_empty() { 0 } else { 2 };
        let (counts, indices, values) = (&self.counts, &self.indices, &self.values);
        Streams { rows: 2, cols, count_width, counts, indices, values }
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let lengths = (1..70).chain([255, 256, 257, 300, MOST]);
    lengths.flat_map(|cols| [1, 2, 5, 19, 40, 290, MOST + 1].map(|gap| Case::new(cols, gap)))
}

impl Case {
    /// Weights at every `gap`th column of the first row, at two columns of the second.
    fn new(cols: usize, gap: usize) -> Self {
        let byte = |i: usize| (i * 89 + gap * 7 + cols) as u8 as i8;
        let mut weights = [(); 2].map(|()| std::vec![0; cols]);
        for col in (0..cols).skip(gap % 3).step_by(gap) {
            weights[0][col] = byte(col) | 1;
        }
        (weights[1][cols - 1], weights[1][cols / 2]) = (-128, 127);
        let x = (0..cols).map(|col| byte(col * 3 + 1)).collect();
        Case { cols, weights, x }
    }

    fn product(&self) -> [i32; 2] {
        let row = |at: usize| self.weights[at].iter().zip(&self.x);
        [0, 1].map(|at| row(at).map(|(&w, &x)| i32::from(w) * i32::from(x)).sum())
    }

    fn encoded(&self) -> [Encoded; 3] {
        let dense = Encoded { values: self.weights.concat(), ..Encoded::default() };
        let (mut delta8, mut delta4) = (Encoded::default(), Encoded::default());
        for row in &self.weights {
            push_row(&mut delta8, row, |gap, steps| {
                steps.extend(std::iter::repeat_n((255, true), gap / 256));
                steps.push(((gap % 256) as u8, false));
            });
            let from = delta4.indices.len();
            push_row(&mut delta4, row, |gap, steps| {
                steps.extend(std::iter::repeat_n((15, false), gap / 15));
                steps.push(((gap % 15) as u8, false));
            });
            let halves = delta4.indices.split_off(from);
            let pair = |pair: &[u8]| pair[0] | pair.get(1).unwrap_or(&0) << 4;
            delta4.indices.extend(halves.chunks(2).map(pair));
        }
        [dense, delta8, delta4]
    }
}

/// Appends a row; `steps` crosses a gap, marking steps that take a value of zero.
fn push_row(to: &mut Encoded, row: &[i8], steps: impl Fn(usize, &mut Vec<(u8, bool)>)) {
    let (mut next, mut taken) = (0, Vec::new());
    for (col, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0) {
        let from = taken.len();
        steps(col - next, &mut taken);
        to.values.extend(taken[from..].iter().filter(|(_, padding)| *padding).map(|_| 0));
        to.values.push(value);
        next = col + 1;
    }
    to.counts.extend_from_slice(&(taken.len() as u16).to_le_bytes());
    to.indices.extend(taken.iter().map(|(step, _)| *step));
}
