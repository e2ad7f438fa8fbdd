//! The weights of a layer, from its record to what kernels take.

use super::{Error, ensure};
use crate::image::record::{PER_CHANNEL, WeightsRecord};
use crate::image::{DType, Image, Op};
use crate::kernels::Channels;
use crate::rolled::Rolled;
use crate::sparse::{Format, Matrix, Streams};
use zerocopy::little_endian::U32;

/// The matrix of a layer and the bias, multipliers and shifts of its output channels.
#[derive(Clone, Copy, Debug)]
pub struct LayerWeights<'a> {
    /// The weights.
    pub matrix: Matrix<'a>,
    /// What turns their sums into outputs.
    pub channels: Channels<'a>,
}

impl<'a> LayerWeights<'a> {
    /// Checks a weight record and the streams it names.
    ///
    /// # Errors
    ///
    /// One [`Error`] variant for each way they can be wrong.
    pub fn new_checked(image: &Image<'a>, record: &'a WeightsRecord) -> Result<Self, Error> {
        let (format, streams, channels) = checked(image, record)?;
        Ok(LayerWeights { matrix: Matrix::assumed(format, streams), channels })
    }

    /// The weights of `op`, which `new_checked` has accepted before.
    pub(super) fn of(op: &Op<'a>) -> Option<Self> {
        let (image, record) = (op.image(), op.weights()?);
        let format = Format::from_code(record.format)?;
        let matrix = Matrix::assumed(format, streams(image, record, format)?);
        Some(LayerWeights { matrix, channels: channels(image, record)? })
    }
}

/// The weight record of `op`, checked, with the numbers of rows, columns and channels expected.
pub(super) fn check(op: &Op<'_>, rows: usize, cols: usize, channels: usize) -> Result<(), Error> {
    let record = op.weights().ok_or(Error::BadWeights)?;
    let found = [record.rows, record.cols, record.channels].map(|n| n.get() as usize);
    let same = found.into_iter().zip([rows, cols, channels]).rolled().all(|(a, b)| a == b);
    ensure(same, Error::BadShape)?;
    checked(op.image(), record).map(|_| ())
}

/// What a weight record names, checked.
fn checked<'a>(
    image: &Image<'a>,
    record: &'a WeightsRecord,
) -> Result<(Format, Streams<'a>, Channels<'a>), Error> {
    let format = Format::from_code(record.format);
    let format = format.ok_or(Error::UnknownFormat { code: record.format })?;
    ensure(record.dtype == DType::I8 as u8, Error::UnknownFormat { code: record.dtype })?;
    let streams = streams(image, record, format).ok_or(Error::WeightsOutOfRange)?;
    let channels = channels(image, record).ok_or(Error::WeightsOutOfRange)?;
    let shifts_fit = channels.shifts.iter().rolled().all(|shift| (-31..=30).contains(shift));
    let multipliers_fit = channels.multipliers.iter().rolled().all(|&multiplier| multiplier >= 0);
    ensure(shifts_fit && multipliers_fit, Error::BadParameters)?;
    Matrix::check(format, &streams)?;
    Ok((format, streams, channels))
}

/// The streams that a weight record names; `None` where one is not in the data section.
pub(crate) fn streams<'a>(
    image: &Image<'a>,
    record: &'a WeightsRecord,
    format: Format,
) -> Option<Streams<'a>> {
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let counts_len = format.table_len(rows, cols, record.parameter);
    let part = |offset: U32, len| image.stream(offset.get() as usize, len);
    let (indices_len, values_len) = (record.indices_len.get(), record.values_len.get());
    Some(Streams {
        rows,
        cols,
        parameter: record.parameter,
        counts: part(record.counts_offset, counts_len)?,
        indices: part(record.indices_offset, indices_len as usize)?,
        values: super::signed(part(record.values_offset, values_len as usize)?)?,
    })
}

fn channels<'a>(image: &Image<'a>, record: &'a WeightsRecord) -> Option<Channels<'a>> {
    let channels = record.channels.get() as usize;
    let scalings = if record.flags & PER_CHANNEL != 0 { channels } else { 1 };
    Some(Channels {
        bias: image.slice(record.bias_offset.get() as usize, channels)?,
        multipliers: image.slice(record.multipliers_offset.get() as usize, scalings)?,
        shifts: image.slice(record.shifts_offset.get() as usize, scalings)?,
        narrow: false,
    })
}
