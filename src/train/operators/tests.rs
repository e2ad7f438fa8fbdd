//! What every operator without weights is tested with: several shapes, forward against one obvious
//! line in f64, backward against its finite differences, lanes against single samples bit for bit.

use crate::train::operation::elements;
use crate::train::operators::check::check;
use crate::train::{Kind, Lanes, Shape};
use std::vec::Vec;

/// Lanes of a test; each is also run by itself.
const N: usize = 4;

/// An operator, and the same in f64.
pub(super) trait Operator {
    const INPUTS: usize;
    fn forward<const N: usize>(shape: &Shape, x: [&[Lanes<N>]; 2], y: &mut [Lanes<N>]);
    fn backward<const N: usize>(
        shape: &Shape,
        x: [&[Lanes<N>]; 2],
        y: &[Lanes<N>],
        dy: &[Lanes<N>],
        index: usize,
        dx: &mut [Lanes<N>],
    );
    fn naive(shape: &Shape, x: [&[f64]; 2], y: &mut [f64]);
}

/// Tests the operator of one input in whose file it stands.
macro_rules! test_unary {
    ($shapes:expr, $naive:expr) => {
        struct Tested;

        impl crate::train::operators::tests::Operator for Tested {
            const INPUTS: usize = 1;
            fn forward<const N: usize>(shape: &Shape, x: [&[Lanes<N>]; 2], y: &mut [Lanes<N>]) {
                forward(shape, x[0], y);
            }
            fn backward<const N: usize>(
                shape: &Shape,
                x: [&[Lanes<N>]; 2],
                y: &[Lanes<N>],
                dy: &[Lanes<N>],
                _: usize,
                dx: &mut [Lanes<N>],
            ) {
                backward(shape, x[0], y, dy, dx);
            }
            fn naive(shape: &Shape, x: [&[f64]; 2], y: &mut [f64]) {
                ($naive)(shape, x[0], y);
            }
        }

        #[test]
        fn is_what_it_says_forward_and_back() {
            crate::train::operators::tests::test::<Tested>($shapes);
        }
    };
}
pub(super) use test_unary;

/// The same for an operator of two inputs.
macro_rules! test_binary {
    ($shapes:expr, $naive:expr) => {
        struct Tested;

        impl crate::train::operators::tests::Operator for Tested {
            const INPUTS: usize = 2;
            fn forward<const N: usize>(shape: &Shape, x: [&[Lanes<N>]; 2], y: &mut [Lanes<N>]) {
                forward(shape, x, y);
            }
            fn backward<const N: usize>(
                shape: &Shape,
                x: [&[Lanes<N>]; 2],
                _: &[Lanes<N>],
                dy: &[Lanes<N>],
                index: usize,
                dx: &mut [Lanes<N>],
            ) {
                backward(shape, x, dy, index, dx);
            }
            fn naive(shape: &Shape, x: [&[f64]; 2], y: &mut [f64]) {
                ($naive)(shape, x, y);
            }
        }

        #[test]
        fn is_what_it_says_forward_and_back() {
            crate::train::operators::tests::test::<Tested>($shapes);
        }
    };
}
pub(super) use test_binary;

/// Runs the operator with each of the shapes.
pub(super) fn test<O: Operator>(shapes: Vec<(Kind, Shape)>) {
    for (kind, shape) in shapes {
        assert!(check(kind, &shape), "{kind:?} {shape:?}");
        let mut random = Random(1);
        let x = [shape.x, shape.x2].map(|dims| random.tensor(elements(dims)));
        let before = random.tensor(elements(shape.y));
        let dy = random.tensor(elements(shape.y));
        forward::<O>(&shape, &x, &before);
        for index in 0..O::INPUTS {
            let dx = random.tensor(x[index].len());
            backward::<O>(&shape, &x, &before, &dy, index, &dx);
        }
    }
}

/// Forward: the lanes are single samples, and those near `naive`.
fn forward<O: Operator>(shape: &Shape, x: &[Tensor; 2], before: &Tensor) {
    let mut all = before.clone();
    O::forward::<N>(shape, [&x[0], &x[1]], &mut all);
    for lane in 0..N {
        let (one, mut y) = (x.each_ref().map(|x| single(x, lane)), single(before, lane));
        O::forward::<1>(shape, [&one[0], &one[1]], &mut y);
        assert_eq!(bits(&single(&all, lane)), bits(&y), "{shape:?}");
        let one = one.each_ref().map(|x| wide(x));
        near(&y, &naive::<O>(shape, &one, &single(before, lane)), shape);
    }
}

/// Backward: the same, near the differences of `naive`, added to what was there.
fn backward<O: Operator>(
    shape: &Shape,
    x: &[Tensor; 2],
    before: &Tensor,
    dy: &Tensor,
    index: usize,
    dx_before: &Tensor,
) {
    let (mut y, mut all) = (before.clone(), dx_before.clone());
    O::forward::<N>(shape, [&x[0], &x[1]], &mut y);
    O::backward::<N>(shape, [&x[0], &x[1]], &y, dy, index, &mut all);
    for lane in 0..N {
        let (one, y, dy) =
            (x.each_ref().map(|x| single(x, lane)), single(&y, lane), single(dy, lane));
        let mut dx = single(dx_before, lane);
        O::backward::<1>(shape, [&one[0], &one[1]], &y, &dy, index, &mut dx);
        assert_eq!(bits(&single(&all, lane)), bits(&dx), "{shape:?}");
        let loss = |x: &[Vec<f64>; 2]| -> f64 {
            let y = naive::<O>(shape, x, &single(before, lane));
            y.iter().zip(wide(&dy)).map(|(y, dy)| y * dy).sum()
        };
        let mut expected = differences(&mut one.each_ref().map(|x| wide(x)), index, loss);
        for (expected, before) in expected.iter_mut().zip(single(dx_before, lane)) {
            *expected += f64::from(before[0]);
        }
        near(&dx, &expected, shape);
    }
}

fn naive<O: Operator>(shape: &Shape, x: &[Vec<f64>; 2], before: &[Lanes<1>]) -> Vec<f64> {
    let mut y = wide(before);
    O::naive(shape, [&x[0], &x[1]], &mut y);
    y
}

/// ∂`loss` / ∂`x[index]`, by central differences.
fn differences(
    x: &mut [Vec<f64>; 2],
    index: usize,
    loss: impl Fn(&[Vec<f64>; 2]) -> f64,
) -> Vec<f64> {
    const STEP: f64 = 1e-6;
    let elements = x[index].len();
    let difference = |element: usize| {
        let was = x[index][element];
        let [above, below] = [was + STEP, was - STEP].map(|value| {
            x[index][element] = value;
            loss(x)
        });
        x[index][element] = was;
        (above - below) / (2.0 * STEP)
    };
    (0..elements).map(difference).collect()
}

type Tensor = Vec<Lanes<N>>;

fn single(tensor: &Tensor, lane: usize) -> Vec<Lanes<1>> {
    tensor.iter().map(|lanes| [lanes[lane]]).collect()
}

fn wide(tensor: &[Lanes<1>]) -> Vec<f64> {
    tensor.as_flattened().iter().copied().map(f64::from).collect()
}

fn bits(tensor: &[Lanes<1>]) -> Vec<u32> {
    tensor.as_flattened().iter().copied().map(f32::to_bits).collect()
}

fn near(found: &[Lanes<1>], expected: &[f64], shape: &Shape) {
    assert_eq!(found.len(), expected.len());
    for (element, (found, expected)) in wide(found).iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(error < 2e-6 * (1.0 + expected.abs()), "{element}: {found}, {expected} {shape:?}");
    }
}

/// Floats in −1..1, always the same.
struct Random(u32);

impl Random {
    fn tensor(&mut self, elements: usize) -> Tensor {
        (0..elements).map(|_| core::array::from_fn(|_| self.float())).collect()
    }

    fn float(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(0x915f_77f5).wrapping_add(0x3c6e_f35f);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// What a window does not need.
const POINTWISE: Shape = Shape {
    x: [1; 3],
    x2: [1; 3],
    y: [1; 3],
    kernel: [1; 2],
    stride: [1; 2],
    dilation: [1; 2],
    pad: [0; 2],
};

/// Windows beside each other, apart, overlapping, over all, in the padding; one channel and more.
pub(super) fn pools() -> Vec<(Kind, Shape)> {
    let pool = |x, y, kernel, stride, pad| {
        let shape = Shape { x, y, kernel, stride, pad, ..POINTWISE };
        [(Kind::AveragePool, shape), (Kind::MaxPool, shape)]
    };
    [
        pool([4, 6, 3], [2, 3, 3], [2, 2], [2, 2], [0, 0]),
        pool([5, 4, 1], [3, 4, 1], [3, 3], [2, 1], [1, 1]),
        pool([3, 5, 2], [4, 2, 2], [2, 3], [1, 4], [1, 0]),
        pool([3, 2, 5], [1, 1, 5], [3, 2], [1, 1], [0, 0]),
        pool([2, 3, 2], [2, 2, 2], [9, 8], [1, 2], [7, 6]),
        pool([7, 1, 4], [2, 1, 4], [2, 1], [5, 3], [0, 0]),
    ]
    .concat()
}

/// `y` of each window of `x` from its taps, which are looked for among all elements.
pub(super) fn pool(shape: &Shape, x: &[f64], y: &mut [f64], of: impl Fn(&[f64]) -> f64) {
    let inside = |axis: usize, output: usize, at: usize| {
        let start = output * shape.stride[axis];
        (start..start + shape.kernel[axis]).contains(&(at + shape.pad[axis]))
    };
    for (element, y) in y.iter_mut().enumerate() {
        let [row, column, channel] = coordinates(shape.y, element);
        let is_tap = |&element: &usize| {
            let [h, w, c] = coordinates(shape.x, element);
            c == channel && inside(0, row, h) && inside(1, column, w)
        };
        let taps: Vec<f64> = (0..x.len()).filter(is_tap).map(|element| x[element]).collect();
        *y = of(&taps);
    }
}

/// Equal inputs, and each dimension, several and all of them repeated, on either side.
pub(super) fn broadcasts() -> Vec<(Kind, Shape)> {
    const Y: [usize; 3] = [3, 2, 5];
    let pairs = [
        (Y, Y),
        (Y, [1, 1, 5]),
        (Y, [1, 1, 1]),
        ([3, 2, 1], Y),
        ([1, 2, 5], Y),
        (Y, [3, 1, 5]),
        ([3, 1, 1], [1, 2, 5]),
        ([1, 2, 1], [3, 1, 5]),
    ];
    let both =
        |(x, x2)| [Kind::Add, Kind::Mul].map(|kind| (kind, Shape { x, x2, y: Y, ..POINTWISE }));
    pairs.into_iter().flat_map(both).collect()
}

/// `y` of each pair of elements.
pub(super) fn combine(shape: &Shape, x: [&[f64]; 2], y: &mut [f64], of: impl Fn(f64, f64) -> f64) {
    for (element, y) in y.iter_mut().enumerate() {
        let at = coordinates(shape.y, element);
        let read = |x: &[f64], dims: [usize; 3]| {
            let [h, w, c] = core::array::from_fn(|axis| at[axis].min(dims[axis] - 1));
            x[(h * dims[1] + w) * dims[2] + c]
        };
        *y = of(read(x[0], shape.x), read(x[1], shape.x2));
    }
}

/// At the front, at the back, in the middle, in one dimension and in all.
pub(super) fn places() -> Vec<(Kind, Shape)> {
    let place =
        |x, y, pad, first| (Kind::Place, Shape { x, y, pad, dilation: [first, 0], ..POINTWISE });
    Vec::from([
        place([2, 3, 4], [2, 3, 4], [0, 0], 0),
        place([2, 3, 4], [5, 4, 7], [2, 1], 2),
        place([2, 3, 4], [5, 4, 7], [3, 1], 3),
        place([3, 2, 1], [3, 2, 6], [0, 0], 5),
        place([1, 2, 3], [4, 2, 3], [1, 0], 0),
        place([1, 1, 5], [1, 6, 5], [0, 4], 0),
    ])
}

/// One element and more.
pub(super) fn identities() -> Vec<(Kind, Shape)> {
    let identity = |x, y| (Kind::Identity, Shape { x, y, ..POINTWISE });
    Vec::from([
        identity([1; 3], [1; 3]),
        identity([3, 2, 5], [3, 2, 5]),
        identity([2, 3, 4], [1, 1, 24]),
    ])
}

/// Row, column and channel of an element.
fn coordinates([_, width, channels]: [usize; 3], element: usize) -> [usize; 3] {
    [element / (width * channels), element / channels % width, element % channels]
}
