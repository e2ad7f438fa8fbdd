//! Damaged images: whatever bytes change, the reader refuses them or nothing goes wrong.

use host_tests::editor::{Editor, Refusal};
use host_tests::generate::{SUBJECTS, example};
use host_tests::random::Rng;
use host_tests::refusals::variant;
use host_tests::{cases, device};
use kastanet::image::record::{ALIGN, NONE, TensorRecord, section};
use kastanet::image::{DType, Error};
use kastanet_cli::pack::Options;
use std::collections::BTreeMap;
use std::ops::Range;

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
                    let any = rng.int8() as u8;
                    editor.bytes[at] = rng.pick(&[0, 1, 0x7f, 0x80, 0xff, any, any]);
                }
                editor.seal_crc();
                assert_ne!(editor.run(), Err(Refusal::Infer), "{} of seed {seed}", subject.name);
            }
        }
    }
}

/// Tensors thrown anywhere into the arena, at times onto one another, with and without leave to
/// take over another's bytes: a plan is accepted exactly where it is sound.
#[test]
fn unsound_plans_are_refused() {
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    for seed in 0..cases(2000) {
        let mut rng = Rng::new(seed);
        let mut editor = planned(&mut rng);
        disturb(&mut rng, &mut editor);
        let sound = sound(&mut editor);
        let outcome = editor.check();
        assert_eq!(outcome.is_ok(), sound, "seed {seed}: {outcome:?}");
        match outcome {
            Ok(()) => {
                accepted += 1;
                // The network may still refuse an operator that cannot overwrite its input.
                assert_ne!(editor.run(), Err(Refusal::Infer), "seed {seed}");
            }
            Err(error) => *refused.entry(variant(&error)).or_insert(0) += 1,
        }
    }
    let kinds: Vec<_> = refused.keys().map(String::as_str).collect();
    let expected = ["BadAlias", "BadLifetime", "BadScratch", "Overlap", "TensorOutOfRange"];
    assert_eq!(kinds, expected, "{refused:?}");
    assert!(accepted > 50, "{accepted} accepted, {refused:?}");
}

/// Both would be there from the start, so neither takes over from the other.
#[test]
fn inputs_do_not_replace_each_other() {
    let twins = |editor: &mut Editor| {
        let [a, b] = [0, 1].map(|index| editor.op_input(0, index).get().into());
        let [a, b]: [TensorRecord; 2] = [a, b].map(|id| *editor.tensor(id));
        a.place == 0 && b.place == 0 && a.dims == b.dims && a.offset != b.offset
    };
    let mut images = (0..100).map(|seed| image("add", &mut Rng::new(seed)));
    let mut editor = images.find_map(|mut editor| twins(&mut editor).then_some(editor));
    let editor = editor.as_mut().expect("a sum of two inputs");
    let [a, b] = [0, 1].map(|index| editor.op_input(0, index).get());
    let offset = editor.tensor(a.into()).offset;
    let second = editor.tensor(b.into());
    (second.offset, second.alias) = (offset, a.into());
    // The output may still lie where it likes, as long as it takes over nothing.
    editor.seal_crc();
    assert_eq!(editor.check(), Err(Error::BadAlias { tensor: b }));
    editor.tensor(b.into()).alias = NONE.into();
    editor.seal_crc();
    let refused = editor.check();
    assert!(
        matches!(refused, Err(Error::Overlap { .. } | Error::BadLifetime { .. })),
        "{refused:?}"
    );
}

fn image(subject: &str, rng: &mut Rng) -> Editor {
    let subject = SUBJECTS.iter().find(|found| found.name == subject).expect("it is there");
    Editor { bytes: device::packed(&(subject.make)(rng), &Options::default()).image }
}

/// An image whose plan has something to go wrong.
fn planned(rng: &mut Rng) -> Editor {
    match rng.range(0, 3) {
        0 => good(),
        1 => image("add", rng),
        2 => image("concatenation", rng),
        _ => image("network", rng),
    }
}

fn tensor_count(editor: &mut Editor) -> usize {
    editor.section(section::TENSORS).len() / size_of::<TensorRecord>()
}

/// Moves some tensors and scratch, lets some live longer, changes some aliases.
fn disturb(rng: &mut Rng, editor: &mut Editor) {
    let arena = editor.header().arena_len.get() * rng.range(1, 3) as u32;
    editor.header().arena_len = arena.into();
    let count = tensor_count(editor);
    let anywhere = |rng: &mut Rng| (rng.range(0, arena as usize / ALIGN) * ALIGN) as u32;
    for id in 0..count {
        if editor.tensor(id).place != 0 || rng.one_in(2) {
            continue;
        }
        match rng.range(0, 3) {
            0 => editor.tensor(id).offset = anywhere(rng).into(),
            1 => editor.tensor(id).alias = NONE.into(),
            2 => {
                let other = rng.range(0, count - 1);
                editor.tensor(id).alias = (other as u16).into();
                // A constant may lie at a multiple of less.
                let offset = editor.tensor(other).offset.get() / ALIGN as u32 * ALIGN as u32;
                editor.tensor(id).offset = offset.into();
            }
            _ => {
                let last = editor.tensor(id).last.get();
                editor.tensor(id).last = (last + rng.range(0, 1) as u16).into();
            }
        }
    }
    for number in 0..editor.op_count() {
        if rng.one_in(4) {
            editor.op(number).scratch_offset = anywhere(rng).into();
        }
    }
    editor.seal_crc();
}

/// Whether the plan keeps to the rules, by going through it byte by byte and time by time.
fn sound(editor: &mut Editor) -> bool {
    let arena = editor.header().arena_len.get() as usize;
    let tensors: Vec<_> = (0..tensor_count(editor)).map(|id| *editor.tensor(id)).collect();
    let living = |id: &usize| tensors[*id].place == 0;
    let times = |id: usize| tensors[id].first.get()..=tensors[id].last.get();
    let mut owners: BTreeMap<(u16, usize), Vec<usize>> = BTreeMap::new();
    for id in (0..tensors.len()).filter(living) {
        let bytes = bytes(&tensors[id]);
        let claims = tensors[id].first.get() == 0 && tensors[id].alias.get() != NONE;
        if bytes.end > arena || claims {
            return false;
        }
        for time in times(id) {
            bytes.clone().for_each(|byte| owners.entry((time, byte)).or_default().push(id));
        }
    }
    let takes_over = |new: usize, old: usize, time: u16| {
        tensors[new].alias.get() == old as u16 && tensors[new].first.get() == time
    };
    let shared = |(&(time, _), ids): (&(u16, usize), &Vec<usize>)| {
        let mut pairs = ids.iter().flat_map(|&a| ids.iter().map(move |&b| (a, b)));
        pairs.any(|(a, b)| a != b && !takes_over(a, b, time) && !takes_over(b, a, time))
    };
    if owners.iter().any(shared) {
        return false;
    }
    (0..editor.op_count()).all(|number| {
        let (time, head) = (number as u16 + 1, *editor.op(number));
        let inputs: Vec<usize> = (0..head.inputs.into())
            .map(|index| editor.op_input(number, index).get().into())
            .collect();
        let reads = |&id: &usize| times(id).contains(&(time - 1)) && times(id).contains(&time);
        let output = &tensors[usize::from(head.output.get())];
        let old = usize::from(output.alias.get());
        let replaces = || {
            let same = inputs.contains(&old) && tensors[old].place == 0;
            same && bytes(&tensors[old]) == bytes(output) && tensors[old].last.get() == time
        };
        let start = head.scratch_offset.get() as usize;
        let mut scratch = start..start + head.scratch_len.get() as usize;
        let apart = scratch.is_empty() || scratch.end <= arena;
        inputs.iter().filter(|id| living(id)).all(reads)
            && (output.alias.get() == NONE || replaces())
            && apart
            && scratch.all(|byte| !owners.contains_key(&(time, byte)))
    })
}

/// The bytes of the arena that a tensor has.
fn bytes(tensor: &TensorRecord) -> Range<usize> {
    let size = DType::from_code(tensor.dtype).expect("the writer knows its types").size();
    let len = tensor.dims.iter().map(|dim| dim.get() as usize).product::<usize>() * size;
    tensor.offset.get() as usize..tensor.offset.get() as usize + len
}
