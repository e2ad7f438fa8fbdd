//! Trained parts that someone has changed: the program or the tuner is refused, or it trains.

use super::options;
use host_tests::cases;
use host_tests::editor::Editor;
use host_tests::generate::learner;
use host_tests::random::Rng;
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::train::{Program, Recipe, Source, Target, Tuner};
use kastanet_cli::pack::{AlignedBytes, pack};

/// Memory that is given at most.
const MOST_MEMORY: usize = 1 << 20;

/// Trains a little on whatever the image says.
fn try_to_train(editor: &Editor) -> bool {
    let bytes = AlignedBytes::new(&editor.bytes);
    let Ok(image) = Image::new_checked(&bytes) else { return false };
    let Some(section) = image.section(section::TRAINABLE) else { return false };
    let Ok(program) = Program::new_checked(section) else { return false };
    let recipe = Recipe { refresh_backward_every: 1, ..Recipe::of(&program) };
    let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
    if needed > MOST_MEMORY {
        return false;
    }
    let mut memory = AlignedBytes::zeroed(needed);
    memory.fill(0x5a);
    let tuner = Tuner::<f32, 1>::new(program, Source::of_image(image), recipe, &mut memory);
    let Ok(mut tuner) = tuner else { return false };
    let input = vec![[0.5]; program.inputs()];
    let classes = tuner.infer(&input).len().max(1) as u16;
    (0..3).all(|step| tuner.step(&input, Target::Classes(&[step % classes])).is_ok())
}

/// Every byte of both sections, changed in several ways, the checksum repaired.
#[test]
fn no_changed_byte_panics() {
    let images = (0..).filter_map(|seed| {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        pack(graph, &options).ok().map(|packed| packed.image)
    });
    let mut trained = 0;
    for bytes in images.take(cases(4) as usize) {
        let mut editor = Editor { bytes };
        assert!(try_to_train(&editor));
        let kinds: Vec<u16> = editor.sections().iter().map(|(entry, _)| entry.kind.get()).collect();
        for kind in kinds.into_iter().filter(|&kind| kind >= section::RESERVE) {
            for at in editor.section(kind) {
                let byte = editor.bytes[at];
                let near = [byte ^ 1, byte ^ 0x10, byte.wrapping_add(1)];
                for changed in [&near[..], &[0, 1, 0x7f, 0x80, 0xff]].concat() {
                    editor.bytes[at] = changed;
                    editor.seal_crc();
                    trained += u32::from(try_to_train(&editor));
                }
                editor.bytes[at] = byte;
            }
        }
    }
    assert!(trained > 0);
}

host_tests::a_test_for_each!(host_tests::refusals::program:
    missing bad_length bad_header bad_operation bad_tensor bad_layer bad_sets
);
