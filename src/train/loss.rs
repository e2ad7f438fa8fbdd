//! How far outputs are from what was wanted, and in which direction they should move.
//!
//! ```text
//! softmax cross-entropy    L = Σ t · (ln Σ exp(z − m) − (z − m)),  m = max z     dL/dz = p − t
//! logistic cross-entropy   L = 1/n · Σ (max(z, 0) − t·z + ln(1 + exp(−|z|)))     dL/dz = (σ − t) / n
//! mean squared             L = 1/n · Σ (y − t)²                                  dL/dy = 2 (y − t) / n
//! ```
//!
//! with p = exp(z − m) / Σ exp(z − m) and σ = 1 / (1 + exp(−z)). The first two take over the network's
//! last function: z is what that function would have been applied to. Sums run over a sample's n
//! outputs, first to last; `exp` and `ln` are `libm`'s. So a loss has the same bits on every machine.

use super::{Function, Lanes};
use libm::{expf, logf};

/// What is to become small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Loss {
    /// One of several classes. Outputs are logits: no softmax has been applied.
    SoftmaxCrossEntropy,
    /// Each output by itself is yes or no. Outputs are logits: no logistic function has been applied.
    LogisticCrossEntropy,
    /// Outputs are numbers to come near to.
    MeanSquared,
}

impl Loss {
    /// What takes over a network's last function, [`Program::last`](super::Program::last): the cross-entropies their
    /// own, the mean squared error all others.
    pub fn of(last: Function) -> Self {
        match last {
            Function::Softmax => Loss::SoftmaxCrossEntropy,
            Function::Logistic => Loss::LogisticCrossEntropy,
            _ => Loss::MeanSquared,
        }
    }
}

/// What is wanted of N samples.
///
/// A class stands for the values that it has as one of n outputs: 1 there and 0 elsewhere. Any loss takes
/// either.
#[derive(Clone, Copy, Debug)]
pub enum Target<'t, const N: usize> {
    /// The class of each sample, less than the number of outputs.
    Classes(&'t [u16; N]),
    /// The value of each output; for the softmax probabilities, which sum to 1, for the logistic
    /// function probabilities.
    Values(&'t [Lanes<N>]),
}

/// Why there is no loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LossError {
    /// There is nothing to compare.
    NoOutputs,
    /// Outputs are to be as the inputs are, which other activations have taken the place of.
    InputNotKept,
    /// Not as many inputs as the program has.
    WrongInput {
        /// What it has.
        expected: u32,
        /// What was given.
        found: u32,
    },
    /// A class that no output stands for.
    ClassOutOfRange {
        /// The class.
        found: u16,
        /// The number of outputs.
        classes: u32,
    },
    /// Not one value for each output.
    WrongValues {
        /// The number of outputs.
        expected: u32,
        /// The number of values.
        found: u32,
    },
    /// Not one gradient for each output.
    WrongGradient {
        /// The number of outputs.
        expected: u32,
        /// The number of gradients there is room for.
        found: u32,
    },
}

impl core::fmt::Display for LossError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            LossError::NoOutputs => write!(f, "the network has no outputs"),
            LossError::InputNotKept => {
                write!(f, "the program does not keep its input, which is what is wanted")
            }
            LossError::WrongInput { expected, found } => {
                write!(f, "expected {expected} inputs, found {found}")
            }
            LossError::ClassOutOfRange { found, classes } => {
                write!(f, "class {found} is not one of the network's {classes}")
            }
            LossError::WrongValues { expected, found } => {
                write!(f, "{found} values are wanted of {expected} outputs")
            }
            LossError::WrongGradient { expected, found } => {
                write!(f, "there is room for {found} gradients of {expected} outputs")
            }
        }
    }
}

impl core::error::Error for LossError {}

impl Loss {
    /// Gives the loss of each sample, and writes its gradient with respect to each output.
    ///
    /// Nothing is written where there is an error.
    pub fn gradient<const N: usize>(
        self,
        output: &[Lanes<N>],
        target: Target<'_, N>,
        gradient: &mut [Lanes<N>],
    ) -> Result<Lanes<N>, LossError> {
        check(output.len(), target, gradient.len())?;
        Ok(core::array::from_fn(|lane| {
            let sample = Sample { output, target, gradient, lane };
            match self {
                Loss::SoftmaxCrossEntropy => softmax_cross_entropy(sample),
                Loss::LogisticCrossEntropy => mean(sample, logistic_cross_entropy),
                Loss::MeanSquared => mean(sample, squared),
            }
        }))
    }
}

/// The class of each sample: its largest output, of equal ones the first. 0 where there are none.
pub fn predicted<const N: usize>(output: &[Lanes<N>]) -> [u16; N] {
    let (mut best, mut classes) = ([f32::NEG_INFINITY; N], [0; N]);
    for (number, output) in output.iter().enumerate() {
        for ((best, class), &output) in best.iter_mut().zip(&mut classes).zip(output) {
            if output > *best {
                (*best, *class) = (output, number.min(u16::MAX.into()) as u16);
            }
        }
    }
    classes
}

fn check<const N: usize>(
    outputs: usize,
    target: Target<'_, N>,
    gradients: usize,
) -> Result<(), LossError> {
    let expected = outputs as u32;
    if outputs == 0 {
        return Err(LossError::NoOutputs);
    }
    if gradients != outputs {
        return Err(LossError::WrongGradient { expected, found: gradients as u32 });
    }
    match target {
        Target::Values(values) if values.len() != outputs => {
            Err(LossError::WrongValues { expected, found: values.len() as u32 })
        }
        Target::Classes(classes) => classes.iter().try_for_each(|&found| {
            let out = LossError::ClassOutOfRange { found, classes: expected };
            (usize::from(found) < outputs).then_some(()).ok_or(out)
        }),
        Target::Values(_) => Ok(()),
    }
}

/// One lane.
struct Sample<'a, const N: usize> {
    output: &'a [Lanes<N>],
    target: Target<'a, N>,
    gradient: &'a mut [Lanes<N>],
    lane: usize,
}

impl<const N: usize> Sample<'_, N> {
    fn outputs(&self) -> impl Iterator<Item = f32> {
        self.output.iter().filter_map(|output| output.get(self.lane)).copied()
    }

    /// Each output, what is wanted of it, and its gradient.
    fn each(&mut self) -> impl Iterator<Item = (f32, f32, &mut f32)> {
        let Sample { output, target, lane, .. } = *self;
        let rows = output.iter().zip(self.gradient.iter_mut()).enumerate();
        rows.filter_map(move |(number, (output, gradient))| {
            let target = match target {
                Target::Classes(classes) => f32::from(usize::from(*classes.get(lane)?) == number),
                Target::Values(values) => *values.get(number)?.get(lane)?,
            };
            Some((*output.get(lane)?, target, gradient.get_mut(lane)?))
        })
    }
}

fn softmax_cross_entropy<const N: usize>(mut sample: Sample<'_, N>) -> f32 {
    let larger = |max, z| if z > max { z } else { max };
    let max = sample.outputs().fold(f32::NEG_INFINITY, larger);
    let (mut sum, mut loss) = (0.0, 0.0);
    for (z, _, gradient) in sample.each() {
        *gradient = expf(z - max);
        sum += *gradient;
    }
    let log = logf(sum);
    for (z, target, gradient) in sample.each() {
        loss += target * (log - (z - max));
        *gradient = *gradient / sum - target;
    }
    loss
}

/// The mean of a loss of each output by itself, `of` an output and its target. It gives the derivative
/// too.
fn mean<const N: usize>(mut sample: Sample<'_, N>, of: fn(f32, f32) -> (f32, f32)) -> f32 {
    let count = sample.output.len() as f32;
    let mut sum = 0.0;
    for (output, target, gradient) in sample.each() {
        let (loss, derivative) = of(output, target);
        sum += loss;
        *gradient = derivative / count;
    }
    sum / count
}

/// Only exp(−|z|) is taken, which does not overflow: σ is 1 / (1 + exp(−|z|)), of negative z
/// exp(−|z|) as much.
fn logistic_cross_entropy(z: f32, target: f32) -> (f32, f32) {
    let (positive, e) = if z < 0.0 { (0.0, expf(z)) } else { (z, expf(-z)) };
    let sigma = if z < 0.0 { e } else { 1.0 } / (1.0 + e);
    (positive - target * z + logf(1.0 + e), sigma - target)
}

fn squared(y: f32, target: f32) -> (f32, f32) {
    let difference = y - target;
    (difference * difference, 2.0 * difference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const LOSSES: [(Loss, Naive); 3] = [
        (Loss::SoftmaxCrossEntropy, naive_softmax),
        (Loss::LogisticCrossEntropy, naive_logistic),
        (Loss::MeanSquared, naive_squared),
    ];
    const OUTPUT: [Lanes<4>; 5] = [
        [0.5, -2.0, 3.0, 0.0],
        [1.5, 2.0, -3.5, 0.0],
        [-0.25, 0.75, 1.0, 0.0],
        [0.125, 0.0, 2.5, 0.0],
        [2.0, -1.0, -0.5, 0.0],
    ];
    const VALUES: [Lanes<4>; 5] = [
        [0.5, 0.0, 0.2, 0.125],
        [0.0, 0.0, 0.2, 0.125],
        [0.25, 1.0, 0.2, 0.25],
        [0.125, 0.0, 0.2, 0.25],
        [0.125, 0.0, 0.2, 0.25],
    ];
    const CLASSES: [u16; 4] = [1, 4, 0, 2];
    const TARGETS: [Target<'static, 4>; 2] = [Target::Classes(&CLASSES), Target::Values(&VALUES)];

    /// The loss of outputs and values.
    type Naive = fn(&[f64], &[f64]) -> f64;

    fn naive_softmax(z: &[f64], t: &[f64]) -> f64 {
        let sum: f64 = z.iter().map(|z| z.exp()).sum();
        -z.iter().zip(t).map(|(z, t)| t * (z.exp() / sum).ln()).sum::<f64>()
    }

    fn naive_logistic(z: &[f64], t: &[f64]) -> f64 {
        let entropy = |(z, t): (&f64, &f64)| {
            let p = 1.0 / (1.0 + (-z).exp());
            -t * p.ln() - (1.0 - t) * (1.0 - p).ln()
        };
        z.iter().zip(t).map(entropy).sum::<f64>() / z.len() as f64
    }

    fn naive_squared(y: &[f64], t: &[f64]) -> f64 {
        y.iter().zip(t).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / y.len() as f64
    }

    /// A lane's outputs and values.
    fn sample(target: Target<'_, 4>, lane: usize) -> [Vec<f64>; 2] {
        let value = |number: usize| match target {
            Target::Classes(classes) => f64::from(usize::from(classes[lane]) == number),
            Target::Values(values) => f64::from(values[number][lane]),
        };
        [OUTPUT.iter().map(|output| output[lane].into()).collect(), (0..5).map(value).collect()]
    }

    #[test]
    fn is_what_it_says_and_its_gradient() {
        for ((loss, naive), target) in LOSSES.into_iter().flat_map(|l| TARGETS.map(|t| (l, t))) {
            let mut gradient = [[9.0; 4]; 5];
            let losses = loss.gradient(&OUTPUT, target, &mut gradient).unwrap();
            for lane in 0..4 {
                let [mut output, values] = sample(target, lane);
                let expected = naive(&output, &values);
                assert!((f64::from(losses[lane]) - expected).abs() < 2e-6, "{loss:?} {target:?}");
                for number in 0..5 {
                    let was = output[number];
                    let [above, below] = [was + 1e-6, was - 1e-6].map(|moved| {
                        output[number] = moved;
                        naive(&output, &values)
                    });
                    output[number] = was;
                    let error = f64::from(gradient[number][lane]) - (above - below) / 2e-6;
                    assert!(error.abs() < 1e-6, "{loss:?} {target:?} {lane} {number}: {error}");
                }
            }
        }
    }

    #[test]
    fn lanes_are_single_samples() {
        for ((loss, _), target) in LOSSES.into_iter().flat_map(|l| TARGETS.map(|t| (l, t))) {
            let mut all = [[0.0; 4]; 5];
            let losses = loss.gradient(&OUTPUT, target, &mut all).unwrap();
            for lane in 0..4 {
                let (output, values) = (OUTPUT.map(|o| [o[lane]]), VALUES.map(|v| [v[lane]]));
                let target = match target {
                    Target::Classes(classes) => Target::Classes(&[classes[lane]]),
                    Target::Values(_) => Target::Values(&values),
                };
                let mut gradient = [[0.0]; 5];
                let alone = loss.gradient(&output, target, &mut gradient).unwrap();
                assert_eq!(alone.map(f32::to_bits), [losses[lane].to_bits()]);
                let bits = gradient.map(|gradient| gradient[0].to_bits());
                assert_eq!(bits, all.map(|gradient| gradient[lane].to_bits()));
            }
        }
    }

    #[test]
    fn far_out_is_finite() {
        let (output, mut gradient) = ([[200.0_f32], [-200.0]], [[0.0]; 2]);
        for loss in [Loss::SoftmaxCrossEntropy, Loss::LogisticCrossEntropy] {
            let right = loss.gradient(&output, Target::Classes(&[0]), &mut gradient);
            assert_eq!((right, gradient), (Ok([0.0]), [[0.0]; 2]), "{loss:?}");
        }
        let wrong =
            |loss: Loss, gradient: &mut _| loss.gradient(&output, Target::Classes(&[1]), gradient);
        assert_eq!(wrong(Loss::SoftmaxCrossEntropy, &mut gradient), Ok([400.0]));
        assert_eq!(gradient, [[1.0], [-1.0]]);
        assert_eq!(wrong(Loss::LogisticCrossEntropy, &mut gradient), Ok([200.0]));
        assert_eq!(gradient, [[0.5], [-0.5]]);
    }

    #[test]
    fn the_first_of_the_largest_is_predicted() {
        assert_eq!(predicted(&OUTPUT), [4, 1, 0, 0]);
        assert_eq!(predicted(&[[1.0, f32::NEG_INFINITY], [3.0, -2.0], [3.0, -2.0]]), [1, 1]);
        assert_eq!(predicted::<2>(&[]), [0, 0]);
    }

    #[test]
    fn says_what_is_wrong_and_writes_nothing() {
        let refused = |outputs: usize, target, gradients: usize| {
            let mut gradient = [[7.0; 2]; 3];
            let output = &[[1.0; 2]; 3][..outputs];
            let loss = Loss::MeanSquared.gradient(output, target, &mut gradient[..gradients]);
            assert_eq!(gradient, [[7.0; 2]; 3]);
            loss.unwrap_err()
        };
        let values = [[0.0; 2]; 2];
        assert_eq!(refused(0, Target::Values(&[]), 0), LossError::NoOutputs);
        assert_eq!(
            refused(3, Target::Classes(&[2, 3]), 3),
            LossError::ClassOutOfRange { found: 3, classes: 3 }
        );
        assert_eq!(
            refused(3, Target::Values(&values), 3),
            LossError::WrongValues { expected: 3, found: 2 }
        );
        assert_eq!(
            refused(2, Target::Values(&values), 3),
            LossError::WrongGradient { expected: 2, found: 3 }
        );
    }
}
