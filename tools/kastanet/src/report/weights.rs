//! What is in a file of weights by themselves.

use super::shape_string;
use super::table::{Column, Table, name, number, title};
use crate::description::{Weights, starter};
use serde::Serialize;
use std::fmt::{self, Display};

/// What a file of weights holds.
#[derive(Clone, Debug, Serialize)]
pub struct WeightsReport {
    /// `weights`.
    pub kind: &'static str,
    /// `safetensors` or `NumPy`.
    pub format: &'static str,
    /// The arrays.
    pub tensors: Vec<WeightsRow>,
    /// The elements of all arrays.
    pub elements: usize,
    /// A description to begin with.
    pub description: String,
}

/// One array.
#[derive(Clone, Debug, Serialize)]
pub struct WeightsRow {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub dtype: String,
    /// Its sizes.
    pub shape: Vec<usize>,
}

impl WeightsRow {
    fn elements(&self) -> usize {
        self.shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
    }
}

impl WeightsReport {
    /// Gathers what a file called `file` holds.
    pub fn of(weights: &Weights<'_>, file: &str, format: &'static str) -> Self {
        let row = |(name, array): (&str, &crate::description::Stored<'_>)| WeightsRow {
            name: name.into(),
            dtype: array.element.to_string(),
            shape: array.shape.clone(),
        };
        let tensors: Vec<WeightsRow> = weights.all().into_iter().map(row).collect();
        let elements = tensors.iter().map(WeightsRow::elements).fold(0, usize::saturating_add);
        let description = starter(file, weights);
        WeightsReport { kind: "weights", format, tensors, elements, description }
    }
}

impl Display for WeightsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Column::{Left, Right};
        writeln!(f, "Weights by themselves ({})", self.format)?;
        let mut table =
            Table::new(&[Left("tensor"), Left("type"), Left("shape"), Right("elements")]);
        for row in &self.tensors {
            let elements = number(row.elements());
            table.row([&name(&row.name), &row.dtype, &shape_string(&row.shape), &elements]);
        }
        write!(f, "{}{table}", title("Tensors"))?;
        writeln!(f, "{} in all", number(self.elements))?;
        write!(f, "{}", title("A description to begin with"))?;
        writeln!(f, "# input, strides, paddings, pools and activations are yours to say")?;
        self.description.lines().try_for_each(|line| writeln!(f, "{}", super::printable(line)))
    }
}
