//! How ONNX sees the elements of a value, and how they lie in memory.
//!
//! ONNX has channels before rows and columns; here they come last. Nothing is moved for that: each axis that ONNX
//! sees is a list of factors, and the factors have an order of their own in memory. To transpose is to permute
//! the axes, to reshape is to regroup their factors, and neither touches an element.
//!
//! ```text
//! a picture, 8 channels of 5 × 6      memory: h=5 w=6 c=8      axes: [] [c] [h] [w]
//! flattened                           memory: h=5 w=6 c=8      axes: [] [c h w]
//! ```
//!
//! A fully connected layer that reads the flattened picture has its columns put in the order of memory instead.

/// Axes as lists of factors in memory.
///
/// - No factor is 1: an axis of one element has no factors. Checked by every function that makes one.
/// - Every factor is in one axis, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Sizes, the outermost in memory first.
    factors: Vec<usize>,
    /// Of each axis, indices into `factors`, the outermost in the axis first.
    axes: Vec<Vec<usize>>,
}

impl Layout {
    /// As ONNX sees them.
    pub fn plain(shape: &[usize]) -> Self {
        Layout::ordered(shape, 0..shape.len())
    }

    /// Channels, which are axis 1, last.
    pub fn channels_last(shape: &[usize]) -> Self {
        let order = (0..shape.len()).filter(|&axis| axis != 1);
        Layout::ordered(shape, order.chain((shape.len() > 1).then_some(1)))
    }

    /// Axes of these sizes, which lie in memory in this order.
    pub fn ordered(shape: &[usize], order: impl IntoIterator<Item = usize>) -> Self {
        let mut layout = Layout { factors: vec![], axes: vec![vec![]; shape.len()] };
        for axis in order {
            if shape[axis] != 1 {
                layout.axes[axis] = vec![layout.factors.len()];
                layout.factors.push(shape[axis]);
            }
        }
        layout
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| self.size(axis)).collect()
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.axes.len()
    }

    fn size(&self, factors: &[usize]) -> usize {
        factors.iter().map(|&factor| self.factors[factor]).product()
    }

    /// Axis `i` of the result is axis `order[i]`; `order` is a permutation.
    pub fn transposed(&self, order: &[usize]) -> Self {
        let axes = order.iter().map(|&axis| self.axes[axis].clone()).collect();
        Layout { factors: self.factors.clone(), axes }
    }

    /// Axes of other sizes over the same elements in ONNX's order; `None` where an axis would have to hold a
    /// part of what does not lie side by side.
    pub fn reshaped(&self, shape: &[usize]) -> Option<Self> {
        let mut rest = self.runs();
        rest.reverse();
        // Pieces of runs: where each begins in memory, in elements, and how many it has.
        let mut axes = vec![];
        for &size in shape {
            let (mut left, mut axis) = (size, vec![]);
            while left > 1 {
                let (stride, len) = rest.pop()?;
                if left.is_multiple_of(len) {
                    axis.push((stride, len));
                    left /= len;
                } else if len.is_multiple_of(left) {
                    let inner = len / left;
                    axis.push((stride * inner, left));
                    rest.push((stride, inner));
                    left = 1;
                } else {
                    return None;
                }
            }
            axes.push(axis);
        }
        rest.is_empty().then(|| Layout::of_strides(&axes))
    }

    /// The factors in ONNX's order, as steps in memory and sizes; those that follow each other in memory as well
    /// are one.
    fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = vec![];
        for &factor in self.axes.iter().flatten() {
            let (stride, len) = (self.stride(factor), self.factors[factor]);
            match runs.last_mut() {
                Some((outer, before)) if *outer == stride * len => {
                    (*outer, *before) = (stride, *before * len);
                }
                _ => runs.push((stride, len)),
            }
        }
        runs
    }

    /// The step in memory from one index of a factor to the next.
    fn stride(&self, factor: usize) -> usize {
        self.factors[factor + 1..].iter().product()
    }

    fn of_strides(axes: &[Vec<(usize, usize)>]) -> Self {
        let mut all: Vec<_> = axes.iter().flatten().copied().collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        let place = |piece| all.iter().position(|&other| other == piece).unwrap_or_default();
        let axes = axes.iter().map(|axis| axis.iter().map(|&piece| place(piece)).collect());
        Layout { axes: axes.collect(), factors: all.iter().map(|&(_, len)| len).collect() }
    }

    /// Whether memory holds the axes in this order, each of them whole.
    pub fn lies(&self, order: &[usize]) -> bool {
        order.iter().flat_map(|&axis| &self.axes[axis]).copied().eq(0..self.factors.len())
    }

    /// Whether the axes before `end` come first in memory, as ONNX counts them.
    pub fn is_plain_before(&self, end: usize) -> bool {
        self.axes[..end].iter().flatten().copied().eq(0..self.axes[..end].iter().flatten().count())
    }

    /// The order in which memory holds the axes, if it holds each of them whole; those of one element stand where
    /// ONNX has them, or else first.
    pub fn order(&self) -> Option<Vec<usize>> {
        let order = self.memory();
        self.lies(&order).then_some(order)
    }

    /// The order of the axes in memory, by where each begins; those of one element stand where ONNX has them.
    pub fn memory(&self) -> Vec<usize> {
        let places = self.axes.iter().scan(0, |place, axis| {
            *place = axis.first().copied().unwrap_or(*place);
            Some(*place)
        });
        let places: Vec<usize> = places.collect();
        let mut order: Vec<usize> = (0..self.rank()).collect();
        order.sort_by_key(|&axis| places[axis]);
        order
    }

    /// Of the axes from `from` on, taken as one, the index that ONNX has for each place in memory; `None` unless
    /// they come last in memory.
    pub fn inner(&self, from: usize) -> Option<Vec<usize>> {
        let list: Vec<usize> = self.axes[from..].iter().flatten().copied().collect();
        let start = self.factors.len() - list.len();
        if list.iter().any(|&factor| factor < start) {
            return None;
        }
        // The step in ONNX's order of each factor.
        let mut steps = vec![0; list.len()];
        let mut step = 1;
        for &factor in list.iter().rev() {
            steps[factor - start] = step;
            step *= self.factors[factor];
        }
        let index = |place: usize| {
            let mut rest = place;
            let parts = self.factors[start..].iter().zip(&steps).rev();
            parts.fold(0, |index, (&size, step)| {
                let part = rest % size;
                rest /= size;
                index + part * step
            })
        };
        Some((0..step).map(index).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattened_pictures_keep_their_memory() {
        let picture = Layout::channels_last(&[1, 2, 2, 3]);
        assert!(picture.lies(&[0, 2, 3, 1]) && !picture.lies(&[0, 1, 2, 3]));
        let flat = picture.reshaped(&[1, 12]).unwrap();
        assert_eq!(flat.shape(), [1, 12]);
        // Memory has both channels of a place side by side; ONNX has 6 places between them.
        assert_eq!(flat.inner(1).unwrap(), [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
        assert_eq!(flat.reshaped(&[2, 6]).unwrap().shape(), [2, 6]);
        assert_eq!(flat.reshaped(&[1, 2, 2, 3]).unwrap(), picture);
        assert_eq!(flat.reshaped(&[3, 4]), None);
    }

    #[test]
    fn one_channel_lies_as_none_does() {
        let picture = Layout::channels_last(&[1, 1, 4, 4]);
        assert!(picture.lies(&[0, 1, 2, 3]));
        assert_eq!(picture.reshaped(&[1, 16]), Some(Layout::plain(&[1, 16])));
    }

    #[test]
    fn plain_values_take_any_shape() {
        let value = Layout::plain(&[1, 6, 4]);
        assert_eq!(value.reshaped(&[2, 3, 4]), Some(Layout::plain(&[2, 3, 4])));
        assert_eq!(value.reshaped(&[8, 3]), Some(Layout::plain(&[8, 3])));
        assert_eq!(value.reshaped(&[5, 5]), None);
        assert_eq!(value.reshaped(&[6]), None);
    }

    #[test]
    fn transposing_twice_gives_the_same() {
        let value = Layout::plain(&[2, 3, 4]);
        let other = value.transposed(&[1, 2, 0]);
        assert_eq!(other.shape(), [3, 4, 2]);
        assert_eq!(other.order().unwrap(), [2, 0, 1]);
        assert_eq!(other.transposed(&[2, 0, 1]), value);
        // A vector of the axis that comes first in memory cannot be read in one go.
        assert_eq!(other.inner(2), None);
        assert_eq!(value.inner(1).unwrap(), (0..12).collect::<Vec<_>>());
    }
}
