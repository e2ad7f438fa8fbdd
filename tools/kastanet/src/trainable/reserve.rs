//! What the image holds of weights that are not in the forward set, and of those whose streams in the
//! image the device does not train from.
//!
//! | layer | its values |
//! |---|---|
//! | sparse, reserve `full` | all, as they were before pruning |
//! | sparse, `top:R` | the largest of those |
//! | sparse, `none` | the image's |
//! | dense, frozen | the image's |
//!
//! The image's are read where they are if they have the order of rows and a format that is walked by
//! single weights; depthwise filters and blocks are stored once more, in the order of units.

use super::convert::Conversion;
use super::layers::{Values, said};
use super::{Error, Reserve};
use crate::encode::{Encoded, encode, smallest_of};
use crate::graph::Op;
use crate::prune::{self, Unit};
use crate::training::{self, Share};
use kastanet::sparse::Format;
use kastanet::train;

/// The formats that the device walks by single weights.
const SEGMENTS: [Format; 4] = [Format::Index8, Format::Delta8, Format::Delta4, Format::Rice];

/// The byte of a unit's member past the edge.
const ABSENT: i8 = i8::MIN;

/// What can become a weight of the backward set.
pub(super) struct Candidates {
    values: Vec<i8>,
    /// Units that the device can tell from others.
    pub units: usize,
}

impl Conversion<'_> {
    /// The candidates of a sparse layer.
    pub fn candidates(&self, op: &Op, values: &Values) -> Result<Candidates, Error> {
        let held = match self.options.reserve {
            Reserve::Full => {
                let (values, units) = (values.original.clone(), values.grid.units());
                return Ok(Candidates { values, units });
            }
            Reserve::Top(share) => self.top(op, values, share)?,
            Reserve::None => values.kept.clone(),
        };
        Ok(Candidates { units: values.held(&held), values: held })
    }

    /// A sparse layer's part of the reserve; `None` where the image's weights serve.
    pub fn reserve(
        &mut self,
        op: &Op,
        number: usize,
        values: &Values,
        candidates: Candidates,
        backward: Share,
    ) -> Result<Option<training::Reserve>, Error> {
        let matrix = match self.options.reserve {
            Reserve::Full => dense(values, &candidates.values),
            Reserve::Top(_) => {
                enough(op, values, candidates.units, backward)?;
                segments(values, &candidates.values)
            }
            Reserve::None if self.serves(number, values) => return Ok(None),
            Reserve::None => segments(values, &candidates.values),
        };
        self.put(op, matrix)
    }

    /// The same of a layer that is dense or frozen.
    pub fn fixed(
        &mut self,
        op: &Op,
        number: usize,
        values: &Values,
    ) -> Result<Option<training::Reserve>, Error> {
        match self.serves(number, values) {
            true => Ok(None),
            false => self.put(op, dense(values, &values.kept)),
        }
    }

    fn put(
        &mut self,
        op: &Op,
        matrix: Option<Encoded>,
    ) -> Result<Option<training::Reserve>, Error> {
        let matrix = matrix.ok_or_else(|| said(op, "no format holds its reserve"))?;
        Ok(Some(training::Reserve::put(&matrix, &mut self.reserve)))
    }

    /// Whether the device can read the values from the image's weights.
    fn serves(&self, number: usize, values: &Values) -> bool {
        let weights = self.model.lowered.ops[number].weights;
        let format = weights.map(|record| self.model.lowered.weights[record].matrix.format);
        let is_whole = values.grid.cols.is_multiple_of(values.grid.unit.width());
        let is_walked = match format {
            Some(Format::Dense) => is_whole,
            Some(format) => format == Format::Nm || SEGMENTS.contains(&format),
            None => false,
        };
        is_walked && !values.is_depthwise && values.grid.unit != train::Unit::Block4x1
    }

    /// The weights before pruning, less all but the largest.
    fn top(&self, op: &Op, values: &Values, share: f64) -> Result<Vec<i8>, Error> {
        let weights = self.model.original.input(op, 1);
        let weights = weights.ok_or_else(|| said(op, "it has no weights"))?;
        let units = match values.unit {
            Unit::Nm(pattern) => pattern.group(),
            _ => values.grid.units(),
        };
        let keep = (share * units as f64 + 0.5).floor() as usize;
        let stays = values.unit.largest(&prune::magnitudes(weights), values.grid.cols, keep);
        let all = values.original.iter().zip(stays);
        Ok(all.map(|(&value, stays)| if stays { value } else { 0 }).collect())
    }
}

/// Whether the `held` candidates are as many as the backward set has. A group always has enough: what is not
/// held is worth 0.
fn enough(op: &Op, values: &Values, held: usize, backward: Share) -> Result<(), Error> {
    let units = values.grid.units();
    let backward = match backward {
        Share::Count(count) => count,
        Share::Density(density) => (density * units as f64 + 0.5).floor() as usize,
    };
    match backward <= held || matches!(values.unit, Unit::Nm(_)) {
        true => Ok(()),
        false => Err(Error::Reserve { layer: op.name.clone(), held, units, backward }),
    }
}

/// All values in the order of units.
fn dense(values: &Values, all: &[i8]) -> Option<Encoded> {
    encode(Format::Dense, &in_units(values, all, ABSENT), cols(values))
}

/// The values that are not 0, in the order of units.
fn segments(values: &Values, all: &[i8]) -> Option<Encoded> {
    smallest_of(&SEGMENTS, &in_units(values, all, 0), cols(values))
}

/// Columns of a line.
fn cols(values: &Values) -> usize {
    values.grid.width() * values.grid.unit.size()
}

fn in_units(values: &Values, all: &[i8], absent: i8) -> Vec<i8> {
    let units = 0..values.grid.units();
    units.flat_map(|unit| values.unit(all, unit)).map(|value| value.unwrap_or(absent)).collect()
}
