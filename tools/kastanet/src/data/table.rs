//! Comma-separated values: a row a sample, its values in the order of the network's input, channels last.
//!
//! The class stands in the column called `y`, `class` or `label`, else in the last. The first row is a header where it
//! has such a cell, or no number. Commas, semicolons or tabs part the cells, whichever the first row has most of.

mod rows;

use super::{Ask, Classes, Data, MAX_BYTES, Wanted, unusable};
use crate::arrays::{Array, Element};
use crate::failure::Failure;
use crate::words::{count, short};
use rows::{Row, Rows};
use std::path::Path;

/// What the column of classes is called.
const CLASS: [&str; 3] = ["y", "class", "label"];

/// Reads a table.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    wanted: &Wanted,
    after: &mut dyn FnMut(usize),
) -> Result<Data, Failure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut rows = Rows::new(path, bytes, wanted.size().saturating_add(1));
    let mut table = match rows.next()? {
        Some(first) => Table::new(path, &first, wanted)?,
        None => return Err(empty(path)),
    };
    while let Some(row) = rows.next()? {
        table.take(&row)?;
        after(bytes.len() / row.size().max(1));
    }
    if table.samples == 0 {
        return Err(empty(path));
    }
    let shape = [&[table.samples][..], &wanted.shape].concat();
    let x = Array { shape, element: Element::F32, bytes: table.bytes };
    let name = format!("`{}`", path.display());
    let has_classes = wanted.classes != Ask::Never && table.class.is_some();
    let classes = has_classes.then(|| classes(&name, &table.classes)).transpose()?;
    Ok(Data { name, x, is_raw: true, classes })
}

fn empty(path: &Path) -> Failure {
    unusable(path).because("there are no samples in it").help("give a row for each")
}

/// What has been read.
struct Table<'t> {
    path: &'t Path,
    /// Number of columns, their names where there is a header, and which of them is the class.
    columns: usize,
    names: Vec<String>,
    class: Option<usize>,
    samples: usize,
    bytes: Vec<u8>,
    classes: Vec<String>,
}

impl<'t> Table<'t> {
    /// Of the columns that the first row shows; if it is no header, with its values.
    fn new(path: &'t Path, first: &Row<'_>, wanted: &Wanted) -> Result<Self, Failure> {
        let cells: Vec<String> = first.cells().map(Into::into).collect();
        let is_class = |cell: &str| CLASS.iter().any(|class| cell.eq_ignore_ascii_case(class));
        let named: Vec<usize> = (0..cells.len()).filter(|&at| is_class(&cells[at])).collect();
        let is_header = !named.is_empty() || cells.iter().all(|cell| cell.parse::<f32>().is_err());
        let class = match *named.as_slice() {
            [at] => Some(at),
            [a, b, ..] => return Err(two_classes(path, &cells[a], &cells[b])),
            [] if cells.len() == wanted.size() && wanted.classes != Ask::Always => None,
            [] => cells.len().checked_sub(1),
        };
        let columns = cells.len();
        if columns != wanted.size() + usize::from(class.is_some()) {
            return Err(another_size(path, first, wanted));
        }
        let names = if is_header { cells } else { vec![] };
        let (samples, bytes, classes) = (0, vec![], vec![]);
        let mut table = Table { path, columns, names, class, samples, bytes, classes };
        if !is_header {
            table.take(first)?;
        }
        Ok(table)
    }

    /// One sample more.
    fn take(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        let (path, line) = (self.path, row.line);
        let failed = |cause: String, help: &str| Err(unusable(path).because(cause).help(help));
        if row.len() != self.columns {
            let (found, expected) = (count(row.len(), "value"), self.columns);
            let cause = format!("line {line} has {found}, the first has {expected}");
            return failed(cause, "give all rows as many values");
        }
        if self.bytes.len() > MAX_BYTES {
            let cause = format!("its values up to line {line} take more than {MAX_BYTES} bytes");
            return failed(cause, "give fewer samples");
        }
        for (at, cell) in row.cells().enumerate() {
            let value = cell.parse::<f32>().ok().filter(|value| value.is_finite());
            match (self.class == Some(at), value) {
                (true, _) if !cell.is_empty() => self.classes.push(cell.into()),
                (false, Some(value)) => self.bytes.extend(value.to_le_bytes()),
                (is_class, _) => {
                    let (cell, column) = (short(&cell), self.column(at));
                    let expected = if is_class { "a class" } else { "a number" };
                    let cause =
                        format!("line {line} has `{cell}` in {column}, expected {expected}");
                    return failed(cause, "fill the gap, or leave the row out");
                }
            }
        }
        self.samples += 1;
        Ok(())
    }

    /// A column in messages.
    fn column(&self, at: usize) -> String {
        let number = || format!("column {}", at + 1);
        self.names.get(at).map_or_else(number, |name| format!("column `{}`", short(name)))
    }
}

fn two_classes(path: &Path, first: &str, second: &str) -> Failure {
    unusable(path)
        .because(format!("both `{first}` and `{second}` are columns of classes"))
        .help("call one of them something else, or leave it out")
}

fn another_size(path: &Path, first: &Row<'_>, wanted: &Wanted) -> Failure {
    let (line, found) = (first.line, count(first.len(), "value"));
    let (size, shape) = (wanted.size(), wanted.said());
    unusable(path)
        .because(format!(
            "line {line} has {found}, expected {size} ({shape}) for the network, and the class"
        ))
        .help("give a row of as many values for each sample, and its class")
}

/// Integers are the numbers of classes, else what stands there is their name.
fn classes(name: &str, cells: &[String]) -> Result<Classes, Failure> {
    let numbers = cells.iter().map(|cell| integer(cell)).collect::<Option<Vec<i64>>>();
    match numbers {
        Some(numbers) => Classes::of_numbers(name, &numbers),
        None => {
            let cells = || cells.iter().map(String::as_str);
            Classes::of_names(name, cells().collect(), cells())
        }
    }
}

/// `3`, or `3.0` as tables of floats have it.
fn integer(cell: &str) -> Option<i64> {
    let whole = || cell.parse::<f64>().ok().filter(|number| number.fract() == 0.0);
    cell.parse().ok().or_else(|| whole().map(|number| number as i64))
}
