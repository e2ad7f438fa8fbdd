//! Parameters that an operator does not take.

use super::{each, input, only, output, refused};
use crate::editor::Editor;
use kastanet::image::OpKind;
use kastanet::image::record::{
    AddParams, Clamp, PadParams, ScaleParams, Scaling, SoftmaxParams, TableParams, Window, section,
};
use kastanet::layers::Error;

/// Of a wrong length, then each value that is out of range.
pub fn bad_parameters() -> Vec<Error> {
    let mut seen = each(Error::BadParameters, OpKind::ALL, |_, image| {
        let end = image.params_start(0) + usize::from(image.op(0).params_len);
        let end = end - image.op_start(0);
        image.op(0).params_len += 4;
        image.rewrite(section::OPERATORS, |bytes| {
            bytes.splice(end..end, [0; 4]);
        });
    });
    seen.extend(PARAMETERS.iter().enumerate().map(|(index, (kind, change))| {
        let what = format!("{}, change {index}", kind.name());
        refused(Error::BadParameters, &what, only(*kind, |_| true), change)
    }));
    seen
}

/// An operator, and a change to its parameters.
type Change = (OpKind, fn(&mut Editor));

/// Values of parameters that are out of range.
const PARAMETERS: &[Change] = &[
    (OpKind::Conv2d, |image| window(image).kernel[0] = 0.into()),
    (OpKind::Conv2d, |image| window(image).stride[1] = 0.into()),
    (OpKind::Conv2d, |image| window(image).dilation[0] = 0.into()),
    (OpKind::Conv2d, |image| window(image).multiplier = 2.into()),
    (OpKind::Conv2d, |image| (window(image).min, window(image).max) = (1, 0)),
    (OpKind::Conv2d, |image| *shift(image) = 31),
    (OpKind::Conv2d, |image| *shift(image) = -32),
    (OpKind::Conv2d, |image| *multiplier(image) = (-1).into()),
    (OpKind::DepthwiseConv2d, |image| window(image).multiplier = 0.into()),
    (OpKind::DepthwiseConv2d, |image| window(image).kernel[1] = 0.into()),
    (OpKind::DepthwiseConv2d, |image| *shift(image) = 31),
    (OpKind::FullyConnected, |image| disorder(image.params(0))),
    (OpKind::FullyConnected, |image| image.params::<Clamp>(0).axis = 1),
    (OpKind::FullyConnected, |image| image.params::<Clamp>(0).reserved = 1),
    (OpKind::FullyConnected, |image| *multiplier(image) = i32::MIN.into()),
    (OpKind::AveragePool2d, |image| window(image).dilation[1] = 2.into()),
    (OpKind::AveragePool2d, |image| window(image).multiplier = 2.into()),
    (OpKind::AveragePool2d, other_zero_point),
    (OpKind::MaxPool2d, |image| window(image).stride[0] = 0.into()),
    (OpKind::MaxPool2d, other_zero_point),
    (OpKind::Mean, |image| disorder(&mut image.params::<ScaleParams>(0).clamp)),
    (OpKind::Mean, |image| image.params::<ScaleParams>(0).output.shift = 31.into()),
    (OpKind::Mean, |image| image.params::<ScaleParams>(0).axes = 16.into()),
    (OpKind::Add, |image| disorder(&mut image.params::<AddParams>(0).clamp)),
    (OpKind::Add, |image| image.params::<AddParams>(0).inputs[0].shift = 1.into()),
    (OpKind::Add, |image| image.params::<AddParams>(0).inputs[1].shift = (-32).into()),
    (OpKind::Add, |image| image.params::<AddParams>(0).output.multiplier = (-1).into()),
    (OpKind::Mul, |image| disorder(&mut image.params::<ScaleParams>(0).clamp)),
    (OpKind::Mul, |image| image.params::<ScaleParams>(0).output.multiplier = (-1).into()),
    (OpKind::Mul, |image| image.params::<ScaleParams>(0).axes = 1.into()),
    (OpKind::Pad, |image| image.params::<PadParams>(0).reserved[2] = 1),
    (OpKind::Pad, other_zero_point),
    (OpKind::Concatenation, |image| image.params::<Clamp>(0).axis = 4),
    (OpKind::Concatenation, |image| image.params::<Clamp>(0).min = 0),
    (OpKind::Concatenation, |image| image.params::<Clamp>(0).reserved = 1),
    (OpKind::Concatenation, other_zero_point),
    (OpKind::Reshape, other_zero_point),
    (OpKind::Softmax, |image| image.params::<SoftmaxParams>(0).diff_min = 1.into()),
    (OpKind::Softmax, |image| image.params::<SoftmaxParams>(0).diff_min = i32::MIN.into()),
    (OpKind::Softmax, |image| image.params::<SoftmaxParams>(0).input.shift = (-1).into()),
    (OpKind::Softmax, |image| output(image).scale = 0.5.into()),
    (OpKind::Softmax, |image| output(image).zero_point = 0.into()),
    (OpKind::Table, |image| image.params::<TableParams>(0).offset = 0x7fff_fff8.into()),
    (OpKind::Table, |image| {
        let table = image.params::<TableParams>(0);
        table.offset = (table.offset.get() + 8).into();
    }),
    (OpKind::Table, |image| {
        // A whole table, but not where a stream may start.
        image.rewrite(section::DATA, |bytes| bytes.resize(bytes.len() + 16, 0));
        let table = image.params::<TableParams>(0);
        table.offset = (table.offset.get() + 4).into();
    }),
];

fn window(image: &mut Editor) -> &mut Window {
    image.params(0)
}

fn disorder(clamp: &mut Clamp) {
    (clamp.min, clamp.max) = (1, 0);
}

fn other_zero_point(image: &mut Editor) {
    let zero_point = input(image).zero_point.get();
    output(image).zero_point = (zero_point ^ 1).into();
}

/// The first shift of the only weight record.
fn shift(image: &mut Editor) -> &mut i8 {
    let at = image.weights(0).shifts_offset.get() as usize;
    let start = image.section(section::DATA).start;
    image.record(start + at)
}

/// The first multiplier of the only weight record.
fn multiplier(image: &mut Editor) -> &mut zerocopy::little_endian::I32 {
    let at = image.weights(0).multipliers_offset.get() as usize;
    let start = image.section(section::DATA).start;
    &mut image.record::<Scaling>(start + at).multiplier
}
