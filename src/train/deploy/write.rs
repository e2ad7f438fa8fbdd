//! The image: sections copied, weights written anew.

use super::matrix::{Channels, Matrix};
use super::out::Out;
use super::rows::lines;
use super::scaling::Scales;
use super::{DeployError, Deployed, Extremes};
use crate::image::record::{
    ALIGN, Header, PER_CHANNEL, STREAM_ALIGN, SectionRecord, TableParams, TensorRecord,
    WeightsRecord, section,
};
use crate::image::{self, Image, Op, OpKind, Place, checksum};
use crate::sparse::Format;
use crate::train::program::Program;
use crate::train::tuner::Tuner;
use crate::train::value::Value;
use crate::train::view::View;
use zerocopy::little_endian::{I32, U32};
use zerocopy::{FromBytes, IntoBytes};

/// What inference has no use for.
const LEFT_OUT: [u16; 5] =
    [section::DATA, section::RESERVE, section::TRAINABLE, section::SIGNATURE, section::NAMES];

/// An image that is being written.
pub(super) struct Writer<'a, 'o> {
    pub image: Image<'a>,
    out: Out<'o>,
    /// Where sections start: of tensors, of operators, of weight records, of data.
    tensors: usize,
    operators: usize,
    weights: usize,
    data: usize,
}

impl<V: Value, const N: usize> Tuner<'_, '_, V, N> {
    /// Bytes that [`Tuner::deploy`] needs, whatever has been learned; `None` without an image.
    pub fn deployed_len(&mut self) -> Option<usize> {
        match self.deploy(&[], &mut []) {
            Err(DeployError::TooSmall { needed, .. }) => Some(needed),
            _ => None,
        }
    }

    /// Writes an image of the network with what was learned into `into`, which starts at a multiple of
    /// [`IMAGE_ALIGN`](crate::image::IMAGE_ALIGN). `extremes[i]` are those of layer i, see
    /// [`Tuner::observe`]; where there are none, scales stay.
    ///
    /// # Errors
    ///
    /// One [`DeployError`] for each reason why there is no image. The tuner is as it was.
    pub fn deploy<'d>(
        &mut self,
        extremes: &[Extremes],
        into: &'d mut [u8],
    ) -> Result<Deployed<'d>, DeployError> {
        self.prepare();
        let (program, given) = (self.program, into.len());
        let image = self.source.image().ok_or(DeployError::NoImage)?;
        let (mut writer, directory) = Writer::new(image, Out::new(into));
        let layer_of = |op: &Op<'_>| {
            let id = op.weights_id()?;
            program.layers().position(|layer| layer.record.weights.get() == id)
        };
        let mut widened = 0;
        for op in image.operators() {
            let bounds = layer_of(&op).and_then(|layer| extremes.get(layer));
            if let Some(bounds) = bounds {
                let is_wider = writer.widen(&op, bounds, &|op| layer_of(op).is_some());
                widened += u32::from(is_wider.unwrap_or(false));
            }
        }
        writer.constants();
        for op in image.operators() {
            let Some(id) = op.weights_id() else { continue };
            let done = match layer_of(&op) {
                None => writer.copy_weights(id),
                Some(number) => {
                    let bad = DeployError::BadLayer { layer: number as u16 };
                    let (view, _) = self.layer(number).ok_or(bad)?;
                    writer.layer(&op, id, (&program, &view)).ok_or(bad)?;
                    Some(())
                }
            };
            done.ok_or(DeployError::BadLayer { layer: u16::MAX })?;
        }
        let needed = writer.out.len;
        let bytes = writer.finish(directory).ok_or(DeployError::TooSmall { needed, given })?;
        let image = Image::new_checked(bytes).map_err(DeployError::Refused)?;
        Ok(Deployed { image, widened })
    }
}

impl<'a, 'o> Writer<'a, 'o> {
    /// Header, directory, and the sections that are copied; also gives where the data section's entry goes.
    fn new(image: Image<'a>, mut out: Out<'o>) -> (Self, usize) {
        let kept = |section: &&SectionRecord| !LEFT_OUT.contains(&section.kind.get());
        let sections = image.sections().iter().filter(kept);
        out.append(image.bytes().get(..size_of::<Header>()).unwrap_or_default());
        let directory = out.zeros((sections.clone().count() + 1) * size_of::<SectionRecord>());
        let mut writer = Writer { image, out, tensors: 0, operators: 0, weights: 0, data: 0 };
        let (mut at, mut count) = (directory, 0);
        for section in sections {
            let bytes = image.section(section.kind.get()).unwrap_or_default();
            writer.out.align(ALIGN);
            let start = writer.out.append(bytes);
            match section.kind.get() {
                section::TENSORS => writer.tensors = start,
                section::OPERATORS => writer.operators = start,
                section::WEIGHTS => writer.weights = start,
                _ => (),
            }
            let record = SectionRecord { offset: (start as u32).into(), ..*section };
            writer.out.put(at, record.as_bytes());
            (at, count) = (at + size_of::<SectionRecord>(), count + 1);
        }
        writer.out.align(ALIGN);
        writer.data = writer.out.len;
        if let Some(header) = writer.out.record::<Header>(0) {
            header.section_count = (count + 1).into();
            header.training_len = 0.into();
        }
        (writer, at)
    }

    /// The scale of a tensor, as it is now.
    pub fn scale(&mut self, id: u16) -> Option<f32> {
        let given = self.image.tensor(id)?.scale();
        Some(self.tensor(id).map_or(given, |tensor| tensor.scale.get()))
    }

    /// Gives a tensor another scale.
    pub fn set_scale(&mut self, id: u16, scale: f32) {
        if let Some(tensor) = self.tensor(id) {
            tensor.scale = scale.into();
        }
    }

    fn tensor(&mut self, id: u16) -> Option<&mut TensorRecord> {
        self.out.record(self.tensors + usize::from(id) * size_of::<TensorRecord>())
    }

    /// The parameters of an operator.
    pub fn params<T>(&mut self, op: &Op<'_>) -> Option<&mut T>
    where
        T: image::record::Record + zerocopy::IntoBytes,
    {
        let at = op.params_offset()?;
        self.out.record(self.operators + at)
    }

    /// Appends a stream; gives where it starts in the data section.
    fn stream(&mut self, bytes: &[u8]) -> u32 {
        self.out.align(STREAM_ALIGN);
        if bytes.is_empty() { 0 } else { (self.out.append(bytes) - self.data) as u32 }
    }

    /// The same of zeros, to be written later; also gives where they start in the image.
    pub fn room(&mut self, len: usize) -> (u32, usize) {
        self.out.align(STREAM_ALIGN);
        let at = self.out.zeros(len);
        (if len == 0 { 0 } else { (at - self.data) as u32 }, at)
    }

    /// Constant tensors, and tables.
    fn constants(&mut self) {
        let image = self.image;
        for tensor in (0..image.tensor_count()).filter_map(|id| image.tensor(id as u16)) {
            if tensor.place() == Place::Data {
                let at = self.stream(image.constant(tensor).unwrap_or_default());
                if let Some(record) = self.tensor(tensor.id()) {
                    record.offset = at.into();
                }
            }
        }
        for op in image.operators().filter(|op| op.kind() == Some(OpKind::Table)) {
            let table = op
                .params::<TableParams>()
                .and_then(|params| image.stream(params.offset.get() as usize, 256));
            let at = self.stream(table.unwrap_or_default());
            if let Some(params) = self.params::<TableParams>(&op) {
                params.offset = at.into();
            }
        }
    }

    fn given(&self, id: u16) -> Option<&'a WeightsRecord> {
        self.image.weights().get(usize::from(id))
    }

    /// Weights that were not trained.
    fn copy_weights(&mut self, id: u16) -> Option<()> {
        let mut record = self.copied(id)?;
        let channels = record.channels.get() as usize;
        let scalings = if record.flags & PER_CHANNEL != 0 { channels } else { 1 };
        self.copy(&mut record.bias_offset, channels * 4)?;
        self.copy(&mut record.multipliers_offset, scalings * 4)?;
        self.copy(&mut record.shifts_offset, scalings)?;
        self.put_weights(id, &record);
        Some(())
    }

    /// Copies a stream of the data section, and says where to.
    fn copy(&mut self, offset: &mut U32, len: usize) -> Option<()> {
        let bytes = if len == 0 { &[] } else { self.image.stream(offset.get() as usize, len)? };
        *offset = self.stream(bytes).into();
        Some(())
    }

    /// A weight record whose matrix has been copied.
    fn copied(&mut self, id: u16) -> Option<WeightsRecord> {
        let mut record = *self.given(id)?;
        let format = Format::from_code(record.format)?;
        let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
        let counts = format.table_len(rows, cols, record.parameter);
        self.copy(&mut record.counts_offset, counts)?;
        self.copy(&mut record.indices_offset, record.indices_len.get() as usize)?;
        self.copy(&mut record.values_offset, record.values_len.get() as usize)?;
        Some(record)
    }

    fn put_weights(&mut self, id: u16, record: &WeightsRecord) {
        self.out
            .put(self.weights + usize::from(id) * size_of::<WeightsRecord>(), record.as_bytes());
    }

    /// A layer that was trained.
    fn layer<V: Value>(
        &mut self,
        op: &Op<'_>,
        id: u16,
        (program, view): (&Program<'_>, &View<'_, V>),
    ) -> Option<()> {
        let (input, output) = (op.input(0)?, op.output()?);
        let scales = Scales {
            from: self.scale(input.id())?,
            was: input.scale(),
            to: self.scale(output.id())?,
            zero_point: input.zero_point(),
        };
        match view.layer.is_in_place() {
            true => self.frozen(id, scales, (program, view)),
            false => self.rows(id, scales, view, op.kind() == Some(OpKind::DepthwiseConv2d)),
        }
    }

    /// A layer all of whose weights are written anew.
    fn rows<V: Value>(
        &mut self,
        id: u16,
        scales: Scales,
        view: &View<'_, V>,
        is_depthwise: bool,
    ) -> Option<()> {
        let given = self.given(id)?;
        let mut record = WeightsRecord { flags: PER_CHANNEL, ..*given };
        let mut matrix = Matrix::new(self, &mut record, view, is_depthwise);
        let rows = view.layer.grid.rows;
        let channels = Channels::new(self, &mut record, rows);
        for (row, line) in lines(view) {
            let mut most = 0.0_f32;
            line.each(view, row, |_, value| most = most.max(value.abs()));
            let bias = view.biases.get(row).copied().unwrap_or(0.0);
            let scale = scales.row(most, bias);
            let mut sum = 0_i32;
            line.each(view, row, |col, value| {
                let value = libm::rintf(value / scale).clamp(-127.0, 127.0) as i8;
                sum = sum.wrapping_add(value.into());
                matrix.put(&mut self.out, row, col, value);
            });
            let bias = scales.bias(bias, scale).wrapping_sub(scales.zero_point.wrapping_mul(sum));
            channels.put(&mut self.out, row, bias, scales.multiplier(scale)?);
        }
        self.put_weights(id, &record);
        Some(())
    }

    /// A layer whose weights are as they were, but not its biases.
    fn frozen<V>(
        &mut self,
        id: u16,
        scales: Scales,
        (program, view): (&Program<'_>, &View<'_, V>),
    ) -> Option<()> {
        let mut record = self.copied(id)?;
        let rows = view.layer.grid.rows;
        let steps = program.floats(view.layer.record.scales.get(), rows)?;
        let first = program.floats(view.layer.record.bias.get(), rows);
        let folded: &[I32] = self.image.slice(self.given(id)?.bias_offset.get() as usize, rows)?;
        record.flags = PER_CHANNEL;
        let channels = Channels::new(self, &mut record, rows);
        for (row, (step, folded)) in steps.iter().zip(folded).enumerate() {
            let first = first.and_then(|first| first.get(row)).map_or(0.0, |first| first.get());
            let bias = view.biases.get(row).copied().unwrap_or(0.0);
            let was = Scales { from: scales.was, ..scales }.bias(first, step.get());
            let bias = scales.bias(bias, step.get()).wrapping_add(folded.get().wrapping_sub(was));
            channels.put(&mut self.out, row, bias, scales.multiplier(step.get())?);
        }
        self.put_weights(id, &record);
        Some(())
    }

    /// Fills in what is known at the end.
    fn finish(mut self, directory: usize) -> Option<&'o mut [u8]> {
        let len = self.out.len;
        let data = SectionRecord {
            kind: section::DATA.into(),
            flags: 0.into(),
            offset: (self.data as u32).into(),
            len: ((len - self.data) as u32).into(),
            reserved: 0.into(),
        };
        self.out.put(directory, data.as_bytes());
        if let Some(header) = self.out.record::<Header>(0) {
            header.total_len = (len as u32).into();
        }
        let bytes = self.out.finish()?;
        let crc = checksum(bytes);
        let (header, _) = Header::mut_from_prefix(bytes).ok()?;
        header.crc = crc.into();
        Some(bytes)
    }
}
