//! Least squares without negative numbers.
//!
//! ```text
//! instructions of a walk = Σ shared[i] · x[i] + Σ work[i] · x[i of how it is stored]
//! ```
//!
//! Every sample counts by its relative error. The numbers x ≥ 0 are found by descent: each in turn
//! takes the value that is best while the others stay, or 0 if that is negative, until none moves.

use kastanet_cli::cost::{STORED, Work};

/// A layer that was measured.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The number of how it is stored.
    pub stored: usize,
    /// What is walked.
    pub work: Work,
    /// What does not depend on the format.
    pub shared: [f64; 3],
    /// Instructions of a walk.
    pub instructions: f64,
}

const SHARED: usize = 3;
const UNKNOWN: usize = SHARED + 3 * STORED.len();

/// Rounds at most.
const ROUNDS: usize = 200_000;

/// A round that moves no prediction by more than this share ends it.
const STILL: f64 = 1e-10;

/// What fits best.
pub struct Fit([f64; UNKNOWN]);

impl Sample {
    /// What each unknown is multiplied with.
    fn coefficients(&self) -> [f64; UNKNOWN] {
        let mut all = [0.0; UNKNOWN];
        let (shared, formats) = all.split_at_mut(SHARED);
        shared.copy_from_slice(&self.shared);
        formats[3 * self.stored..][..3].copy_from_slice(&self.work);
        all
    }
}

impl Fit {
    /// What the work of a way to store takes.
    pub fn of(&self, stored: usize) -> Work {
        let start = SHARED + 3 * stored;
        [self.0[start], self.0[start + 1], self.0[start + 2]]
    }

    /// The share by which the sample is off.
    pub fn error(&self, sample: &Sample) -> f64 {
        let products = sample.coefficients().into_iter().zip(self.0);
        let found: f64 = products.map(|(coefficient, x)| coefficient * x).sum();
        (found / sample.instructions - 1.0).abs()
    }

    /// Whether every unit takes something.
    pub fn is_sound(&self) -> bool {
        (0..STORED.len()).all(|stored| self.of(stored)[0] > 0.0)
    }
}

/// The numbers with the least squares.
pub fn fit(samples: &[Sample]) -> Fit {
    let (square, right) = normal(samples);
    let mut x = [0.0; UNKNOWN];
    for _ in 0..ROUNDS {
        let mut moved: f64 = 0.0;
        for at in (0..UNKNOWN).filter(|&at| square[at][at] > 0.0) {
            let products: f64 = square[at].iter().zip(&x).map(|(a, x)| a * x).sum();
            let new = (x[at] + (right[at] - products) / square[at][at]).max(0.0);
            moved = moved.max((new - x[at]).abs() * square[at][at].sqrt());
            x[at] = new;
        }
        if moved < STILL * (samples.len() as f64).sqrt() {
            break;
        }
    }
    Fit(x)
}

/// The normal equations, each sample divided by what was measured.
fn normal(samples: &[Sample]) -> ([[f64; UNKNOWN]; UNKNOWN], [f64; UNKNOWN]) {
    let (mut square, mut right) = ([[0.0; UNKNOWN]; UNKNOWN], [0.0; UNKNOWN]);
    for sample in samples {
        let all = sample.coefficients().map(|coefficient| coefficient / sample.instructions);
        for (row, a) in square.iter_mut().zip(all) {
            row.iter_mut().zip(all).for_each(|(sum, b)| *sum += a * b);
        }
        right.iter_mut().zip(all).for_each(|(sum, a)| *sum += a);
    }
    (square, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lies on lines is found; a number that would be negative is 0.
    #[test]
    fn finds_the_lines() {
        let each = |stored: usize| [2.0 + stored as f64, 30.0, 0.0];
        let mut samples = Vec::new();
        for stored in 0..STORED.len() {
            for (units, lines) in [(100, 8), (400, 8), (900, 64), (50, 64), (3000, 16)] {
                let work = [f64::from(units), f64::from(lines), f64::from(lines % 10)];
                let shared = [1.0, f64::from(units % 7), 0.0];
                let own: f64 = work.iter().zip(each(stored)).map(|(a, b)| a * b).sum();
                let instructions = 70.0 + 5.0 * shared[1] + own;
                samples.push(Sample { stored, work, shared, instructions });
            }
        }
        let fit = fit(&samples);
        assert!(fit.is_sound());
        assert!(samples.iter().all(|sample| fit.error(sample) < 0.01));
        for stored in 0..STORED.len() {
            let (found, expected) = (fit.of(stored), each(stored));
            assert!((found[0] - expected[0]).abs() < 0.1, "{found:?}");
            assert!((found[1] - expected[1]).abs() < 3.0, "{found:?}");
            assert!(found.iter().all(|&number| number >= 0.0));
        }
    }
}
