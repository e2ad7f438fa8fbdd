//! How far what comes in is from what came in before.

/// Running statistics of inputs and answers. Recent samples count more: each by a share of `1 / memory`.
///
/// ```
/// use kastanet::continual::Drift;
///
/// let (mut before, mut now) = (Drift::new(16), Drift::new(16));
/// for number in 0..32_i32 {
///     before.take(&[(number % 5) as i8, 0, 3], 0.9);
///     now.take(&[(number % 5) as i8 + 40, 40, 43], 0.4);
/// }
/// assert!(now.distance(&before) > 10.0);
/// assert!(now.confidence() < 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Drift {
    memory: u32,
    samples: u32,
    /// Means of an input's bytes, of their squares, and of how sure the network was.
    mean: f32,
    square: f32,
    confidence: f32,
}

impl Drift {
    /// Of about the last `memory` samples, 1 at least.
    pub const fn new(memory: u32) -> Self {
        Drift { memory, samples: 0, mean: 0.0, square: 0.0, confidence: 0.0 }
    }

    /// Takes a sample into account: its bytes, and the probability of the answer that the network gave.
    pub fn take(&mut self, input: &[i8], confidence: f32) {
        if input.is_empty() || !confidence.is_finite() {
            return;
        }
        self.samples = self.samples.saturating_add(1);
        let share = 1.0 / self.samples.min(self.memory.max(1)) as f32;
        let count = input.len() as f32;
        let sum = |f: fn(i32) -> i32| input.iter().map(|&byte| f(byte.into()) as f32).sum::<f32>();
        let (mean, square) = (sum(|byte| byte) / count, sum(|byte| byte * byte) / count);
        self.mean += (mean - self.mean) * share;
        self.square += (square - self.square) * share;
        self.confidence += (confidence - self.confidence) * share;
    }

    /// Samples so far.
    pub fn samples(&self) -> u32 {
        self.samples
    }

    /// How sure the network was, on the mean: a probability.
    pub fn confidence(&self) -> f32 {
        self.confidence
    }

    /// Mean of the inputs' bytes.
    pub fn mean(&self) -> f32 {
        self.mean
    }

    /// Standard deviation of the inputs' bytes, 1 at least.
    pub fn deviation(&self) -> f32 {
        libm::sqrtf((self.square - self.mean * self.mean).max(1.0))
    }

    /// How far the inputs are from those of `other`, in its standard deviations: of the mean, or of the spread,
    /// whichever is farther.
    pub fn distance(&self, other: &Drift) -> f32 {
        let [mean, spread] =
            [self.mean - other.mean, self.deviation() - other.deviation()].map(f32::abs);
        mean.max(spread) / other.deviation()
    }
}
