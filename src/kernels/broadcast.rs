//! One tensor combined with another, a dimension of 1 of which is repeated where it has to be.
//!
//! What is combined stands in the output already: either the output took over an operand's bytes,
//! or [`spread`] has laid it there. So one loop serves both.

/// A tensor that is read at every position of an output, repeated along its dimensions of 1.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// Its elements.
    pub values: &'a [i8],
    /// Its shape: in each dimension 1 or the output's size.
    pub dims: [usize; 4],
}

impl Operand<'_> {
    /// Elements from one step to the next in each dimension, 0 where it is repeated.
    fn strides(&self) -> [usize; 4] {
        let [batch, height, width, channels] = self.dims;
        let stride = |size: usize, stride: usize| if size == 1 { 0 } else { stride };
        [
            stride(batch, height * width * channels),
            stride(height, width * channels),
            stride(width, channels),
            stride(channels, 1),
        ]
    }
}

/// Elements that are combined at once where they are not read from a row of their own.
const SPAN: usize = 32;

/// Replaces each y of a row by a function of it and of the x beside it; both are equally long.
pub type Combine<'f> = dyn Fn(&mut [i8], &[i8]) + 'f;

/// Lays `x` into `y` of shape `dims`.
pub fn spread(y: &mut [i8], dims: [usize; 4], x: Operand<'_>) {
    combine(y, dims, Some(x), &|y, x| each(y, x, |_, x| x));
}

/// Combines `y` of shape `dims` with x, row by row, or with itself where there is no x.
#[inline(never)]
pub fn combine(y: &mut [i8], dims: [usize; 4], x: Option<Operand<'_>>, f: &Combine<'_>) {
    match x {
        None => y.chunks_mut(SPAN).for_each(|y| with_itself(y, f)),
        Some(x) if x.values.len() == y.len() => f(y, x.values),
        Some(x) => rows(y, dims, x, f),
    }
}

fn with_itself(y: &mut [i8], f: &Combine<'_>) {
    let mut copy = [0; SPAN];
    let Some(copy) = copy.get_mut(..y.len()) else { return };
    each(copy, y, |_, y| y);
    f(y, copy);
}

fn rows(y: &mut [i8], dims: [usize; 4], x: Operand<'_>, f: &Combine<'_>) {
    let [_, height, width, channels] = dims;
    let [per_image, per_row, per_place, per_channel] = x.strides();
    let mut at = [0; 3];
    for y in y.chunks_exact_mut(channels.max(1)) {
        let [n, h, w] = at;
        let x = x.values.get(n * per_image + h * per_row + w * per_place..).unwrap_or_default();
        match (per_channel, x) {
            (0, &[x, ..]) => {
                y.chunks_mut(SPAN).for_each(|y| f(y, [x; SPAN].get(..y.len()).unwrap_or_default()))
            }
            _ => f(y, x.get(..y.len()).unwrap_or_default()),
        }
        at = match (h + 1 < height, w + 1 < width) {
            (_, true) => [n, h, w + 1],
            (true, false) => [n, h + 1, 0],
            (false, false) => [n + 1, 0, 0],
        };
    }
}

/// Replaces each y by `f`(y, x).
#[inline]
pub fn each(y: &mut [i8], x: &[i8], f: impl Fn(i8, i8) -> i8) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(*y, x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x` of shape `dims` at every position of a 2 × 2 × 2 × 3 output.
    fn spread_over(dims: [usize; 4], values: &[i8]) -> [i8; 24] {
        let mut y = [0; 24];
        spread(&mut y, [2, 2, 2, 3], Operand { values, dims });
        y
    }

    #[test]
    fn repeats_dimensions_of_one() {
        let by = |f: fn(usize) -> usize| core::array::from_fn(|i| f(i) as i8);
        assert_eq!(spread_over([1, 1, 1, 1], &[5]), [5; 24]);
        assert_eq!(spread_over([1, 1, 1, 3], &[0, 1, 2]), by(|i| i % 3));
        assert_eq!(spread_over([1, 1, 2, 1], &[0, 1]), by(|i| i / 3 % 2));
        assert_eq!(spread_over([1, 2, 1, 1], &[0, 1]), by(|i| i / 6 % 2));
        assert_eq!(spread_over([2, 1, 1, 1], &[0, 1]), by(|i| i / 12));
        assert_eq!(spread_over([1, 2, 1, 3], &[0, 1, 2, 3, 4, 5]), by(|i| i / 6 % 2 * 3 + i % 3));
        let all: [i8; 24] = by(|i| i);
        assert_eq!(spread_over([2, 2, 2, 3], &all), all);
    }

    #[test]
    fn combines_in_order() {
        let mut y = [10, 20, 30, 40];
        let x = Operand { values: &[1, 2], dims: [1, 1, 1, 2] };
        combine(&mut y, [1, 1, 2, 2], Some(x), &|y, x| each(y, x, |y, x| y - x));
        assert_eq!(y, [9, 18, 29, 38]);
        combine(&mut y, [1, 1, 2, 2], None, &|y, x| each(y, x, |y, x| y + x));
        assert_eq!(y, [18, 36, 58, 76]);
    }
}
