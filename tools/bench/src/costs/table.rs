//! The table's text.

use super::fit::Fit;
use kastanet_cli::cost::{Core, STORED, rows as parse};

const HEAD: &str = "\
# Instructions of a product, written by `cargo xtask bench --costs`: core, how it is stored; of a vector, what a stored
# unit takes, a line with its outputs, and a tile of 256 columns behind a line's first; and the same three
# of a tile of four windows.
";

/// The lines of a board.
pub fn rows(board: &str, [vector, tile]: &[Fit; 2]) -> Vec<String> {
    let line = |(number, stored)| {
        let numbers = vector.of(number).into_iter().chain(tile.of(number));
        let numbers: String = numbers.map(|number| format!(" {number:8.3}")).collect();
        format!("{board:<5} {stored:<8}{numbers}")
    };
    STORED.into_iter().enumerate().map(line).collect()
}

/// The table with new lines in the place of old ones, core by core.
pub fn merged(old: &str, new: &[String]) -> String {
    let all = Core::ALL.into_iter().flat_map(|core| {
        STORED.into_iter().filter_map(move |stored| {
            let is = |line: &str| {
                let mut rows = parse(line);
                rows.any(|row| (row.core, row.stored) == (core.name(), stored))
            };
            let newer = new.iter().map(String::as_str).find(|line| is(line));
            newer.or_else(|| old.lines().find(|line| is(line)))
        })
    });
    HEAD.to_string() + &all.map(|line| format!("{line}\n")).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_that_were_not_measured_stay() {
        let old = "# old\nm4 dense 1 2 3 4 5 6\nm3 rice 1 2 3 4 5 6\n";
        let merged = merged(old, &["m4    dense    9 8 7 6 5 4".into()]);
        let rows: Vec<_> = parse(&merged).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].core, rows[0].work[0]), ("m3", [1.0, 2.0, 3.0]));
        assert_eq!((rows[1].core, rows[1].work), ("m4", [[9.0, 8.0, 7.0], [6.0, 5.0, 4.0]]));
    }
}
