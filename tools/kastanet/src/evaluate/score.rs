//! Right and wrong answers of a classifier.

use super::{Session, compare};
use crate::arrays::Array;
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

/// Runs `image` over the samples of `x` and compares the largest value of its first output with
/// the class in `y`, each given with its name in messages; `after` is called once a sample.
///
/// # Errors
///
/// Arrays that do not fit the network or each other, or a class it does not have.
pub fn score<'a>(
    image: Image<'a>,
    x: &[(String, &'a Array)],
    y: (&str, &Array),
    after: impl Fn() + Sync,
) -> Result<Score, Failure> {
    let truth = Truth::new(image, y, Session::new(image, x)?.samples())?;
    Ok(truth.score(&compare(image, x, &[], after)?.answers))
}

/// The true class of each sample, and the classes that an image has.
#[derive(Clone, Debug)]
pub struct Truth {
    classes: Vec<String>,
    of: Vec<usize>,
}

impl Truth {
    /// Of so many samples, from an array that is given with its name in messages.
    ///
    /// # Errors
    ///
    /// Too many classes, or those in `y` are not the image's, or not of these samples.
    pub fn new(image: Image<'_>, y: (&str, &Array), samples: usize) -> Result<Self, Failure> {
        let output = image.outputs().next();
        let output = output.ok_or_else(|| Failure::new("the network has no output"))?;
        let classes = classes(image, output.elements())?;
        Ok(Truth { of: truth(y, samples, classes.len())?, classes })
    }

    /// Compares answers with it.
    pub fn score(&self, answers: &[usize]) -> Score {
        let mut confusion = Confusion::new(self.classes.len());
        self.of.iter().zip(answers).for_each(|(&class, &found)| confusion.add(class, found));
        let (samples, correct) = (self.of.len(), self.correct(answers));
        let accuracy = correct as f64 / samples as f64;
        Score { samples, correct, accuracy, classes: self.classes.clone(), confusion }
    }

    /// How many answers are right.
    pub fn correct(&self, answers: &[usize]) -> usize {
        self.of.iter().zip(answers).filter(|(class, found)| class == found).count()
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

/// The true class of each sample.
fn truth((name, y): (&str, &Array), samples: usize, classes: usize) -> Result<Vec<usize>, Failure> {
    let failed = || Failure::new(format!("cannot use {name}"));
    if y.shape != [samples] {
        return Err(failed()
            .because(format!("expected the shape ({samples},), found {}", y.shape_string()))
            .help("give one class number for each sample of `x`; of one-hot rows, y.argmax(1)"));
    }
    if !y.is_integer() {
        return Err(failed()
            .because(format!("expected integers, found {}", y.element))
            .help("give class numbers, y.astype(numpy.int64)"));
    }
    let numbers = y.integers().ok_or_else(|| {
        failed()
            .because(format!("a class is out of range, the network has {classes} outputs"))
            .help("number the classes from 0, in the order of the network's outputs")
    })?;
    let class = |(sample, number): (usize, i64)| {
        let class = usize::try_from(number).ok().filter(|&class| class < classes);
        class.ok_or_else(|| {
            failed()
                .because(format!(
                    "sample {sample} is of class {number}, the network has {classes} outputs"
                ))
                .help("number the classes from 0, in the order of the network's outputs")
        })
    };
    numbers.into_iter().enumerate().map(class).collect()
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
