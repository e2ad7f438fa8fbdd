//! What `Image::new_checked` checks, in the order of the file: header, directory, tensors,
//! operators, lifetimes, and that nothing which lives together shares bytes.

use super::record::{
    ALIGN, Header, MAGIC, NONE, OPTIONAL, SectionRecord, TensorRecord, VERSION, section,
};
use super::{DType, Error, Image, Op, Place, Ports, Tensor, aligned, checksum, records};
use core::ops::Range;
use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

/// More operators than this cannot be numbered.
const MAX_OPERATORS: u16 = NONE - 2;

pub(super) fn image(bytes: &[u8]) -> Result<Image<'_>, Error> {
    let header = header(bytes)?;
    let entries = directory(bytes, header)?;
    sections(bytes, entries)?;
    let mut image = assemble(bytes, header, entries)?;
    for tensor in 0..image.tensors.len() {
        check_tensor(&image, tensor as u16)?;
    }
    image.operator_count = operators(&image)?;
    ports(&image)?;
    overlaps(&image)?;
    Ok(image)
}

fn header(bytes: &[u8]) -> Result<&Header, Error> {
    if !bytes.as_ptr().addr().is_multiple_of(ALIGN) {
        return Err(Error::Misaligned);
    }
    let given = bytes.len().min(u32::MAX as usize) as u32;
    let short = Error::Truncated { needed: size_of::<Header>() as u32, given };
    let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| short)?;
    if header.magic != MAGIC {
        return Err(Error::BadMagic { found: header.magic });
    }
    if header.version.get() != VERSION {
        return Err(Error::UnsupportedVersion { found: header.version.get() });
    }
    let len = header.total_len.get();
    if len > given {
        return Err(Error::Truncated { needed: len, given });
    }
    if len < given {
        return Err(Error::TrailingBytes { expected: len, given });
    }
    let found = checksum(bytes);
    if found != header.crc.get() {
        return Err(Error::BadChecksum { expected: header.crc.get(), found });
    }
    if header.reserved != [0; 40] {
        return Err(Error::ReservedNotZero { offset: 0 });
    }
    Ok(header)
}

/// The directory, which follows the header.
pub(super) fn directory<'a>(
    bytes: &'a [u8],
    header: &Header,
) -> Result<&'a [SectionRecord], Error> {
    let count = usize::from(header.section_count.get());
    let rest = bytes.get(size_of::<Header>()..).unwrap_or_default();
    match <[SectionRecord]>::ref_from_prefix_with_elems(rest, count) {
        Ok((entries, _)) => Ok(entries),
        Err(_) => Err(Error::BadSection { section: 0 }),
    }
}

/// Sections stand in ascending order, aligned, apart, inside the image, of different kinds.
fn sections(bytes: &[u8], entries: &[SectionRecord]) -> Result<(), Error> {
    let mut end = size_of::<Header>() + size_of_val(entries);
    for (index, entry) in entries.iter().enumerate() {
        let bad = Error::BadSection { section: index as u16 };
        let (start, len) = (entry.offset.get() as usize, entry.len.get() as usize);
        if start < end || !aligned(entry.offset.get()) {
            return Err(bad);
        }
        end = start.checked_add(len).filter(|&end| end <= bytes.len()).ok_or(bad)?;
        check_kind(entry, entries.get(..index).unwrap_or_default(), index)?;
    }
    Ok(())
}

fn check_kind(entry: &SectionRecord, before: &[SectionRecord], index: usize) -> Result<(), Error> {
    let kind = entry.kind.get();
    if entry.reserved.get() != 0 || entry.flags.get() & !OPTIONAL != 0 {
        let offset = size_of::<Header>() + index * size_of::<SectionRecord>();
        return Err(Error::ReservedNotZero { offset: offset as u32 });
    }
    if before.iter().any(|other| other.kind.get() == kind) {
        return Err(Error::DuplicateSection { kind });
    }
    let known = (section::TENSORS..=section::PROVENANCE).contains(&kind);
    if !known && entry.flags.get() & OPTIONAL == 0 {
        return Err(Error::UnknownSection { kind });
    }
    Ok(())
}

fn assemble<'a>(
    bytes: &'a [u8],
    header: &'a Header,
    entries: &'a [SectionRecord],
) -> Result<Image<'a>, Error> {
    let find = |kind: u16| {
        let entry = entries.iter().find(|entry| entry.kind.get() == kind);
        let entry = entry.ok_or(Error::MissingSection { kind })?;
        let start = entry.offset.get() as usize;
        Ok(bytes.get(start..start + entry.len.get() as usize).unwrap_or_default())
    };
    let bad_len =
        |kind: u16, bytes: &[u8]| Error::BadSectionLength { kind, len: bytes.len() as u32 };
    let tensors = find(section::TENSORS)?;
    let weights = find(section::WEIGHTS)?;
    let ports = find(section::PORTS)?;
    Ok(Image {
        bytes,
        header,
        tensors: records(tensors)
            .filter(|records: &&[TensorRecord]| records.len() < usize::from(NONE))
            .ok_or(bad_len(section::TENSORS, tensors))?,
        operators: find(section::OPERATORS)?,
        weights: records(weights).ok_or(bad_len(section::WEIGHTS, weights))?,
        data: find(section::DATA)?,
        ports: split_ports(ports).ok_or(bad_len(section::PORTS, ports))?,
        operator_count: 0,
    })
}

/// Two counts, then the inputs, then the outputs.
fn split_ports(bytes: &[u8]) -> Option<Ports<'_>> {
    let (counts, ids) = records::<U16>(bytes)?.split_at_checked(2)?;
    let [inputs, outputs] = [counts.first()?.get(), counts.get(1)?.get()].map(usize::from);
    let (first, second) = ids.split_at_checked(inputs)?;
    (second.len() == outputs).then_some(Ports { inputs: first, outputs: second })
}

fn check_tensor(image: &Image<'_>, id: u16) -> Result<(), Error> {
    let bad = Error::BadTensor { tensor: id };
    let tensor = image.tensor(id).ok_or(bad)?;
    let record = tensor.record;
    let dtype = DType::from_code(record.dtype).ok_or(bad)?;
    let reserved = u16::from(record.reserved) | record.reserved2.get();
    if record.place > 1 || record.rank > 4 || reserved != 0 || !quantised(tensor, dtype) {
        return Err(bad);
    }
    let mut len = dtype.size() as u32;
    for dim in record.dims {
        len = len.checked_mul(dim.get()).filter(|&len| len > 0).ok_or(bad)?;
    }
    let room = match tensor.place() {
        Place::Arena if !aligned(record.offset.get()) => return Err(bad),
        Place::Arena => image.arena_len(),
        Place::Data => image.data.len(),
    };
    let end = (record.offset.get() as usize).checked_add(len as usize);
    match end.is_some_and(|end| end <= room) {
        true => Ok(()),
        false => Err(Error::TensorOutOfRange { tensor: id }),
    }
}

/// A quantised type has a finite positive scale and a zero point that the type can hold.
fn quantised(tensor: Tensor<'_>, dtype: DType) -> bool {
    let (scale, zero) = (tensor.scale(), tensor.zero_point());
    let range = match dtype {
        DType::I8 => -128..=127,
        DType::U8 => 0..=255,
        DType::F32 => return scale == 0.0 && zero == 0,
    };
    scale.is_finite() && scale > 0.0 && range.contains(&zero)
}

/// Walks the operators: every record whole, every reference good, every use within a lifetime.
fn operators(image: &Image<'_>) -> Result<u16, Error> {
    let mut walk = image.operators();
    let mut count = 0;
    for op in walk.by_ref().take(usize::from(MAX_OPERATORS)) {
        operator(image, op)?;
        count = op.number() + 1;
    }
    if !walk.rest().is_empty() {
        return Err(Error::TruncatedOperator { operator: count });
    }
    let written = image.tensors.iter().filter(|t| t.place == 0 && t.first.get() > 0).count();
    match written == usize::from(count) {
        true => Ok(count),
        false => Err(Error::BadLifetime { operator: count }),
    }
}

fn operator(image: &Image<'_>, op: Op<'_>) -> Result<(), Error> {
    let number = op.number();
    let time = number + 1;
    let bad = Error::BadReference { operator: number };
    let output = op.output().filter(|tensor| tensor.place() == Place::Arena).ok_or(bad)?;
    if op.weights_id().is_some() && op.weights().is_none()
        || op.inputs().count() != op.input_count()
    {
        return Err(bad);
    }
    let reads = |tensor: Tensor<'_>| {
        tensor.place() == Place::Data || (tensor.first() < time && time <= tensor.last())
    };
    let replaced = op.in_place().and_then(|index| op.input(index));
    let aliased = output.alias().is_none() || replaced.is_some_and(|old| replaces(output, old));
    if output.first() != time || output.last() < time || !op.inputs().all(reads) || !aliased {
        return Err(Error::BadLifetime { operator: number });
    }
    scratch(image, op, time)
}

fn scratch(image: &Image<'_>, op: Op<'_>, time: u16) -> Result<(), Error> {
    let bad = Error::BadScratch { operator: op.number() };
    let range = op.scratch();
    if !range.start.is_multiple_of(ALIGN) || range.end > image.arena_len() {
        return Err(bad);
    }
    let shared = in_arena(image).any(|tensor| {
        (tensor.first()..=tensor.last()).contains(&time) && meet(&tensor.range(), &range)
    });
    if shared { Err(bad) } else { Ok(()) }
}

/// Inputs live from the start, outputs to the end, each in the arena; at least one of each.
fn ports(image: &Image<'_>) -> Result<(), Error> {
    let end = image.operator_count + 1;
    let check = |ids: &[U16], lives: &dyn Fn(Tensor<'_>) -> bool| match ids
        .iter()
        .find(|id| !image.tensor(id.get()).is_some_and(|t| t.place() == Place::Arena && lives(t)))
    {
        Some(id) => Err(Error::BadPort { tensor: id.get() }),
        None if ids.is_empty() => Err(Error::BadPort { tensor: NONE }),
        None => Ok(()),
    };
    check(image.ports.inputs, &|tensor| tensor.first() == 0)?;
    check(image.ports.outputs, &|tensor| tensor.last() >= end)?;
    let is_input = |id| image.ports.inputs.iter().any(|port| port.get() == id);
    match in_arena(image).find(|t| t.first() == 0 && !is_input(t.id())) {
        Some(tensor) => Err(Error::BadPort { tensor: tensor.id() }),
        None => Ok(()),
    }
}

/// No two tensors share a byte while both live, except one that replaces another in place.
fn overlaps(image: &Image<'_>) -> Result<(), Error> {
    for a in in_arena(image) {
        for b in in_arena(image).filter(|b| b.id() > a.id()) {
            let together = a.first() <= b.last() && b.first() <= a.last();
            if together && meet(&a.range(), &b.range()) && !replaces(a, b) && !replaces(b, a) {
                return Err(Error::Overlap { first: a.id(), second: b.id() });
            }
        }
    }
    Ok(())
}

/// Whether `new` takes over exactly the bytes of `old` when `old` is read for the last time.
fn replaces(new: Tensor<'_>, old: Tensor<'_>) -> bool {
    let same = old.place() == Place::Arena && new.range() == old.range();
    same && new.alias() == Some(old.id()) && new.first() == old.last()
}

fn in_arena<'a>(image: &Image<'a>) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
    let image = *image;
    (0..image.tensors.len())
        .filter_map(move |id| image.tensor(id as u16))
        .filter(|tensor| tensor.place() == Place::Arena)
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end && !a.is_empty() && !b.is_empty()
}
