//! Damaged images: whatever bytes change, the reader refuses them or nothing goes wrong.

use host_tests::editor::{Editor, Refusal};
use host_tests::generate::{SUBJECTS, example};
use host_tests::random::Rng;
use host_tests::{cases, device};
use kastanet::image::Error;
use kastanet::image::record::{ALIGN, TensorRecord, section};
use kastanet_cli::pack::Options;

fn good() -> Editor {
    Editor { bytes: device::packed(&example(), &Options::default()).image }
}

/// CRC-32 sees every single bit, with any number of sections.
#[test]
fn every_flipped_bit_is_refused() {
    let labels = vec!["a class".to_string()];
    let mut accepted = Vec::new();
    for (strip, labels) in
        [(true, vec![]), (false, vec![]), (true, labels.clone()), (false, labels)]
    {
        let options = Options { strip, labels, ..Options::default() };
        let mut editor = Editor { bytes: device::packed(&example(), &options).image };
        assert_eq!(editor.check(), Ok(()));
        for bit in 0..8 * editor.bytes.len() {
            editor.bytes[bit / 8] ^= 1 << (bit % 8);
            let sections = editor.header().section_count.get();
            accepted.extend(editor.check().is_ok().then_some((sections, bit / 8, bit % 8)));
            editor.bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
    assert_eq!(accepted, [], "(sections, byte, bit) that were accepted");
}

/// Someone who can repair the checksum still provokes no panic: the image or the network is
/// refused, or it runs to its end.
#[test]
fn no_flipped_bit_panics() {
    let mut ran = 0;
    let original = good();
    for bit in 0..8 * original.bytes.len() {
        let mut editor = original.clone();
        editor.bytes[bit / 8] ^= 1 << (bit % 8);
        editor.seal_crc();
        let outcome = editor.run();
        assert_ne!(outcome, Err(Refusal::Infer), "bit {} of byte {}", bit % 8, bit / 8);
        ran += usize::from(outcome.is_ok());
    }
    assert!(ran > 0, "weights may change, so some run");
}

/// The same for several bytes at a time, in images of every operator.
#[test]
fn no_random_bytes_panic() {
    for subject in SUBJECTS {
        for seed in 0..cases(40) {
            let mut rng = Rng::new(seed);
            let graph = (subject.make)(&mut rng);
            let original = Editor { bytes: device::packed(&graph, &Options::default()).image };
            for _ in 0..10 {
                let mut editor = original.clone();
                for _ in 0..rng.range(1, 4) {
                    let at = rng.range(16, editor.bytes.len() - 1);
                    editor.bytes[at] =
                        rng.pick(&[0, 1, 0x7f, 0x80, 0xff, rng.clone().int8() as u8]);
                }
                editor.seal_crc();
                assert_ne!(editor.run(), Err(Refusal::Infer), "{} of seed {seed}", subject.name);
            }
        }
    }
}

/// Tensors thrown anywhere into the arena: a plan is accepted only where those that live at the
/// same time are apart.
#[test]
fn overlapping_plans_are_refused() {
    let (mut refused, mut accepted) = (0, 0);
    for seed in 0..cases(2000) {
        let (mut rng, mut editor) = (Rng::new(seed), good());
        let arena = 2 * editor.header().arena_len.get();
        editor.header().arena_len = arena.into();
        let count = editor.section(section::TENSORS).len() / size_of::<TensorRecord>();
        for id in 0..count {
            if editor.tensor(id).place == 0 {
                let at = rng.range(0, arena as usize / ALIGN - 1) * ALIGN;
                editor.tensor(id).offset = (at as u32).into();
                editor.tensor(id).alias = kastanet::image::record::NONE.into();
            }
        }
        editor.seal_crc();
        let apart = apart(&mut editor, count);
        match editor.check() {
            Ok(()) => accepted += 1,
            Err(Error::TensorOutOfRange { .. } | Error::BadScratch { .. }) => continue,
            Err(Error::Overlap { .. }) => {
                refused += 1;
                assert!(!apart, "seed {seed}: refused though apart");
                continue;
            }
            Err(error) => panic!("seed {seed}: {error:?}"),
        }
        assert!(apart, "seed {seed}: accepted though not apart");
        assert_eq!(editor.run(), Ok(()), "seed {seed}");
    }
    assert!(refused > 0 && accepted > 0, "{refused} refused, {accepted} accepted");
}

/// Whether no byte of the arena belongs to two tensors at one time.
fn apart(editor: &mut Editor, count: usize) -> bool {
    let arena = editor.header().arena_len.get() as usize;
    let mut owner = std::collections::HashMap::new();
    for id in 0..count {
        let tensor = *editor.tensor(id);
        let len: u32 = tensor.dims.iter().map(|dim| dim.get()).product();
        let bytes = tensor.offset.get() as usize..(tensor.offset.get() + len) as usize;
        if tensor.place != 0 || bytes.end > arena {
            continue;
        }
        for time in tensor.first.get()..=tensor.last.get() {
            if bytes.clone().any(|byte| owner.insert((time, byte), id).is_some()) {
                return false;
            }
        }
    }
    true
}
