//! The formats by code and by name.

use super::TILE;

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Format {
    /// Every weight.
    Dense = 0,
    /// Nonzeros with 8-bit column deltas.
    Delta8 = 1,
    /// Nonzeros with 4-bit column deltas.
    Delta4 = 2,
    /// Blocks of 4 rows and 1 column.
    Block4x1 = 3,
    /// Blocks of 1 row and 4 columns.
    Block1x4 = 4,
    /// N of every M consecutive columns.
    Nm = 5,
    /// Nonzeros with 8-bit columns.
    Index8 = 6,
    /// Nonzeros with Rice-coded gaps.
    Rice = 7,
}

impl Format {
    /// Every format, in the order of the codes.
    pub const ALL: [Format; 8] = [
        Format::Dense,
        Format::Delta8,
        Format::Delta4,
        Format::Block4x1,
        Format::Block1x4,
        Format::Nm,
        Format::Index8,
        Format::Rice,
    ];

    /// The format with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Dense => "dense",
            Format::Delta8 => "delta8",
            Format::Delta4 => "delta4",
            Format::Block4x1 => "block4x1",
            Format::Block1x4 => "block1x4",
            Format::Nm => "nm",
            Format::Index8 => "index8",
            Format::Rice => "rice",
        }
    }

    /// Entries in the row table of a matrix; 0 where the format has no row table.
    pub const fn table_entries(self, rows: usize, cols: usize) -> usize {
        match self {
            Format::Dense | Format::Nm | Format::Rice => 0,
            Format::Delta8 | Format::Delta4 => rows,
            Format::Index8 => rows.saturating_mul(cols.div_ceil(TILE)),
            Format::Block4x1 => rows.div_ceil(4).saturating_mul(cols.div_ceil(TILE)),
            Format::Block1x4 => rows.saturating_mul(cols.div_ceil(4 * TILE)),
        }
    }

    /// Bytes of the row table of a matrix with this parameter: the width of its entries.
    pub const fn table_len(self, rows: usize, cols: usize, parameter: u8) -> usize {
        self.table_entries(rows, cols).saturating_mul(parameter as usize)
    }
}
