//! Where weights come from: the image's reserve, its weights, its biases.

use super::base::{Base, Stored, TILE_BYTES};
use super::grid::{Grid, Unit};
use super::live::{Place, places};
use super::program::{Layer, Program};
use super::record::NOWHERE;
use super::tile::Tile;
use super::value::Value;
use crate::image::Image;
use crate::image::crc32;
use crate::image::record::section;
use crate::layers;
use crate::sparse::{Format, Matrix, Streams};
use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

/// What a scale is at most, so that no weight is far from what gradients are [limited](super::step) to.
const MOST_SCALE: f32 = 1e15;

/// What a tuner reads weights from, in place.
#[derive(Clone, Copy, Default)]
pub struct Source<'a> {
    image: Option<Image<'a>>,
    reserve: &'a [u8],
}

impl<'a> Source<'a> {
    /// From an image.
    pub fn of_image(image: Image<'a>) -> Self {
        Source { image: Some(image), reserve: image.section(section::RESERVE).unwrap_or_default() }
    }

    /// From the bytes of a section [`RESERVE`](section::RESERVE), wherever they are.
    pub fn of_reserve(bytes: &'a [u8]) -> Self {
        Source { image: None, reserve: bytes }
    }

    /// The image, if it is one.
    pub(super) fn image(&self) -> Option<Image<'a>> {
        self.image
    }

    /// What tells it from others.
    pub(super) fn checksum(&self) -> u32 {
        self.image.map_or_else(|| crc32(self.reserve), |image| image.crc())
    }

    /// The streams of a layer: of its reserve, else of its weights.
    fn streams(&self, layer: &Layer<'a>) -> Option<(Format, Streams<'a>)> {
        let Grid { rows, cols, unit } = layer.grid;
        if let Some(format) = Format::from_code(layer.record.format) {
            return Some((format, self.reserve(layer, format)?));
        }
        let image = self.image.as_ref()?;
        let record = image.weights().get(usize::from(layer.record.weights.get()))?;
        let fits = record.rows.get() as usize == rows && record.cols.get() as usize == cols;
        let format = Format::from_code(record.format).filter(|_| fits && unit != Unit::Block4x1)?;
        Some((format, layers::weights::streams(image, record, format)?))
    }

    /// The streams of a layer's reserve.
    fn reserve(&self, layer: &Layer<'a>, format: Format) -> Option<Streams<'a>> {
        let (record, grid) = (layer.record, layer.grid);
        let (rows, cols) = (grid.lines(), grid.width() * grid.unit.size());
        let part = |at: U32, len: usize| match len {
            0 => Some(&[][..]),
            _ => self.reserve.get(at.get() as usize..)?.get(..len),
        };
        let values = part(record.values, record.values_len.get() as usize)?;
        Some(Streams {
            rows,
            cols,
            parameter: record.parameter,
            counts: part(record.counts, format.table_len(rows, cols, record.parameter))?,
            indices: part(record.indices, record.indices_len.get() as usize)?,
            values: <[i8]>::ref_from_bytes(values).ok()?,
        })
    }

    /// Where a layer's units get their first values from; `None` where that is missing or not well-formed.
    pub(super) fn check(&self, program: &Program<'a>, layer: &Layer<'a>) -> Option<Stored<'a>> {
        let (format, streams) = self.streams(layer)?;
        let matrix = Matrix::new_checked(format, streams).ok()?;
        if !matches!(format, Format::Dense) && matrix.segments().is_none() {
            return None;
        }
        let scales = program.floats(layer.record.scales.get(), layer.grid.rows)?;
        let are_scales = scales.iter().all(|scale| scale.get() > 0.0 && scale.get() <= MOST_SCALE);
        are_scales.then_some(Stored { matrix, scales })
    }

    /// The same, where it has been checked.
    pub(super) fn stored(&self, program: &Program<'a>, layer: &Layer<'a>) -> Option<Stored<'a>> {
        let (format, streams) = self.streams(layer)?;
        let scales = program.floats(layer.record.scales.get(), layer.grid.rows)?;
        Some(Stored { matrix: Matrix::assumed(format, streams), scales })
    }
}

/// Calls `f` with place, in the order of units, and value of each stored weight.
pub(super) fn each<V: Value>(stored: Stored<'_>, grid: Grid, f: impl FnMut(usize, f32)) {
    match grid.unit.size() {
        1 => each_unit::<1, V>(stored, grid, f),
        _ => each_unit::<4, V>(stored, grid, f),
    }
}

fn each_unit<const U: usize, V: Value>(
    stored: Stored<'_>,
    grid: Grid,
    mut f: impl FnMut(usize, f32),
) {
    each_tile::<U, V>(stored, grid, |place, len, tile| {
        let first = place.line * grid.width() + place.start;
        for column in 0..len {
            for (member, weight) in tile.unit(column).into_iter().flatten().enumerate() {
                f((first + column) * U + member, weight);
            }
        }
    });
}

/// Calls `f` with place, number of units and the units of each tile.
#[inline(always)]
fn each_tile<const U: usize, V: Value>(
    stored: Stored<'_>,
    grid: Grid,
    mut f: impl FnMut(Place, usize, Tile<'_, U, V>),
) {
    let base = Base::Image(stored);
    let Some(mut tiles) = base.tiles::<V>(grid) else { return };
    let mut space = [0; TILE_BYTES];
    for (place, len) in places(grid) {
        f(place, len, tiles.fill::<U>(place, len, &mut space));
    }
}

/// Calls `f` with row, column and value of each stored weight that is not 0, row after row; `grid` is one of single
/// weights.
#[inline(always)]
pub(super) fn each_weight<V: Value>(
    stored: Stored<'_>,
    grid: Grid,
    mut f: impl FnMut(usize, usize, f32),
) {
    each_tile::<1, V>(stored, grid, |place, _, tile| {
        // What is not 0 has a key from 1 on.
        tile.each(1, |column, _| {
            if let Some([weight]) = tile.unit(column) {
                f(place.line, place.start + column, weight);
            }
        });
    });
}

/// Units of which something is stored.
pub(super) fn count<V: Value>(stored: Stored<'_>, grid: Grid) -> usize {
    let mut weights = 0;
    each::<V>(stored, grid, |_, _| weights += 1);
    weights / grid.unit.size()
}

/// The first biases of a layer.
pub(super) fn load_biases(program: &Program<'_>, layer: &Layer<'_>, biases: &mut [f32]) {
    biases.fill(0.0);
    let stored = match layer.record.bias.get() {
        NOWHERE => None,
        at => program.floats(at, layer.grid.rows),
    };
    for (bias, stored) in biases.iter_mut().zip(stored.unwrap_or_default()) {
        *bias = stored.get();
    }
}
