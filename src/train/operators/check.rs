//! Which shapes an operation can have.

use crate::train::{Kind, Shape};

/// Elements of a tensor, and rows or columns that windows reach over: below this, sums and products
/// of them fit a `usize` of 32 bits.
const LIMIT: u64 = 1 << 31;

/// Whether the shapes and the window are such that the operation has a meaning, forward and back.
///
/// A shape has what its kind needs; the rest of it may be anything. Weights are checked elsewhere.
pub(crate) fn check(kind: Kind, shape: &Shape) -> bool {
    let Shape { x, y, .. } = *shape;
    let are_tensors = [x, y].into_iter().all(is_tensor);
    are_tensors
        && match kind {
            Kind::FullyConnected => true,
            Kind::Conv => has_window(shape),
            Kind::Depthwise => has_window(shape) && y[2].checked_rem(x[2]) == Some(0),
            Kind::AveragePool | Kind::MaxPool => has_window(shape) && is_pool(shape),
            Kind::Add | Kind::Mul => is_broadcast(shape),
            Kind::Place => fits(shape),
            Kind::Identity => elements(x) == elements(y),
        }
}

/// Whether there is something in it, and not too much.
fn is_tensor(dims: [usize; 3]) -> bool {
    (1..LIMIT).contains(&elements(dims))
}

/// Elements of a tensor; [`LIMIT`] and more are not told apart.
fn elements(dims: [usize; 3]) -> u64 {
    dims.into_iter().fold(1, |product: u64, dim| product.saturating_mul(dim as u64))
}

/// Whether windows have taps, of which the furthest can be counted, and steps between them.
fn has_window(shape: &Shape) -> bool {
    let &Shape { x, y, kernel, stride, dilation, pad, .. } = shape;
    let reaches = |axis: [usize; 6]| {
        let [size, outputs, taps, stride, dilation, pad] = axis.map(|n| n as u64);
        let last = outputs.saturating_sub(1).saturating_mul(stride);
        let reach = last.saturating_add(taps.saturating_mul(dilation));
        stride > 0 && dilation > 0 && reach.max(size.saturating_add(pad)) < LIMIT
    };
    is_tensor([kernel[0], kernel[1], x[2]])
        && reaches([x[0], y[0], kernel[0], stride[0], dilation[0], pad[0]])
        && reaches([x[1], y[1], kernel[1], stride[1], dilation[1], pad[1]])
}

/// Whether each window has a tap in the input. The first one ends furthest to the front and the last one
/// starts furthest to the back; if those have one, so do all between.
fn is_pool(shape: &Shape) -> bool {
    let &Shape { x, y, kernel, stride, dilation, pad, .. } = shape;
    let meets = |[size, outputs, taps, stride, pad]: [usize; 5]| {
        taps > pad && outputs.saturating_sub(1).saturating_mul(stride) < size.saturating_add(pad)
    };
    dilation == [1, 1]
        && x[2] == y[2]
        && meets([x[0], y[0], kernel[0], stride[0], pad[0]])
        && meets([x[1], y[1], kernel[1], stride[1], pad[1]])
}

/// Whether each dimension of the output is that of the inputs, or of one where the other has 1.
fn is_broadcast(shape: &Shape) -> bool {
    let dims = shape.x.into_iter().zip(shape.x2).zip(shape.y);
    dims.into_iter()
        .all(|((x, x2), y)| y == x.max(x2) && (x == y || x == 1) && (x2 == y || x2 == 1))
}

/// Whether the input lies in the output where it is to be placed.
fn fits(shape: &Shape) -> bool {
    let before = [shape.pad[0], shape.pad[1], shape.dilation[0]];
    let dims = shape.x.into_iter().zip(before).zip(shape.y);
    dims.into_iter().all(|((x, before), y)| x.checked_add(before).is_some_and(|end| end <= y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = u16::MAX as usize;

    /// A window of 3 × 2 over 5 × 4, fit for every kind with a window.
    const WINDOW: Shape = Shape {
        x: [5, 4, 2],
        x2: [0; 3],
        y: [3, 4, 2],
        kernel: [3, 2],
        stride: [2, 1],
        dilation: [1, 1],
        pad: [1, 1],
    };
    const SUM: Shape = Shape { x: [3, 1, 2], x2: [1, 4, 2], y: [3, 4, 2], ..WINDOW };
    const PART: Shape = Shape { x: [2, 2, 2], y: [3, 3, 4], dilation: [2, 0], ..WINDOW };
    const SAME: Shape = Shape { y: [5, 4, 2], ..WINDOW };
    const WINDOWED: [Kind; 4] = [Kind::Conv, Kind::Depthwise, Kind::AveragePool, Kind::MaxPool];
    const POOLS: [Kind; 2] = [Kind::AveragePool, Kind::MaxPool];

    fn refuses(kinds: &[Kind], shape: Shape) {
        for &kind in kinds {
            assert!(!check(kind, &shape), "{kind:?} {shape:?}");
        }
    }

    fn takes(kinds: &[Kind], shape: Shape) {
        for &kind in kinds {
            assert!(check(kind, &shape), "{kind:?} {shape:?}");
        }
    }

    #[test]
    fn every_kind_has_shapes() {
        takes(&WINDOWED, WINDOW);
        takes(&[Kind::FullyConnected], WINDOW);
        takes(&[Kind::Add, Kind::Mul], SUM);
        takes(&[Kind::Place], PART);
        takes(&[Kind::Identity], SAME);
        takes(&[Kind::Identity], Shape { y: [1, 1, 40], ..SAME });
    }

    #[test]
    fn refuses_empty_and_endless_tensors() {
        let shapes = [WINDOW, WINDOW, WINDOW, WINDOW, WINDOW, SUM, SUM, PART, SAME];
        let kinds = [
            &WINDOWED[..],
            &[Kind::FullyConnected, Kind::Add, Kind::Mul, Kind::Place, Kind::Identity],
        ];
        for (&kind, shape) in kinds.concat().iter().zip(shapes) {
            takes(&[kind], shape);
            for axis in 0..3 {
                let without = |mut dims: [usize; 3], size| {
                    dims[axis] = size;
                    dims
                };
                refuses(&[kind], Shape { x: without(shape.x, 0), ..shape });
                refuses(&[kind], Shape { y: without(shape.y, 0), ..shape });
            }
            refuses(&[kind], Shape { x: [MAX; 3], x2: [MAX; 3], y: [MAX; 3], ..shape });
        }
        refuses(&[Kind::Add, Kind::Mul], Shape { x: [3, 4, 2], x2: [0, 1, 1], ..SUM });
    }

    #[test]
    fn refuses_windows_without_size_or_step() {
        for pair in [[0, 1], [1, 0]] {
            refuses(&WINDOWED, Shape { kernel: pair, pad: [0, 0], ..WINDOW });
            refuses(&WINDOWED, Shape { stride: pair, ..WINDOW });
            refuses(&WINDOWED, Shape { dilation: pair, ..WINDOW });
        }
    }

    #[test]
    fn refuses_what_cannot_be_counted() {
        let far = Shape { x: [1, 1, 2], y: [MAX, 1, 2], stride: [MAX, 1], ..WINDOW };
        refuses(&WINDOWED, far);
        refuses(&WINDOWED, Shape { kernel: [MAX, 2], dilation: [MAX, 1], ..WINDOW });
        refuses(&WINDOWED, Shape { kernel: [MAX, MAX], ..WINDOW });
        takes(&[Kind::Conv], Shape { stride: [MAX / 2, 1], ..far });
    }

    #[test]
    fn channels_of_windows_belong_together() {
        takes(&[Kind::Conv], Shape { y: [3, 4, 7], ..WINDOW });
        takes(&[Kind::Conv, Kind::Depthwise], Shape { y: [3, 4, 6], ..WINDOW });
        refuses(&[Kind::Depthwise], Shape { y: [3, 4, 7], ..WINDOW });
        refuses(&POOLS, Shape { y: [3, 4, 6], ..WINDOW });
    }

    #[test]
    fn windows_of_pools_have_taps() {
        takes(&POOLS, Shape { pad: [2, 1], ..WINDOW });
        refuses(&POOLS, Shape { pad: [3, 1], ..WINDOW });
        refuses(&POOLS, Shape { pad: [1, 2], ..WINDOW });
        takes(&POOLS, Shape { y: [3, 5, 2], ..WINDOW });
        refuses(&POOLS, Shape { y: [4, 4, 2], ..WINDOW });
        refuses(&POOLS, Shape { y: [3, 6, 2], ..WINDOW });
        refuses(&POOLS, Shape { dilation: [1, 2], ..WINDOW });
        takes(&[Kind::Conv], Shape { y: [4, 6, 2], pad: [3, 2], dilation: [1, 2], ..WINDOW });
    }

    #[test]
    fn dimensions_are_equal_or_one() {
        refuses(&[Kind::Add, Kind::Mul], Shape { x: [2, 1, 2], ..SUM });
        refuses(&[Kind::Add, Kind::Mul], Shape { x2: [1, 4, 3], ..SUM });
        refuses(&[Kind::Add, Kind::Mul], Shape { x: [1, 1, 2], ..SUM });
        refuses(&[Kind::Add, Kind::Mul], Shape { x2: [2, 4, 2], ..SUM });
        refuses(&[Kind::Add, Kind::Mul], Shape { x: [3, 2, 2], ..SUM });
        refuses(&[Kind::Add, Kind::Mul], Shape { y: [3, 4, 1], ..SUM });
    }

    #[test]
    fn what_is_placed_fits() {
        refuses(&[Kind::Place], Shape { pad: [2, 1], ..PART });
        refuses(&[Kind::Place], Shape { pad: [1, 2], ..PART });
        refuses(&[Kind::Place], Shape { dilation: [3, 0], ..PART });
        refuses(&[Kind::Identity], Shape { y: [5, 4, 3], ..SAME });
    }
}
