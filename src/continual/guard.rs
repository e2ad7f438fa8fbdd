//! Whether an adaptation has made things better, by samples that it has not learned from.

use super::replay::Sample;

/// How many samples a network knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Score {
    /// Those whose class it finds.
    pub right: u32,
    /// All.
    pub all: u32,
}

impl Score {
    /// Of `samples`, whose class `predict` finds, or not.
    pub fn of<'s>(
        samples: impl Iterator<Item = Sample<'s>>,
        mut predict: impl FnMut(Sample<'s>) -> Option<u16>,
    ) -> Self {
        samples.fold(Score::default(), |score, sample| {
            let is_right = predict(sample) == Some(sample.class.into());
            Score { right: score.right + u32::from(is_right), all: score.all + 1 }
        })
    }
}

/// What is to become of what was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// Keep it: commit.
    Keep,
    /// It knows fewer of the samples that were held back: load the last commit.
    RollBack,
}

/// Judges an adaptation by what was known before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Guard {
    /// What was known before.
    pub before: Score,
    /// How many samples fewer may be known.
    pub slack: u32,
}

impl Guard {
    /// Judges by what is known now.
    pub fn judge(&self, after: Score) -> Verdict {
        match after.right.saturating_add(self.slack) < self.before.right {
            true => Verdict::RollBack,
            false => Verdict::Keep,
        }
    }
}
