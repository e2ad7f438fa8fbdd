//! Ways in which an operator's record can be wrong: those that every operator checks on every
//! operator, each alone in its image.

mod parameters;

use super::{Case, matrix as worked, only, sparse};
use crate::editor::{Editor, Refusal};
use kastanet::image::record::{NONE, OpHead, TensorRecord, WeightsRecord, section};
use kastanet::image::{DType, OpKind};
use kastanet::layers::{ALL, Error};
use kastanet::network;
use kastanet::sparse::Format;
use parameters::bad_parameters;

/// All of them.
pub const CASES: &[Case<Error>] = crate::cases![
    bad_input_count bad_type bad_shape bad_parameters bad_weights weights_out_of_range
    unknown_format wrong_format matrix not_in_place scratch_too_small
];

/// What is said of operator 0 after a change.
fn after(what: &str, mut image: Editor, change: impl FnOnce(&mut Editor)) -> Error {
    change(&mut image);
    image.seal_crc();
    match image.run() {
        Err(Refusal::Network(network::Error::BadOperator { operator: 0, error })) => error,
        other => panic!("{what}: operator 0 is not refused: {other:?}"),
    }
}

/// The same, with what is expected.
fn refused(expected: Error, what: &str, image: Editor, change: impl FnOnce(&mut Editor)) -> Error {
    let error = after(what, image, change);
    assert_eq!(error, expected, "{what}");
    error
}

/// A change to each operator, alone in its image, where this one can have it.
fn each(
    expected: Error,
    kinds: impl IntoIterator<Item = OpKind>,
    change: impl Fn(OpKind, &mut Editor),
) -> Vec<Error> {
    let one = |kind: OpKind| {
        refused(expected, kind.name(), only(kind, |_| true), |image| change(kind, image))
    };
    kinds.into_iter().map(one).collect()
}

fn input(image: &mut Editor) -> &mut TensorRecord {
    let id = image.op_input(0, 0).get();
    image.tensor(id.into())
}

fn output(image: &mut Editor) -> &mut TensorRecord {
    let id = image.op(0).output.get();
    image.tensor(id.into())
}

/// Inputs and output.
fn all(image: &mut Editor) -> Vec<usize> {
    let inputs = 0..usize::from(image.op(0).inputs);
    let mut ids: Vec<_> = inputs.map(|index| image.op_input(0, index).get().into()).collect();
    ids.push(image.op(0).output.get().into());
    ids
}

fn elements(tensor: &TensorRecord) -> u32 {
    tensor.dims.iter().map(|dim| dim.get()).product()
}

fn bad_input_count() -> Vec<Error> {
    let of = |kind: OpKind| {
        let image = only(kind, |image| image.op(0).inputs <= 2);
        let inputs = image.clone().op(0).inputs;
        // Two numbers take as much room as one, so one can come or go.
        let found = 3 - inputs;
        refused(Error::BadInputCount { found }, kind.name(), image, |image| {
            image.op(0).inputs = found;
            let alias = output(image).alias;
            let kept = if alias.get() == NONE { *image.op_input(0, 0) } else { alias };
            *image.op_input(0, 0) = kept;
            *image.op_input(0, 1) = if found == 1 { 0.into() } else { kept };
        })
    };
    let fixed = OpKind::ALL.into_iter().filter(|kind| *kind != OpKind::Concatenation);
    let mut seen: Vec<_> = fixed.map(of).collect();
    let none = only(OpKind::Concatenation, |_| true);
    seen.push(refused(Error::BadInputCount { found: 0 }, "CONCATENATION", none, |image| {
        let inputs = image.params_start(0) - image.op_start(0) - size_of::<OpHead>();
        image.op(0).inputs = 0;
        image.rewrite(section::OPERATORS, |bytes| {
            bytes.drain(size_of::<OpHead>()..size_of::<OpHead>() + inputs);
        });
    }));
    seen
}

fn bad_type() -> Vec<Error> {
    each(Error::BadType, OpKind::ALL, |kind, image| {
        let ids = all(image);
        for &id in &ids {
            let tensor = image.tensor(id);
            tensor.zero_point = 0.into();
            match kind {
                // Neither side is a byte; one element, so that it fits.
                OpKind::Table => {
                    tensor.dtype = DType::F32 as u8;
                    tensor.scale = 0.0.into();
                    tensor.dims = [1.into(); 4];
                }
                // Neither side is a float.
                OpKind::Quantize | OpKind::Dequantize => {
                    tensor.dtype = DType::I8 as u8;
                    tensor.scale = 1.0.into();
                }
                // The input is not signed, the output is.
                _ if id == ids[0] => tensor.dtype = DType::U8 as u8,
                _ => {}
            }
        }
    })
}

/// The output gets one element more, all along the channels, and room of its own.
fn bad_shape() -> Vec<Error> {
    let of = |kind: OpKind| {
        let image = only(kind, |image| elements(input(image)) > input(image).dims[3].get());
        refused(Error::BadShape, kind.name(), image, larger_output)
    };
    let mut seen: Vec<_> = OpKind::ALL.map(of).into();
    let mut weights = |what, change: fn(&mut WeightsRecord)| {
        seen.push(refused(Error::BadShape, what, worked(Format::Delta4), |image| {
            change(image.weights(0))
        }));
    };
    weights("rows", |weights| weights.rows = 5.into());
    weights("columns", |weights| weights.cols = 5.into());
    weights("no columns", |weights| weights.cols = 0.into());
    weights("channels", |weights| weights.channels = 5.into());
    seen
}

fn larger_output(image: &mut Editor) {
    let start = image.header().arena_len.get();
    let tensor = output(image);
    let len = elements(tensor) + 1;
    tensor.dims = [1.into(), 1.into(), 1.into(), len.into()];
    (tensor.rank, tensor.offset, tensor.alias) = (4, start.into(), NONE.into());
    image.header().arena_len = (start + (4 * len).next_multiple_of(16)).into();
}

/// Those that have weights lose them, the others get some.
fn bad_weights() -> Vec<Error> {
    each(Error::BadWeights, OpKind::ALL, |_, image| {
        let weights = &mut image.op(0).weights;
        if weights.get() != NONE {
            *weights = NONE.into();
            return;
        }
        *weights = 0.into();
        image.rewrite(section::WEIGHTS, |bytes| bytes.extend([0; size_of::<WeightsRecord>()]));
    })
}

/// Every stream, far away, at the wrong alignment, and too long.
fn weights_out_of_range() -> Vec<Error> {
    type Field = fn(&mut WeightsRecord) -> &mut zerocopy::little_endian::U32;
    let offsets: [(&str, Field); 6] = [
        ("counts", |weights| &mut weights.counts_offset),
        ("indices", |weights| &mut weights.indices_offset),
        ("values", |weights| &mut weights.values_offset),
        ("bias", |weights| &mut weights.bias_offset),
        ("multipliers", |weights| &mut weights.multipliers_offset),
        ("shifts", |weights| &mut weights.shifts_offset),
    ];
    let lens: [(&str, Field); 2] = [
        ("indices", |weights| &mut weights.indices_len),
        ("values", |weights| &mut weights.values_len),
    ];
    let mut seen = Vec::new();
    let mut change = |what: &str, field: Field, change: fn(u32) -> u32| {
        seen.push(refused(Error::WeightsOutOfRange, what, worked(Format::Delta4), |image| {
            // Room after the streams: none is out of range for being a few bytes further on.
            image.rewrite(section::DATA, |bytes| bytes.resize(bytes.len() + 16, 0));
            let field = field(image.weights(0));
            *field = change(field.get()).into();
        }));
    };
    for (name, field) in offsets {
        change(&format!("{name} outside"), field, |_| 0x7fff_fff8);
        change(&format!("{name} at the very end"), field, |_| 0xffff_fff8);
        change(&format!("{name} misaligned by 1"), field, |offset| offset + 1);
        change(&format!("{name} misaligned by 4"), field, |offset| offset + 4);
    }
    for (name, field) in lens {
        change(&format!("{name} too long"), field, |_| 0x1000);
        change(&format!("{name} longer than all"), field, |_| u32::MAX);
    }
    seen
}

fn unknown_format() -> Vec<Error> {
    let mut seen = Vec::new();
    for kind in [OpKind::Conv2d, OpKind::DepthwiseConv2d, OpKind::FullyConnected] {
        for code in [8, 9, 16, 255] {
            let mut change = |what, change: fn(&mut WeightsRecord, u8)| {
                let (expected, image) = (Error::UnknownFormat { code }, only(kind, |_| true));
                seen.push(refused(expected, what, image, |image| change(image.weights(0), code)));
            };
            change("format", |weights, code| weights.format = code);
            change("type", |weights, code| weights.dtype = code);
        }
    }
    seen
}

fn wrong_format() -> Vec<Error> {
    let sparse = Format::ALL.into_iter().filter(|format| *format != Format::Dense);
    let of = |found: Format| {
        let image = only(OpKind::DepthwiseConv2d, |_| true);
        refused(Error::WrongFormat { found }, found.name(), image, |image| {
            image.weights(0).format = found as u8;
        })
    };
    sparse.map(of).collect()
}

/// All that [`sparse`] knows.
fn matrix() -> Vec<Error> {
    sparse::CASES.iter().flat_map(|(_, provoke)| provoke()).map(Error::Matrix).collect()
}

/// The output takes over an input of its own type and shape, so nothing else is wrong with that.
fn not_in_place() -> Vec<Error> {
    let not = ALL.iter().filter(|operator| !operator.in_place).map(|operator| operator.kind);
    each(Error::NotInPlace, not, |_, image| {
        let id = *image.op_input(0, 0);
        let (first, last) = (output(image).first, output(image).last);
        *output(image) = TensorRecord { first, last, alias: id, ..*input(image) };
    })
}

fn scratch_too_small() -> Vec<Error> {
    let mut seen = Vec::new();
    for kind in [OpKind::Conv2d, OpKind::DepthwiseConv2d] {
        let image = only(kind, |image| image.op(0).scratch_len.get() > 1);
        let needed = image.clone().op(0).scratch_len.get();
        for given in [0, needed - 1] {
            let expected = Error::ScratchTooSmall { needed, given };
            seen.push(refused(expected, kind.name(), image.clone(), |image| {
                image.op(0).scratch_len = given.into();
            }));
        }
    }
    seen
}
