//! Right and wrong answers of a classifier.

use super::compare;
use crate::data::Data;
use crate::failure::Failure;
use kastanet::image::Image;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// More outputs than this are no classes.
const MAX_CLASSES: usize = 4096;

/// How often a classifier is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Number of samples.
    pub samples: usize,
    /// Samples whose class was found.
    pub correct: usize,
    /// Their share.
    pub accuracy: f64,
    /// The classes' names, or their numbers.
    pub classes: Vec<String>,
    /// Samples by true class (outer) and class found (inner).
    pub confusion: Confusion,
}

/// Counts of samples by true class and class found; only those that are not zero take memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    classes: usize,
    counts: BTreeMap<(usize, usize), usize>,
}

impl Confusion {
    fn new(classes: usize) -> Self {
        Confusion { classes, counts: BTreeMap::new() }
    }

    fn add(&mut self, class: usize, found: usize) {
        *self.counts.entry((class, found)).or_default() += 1;
    }

    /// One row a true class, with a count for each class found.
    pub fn rows(&self) -> impl Iterator<Item = Vec<usize>> {
        (0..self.classes).map(|class| {
            let mut row = vec![0; self.classes];
            for (&(_, found), &count) in self.counts.range((class, 0)..(class + 1, 0)) {
                if let Some(place) = row.get_mut(found) {
                    *place = count;
                }
            }
            row
        })
    }
}

/// Row by row.
impl Serialize for Confusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows())
    }
}

/// The place of the largest value; the first of equals.
pub fn argmax(values: impl IntoIterator<Item = f32>) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, value) in values.into_iter().enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

/// Runs `image` over samples and compares the largest value of its first output with their classes; `after` is
/// called once a sample.
///
/// # Errors
///
/// Samples that do not fit the network, or classes that it does not have.
pub fn score(image: Image<'_>, data: &Data, after: impl Fn() + Sync) -> Result<Score, Failure> {
    let truth = Truth::new(image, data)?;
    Ok(truth.score(&compare(image, data, &[], after)?.answers))
}

/// The true class of each sample, and the classes that an image has.
#[derive(Clone, Debug)]
pub struct Truth {
    classes: Vec<String>,
    of: Vec<u16>,
}

impl Truth {
    /// Of samples with their classes.
    ///
    /// # Errors
    ///
    /// Too many classes, or those of the samples are not the image's.
    pub fn new(image: Image<'_>, data: &Data) -> Result<Self, Failure> {
        let output = image.outputs().next();
        let output = output.ok_or_else(|| Failure::new("the network has no output"))?;
        let classes = classes(image, output.elements())?;
        let of = data.classes_of(&image.labels().collect::<Vec<_>>(), classes.len())?;
        Ok(Truth { of, classes })
    }

    /// Compares answers with it.
    pub fn score(&self, answers: &[usize]) -> Score {
        let mut confusion = Confusion::new(self.classes.len());
        let of = self.of.iter().zip(answers);
        of.for_each(|(&class, &found)| confusion.add(class.into(), found));
        let (samples, correct) = (self.of.len(), self.correct(answers));
        let accuracy = correct as f64 / samples as f64;
        Score { samples, correct, accuracy, classes: self.classes.clone(), confusion }
    }

    /// How many answers are right.
    pub fn correct(&self, answers: &[usize]) -> usize {
        let of = self.of.iter().zip(answers);
        of.filter(|&(&class, &found)| usize::from(class) == found).count()
    }
}

/// The names of the classes; a number where there is none.
fn classes(image: Image<'_>, count: usize) -> Result<Vec<String>, Failure> {
    if count > MAX_CLASSES {
        return Err(Failure::new("the network is no classifier")
            .because(format!("its first output has {count} values, at most {MAX_CLASSES} classes"))
            .help("use `kastanet run` and compare its outputs"));
    }
    let mut labels = image.labels();
    Ok((0..count).map(|class| labels.next().map_or(class.to_string(), Into::into)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(argmax([1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(argmax([-5.0]), 0);
        assert_eq!(argmax([]), 0);
    }
}
