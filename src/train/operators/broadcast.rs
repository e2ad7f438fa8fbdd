//! Two inputs that together make an output: a dimension of 1 serves the whole other one.

use crate::train::Shape;

/// Calls `f` for every element of the output, in order, with its number and the number of each
/// input's element that it comes from.
#[inline]
pub(super) fn each(shape: &Shape, mut f: impl FnMut(usize, [usize; 2])) {
    let steps = [shape.x, shape.x2].map(steps);
    let [height, width, channels] = shape.y;
    let mut element = 0;
    for row in 0..height {
        for column in 0..width {
            let mut inputs = steps.map(|[down, right, _]| row * down + column * right);
            for _ in 0..channels {
                f(element, inputs);
                element += 1;
                inputs = [inputs[0] + steps[0][2], inputs[1] + steps[1][2]];
            }
        }
    }
}

/// Elements from one row, column and channel to the next; 0 where the one there is serves all.
fn steps([height, width, channels]: [usize; 3]) -> [usize; 3] {
    let step = |size: usize, step: usize| if size == 1 { 0 } else { step };
    [step(height, width * channels), step(width, channels), step(channels, 1)]
}
