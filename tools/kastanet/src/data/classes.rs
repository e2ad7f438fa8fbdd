//! The class of each sample.

use crate::arrays::Array;
use crate::failure::Failure;
use crate::words;
use std::collections::{BTreeSet, HashMap};

/// A class for each sample: a number from 0, and what the numbers stand for where classes have names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    whose: String,
    numbers: Vec<u16>,
    names: Option<Vec<String>>,
}

impl Classes {
    /// The integers of an array, called `whose` in messages, for so many samples.
    ///
    /// # Errors
    ///
    /// Another shape or type, a number that is no class.
    pub fn of_array(whose: &str, y: &Array, samples: usize) -> Result<Self, Failure> {
        if y.shape != [samples] {
            let count = match y.shape.as_slice() {
                [count] => format!("there are {samples} samples and {count} classes: "),
                _ => String::new(),
            };
            return Err(failed(whose)
                .because(format!(
                    "{count}expected the shape ({samples},), found {}",
                    y.shape_string()
                ))
                .help(
                    "give one class number for each sample of `x`; of one-hot rows, y.argmax(1)",
                ));
        }
        if !y.is_integer() {
            return Err(failed(whose)
                .because(format!("expected integers, found {}", y.element))
                .help("give class numbers, y.astype(numpy.int64)"));
        }
        Self::of_numbers(
            whose,
            &y.integers().ok_or_else(|| {
                failed(whose)
                    .because("a class is out of range")
                    .help("number the classes from 0, in the order of the network's outputs")
            })?,
        )
    }

    /// Numbers as they are.
    ///
    /// # Errors
    ///
    /// A number that is no class.
    pub(super) fn of_numbers(whose: &str, numbers: &[i64]) -> Result<Self, Failure> {
        let class = |(sample, &number): (usize, &i64)| {
            u16::try_from(number).map_err(|_| {
                failed(whose)
                    .because(format!("sample {sample} is of class {number}, expected 0 to 65535"))
                    .help("number the classes from 0, in the order of the network's outputs")
            })
        };
        let numbers = numbers.iter().enumerate().map(class).collect::<Result<_, _>>()?;
        Ok(Classes { whose: whose.into(), numbers, names: None })
    }

    /// Classes that are called something: their numbers are their places among `names`, which are sorted.
    ///
    /// # Errors
    ///
    /// More names than there are numbers.
    pub(super) fn of_names<'n>(
        whose: &str,
        names: BTreeSet<&'n str>,
        samples: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, Failure> {
        if names.len() > usize::from(u16::MAX) {
            return Err(failed(whose)
                .because(format!("it has {} classes, at most 65535", names.len()))
                .help("is it the class, and not a number that is to be predicted?"));
        }
        let numbers: HashMap<&str, u16> = names.iter().copied().zip(0..).collect();
        let numbers = samples.into_iter().filter_map(|name| numbers.get(name).copied()).collect();
        let names = names.into_iter().map(Into::into).collect();
        Ok(Classes { whose: whose.into(), numbers, names: Some(names) })
    }

    /// The numbers, one a sample.
    pub fn numbers(&self) -> &[u16] {
        &self.numbers
    }

    /// The classes' names, in the order of their numbers.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The numbers as a network has them that calls its outputs `labels`, or does not call them anything.
    ///
    /// # Errors
    ///
    /// A class that the network does not have; of names without labels, another number of them.
    pub fn numbers_of(&self, labels: &[&str], outputs: usize) -> Result<Vec<u16>, Failure> {
        let numbers = match &self.names {
            Some(names) if !labels.is_empty() => self.renumbered(names, labels)?,
            Some(names) if names.len() != outputs => {
                return Err(self.another_number(names, outputs));
            }
            _ => self.numbers.clone(),
        };
        match numbers.iter().position(|&class| usize::from(class) >= outputs) {
            None => Ok(numbers),
            Some(sample) => Err(failed(&self.whose)
                .because(format!(
                    "sample {sample} is of class {}, the network has {outputs} outputs",
                    numbers[sample]
                ))
                .help("number the classes from 0, in the order of the network's outputs")),
        }
    }

    /// By name.
    fn renumbered(&self, names: &[String], labels: &[&str]) -> Result<Vec<u16>, Failure> {
        let place = |name: &String| {
            let place = labels.iter().position(|label| label == name);
            place.and_then(|place| u16::try_from(place).ok()).ok_or_else(|| {
                failed(&self.whose)
                    .because(format!(
                        "class `{}` is none of the image's labels: {}",
                        words::short(name),
                        words::list(labels)
                    ))
                    .help("call the classes as `pack --labels` does, or pack without labels")
            })
        };
        let places = names.iter().map(place).collect::<Result<Vec<u16>, _>>()?;
        let place = |&class: &u16| places.get(usize::from(class)).copied().unwrap_or(class);
        Ok(self.numbers.iter().map(place).collect())
    }

    fn another_number(&self, names: &[String], outputs: usize) -> Failure {
        failed(&self.whose)
            .because(format!(
                "it has {} ({}), the network has {outputs} outputs",
                if names.len() == 1 {
                    "1 class".into()
                } else {
                    format!("{} classes", names.len())
                },
                words::list(names)
            ))
            .help("give samples of every class; where an image has labels, classes go by these")
    }
}

fn failed(whose: &str) -> Failure {
    Failure::new(format!("cannot use {whose}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn animals() -> Classes {
        let names = ["dog", "cat", "dog"];
        Classes::of_names("the pets", names.into_iter().collect(), names).unwrap()
    }

    #[test]
    fn names_are_sorted_and_go_by_labels() {
        let classes = animals();
        assert_eq!(classes.names().unwrap(), ["cat", "dog"]);
        assert_eq!(classes.numbers(), [1, 0, 1]);
        assert_eq!(classes.numbers_of(&[], 2).unwrap(), [1, 0, 1]);
        assert_eq!(classes.numbers_of(&["dog", "eel", "cat"], 3).unwrap(), [0, 2, 0]);
    }

    #[test]
    fn refuses_other_classes() {
        let said = |labels: &[&str], outputs| animals().numbers_of(labels, outputs).unwrap_err();
        assert!(said(&[], 3).to_string().contains("2 classes (cat, dog), the network has 3"));
        assert!(said(&["dog", "eel"], 2).to_string().contains("class `cat` is none of"));
        let numbers = Classes::of_numbers("them", &[0, 2]).unwrap();
        let error = numbers.numbers_of(&["a"], 2).unwrap_err().to_string();
        assert!(error.contains("sample 1 is of class 2"), "{error}");
        assert!(Classes::of_numbers("them", &[0, 65_536]).is_err());
    }
}
