//! Ways in which a tensor can be wrong.

use super::{Seen, constant, good};
use crate::editor::Editor;
use kastanet::image::record::{NONE, TensorRecord, section};
use kastanet::image::{DType, Error};
use zerocopy::IntoBytes;

/// A change to tensor 0, a network input.
fn tensor(seen: &mut Seen, expected: Error, changes: &[fn(&mut TensorRecord)]) {
    for (index, change) in changes.iter().enumerate() {
        seen.refused(expected, &format!("change {index}"), |image| change(image.tensor(0)));
    }
}

pub fn unknown_type() -> Vec<Error> {
    let mut seen = Seen::default();
    for code in [0, 4, 5, 6, 0xff] {
        let expected = Error::UnknownType { tensor: 0, code };
        seen.refused(expected, "type", |image| image.tensor(0).dtype = code);
    }
    seen.0
}

pub fn unknown_place() -> Vec<Error> {
    let mut seen = Seen::default();
    for code in [2, 3, 0xff] {
        let expected = Error::UnknownPlace { tensor: 0, code };
        seen.refused(expected, "place", |image| image.tensor(0).place = code);
    }
    seen.0
}

pub fn bad_shape() -> Vec<Error> {
    let mut seen = Seen::default();
    tensor(
        &mut seen,
        Error::BadShape { tensor: 0 },
        &[
            |tensor| tensor.rank = 5,
            |tensor| tensor.rank = 0xff,
            |tensor| tensor.rank = 2,
            |tensor| tensor.rank = 0,
            |tensor| (tensor.rank, tensor.dims[0]) = (3, 2.into()),
            |tensor| tensor.dims[0] = 0.into(),
            |tensor| tensor.dims[3] = 0.into(),
            |tensor| tensor.dims = [0x1_0000.into(); 4],
            |tensor| tensor.dims = [1, 1, 0x1_0000, 0x1_0000].map(Into::into),
            |tensor| tensor.dims = [1, 1, 2, u32::MAX].map(Into::into),
            |tensor| {
                (tensor.dtype, tensor.scale) = (DType::F32 as u8, 0.0.into());
                (tensor.zero_point, tensor.dims) = (0.into(), [1, 1, 1, 1 << 30].map(Into::into));
            },
        ],
    );
    seen.0
}

pub fn bad_quantisation() -> Vec<Error> {
    let mut seen = Seen::default();
    tensor(
        &mut seen,
        Error::BadQuantisation { tensor: 0 },
        &[
            |tensor| tensor.scale = 0.0.into(),
            |tensor| tensor.scale = (-0.5).into(),
            |tensor| tensor.scale = f32::NAN.into(),
            |tensor| tensor.scale = f32::INFINITY.into(),
            |tensor| tensor.zero_point = 128.into(),
            |tensor| tensor.zero_point = (-129).into(),
            |tensor| (tensor.dtype, tensor.zero_point) = (DType::U8 as u8, (-1).into()),
            |tensor| (tensor.dtype, tensor.zero_point) = (DType::U8 as u8, 256.into()),
            |tensor| (tensor.dtype, tensor.zero_point) = (DType::F32 as u8, 0.into()),
            |tensor| (tensor.dtype, tensor.scale) = (DType::F32 as u8, 0.0.into()),
        ],
    );
    seen.0
}

pub fn misaligned_tensor() -> Vec<Error> {
    let (mut seen, constant) = (Seen::default(), constant());
    for (id, by) in [(0, 1), (0, 8), (constant, 1), (constant, 4)] {
        let expected = Error::MisalignedTensor { tensor: id as u16 };
        seen.refused(expected, &format!("by {by}"), |image| {
            // There is room for it, so nothing else is wrong.
            image.header().arena_len = 0x1000.into();
            image.rewrite(section::DATA, |bytes| bytes.resize(bytes.len() + 16, 0));
            let offset = image.tensor(id).offset.get();
            image.tensor(id).offset = (offset + by).into();
        });
    }
    seen.0
}

pub fn tensor_out_of_range() -> Vec<Error> {
    let (mut seen, constant) = (Seen::default(), constant());
    let arena = good().header().arena_len.get();
    for (id, offset) in [(0, arena.next_multiple_of(16)), (0, 0xffff_fff0), (constant, 0x7fff_fff0)]
    {
        let expected = Error::TensorOutOfRange { tensor: id as u16 };
        seen.refused(expected, "further on", |image| image.tensor(id).offset = offset.into());
    }
    let expected = Error::TensorOutOfRange { tensor: 0 };
    seen.refused(expected, "no arena", |image| image.header().arena_len = 0.into());
    let expected = Error::TensorOutOfRange { tensor: constant as u16 };
    seen.refused(expected, "no data", |image| image.rewrite(section::DATA, Vec::clear));
    seen.0
}

pub fn bad_alias() -> Vec<Error> {
    let (mut seen, constant) = (Seen::default(), constant());
    let input = usize::from(good().op_input(0, 0).get());
    let output = good().op(0).output.get();
    for id in [input, constant] {
        let expected = Error::BadAlias { tensor: id as u16 };
        for alias in [output, id as u16, 99] {
            let change = |image: &mut Editor| image.tensor(id).alias = alias.into();
            seen.refused(expected, "alias", change);
        }
    }
    let expected = Error::BadAlias { tensor: constant as u16 };
    seen.refused(expected, "first", |image| image.tensor(constant).first = 1.into());
    seen.refused(expected, "last", |image| image.tensor(constant).last = 1.into());
    seen.0
}

/// A tensor more, that no operator writes.
pub fn never_written() -> Vec<Error> {
    let mut seen = Seen::default();
    let count = good().section(section::TENSORS).len() / size_of::<TensorRecord>();
    let expected = Error::NeverWritten { tensor: count as u16 };
    for time in [0, 1, 4, 5, 0xffff_u16] {
        seen.refused(expected, &format!("from time {time}"), |image| {
            let arena = image.header().arena_len.get();
            image.header().arena_len = (arena + 0x1000).into();
            let (first, offset) = (time.into(), arena.into());
            let record = *image.tensor(0);
            let tensor = TensorRecord { first, last: first, offset, alias: NONE.into(), ..record };
            image.rewrite(section::TENSORS, |bytes| bytes.extend(tensor.as_bytes()));
        });
    }
    seen.0
}
