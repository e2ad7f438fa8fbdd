//! QUANTIZE, float to int8 or uint8, and DEQUANTIZE, back: only at the network's border. Float
//! bytes of the arena and the image are little-endian. No scratch.

use super::{Error, Memory, Operator, ensure, params, unary};
use crate::image::{DType, Op, OpKind};
use crate::quant::{dequantise, quantise};
use crate::rolled::Rolled;

/// Float to int8 or uint8, by [`quantise`].
pub static QUANTIZE: Operator =
    Operator { kind: OpKind::Quantize, in_place: false, check: check_quantize, run: run_quantize };

/// Int8 or uint8 to float, by [`dequantise`].
pub static DEQUANTIZE: Operator = Operator {
    kind: OpKind::Dequantize,
    in_place: false,
    check: check_dequantize,
    run: run_dequantize,
};

fn check_quantize(op: &Op<'_>) -> Result<usize, Error> {
    let (input, output) = unary(op)?;
    check(op, input.dtype(), output.dtype())
}

fn check_dequantize(op: &Op<'_>) -> Result<usize, Error> {
    let (input, output) = unary(op)?;
    check(op, output.dtype(), input.dtype())
}

fn check(op: &Op<'_>, float: DType, byte: DType) -> Result<usize, Error> {
    let (input, output) = unary(op)?;
    params::<[u8; 0]>(op)?;
    ensure(float == DType::F32 && byte != DType::F32, Error::BadType)?;
    ensure(input.elements() == output.elements(), Error::BadShape)?;
    Ok(0)
}

fn run_quantize(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (input, output) = (op.input(0)?, op.output()?);
    let (scale, zero_point) = (output.scale(), output.zero_point());
    let (floats, _) = memory.bytes(op, input)?.as_chunks::<4>();
    let (min, max) = match output.dtype() {
        DType::U8 => (0, 255),
        _ => (-128, 127),
    };
    for (y, &x) in memory.output.iter_mut().zip(floats).rolled() {
        // The low byte is the value, signed or not.
        *y = quantise(f32::from_le_bytes(x), scale, zero_point).max(min).min(max) as u8;
    }
    Some(())
}

fn run_dequantize(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let input = op.input(0)?;
    let (scale, zero_point) = (input.scale(), input.zero_point());
    let bytes = memory.bytes(op, input)?;
    let (floats, _) = memory.output.as_chunks_mut::<4>();
    for (y, &x) in floats.iter_mut().zip(bytes).rolled() {
        let x = match input.dtype() {
            DType::U8 => i32::from(x),
            _ => i32::from(x as i8),
        };
        *y = dequantise(x, scale, zero_point).to_le_bytes();
    }
    Some(())
}
