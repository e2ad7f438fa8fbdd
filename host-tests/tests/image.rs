//! One test for each way an image can be wrong, called after the error it provokes: a good image,
//! one change, the checksum made right again. A test in `coverage.rs` counts them.

use host_tests::editor::Editor;
use host_tests::{device, generate};
use kastanet::image::record::{ALIGN, NONE, SectionRecord, TensorRecord, VERSION, section};
use kastanet::image::{Error, Image};
use kastanet_cli::pack::{AlignedBytes, Options};

fn good() -> Editor {
    Editor { bytes: device::packed(&generate::example(), &Options::default()).image }
}

/// What the reader says after a change, the checksum being right.
fn after(change: impl FnOnce(&mut Editor)) -> Option<Error> {
    let mut editor = good();
    assert_eq!(editor.run(), Ok(()), "the image is good before the change");
    change(&mut editor);
    editor.seal_crc();
    editor.check().err()
}

#[test]
fn misaligned() {
    let good = good().bytes;
    let mut shifted = AlignedBytes::zeroed(good.len() + ALIGN);
    for by in 1..ALIGN {
        shifted[by..][..good.len()].copy_from_slice(&good);
        let error = Image::new_checked(&shifted[by..][..good.len()]).err();
        assert_eq!(error, Some(Error::Misaligned), "by {by}");
    }
}

#[test]
fn truncated() {
    let bytes = AlignedBytes::new(&good().bytes);
    for given in 0..bytes.len() {
        let needed = if given < 64 { 64 } else { bytes.len() as u32 };
        let error = Image::new_checked(&bytes[..given]).err();
        assert_eq!(error, Some(Error::Truncated { needed, given: given as u32 }));
    }
}

#[test]
fn trailing_bytes() {
    let mut editor = good();
    let expected = editor.bytes.len() as u32;
    for given in [expected + 1, expected + 16] {
        editor.bytes.resize(given as usize, 0);
        editor.seal_crc();
        assert_eq!(editor.check(), Err(Error::TrailingBytes { expected, given }));
    }
}

#[test]
fn bad_magic() {
    let found = *b"KASU";
    assert_eq!(after(|image| image.header().magic = found), Some(Error::BadMagic { found }));
}

#[test]
fn unsupported_version() {
    for found in [0, VERSION + 1, 0xffff] {
        let error = after(|image| image.header().version = found.into());
        assert_eq!(error, Some(Error::UnsupportedVersion { found }));
    }
}

#[test]
fn bad_checksum() {
    let mut editor = good();
    let expected = editor.header().crc.get();
    let last = editor.bytes.len() - 1;
    editor.bytes[last] ^= 1;
    let error = editor.check().unwrap_err();
    assert!(
        matches!(error, Error::BadChecksum { expected: e, found } if e == expected && found != e)
    );
}

#[test]
fn reserved_not_zero() {
    let error = after(|image| image.header().reserved[39] = 1);
    assert_eq!(error, Some(Error::ReservedNotZero { offset: 0 }));
    let offset = 64 + 2 * size_of::<SectionRecord>() as u32;
    let error = after(|image| image.entry(2).reserved = 1.into());
    assert_eq!(error, Some(Error::ReservedNotZero { offset }));
    let error = after(|image| image.entry(2).flags = 2.into());
    assert_eq!(error, Some(Error::ReservedNotZero { offset }));
}

#[test]
fn bad_section() {
    let bad = |section| Some(Error::BadSection { section });
    let shift = |by: i64| {
        after(|image| {
            let offset = i64::from(image.entry(1).offset.get()) + by;
            image.entry(1).offset = (offset as u32).into();
        })
    };
    assert_eq!(shift(-16), bad(1), "overlap");
    assert_eq!(shift(1), bad(1), "misalignment");
    assert_eq!(shift(0xffff_0000), bad(1), "outside");
    assert_eq!(after(|image| image.entry(0).offset = 0.into()), bad(0), "over the header");
    assert_eq!(after(|image| image.entry(4).len = u32::MAX.into()), bad(4), "too long");
    assert_eq!(after(|image| image.header().section_count = 0xffff.into()), bad(0), "no room");
}

#[test]
fn unknown_section() {
    for kind in [0, 9, 10, 11, 12, 0xffff] {
        let error = after(|image| image.entry(0).kind = kind.into());
        assert_eq!(error, Some(Error::UnknownSection { kind }));
    }
}

#[test]
fn duplicate_section() {
    let error = after(|image| image.entry(1).kind = section::TENSORS.into());
    assert_eq!(error, Some(Error::DuplicateSection { kind: section::TENSORS }));
}

#[test]
fn missing_section() {
    for kind in section::TENSORS..=section::PORTS {
        let error = after(|image| {
            // An unknown kind that may be skipped takes its place.
            let index = image.index(kind);
            image.entry(index).kind = 99.into();
            image.entry(index).flags = 1.into();
        });
        assert_eq!(error, Some(Error::MissingSection { kind }));
    }
}

#[test]
fn bad_section_length() {
    for kind in [section::TENSORS, section::WEIGHTS, section::PORTS] {
        let mut len = 0;
        let error = after(|image| {
            let index = image.index(kind);
            len = image.entry(index).len.get() - 1;
            image.entry(index).len = len.into();
        });
        assert_eq!(error, Some(Error::BadSectionLength { kind, len }));
    }
}

#[test]
fn bad_tensor() {
    type Change = fn(&mut TensorRecord);
    let changes: [Change; 13] = [
        |tensor| tensor.dtype = 0,
        |tensor| tensor.dtype = 4,
        |tensor| tensor.place = 2,
        |tensor| tensor.rank = 5,
        |tensor| tensor.reserved = 1,
        |tensor| tensor.reserved2 = 1.into(),
        |tensor| tensor.scale = 0.0.into(),
        |tensor| tensor.scale = f32::NAN.into(),
        |tensor| tensor.zero_point = 128.into(),
        |tensor| tensor.zero_point = (-129).into(),
        |tensor| tensor.dims[1] = 0.into(),
        |tensor| tensor.dims = [0x1_0000.into(); 4],
        |tensor| tensor.offset = (tensor.offset.get() + 8).into(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let error = after(|image| change(image.tensor(0)));
        assert_eq!(error, Some(Error::BadTensor { tensor: 0 }), "change {index}");
    }
}

#[test]
fn tensor_out_of_range() {
    let arena = good().header().arena_len.get();
    for offset in [arena.next_multiple_of(16), 0xffff_fff0] {
        let error = after(|image| image.tensor(0).offset = offset.into());
        assert_eq!(error, Some(Error::TensorOutOfRange { tensor: 0 }));
    }
    let constant = constant();
    let error = after(|image| image.tensor(constant).offset = 0x7fff_fff0.into());
    assert_eq!(error, Some(Error::TensorOutOfRange { tensor: constant as u16 }));
    let error = after(|image| image.header().arena_len = 0.into());
    assert!(matches!(error, Some(Error::TensorOutOfRange { .. })));
}

/// The tensor in the data section.
fn constant() -> usize {
    let mut editor = good();
    let count = editor.section(section::TENSORS).len() / size_of::<TensorRecord>();
    (0..count).find(|&id| editor.tensor(id).place == 1).expect("the example has a constant")
}

#[test]
fn truncated_operator() {
    let last = 3;
    let cut = |by: u32| {
        after(|image| {
            let index = image.index(section::OPERATORS);
            image.entry(index).len = (image.entry(index).len.get() - by).into();
        })
    };
    for by in [1, 4, 40] {
        assert_eq!(cut(by), Some(Error::TruncatedOperator { operator: last }), "by {by}");
    }
    let error = after(|image| image.op(1).params_len += 1);
    assert_eq!(error, Some(Error::TruncatedOperator { operator: 1 }));
    let error = after(|image| image.op(1).reserved = 1);
    assert_eq!(error, Some(Error::TruncatedOperator { operator: 1 }));
}

#[test]
fn bad_reference() {
    let bad = |operator| Some(Error::BadReference { operator });
    assert_eq!(after(|image| *image.op_input(1, 0) = 99.into()), bad(1), "input");
    assert_eq!(after(|image| image.op(2).output = NONE.into()), bad(2), "output");
    let constant = constant() as u16;
    assert_eq!(after(|image| image.op(2).output = constant.into()), bad(2), "constant output");
    assert_eq!(after(|image| image.op(0).weights = 1.into()), bad(0), "weights");
}

#[test]
fn bad_lifetime() {
    let bad = |operator| Some(Error::BadLifetime { operator });
    let output = good().op(0).output.get();
    let of = |id: u16| usize::from(id);
    assert_eq!(after(|image| image.tensor(of(output)).first = 2.into()), bad(0), "too late");
    // In place of the sum's constant, which nothing else depends on.
    let reads = |writer: usize| {
        after(|image| {
            let id = image.op(writer).output;
            *image.op_input(2, 1) = id;
        })
    };
    assert_eq!(reads(3), bad(2), "read before it is written");
    assert_eq!(reads(0), bad(2), "read after its last use");
    let error = after(|image| {
        let input = image.op_input(0, 0).get();
        let output = of(image.op(1).output.get());
        image.tensor(output).alias = input.into();
    });
    assert_eq!(error, bad(1), "takes over what it does not read");
}

#[test]
fn bad_port() {
    let change = |index: usize, id: u16| {
        after(|image| {
            let at = image.section(section::PORTS).start + 2 * index;
            *image.record::<zerocopy::little_endian::U16>(at) = id.into();
        })
    };
    let output = good().op(0).output.get();
    for id in [99, constant() as u16, output] {
        assert_eq!(change(2, id), Some(Error::BadPort { tensor: id }), "input {id}");
        assert_eq!(change(3, id), Some(Error::BadPort { tensor: id }), "output {id}");
    }
    let error = after(|image| {
        let at = image.section(section::PORTS).start;
        *image.record::<[u8; 4]>(at) = [0, 0, 2, 0];
    });
    assert_eq!(error, Some(Error::BadPort { tensor: NONE }), "no inputs");
}

#[test]
fn overlap() {
    // The table's output takes over its input's bytes; without leave to do so they are shared.
    let [input, output] = [good().op_input(1, 0).get(), good().op(1).output.get()];
    assert_eq!(good().tensor(output.into()).alias.get(), input, "the example replaces in place");
    let error = after(|image| image.tensor(output.into()).alias = NONE.into());
    let [first, second] = [input.min(output), input.max(output)];
    assert_eq!(error, Some(Error::Overlap { first, second }));
}

#[test]
fn bad_scratch() {
    let bad = Some(Error::BadScratch { operator: 0 });
    let arena = good().header().arena_len.get();
    assert!(good().op(0).scratch_len.get() > 0, "the example has scratch");
    assert_eq!(after(|image| image.op(0).scratch_offset = arena.into()), bad, "outside");
    assert_eq!(after(|image| image.op(0).scratch_len = u32::MAX.into()), bad, "too long");
    let error =
        after(|image| image.op(0).scratch_offset = (image.op(0).scratch_offset.get() + 1).into());
    assert_eq!(error, bad, "misaligned");
    let input = usize::from(good().op_input(0, 0).get());
    let error = after(|image| image.op(0).scratch_offset = image.tensor(input).offset);
    assert_eq!(error, bad, "over the input");
}
