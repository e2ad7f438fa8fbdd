//! The report as text: a table for each board.

use crate::results::Row;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

const HEAD: [&str; 13] = [
    "case",
    "zeros",
    "unit",
    "format",
    "instructions",
    "/MAC",
    "/nonzero",
    "÷ CMSIS-NN",
    "÷ 4.0.0",
    "others",
    "weights",
    "flash",
    "stack",
];

/// Prints the rows, which stand board by board.
pub fn print(rows: &[Row]) {
    for board in rows.chunk_by(|a, b| a.board == b.board) {
        println!("\n{}", board[0].board);
        let mut table = Table::new();
        let line = LineStyle::none().fill('─').junction('─');
        table.load_style(TableStyle::new().header_separator(line)).set_header(HEAD);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.add_rows(board.iter().map(cells));
        for (index, column) in table.column_iter_mut().enumerate() {
            let text = [0, 2, 3].contains(&index);
            column.set_cell_alignment(if text {
                CellAlignment::Left
            } else {
                CellAlignment::Right
            });
        }
        println!("{table}");
    }
}

fn cells(row: &Row) -> [String; 13] {
    let per_mac = row.instructions as f64 / row.macs as f64;
    let mut cells = [const { String::new() }; 13];
    cells[0] = row.layer.as_ref().map_or(row.case.clone(), |layer| format!("  {layer}"));
    cells[1] = format!("{:.1} %", 100.0 * row.sparsity);
    cells[2] = row.unit.clone();
    cells[3] = row.format.clone();
    cells[4] = grouped(row.instructions);
    cells[5] = format!("{per_mac:.2}");
    cells[6] = format!("{:.2}", row.instructions as f64 / row.nonzero_macs as f64);
    cells[10] = grouped(row.weight_bytes as u64);
    if let Some(network) = &row.network {
        let ratio = |peer| format!("{:.3}", row.instructions as f64 / peer as f64);
        cells[7] = network.peer_instructions.map(ratio).unwrap_or_default();
        cells[8] = network.peer_release_instructions.map(ratio).unwrap_or_default();
        cells[9] = grouped(network.other_instructions);
        cells[11] = grouped(network.flash_bytes as u64);
        cells[12] = grouped(network.stack_bytes as u64);
    }
    cells
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn groups_digits() {
        assert_eq!(
            [0, 12, 999, 1000, 12_501_632].map(super::grouped),
            ["0", "12", "999", "1,000", "12,501,632"]
        );
    }
}
