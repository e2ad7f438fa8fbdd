//! What `Image::new_checked` checks, in the order of the file: header, directory, sections, tensors
//! and weight records by themselves; then, in `plan`, how operators use them.

use super::record::{
    ALIGN, Header, MAGIC, MAX_SECTIONS, MAX_TENSORS, OPTIONAL, PER_CHANNEL, STREAM_ALIGN,
    SectionRecord, TensorRecord, VERSION, WeightsRecord, section,
};
use super::{DType, Error, Image, Place, Ports, Tensor, checksum, normalisation, plan, records};
use crate::rolled::{Rolled, unknown_len};
use core::mem::offset_of;
use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

pub(super) fn image(bytes: &[u8]) -> Result<Image<'_>, Error> {
    let header = header(bytes)?;
    let entries = directory(bytes, header)?;
    sections(bytes, entries)?;
    let mut image = assemble(bytes, header, entries)?;
    for id in (0..image.tensors.len()).rolled() {
        tensor(&image, id as u16)?;
    }
    for record in image.weights.iter().rolled() {
        weights(bytes, record)?;
    }
    image.operator_count = plan::operators(&image)?;
    plan::memory(&image)?;
    normalisation::check(&image)?;
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
    zero(&header.reserved, offset_of!(Header, reserved))?;
    Ok(header)
}

/// A reserved field, at byte `offset` of the image, is zero.
#[inline(never)]
pub(super) fn zero(field: &[u8], offset: usize) -> Result<(), Error> {
    match field.iter().rolled().all(|&byte| byte == 0) {
        true => Ok(()),
        false => Err(Error::ReservedNotZero { offset: offset as u32 }),
    }
}

/// The byte of the image at which `record`, a part of it, starts.
fn offset_of_record<T>(image: &[u8], record: &T) -> usize {
    core::ptr::from_ref(record).addr() - image.as_ptr().addr()
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

/// Sections follow each other to the end of the image, each aligned, and are of different kinds.
fn sections(bytes: &[u8], entries: &[SectionRecord]) -> Result<(), Error> {
    let found = entries.len() as u32;
    if found > MAX_SECTIONS.into() {
        return Err(Error::TooMany { kind: 0, found, most: MAX_SECTIONS });
    }
    let mut end = size_of::<Header>() + size_of_val(entries);
    for (index, entry) in entries.iter().enumerate().rolled() {
        let bad = Error::BadSection { section: index as u16 };
        let (start, len) = (entry.offset.get() as usize, entry.len.get() as usize);
        if start != end.next_multiple_of(ALIGN) {
            return Err(bad);
        }
        end = start.checked_add(len).filter(|&end| end <= bytes.len()).ok_or(bad)?;
        section_kind(bytes, entry, entries.get(..index).unwrap_or_default())?;
    }
    match end == bytes.len() {
        true => Ok(()),
        false => Err(Error::BadSection { section: entries.len() as u16 }),
    }
}

fn section_kind(
    bytes: &[u8],
    entry: &SectionRecord,
    before: &[SectionRecord],
) -> Result<(), Error> {
    let (kind, at) = (entry.kind.get(), offset_of_record(bytes, entry));
    let unknown = entry.flags.get() & !OPTIONAL;
    zero(&unknown.to_le_bytes(), at + offset_of!(SectionRecord, flags))?;
    zero(&entry.reserved.to_bytes(), at + offset_of!(SectionRecord, reserved))?;
    if before.iter().rolled().any(|other| other.kind.get() == kind) {
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
    let find = |kind: u16| find(bytes, entries, kind).ok_or(Error::MissingSection { kind });
    let bad_len =
        |kind: u16, bytes: &[u8]| Error::BadSectionLength { kind, len: bytes.len() as u32 };
    let tensors = find(section::TENSORS)?;
    let weights = find(section::WEIGHTS)?;
    let ports = find(section::PORTS)?;
    let tensors: &[TensorRecord] = records(tensors).ok_or(bad_len(section::TENSORS, tensors))?;
    let found = tensors.len() as u32;
    if found > MAX_TENSORS.into() {
        return Err(Error::TooMany { kind: section::TENSORS, found, most: MAX_TENSORS });
    }
    Ok(Image {
        bytes,
        header,
        tensors,
        operators: find(section::OPERATORS)?,
        weights: records(weights).ok_or(bad_len(section::WEIGHTS, weights))?,
        data: find(section::DATA)?,
        ports: split_ports(ports).ok_or(bad_len(section::PORTS, ports))?,
        operator_count: 0,
    })
}

/// The bytes of the section of `kind`, one of [`section`].
#[inline(never)]
pub(super) fn find<'a>(bytes: &'a [u8], entries: &[SectionRecord], kind: u16) -> Option<&'a [u8]> {
    let entry = entries.iter().rolled().find(|entry| entry.kind.get() == kind)?;
    bytes.get(entry.offset.get() as usize..)?.get(..entry.len.get() as usize)
}

/// Two counts, then the inputs, then the outputs.
fn split_ports(bytes: &[u8]) -> Option<Ports<'_>> {
    let (counts, ids) = records::<U16>(bytes)?.split_at_checked(2)?;
    let [inputs, outputs] = [counts.first()?.get(), counts.get(1)?.get()].map(usize::from);
    let (first, second) = ids.split_at_checked(inputs)?;
    (second.len() == outputs).then_some(Ports { inputs: first, outputs: second })
}

fn tensor(image: &Image<'_>, id: u16) -> Result<(), Error> {
    let Some(tensor) = image.tensor(id) else { return Ok(()) };
    let record = tensor.record;
    let at = offset_of_record(image.bytes, record);
    zero(&[record.reserved], at + offset_of!(TensorRecord, reserved))?;
    zero(&record.reserved2.to_bytes(), at + offset_of!(TensorRecord, reserved2))?;
    let code = record.dtype;
    let dtype = DType::from_code(code).ok_or(Error::UnknownType { tensor: id, code })?;
    if record.place > 1 {
        return Err(Error::UnknownPlace { tensor: id, code: record.place });
    }
    if !quantised(tensor, dtype) {
        return Err(Error::BadQuantisation { tensor: id });
    }
    let len = byte_len(record, dtype).ok_or(Error::BadShape { tensor: id })?;
    tensor_range(image, tensor, len)?;
    let constant = tensor.place() == Place::Data;
    let lives = constant && (record.first.get() | record.last.get()) != 0;
    match lives || (tensor.first() == 0 && tensor.alias().is_some()) {
        true => Err(Error::BadAlias { tensor: id }),
        false => Ok(()),
    }
}

/// Bytes of the tensor; `None` where its dimensions are not those of a tensor of its rank.
fn byte_len(record: &TensorRecord, dtype: DType) -> Option<u32> {
    let filled = 4_usize.checked_sub(record.rank.into())?;
    let mut len = dtype.size() as u32;
    for (at, dim) in unknown_len(&record.dims).iter().enumerate().rolled() {
        if dim.get() == 0 || at < filled && dim.get() != 1 {
            return None;
        }
        len = len.checked_mul(dim.get())?;
    }
    Some(len)
}

fn tensor_range(image: &Image<'_>, tensor: Tensor<'_>, len: u32) -> Result<(), Error> {
    let id = tensor.id();
    let (room, align) = match tensor.place() {
        Place::Arena => (image.arena_len(), ALIGN),
        Place::Data => (image.data.len(), STREAM_ALIGN),
    };
    if !tensor.offset().is_multiple_of(align) {
        return Err(Error::MisalignedTensor { tensor: id });
    }
    match tensor.offset().checked_add(len as usize).is_some_and(|end| end <= room) {
        true => Ok(()),
        false => Err(Error::TensorOutOfRange { tensor: id }),
    }
}

/// Reserved fields of a weight record; what it names is checked with its operator.
fn weights(image: &[u8], record: &WeightsRecord) -> Result<(), Error> {
    let at = offset_of_record(image, record);
    zero(&[record.flags & !PER_CHANNEL], at + offset_of!(WeightsRecord, flags))?;
    zero(&record.reserved, at + offset_of!(WeightsRecord, reserved))
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
