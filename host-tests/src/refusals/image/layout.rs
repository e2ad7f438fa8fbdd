//! Ways in which the file, its header and its directory can be wrong.

use super::{Seen, after, constant, good, normalised};
use crate::editor::Editor;
use kastanet::image::record::{
    ALIGN, MAX_OPERATORS, MAX_SECTIONS, MAX_TENSORS, NONE, OPTIONAL, OpHead, SectionRecord,
    TensorRecord, VERSION, section,
};
use kastanet::image::{Error, Image};
use kastanet_cli::pack::AlignedBytes;
use zerocopy::IntoBytes;

pub fn misaligned() -> Vec<Error> {
    let (mut seen, good) = (Seen::default(), good().bytes);
    let mut shifted = AlignedBytes::zeroed(good.len() + ALIGN);
    for by in 1..ALIGN {
        shifted[by..][..good.len()].copy_from_slice(&good);
        let error = Image::new_checked(&shifted[by..][..good.len()]).err();
        seen.equal(error, Error::Misaligned, &format!("by {by}"));
    }
    seen.0
}

pub fn truncated() -> Vec<Error> {
    let (mut seen, bytes) = (Seen::default(), AlignedBytes::new(&good().bytes));
    for given in 0..bytes.len() {
        let needed = if given < 64 { 64 } else { bytes.len() as u32 };
        let error = Image::new_checked(&bytes[..given]).err();
        let expected = Error::Truncated { needed, given: given as u32 };
        seen.equal(error, expected, &format!("{given} bytes"));
    }
    seen.0
}

pub fn trailing_bytes() -> Vec<Error> {
    let (mut seen, mut image) = (Seen::default(), good());
    let expected = image.bytes.len() as u32;
    for given in [expected + 1, expected + 16] {
        image.bytes.resize(given as usize, 0);
        image.seal_crc();
        seen.equal(image.check().err(), Error::TrailingBytes { expected, given }, "longer");
    }
    seen.0
}

pub fn bad_magic() -> Vec<Error> {
    let mut seen = Seen::default();
    for found in [*b"KASU", *b"kast", [0; 4], [0xff; 4]] {
        let expected = Error::BadMagic { found };
        seen.refused(expected, "other bytes", |image| image.header().magic = found);
    }
    seen.0
}

pub fn unsupported_version() -> Vec<Error> {
    let mut seen = Seen::default();
    for found in [0, VERSION + 1, 0xffff] {
        let expected = Error::UnsupportedVersion { found };
        seen.refused(expected, "other versions", |image| image.header().version = found.into());
    }
    seen.0
}

pub fn bad_checksum() -> Vec<Error> {
    let (mut image, mut seen) = (good(), Vec::new());
    let expected = image.header().crc.get();
    for at in [24, 64, image.bytes.len() - 1] {
        image.bytes[at] ^= 1;
        let error = image.check().expect_err("a bit was flipped");
        image.bytes[at] ^= 1;
        match error {
            Error::BadChecksum { expected: e, found } if e == expected && found != e => {}
            other => panic!("byte {at}: {other:?}"),
        }
        seen.push(error);
    }
    image.header().crc = (!expected).into();
    let error = image.check().err();
    assert_eq!(error, Some(Error::BadChecksum { expected: !expected, found: expected }));
    seen.extend(error);
    seen
}

/// Each reserved field, by its own place as FORMAT.md gives it.
pub fn reserved_not_zero() -> Vec<Error> {
    let mut seen = Seen::default();
    let mut field = |what: &str, at: usize, first: usize| {
        let offset = first as u32;
        seen.refused(Error::ReservedNotZero { offset }, what, |image| image.bytes[at] |= 2);
    };
    let mut image = good();
    field("header, first byte", 24, 24);
    field("header, last byte", 63, 24);
    let entry = 64 + 2 * 16;
    field("flags of a section, low", entry + 2, entry + 2);
    field("flags of a section, high", entry + 3, entry + 2);
    field("section", entry + 15, entry + 12);
    let tensor = image.section(section::TENSORS).start + 40;
    field("tensor, byte 3", tensor + 3, tensor + 3);
    field("tensor, byte 39", tensor + 39, tensor + 38);
    let op = image.op_start(1);
    field("operator", op + 3, op + 3);
    assert_eq!(image.op(1).inputs, 1, "so there is padding");
    field("padding of inputs", op + 16 + 3, op + 16 + 2);
    let weights = image.section(section::WEIGHTS).start;
    field("flags of weights", weights + 3, weights + 3);
    field("weights, first byte", weights + 52, weights + 52);
    field("weights, last byte", weights + 63, weights + 52);
    seen.0
}

pub fn bad_section() -> Vec<Error> {
    let mut seen = Seen::default();
    let mut bad = |what: &str, section, change: fn(&mut Editor)| {
        seen.refused(Error::BadSection { section }, what, change);
    };
    fn shift(image: &mut Editor, by: u32) {
        let offset = image.entry(1).offset.get();
        image.entry(1).offset = offset.wrapping_add(by).into();
    }
    bad("overlap", 1, |image| shift(image, 16_u32.wrapping_neg()));
    bad("misaligned", 1, |image| shift(image, 1));
    bad("a gap", 1, |image| shift(image, 16));
    bad("outside", 1, |image| shift(image, 0xffff_0000));
    bad("over the header", 0, |image| image.entry(0).offset = 0.into());
    bad("too long", 4, |image| image.entry(4).len = u32::MAX.into());
    bad("no room for the directory", 0, |image| image.header().section_count = 0xffff.into());
    bad("fewer entries than the directory had", 0, |image| {
        image.header().section_count = 5.into();
    });
    bad("out of order", 0, |image| {
        let [first, second] = [*image.entry(0), *image.entry(1)];
        (*image.entry(0), *image.entry(1)) = (second, first);
    });
    bad("bytes after the last", 6, |image| {
        image.bytes.resize(image.bytes.len() + 16, 0);
        image.seal();
    });
    bad("one byte after the last", 6, |image| {
        image.bytes.push(0);
        image.seal();
    });
    seen.0
}

/// One more than allowed; the most that is allowed is.
pub fn too_many() -> Vec<Error> {
    let mut seen = Seen::default();
    let sections = |count: u16| {
        move |image: &mut Editor| {
            let mut sections = image.sections();
            for kind in 0x1000.. {
                if sections.len() == usize::from(count) {
                    break;
                }
                let flags = OPTIONAL.into();
                let entry = SectionRecord { kind: kind.into(), flags, ..sections[0].0 };
                sections.push((entry, vec![]));
            }
            image.assemble(&sections);
        }
    };
    let tensors = |count: u16| {
        move |image: &mut Editor| {
            let constant = *image.tensor(constant());
            image.rewrite(section::TENSORS, |bytes| {
                while bytes.len() < usize::from(count) * size_of::<TensorRecord>() {
                    bytes.extend(constant.as_bytes());
                }
            });
        }
    };
    let ports = |count: u16| {
        move |image: &mut Editor| {
            image.rewrite(section::PORTS, |bytes| {
                let output = [bytes[6], bytes[7]];
                bytes[2..4].copy_from_slice(&(count - 1).to_le_bytes());
                bytes.truncate(6);
                bytes.extend(output.repeat(usize::from(count) - 1));
            });
        }
    };
    assert_eq!(after(sections(MAX_SECTIONS)), None);
    assert_eq!(after(tensors(MAX_TENSORS)), None);
    assert_eq!(after(ports(MAX_TENSORS)), None);
    let mut many = |kind, most: u16, change: &dyn Fn(&mut Editor)| {
        let found = u32::from(most) + 1;
        let what = format!("section of kind {kind}");
        seen.refused(Error::TooMany { kind, found, most }, &what, change);
    };
    many(0, MAX_SECTIONS, &sections(MAX_SECTIONS + 1));
    many(section::TENSORS, MAX_TENSORS, &tensors(MAX_TENSORS + 1));
    many(section::PORTS, MAX_TENSORS, &ports(MAX_TENSORS + 1));
    many(section::OPERATORS, MAX_OPERATORS, &|image| operators(image, MAX_OPERATORS + 1));
    seen.0
}

/// Operators without inputs, each with an output of its own that lives only then.
fn operators(image: &mut Editor, count: u16) {
    let (head, tensor) = (*image.op(1), *image.tensor(0));
    let tensors = (0..count.min(MAX_TENSORS)).flat_map(|number| {
        let time = (number + 1).into();
        let record = TensorRecord { first: time, last: time, alias: NONE.into(), ..tensor };
        record.as_bytes().to_vec()
    });
    let operators = (0..count).flat_map(|number| {
        let output = number.into();
        let record = OpHead { inputs: 0, params_len: 0, output, ..head };
        record.as_bytes().to_vec()
    });
    image.rewrite(section::TENSORS, |bytes| *bytes = tensors.collect());
    image.rewrite(section::OPERATORS, |bytes| *bytes = operators.collect());
}

pub fn unknown_section() -> Vec<Error> {
    let mut seen = Seen::default();
    for kind in [0, 9, 10, 11, 12, 0xffff] {
        let expected = Error::UnknownSection { kind };
        seen.refused(expected, "not to be skipped", |image| image.entry(0).kind = kind.into());
    }
    seen.0
}

pub fn duplicate_section() -> Vec<Error> {
    let mut seen = Seen::default();
    let expected = Error::DuplicateSection { kind: section::TENSORS };
    let change = |image: &mut Editor| image.entry(1).kind = section::TENSORS.into();
    seen.refused(expected, "a required kind", change);
    let expected = Error::DuplicateSection { kind: section::NAMES };
    seen.refused(expected, "one that may be skipped", |image| {
        let mut sections = image.sections();
        let names = sections.last().cloned();
        sections.extend(names);
        image.assemble(&sections);
    });
    seen.0
}

pub fn missing_section() -> Vec<Error> {
    let mut seen = Seen::default();
    for kind in section::TENSORS..=section::PORTS {
        let expected = Error::MissingSection { kind };
        seen.refused(expected, "an unknown one in its place", |image| {
            let index = image.index(kind);
            image.entry(index).kind = 99.into();
            image.entry(index).flags = OPTIONAL.into();
        });
        seen.refused(expected, "nothing in its place", |image| {
            let index = image.index(kind);
            let mut sections = image.sections();
            sections.remove(index);
            image.assemble(&sections);
        });
    }
    seen.0
}

pub fn bad_section_length() -> Vec<Error> {
    let mut seen = Seen::default();
    for kind in [section::TENSORS, section::WEIGHTS, section::PORTS] {
        let len = good().section(kind).len();
        for len in [len - 1, len + 1, len + 2] {
            let expected = Error::BadSectionLength { kind, len: len as u32 };
            let change = |image: &mut Editor| image.rewrite(kind, |bytes| bytes.resize(len, 0));
            seen.refused(expected, "not whole", change);
        }
    }
    for len in [0, 4, 12, 15] {
        let expected = Error::BadSectionLength { kind: section::NORMALISATION, len };
        let change = |image: &mut Editor| normalised(image, &vec![0; len as usize]);
        seen.refused(expected, "no pairs", change);
    }
    let expected = Error::BadSectionLength { kind: section::PORTS, len: 2 };
    let change = |image: &mut Editor| image.rewrite(section::PORTS, |bytes| bytes.truncate(2));
    seen.refused(expected, "no counts", change);
    seen.0
}
