//! Tables of text, and numbers in them.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use std::fmt::Display;

/// Letters of a name that are shown.
const LONGEST_NAME: usize = 40;

/// The heading of a column: text stands left, numbers right.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// Text.
    Left(&'a str),
    /// Numbers.
    Right(&'a str),
}

impl Column<'_> {
    fn name(&self) -> String {
        let (Column::Left(name) | Column::Right(name)) = self;
        printable(name)
    }
}

/// A table under construction.
pub struct Table(comfy_table::Table);

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column<'_>]) -> Self {
        let mut table = comfy_table::Table::new();
        let line = LineStyle::none().fill('─').junction('─');
        table.load_style(TableStyle::new().header_separator(line));
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(Column::name));
        for (index, column) in columns.iter().enumerate() {
            let right = matches!(column, Column::Right(_));
            let alignment = if right { CellAlignment::Right } else { CellAlignment::Left };
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(alignment);
            }
        }
        Table(table)
    }

    /// Appends a row.
    pub fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        self.0.add_row(cells.into_iter().map(|cell| printable(&cell.to_string())));
        self
    }

    /// Whether there is nothing to print.
    pub fn is_empty(&self) -> bool {
        self.0.row_count() == 0
    }
}

/// Names come from files: what a terminal would act upon is left out.
pub(crate) fn printable(text: &str) -> String {
    // Controls, and marks that turn the direction of writing.
    let acts =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

impl Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

/// A number with its thousands apart: `12,345`.
pub fn number(value: impl Display) -> String {
    let digits = value.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// A number of bytes: `12,345 bytes`.
pub fn bytes(value: usize) -> String {
    format!("{} bytes", number(value))
}

/// A share: `96.9 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A name that fits a column: the first of those that a converter joined, at most 40 letters.
pub fn name(text: &str) -> String {
    let first = text.split(';').next().unwrap_or(text);
    let mut name: String = first.chars().take(LONGEST_NAME).collect();
    if name.len() < text.len() {
        name.push('…');
    }
    name
}

/// The same without what turns the direction of writing.
pub(crate) fn short_name(text: &str) -> String {
    name(&printable(text))
}

/// A heading.
pub fn title(text: &str) -> String {
    let bold = anstyle::Style::new().bold();
    format!("\n{bold}{text}{bold:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(
            [0, 12, 123, 1234, 1_234_567].map(number),
            ["0", "12", "123", "1,234", "1,234,567"]
        );
        assert_eq!(percent(0.96904), "96.9 %");
    }

    #[test]
    fn aligns_columns() {
        let mut table = Table::new(&[Column::Left("layer"), Column::Right("bytes")]);
        table.row(["a\u{1b}[31m", "1"]).row(["bb", "22"]);
        let lines: Vec<String> = table.to_string().lines().map(Into::into).collect();
        assert_eq!(
            lines,
            [" layer    bytes", "────────────────", " a [31m       1", " bb          22"]
        );
    }
}
