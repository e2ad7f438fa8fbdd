//! TABLE: any function of one byte, by a table of 256: LOGISTIC, RELU, RELU6, a change of scale or
//! of signedness. The input's byte, taken as unsigned, is the index: for int8 the entries stand in
//! the order 0 … 127, −128 … −1. No scratch.

use super::{Error, Memory, Operator, ensure, params, unary};
use crate::image::record::TableParams;
use crate::image::{DType, Op, OpKind};
use crate::rolled::Rolled;

/// The operator.
pub static TABLE: Operator = Operator { kind: OpKind::Table, in_place: true, check, run };

/// Entries of a table.
const ENTRIES: usize = 256;

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let (input, output) = unary(op)?;
    params::<TableParams>(op)?;
    let bytes = [input, output].iter().rolled().all(|tensor| tensor.dtype() != DType::F32);
    ensure(bytes, Error::BadType)?;
    ensure(input.elements() == output.elements(), Error::BadShape)?;
    table(op).ok_or(Error::BadParameters)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let table = table(op)?;
    if op.in_place().is_some() {
        memory.output.iter_mut().rolled().for_each(|y| *y = entry(table, *y));
        return Some(());
    }
    let input = memory.bytes(op, op.input(0)?)?;
    for (y, &x) in memory.output.iter_mut().zip(input).rolled() {
        *y = entry(table, x);
    }
    Some(())
}

fn table<'a>(op: &Op<'a>) -> Option<&'a [u8; ENTRIES]> {
    let offset = op.params::<TableParams>()?.offset.get() as usize;
    op.image().stream(offset, ENTRIES)?.try_into().ok()
}

#[inline]
fn entry(table: &[u8; ENTRIES], index: u8) -> u8 {
    table.get(usize::from(index)).copied().unwrap_or(0)
}
