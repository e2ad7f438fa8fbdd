//! The learning rate over the steps.

/// The learning rate over the steps, from step 0 on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Schedule {
    /// One rate.
    Constant {
        /// It.
        rate: f32,
    },
    /// `rate`, times `factor` after each `every` steps.
    Step {
        /// The first rate.
        rate: f32,
        /// 0 to 1.
        factor: f32,
        /// 1 or more.
        every: u32,
    },
    /// From `rate` down to 0 along half a cosine, in `steps` steps; 0 after them.
    Cosine {
        /// The first rate.
        rate: f32,
        /// 1 or more.
        steps: u32,
    },
    /// The same along an approximate cosine, `micromath`'s, which takes less flash than `libm`'s: at most
    /// 0.001 · `rate` away. As any other it gives the same bits on every machine.
    #[cfg(feature = "micromath")]
    RoughCosine {
        /// The first rate.
        rate: f32,
        /// 1 or more.
        steps: u32,
    },
}

impl Schedule {
    /// The rate at step `step`.
    pub fn at(&self, step: u32) -> f32 {
        match *self {
            Schedule::Constant { rate } => rate,
            Schedule::Step { rate, factor, every } => {
                let times = step.checked_div(every).unwrap_or_default();
                rate * power(factor, times)
            }
            Schedule::Cosine { rate, steps } => rate * half_cosine(step, steps, libm::cosf),
            #[cfg(feature = "micromath")]
            Schedule::RoughCosine { rate, steps } => {
                rate * half_cosine(step, steps, micromath::F32Ext::cos)
            }
        }
    }

    /// The highest rate, which is the first.
    pub(super) fn highest(&self) -> f32 {
        match *self {
            Schedule::Constant { rate }
            | Schedule::Step { rate, .. }
            | Schedule::Cosine { rate, .. } => rate,
            #[cfg(feature = "micromath")]
            Schedule::RoughCosine { rate, .. } => rate,
        }
    }

    pub(super) fn is_legal(&self) -> bool {
        match *self {
            Schedule::Constant { .. } => true,
            Schedule::Step { factor, every, .. } => every > 0 && (0.0..=1.0).contains(&factor),
            Schedule::Cosine { steps, .. } => steps > 0,
            #[cfg(feature = "micromath")]
            Schedule::RoughCosine { steps, .. } => steps > 0,
        }
    }
}

/// From 1 down to 0 in `steps` steps, by this cosine; 0 after them.
fn half_cosine(step: u32, steps: u32, cosine: impl Fn(f32) -> f32) -> f32 {
    if step >= steps {
        return 0.0;
    }
    let angle = core::f32::consts::PI * (step as f32 / steps as f32);
    let share = 0.5 * (1.0 + cosine(angle));
    // An approximate cosine may be below −1.
    if share > 0.0 { share } else { 0.0 }
}

/// `base` to the power of `times`, by squaring.
pub(super) fn power(mut base: f32, mut times: u32) -> f32 {
    let mut power = 1.0;
    while times > 0 {
        if times % 2 == 1 {
            power *= base;
        }
        base *= base;
        times /= 2;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        let step = Schedule::Step { rate: 0.8, factor: 0.5, every: 10 };
        assert_eq!([0, 9, 10, 25].map(|at| step.at(at)), [0.8, 0.8, 0.4, 0.2]);
        let cosine = Schedule::Cosine { rate: 0.1, steps: 100 };
        assert_eq!(cosine.at(0), 0.1);
        assert!((cosine.at(50) - 0.05).abs() < 1e-8 && cosine.at(99) < 1e-4);
        assert_eq!([100, u32::MAX].map(|at| cosine.at(at)), [0.0; 2]);
    }

    #[test]
    #[cfg(feature = "micromath")]
    fn a_rough_cosine_is_near() {
        for steps in [1, 2, 7, 1000, 100_003] {
            let rough = Schedule::RoughCosine { rate: 2.0, steps };
            let exact = Schedule::Cosine { rate: 2.0, steps };
            for step in (0..steps + 3).step_by(1 + steps as usize / 1000) {
                let (rough, exact) = (rough.at(step), exact.at(step));
                assert!(rough >= 0.0 && (rough - exact).abs() <= 0.001 * 2.0, "{rough} {exact}");
            }
        }
    }

    #[test]
    fn powers() {
        assert_eq!([0, 1, 2, 5].map(|times| power(0.5, times)), [1.0, 0.5, 0.25, 0.03125]);
        assert_eq!(power(0.9, u32::MAX), 0.0);
    }
}
