//! What is applied to an output, element by element, in place.
//!
//! | function | y | dy is multiplied by |
//! |---|---|---|
//! | relu | max(y, 0) | 1 where y > 0, else 0 |
//! | relu6 | min(max(y, 0), 6) | 1 where 0 < y < 6, else 0 |
//! | logistic | 1 / (1 + exp(−y)) | y · (1 − y) |
//! | tanh | tanh(y) | 1 − y² |
//!
//! The derivative is told by the output, so that what the function was applied to need not be kept.
//! Softmax does nothing here: the loss takes it over.

use crate::train::{Function, Lanes};
use libm::{expf, tanhf};

/// Applies the function to `y`.
pub(super) fn forward<const N: usize>(function: Function, y: &mut [Lanes<N>]) {
    match function {
        Function::None | Function::Softmax => {}
        Function::Relu => each(y, relu),
        Function::Relu6 => each(y, relu6),
        Function::Logistic => each(y, logistic),
        Function::Tanh => each(y, tanhf),
    }
}

/// Multiplies `dy` by the derivative, where the function gave `y`.
pub(super) fn backward<const N: usize>(function: Function, y: &[Lanes<N>], dy: &mut [Lanes<N>]) {
    match function {
        Function::None | Function::Softmax => {}
        Function::Relu => scale(dy, y, |y| f32::from(y > 0.0)),
        Function::Relu6 => scale(dy, y, |y| f32::from(y > 0.0 && y < 6.0)),
        Function::Logistic => scale(dy, y, |y| y * (1.0 - y)),
        Function::Tanh => scale(dy, y, |y| 1.0 - y * y),
    }
}

/// A NaN stays one. (`f32::max` leaves the sign of its zero to the machine.)
fn relu(y: f32) -> f32 {
    if y < 0.0 { 0.0 } else { y }
}

fn relu6(y: f32) -> f32 {
    if y > 6.0 { 6.0 } else { relu(y) }
}

fn logistic(y: f32) -> f32 {
    1.0 / (1.0 + expf(-y))
}

fn each<const N: usize>(y: &mut [Lanes<N>], f: impl Fn(f32) -> f32) {
    y.as_flattened_mut().iter_mut().for_each(|y| *y = f(*y));
}

fn scale<const N: usize>(dy: &mut [Lanes<N>], y: &[Lanes<N>], derivative: impl Fn(f32) -> f32) {
    let dy = dy.as_flattened_mut().iter_mut();
    dy.zip(y.as_flattened()).for_each(|(dy, &y)| *dy *= derivative(y));
}

#[cfg(test)]
mod tests {
    use super::*;

    type Naive = fn(f64) -> f64;

    /// Each function in f64, and outputs on both sides of where it bends, but not there.
    const FUNCTIONS: [(Function, Naive); 6] = [
        (Function::None, |y| y),
        (Function::Softmax, |y| y),
        (Function::Relu, |y| y.max(0.0)),
        (Function::Relu6, |y| y.clamp(0.0, 6.0)),
        (Function::Logistic, |y| 1.0 / (1.0 + (-y).exp())),
        (Function::Tanh, f64::tanh),
    ];
    const INPUTS: [Lanes<4>; 3] =
        [[-9.0, -0.5, 0.25, 1.5], [5.5, 6.5, -1e-3, 1e-3], [-3.0, 4.0, 0.7, -0.1]];

    #[test]
    fn is_what_it_says_forward_and_back() {
        for (function, naive) in FUNCTIONS {
            let (mut y, mut dy) = (INPUTS, [[-2.5; 4]; 3]);
            forward(function, &mut y);
            backward(function, &y, &mut dy);
            let found = y.as_flattened().iter().zip(dy.as_flattened());
            for (&x, (&y, &dy)) in INPUTS.as_flattened().iter().zip(found) {
                let x = f64::from(x);
                let slope = (naive(x + 1e-6) - naive(x - 1e-6)) / 2e-6;
                assert!((f64::from(y) - naive(x)).abs() < 1e-6, "{function:?} of {x}: {y}");
                assert!((f64::from(dy) + 2.5 * slope).abs() < 2e-6, "{function:?} at {x}: {dy}");
            }
        }
    }

    #[test]
    fn lanes_are_single_samples() {
        for (function, _) in FUNCTIONS {
            let (mut all, mut d_all) = (INPUTS, INPUTS);
            forward(function, &mut all);
            backward(function, &all, &mut d_all);
            for lane in 0..4 {
                let mut y = INPUTS.map(|x| [x[lane]]);
                let mut dy = y;
                forward(function, &mut y);
                backward(function, &y, &mut dy);
                assert_eq!((y, dy), (all.map(|y| [y[lane]]), d_all.map(|dy| [dy[lane]])));
            }
        }
    }

    #[test]
    fn bends_pass_no_gradient() {
        let slopes = |function, x| {
            let (mut y, mut dy) = ([[x]], [[1.0]]);
            forward(function, &mut y);
            backward(function, &y, &mut dy);
            (y[0][0], dy[0][0])
        };
        assert_eq!(slopes(Function::Relu, 0.0), (0.0, 0.0));
        assert_eq!(slopes(Function::Relu6, 0.0), (0.0, 0.0));
        assert_eq!(slopes(Function::Relu6, 6.0), (6.0, 0.0));
    }

    #[test]
    fn far_out_is_finite() {
        let mut y = [[-200.0, 200.0]];
        forward(Function::Logistic, &mut y);
        assert_eq!(y, [[0.0, 1.0]]);
        let mut y = [[-200.0, 200.0]];
        forward(Function::Tanh, &mut y);
        assert_eq!(y, [[-1.0, 1.0]]);
    }
}
