//! What a trained part leaves as it is, and where it ends.

use super::options;
use host_tests::editor::Editor;
use host_tests::generate::{learner, sample};
use host_tests::random::Rng;
use host_tests::{cases, device};
use kastanet::image::Image;
use kastanet::image::record::{OPTIONAL, section};
use kastanet::train::Function;
use kastanet::train::record::Header;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::trainable::{Trainable, Which};
use zerocopy::FromBytes;

/// The sections change nothing of what is inferred.
#[test]
fn infers_the_same_bytes() {
    for seed in 0..cases(100) {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        let Ok(packed) = pack(graph.clone(), &options) else { continue };
        let plain = device::packed(&graph, &Options { trainable: None, ..options });
        let samples: Vec<_> = (0..3).map(|_| sample(&graph, &mut rng)).collect();
        let outputs = |image: &[u8]| device::run(image, &samples, 0x5a);
        assert_eq!(outputs(&packed.image), outputs(&plain.image), "seed {seed}");
        let mut editor = Editor { bytes: packed.image };
        let sections = editor.sections();
        let kinds = [section::RESERVE, section::TRAINABLE];
        let trained = sections.iter().filter(|(entry, _)| kinds.contains(&entry.kind.get()));
        assert!(trained.clone().all(|(entry, _)| entry.flags.get() == OPTIONAL));
        assert!(trained.count() > 0);
    }
}

/// A function that the loss takes over is no operation.
#[test]
fn the_loss_takes_over_the_last_function() {
    let lasts = (0..40).filter_map(|seed| {
        let mut rng = Rng::new(seed);
        let trainable = Some(Trainable { layers: Which::Last(1), ..Trainable::default() });
        let packed = pack(learner(&mut rng), &Options { trainable, ..Options::default() }).ok()?;
        let bytes = AlignedBytes::new(&packed.image);
        let image = Image::new_checked(&bytes).ok()?;
        let (header, _) = Header::ref_from_prefix(image.section(section::TRAINABLE)?).ok()?;
        Some((Function::from_code(header.last)?, header.operations.get()))
    });
    let all: Vec<_> = lasts.collect();
    for last in [Function::None, Function::Logistic, Function::Softmax] {
        assert!(all.contains(&(last, 1)), "{all:?}");
    }
}
