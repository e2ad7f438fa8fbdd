//! Operators that move a window over an image: padding as numbers, output sizes checked.

use super::{Failure, Lowering, Quantised, Said, bytes, scaling};
use crate::graph::{self, Activation, OpKind, Padding};
use kastanet::image::OpKind as Code;
use kastanet::image::record::Window;
use kastanet::kernels::pool;

/// A window before its padding is known.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: Padding,
    pub multiplier: usize,
    pub activation: Activation,
}

impl Lowering<'_> {
    pub(super) fn pool(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let (code, shape) = match op.kind {
            OpKind::AveragePool2d { padding, stride, filter, activation } => {
                (Code::AveragePool2d, pool_shape(padding, stride, filter, activation))
            }
            OpKind::MaxPool2d { padding, stride, filter, activation } => {
                (Code::MaxPool2d, pool_shape(padding, stride, filter, activation))
            }
            _ => return Err("it is no pooling".into()),
        };
        let (input, output) = self.unary(op)?;
        if (input.scale, input.zero_point) != (output.scale, output.zero_point) {
            return Err("input and output must have the same scale and zero point".into());
        }
        let taps = shape.kernel[0].saturating_mul(shape.kernel[1]);
        if taps > pool::MAX_TAPS {
            let most = pool::MAX_TAPS;
            return Err(format!("a window of {taps} taps, at most {most} are supported").into());
        }
        let params = bytes(&window(shape, input, output)?);
        self.emit(op, code, 1, params)
    }
}

fn pool_shape(
    padding: Padding,
    stride: [usize; 2],
    kernel: [usize; 2],
    activation: Activation,
) -> Shape {
    Shape { kernel, stride, dilation: [1, 1], padding, multiplier: 1, activation }
}

/// The window's record; the output's height and width must be what padding and stride give.
pub(super) fn window(shape: Shape, input: Quantised<'_>, output: Quantised<'_>) -> Said<Window> {
    let (from, to) = (input.dims(), output.dims());
    let mut pad = [0; 2];
    for axis in [0, 1] {
        let (size, out) = (from[axis + 1], to[axis + 1]);
        pad[axis] = pad_before(shape, axis, size, out)?;
    }
    let clamp = scaling::clamp(shape.activation, output)?;
    Ok(Window {
        kernel: pair(shape.kernel)?,
        stride: pair(shape.stride)?,
        dilation: pair(shape.dilation)?,
        pad: pair(pad)?,
        multiplier: small(shape.multiplier)?.into(),
        min: clamp.min,
        max: clamp.max,
    })
}

fn pad_before(shape: Shape, axis: usize, size: usize, out: usize) -> Said<usize> {
    let (stride, dilation) = (shape.stride[axis], shape.dilation[axis]);
    let side = ["height", "width"][axis];
    if stride == 0 || dilation == 0 || shape.kernel[axis] == 0 {
        return Err(format!("{side} of stride, dilation or window is 0"));
    }
    let reach = (shape.kernel[axis] - 1) * dilation + 1;
    let (expected, pad) = shape.padding.along(axis, size, reach, stride).unwrap_or_default();
    if expected != out {
        return Err(format!("output {side} is {out}, window and padding give {expected}"));
    }
    Ok(pad)
}

fn pair(pair: [usize; 2]) -> Said<[zerocopy::little_endian::U16; 2]> {
    Ok([small(pair[0])?.into(), small(pair[1])?.into()])
}

fn small(number: usize) -> Said<u16> {
    u16::try_from(number).map_err(|_| format!("{number} is more than 65535"))
}
