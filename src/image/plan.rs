//! What `Image::new_checked` checks of operators and the RAM plan: references, lifetimes, ports, and
//! that nothing which lives together shares bytes.

use super::check::zero;
use super::record::{ALIGN, MAX_OPERATORS, MAX_TENSORS, NONE, section};
use super::{Error, Image, Op, Place, Tensor};
use crate::rolled::Rolled;
use core::ops::Range;
use zerocopy::little_endian::U16;

/// Walks the operators: every record whole, every reference good, every use within a lifetime.
/// Gives their number.
pub(super) fn operators(image: &Image<'_>) -> Result<u16, Error> {
    let mut walk = image.operators();
    let mut count = 0;
    for op in walk.by_ref().take(MAX_OPERATORS.into()).rolled() {
        operator(image, op)?;
        count = op.number() + 1;
    }
    let found = u32::from(count) + 1;
    match walk.rest().is_empty() {
        true => Ok(count),
        false if count == MAX_OPERATORS => {
            Err(Error::TooMany { kind: section::OPERATORS, found, most: MAX_OPERATORS })
        }
        false => Err(Error::TruncatedOperator { operator: count }),
    }
}

fn operator(image: &Image<'_>, op: Op<'_>) -> Result<(), Error> {
    let number = op.number();
    let time = number + 1;
    for (field, offset) in op.reserved().into_iter().rolled() {
        zero(field, offset)?;
    }
    let bad = Error::BadReference { operator: number };
    let output = op.output().filter(|tensor| tensor.place() == Place::Arena).ok_or(bad)?;
    if op.weights_id().is_some() && op.weights().is_none()
        || op.inputs().rolled().count() != op.input_count()
    {
        return Err(bad);
    }
    let reads = |tensor: Tensor<'_>| {
        tensor.place() == Place::Data || (tensor.first() < time && time <= tensor.last())
    };
    let replaced = op.in_place().and_then(|index| op.input(index));
    let aliased = output.alias().is_none() || replaced.is_some_and(|old| replaces(output, old));
    if output.first() != time
        || output.last() < time
        || !op.inputs().rolled().all(reads)
        || !aliased
    {
        return Err(Error::BadLifetime { operator: number });
    }
    scratch(image, op, time)
}

fn scratch(image: &Image<'_>, op: Op<'_>, time: u16) -> Result<(), Error> {
    let bad = Error::BadScratch { operator: op.number() };
    let range = op.scratch();
    if range.is_empty() {
        return Ok(());
    }
    if !range.start.is_multiple_of(ALIGN) || range.end > image.arena_len() {
        return Err(bad);
    }
    let shared = in_arena(image).any(|tensor| {
        (tensor.first()..=tensor.last()).contains(&time) && meet(&bytes_of(tensor), &range)
    });
    if shared { Err(bad) } else { Ok(()) }
}

/// Ports, tensors that nobody writes, and tensors that share bytes.
pub(super) fn memory(image: &Image<'_>) -> Result<(), Error> {
    ports(image)?;
    written(image)?;
    overlaps(image)
}

/// Inputs live from the start, outputs to the end, each in the arena; at least one of each, and
/// no input twice.
fn ports(image: &Image<'_>) -> Result<(), Error> {
    let (inputs, outputs) = (image.ports.inputs, image.ports.outputs);
    let found = (inputs.len() + outputs.len()) as u32;
    if found > MAX_TENSORS.into() {
        return Err(Error::TooMany { kind: section::PORTS, found, most: MAX_TENSORS });
    }
    let end = image.operator_count + 1;
    port(image, inputs, |tensor| tensor.first() == 0)?;
    port(image, outputs, |tensor| tensor.last() >= end)?;
    let mut pairs = inputs.iter().enumerate();
    match pairs.find(|(at, id)| inputs.iter().take(*at).rolled().any(|before| before == *id)) {
        Some((_, id)) => Err(Error::BadPort { tensor: id.get() }),
        None => Ok(()),
    }
}

fn port(image: &Image<'_>, ids: &[U16], lives: impl Fn(Tensor<'_>) -> bool) -> Result<(), Error> {
    let good = |tensor: Tensor<'_>| tensor.place() == Place::Arena && lives(tensor);
    match ids.iter().rolled().find(|id| !image.tensor(id.get()).is_some_and(good)) {
        Some(id) => Err(Error::BadPort { tensor: id.get() }),
        None if ids.is_empty() => Err(Error::BadPort { tensor: NONE }),
        None => Ok(()),
    }
}

/// Every tensor of the arena is an input, or the output of the operator at whose time it starts.
///
/// Operators start at different times and each has an output that starts then, so there is a
/// tensor too many exactly where there are more tensors than inputs and operators.
fn written(image: &Image<'_>) -> Result<(), Error> {
    let known = image.ports.inputs.len() + image.operator_count();
    if in_arena(image).count() == known {
        return Ok(());
    }
    let is_input = |id| image.ports.inputs.iter().rolled().any(|port| port.get() == id);
    let is_output = |id| image.operators().filter_map(|op| op.output()).any(|o| o.id() == id);
    match in_arena(image).map(|tensor| tensor.id()).find(|&id| !is_input(id) && !is_output(id)) {
        Some(tensor) => Err(Error::NeverWritten { tensor }),
        None => Ok(()),
    }
}

/// No two tensors share a byte while both live, except one that replaces another in place.
fn overlaps(image: &Image<'_>) -> Result<(), Error> {
    for a in in_arena(image) {
        for b in in_arena(image).filter(|b| b.id() > a.id()) {
            let together = a.first() <= b.last() && b.first() <= a.last();
            if together && meet(&bytes_of(a), &bytes_of(b)) && !replaces(a, b) && !replaces(b, a) {
                return Err(Error::Overlap { first: a.id(), second: b.id() });
            }
        }
    }
    Ok(())
}

/// Whether `new` takes over exactly the bytes of `old` when `old` is read for the last time.
fn replaces(new: Tensor<'_>, old: Tensor<'_>) -> bool {
    let same = old.place() == Place::Arena && bytes_of(new) == bytes_of(old);
    same && new.alias() == Some(old.id()) && new.first() == old.last()
}

fn in_arena<'a>(image: &Image<'a>) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
    let image = *image;
    (0..image.tensors.len())
        .rolled()
        .filter_map(move |id| image.tensor(id as u16))
        .filter(|tensor| tensor.place() == Place::Arena)
}

/// [`Tensor::range`], once for all checks.
#[inline(never)]
fn bytes_of(tensor: Tensor<'_>) -> Range<usize> {
    tensor.range()
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end && !a.is_empty() && !b.is_empty()
}
