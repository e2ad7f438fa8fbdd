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

/// Lays `x` into `y` of shape `dims`.
pub fn spread(y: &mut [i8], dims: [usize; 4], x: Operand<'_>) {
    combine(y, dims, Some(x), |_, x| x, |y, x| y.copy_from_slice(x));
}

/// Replaces each y by `f`(y, x), or by `f`(y, y) where there is no x; `whole` does so for an x of the
/// output's shape.
#[inline]
pub fn combine(
    y: &mut [i8],
    dims: [usize; 4],
    x: Option<Operand<'_>>,
    f: impl Fn(i8, i8) -> i8 + Copy,
    whole: impl Fn(&mut [i8], &[i8]),
) {
    match x {
        None => y.iter_mut().for_each(|y| *y = f(*y, *y)),
        Some(x) if x.values.len() == y.len() => whole(y, x.values),
        Some(x) => rows(y, dims, x, f),
    }
}

fn rows(y: &mut [i8], dims: [usize; 4], x: Operand<'_>, f: impl Fn(i8, i8) -> i8 + Copy) {
    let [_, height, width, channels] = dims;
    let [per_image, per_row, per_place, per_channel] = x.strides();
    let images = y.chunks_exact_mut((height * width * channels).max(1));
    for (n, image) in images.enumerate() {
        for (h, row) in image.chunks_exact_mut((width * channels).max(1)).enumerate() {
            for (w, place) in row.chunks_exact_mut(channels.max(1)).enumerate() {
                let at = n * per_image + h * per_row + w * per_place;
                let x = x.values.get(at..).unwrap_or_default();
                match (per_channel, x) {
                    (0, &[x, ..]) => place.iter_mut().for_each(|y| *y = f(*y, x)),
                    _ => each(place, x, f),
                }
            }
        }
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
        combine(&mut y, [1, 1, 2, 2], Some(x), |y, x| y - x, |_, _| ());
        assert_eq!(y, [9, 18, 29, 38]);
        combine(&mut y, [1, 1, 2, 2], None, |a, b| a + b, |_, _| ());
        assert_eq!(y, [18, 36, 58, 76]);
    }
}
