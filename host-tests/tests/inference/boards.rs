//! What the boards print when they run the demo is what the host prints.

use host_tests::device;
use host_tests::models::workspace;
use kastanet_boards_common::{arena_len, infer};
use kastanet_cli::pack::{AlignedBytes, Options};
use kastanet_cli::tflite;

/// The checkpoint whose results are under git, packed as the command line does without options.
const DEMO: &str = "watch_sparse.tflite";

/// Inferences that the boards' program runs.
const SAMPLES: u32 = 8;

#[test]
fn infer_prints_what_is_expected() {
    let root = workspace();
    let source = std::fs::read(root.join("tools/kastanet/demo").join(DEMO)).expect("the demo");
    let graph = tflite::import(DEMO, &source).expect("the demo is imported");
    let packed = device::packed(&graph, &Options { source, ..Options::default() });
    let image = AlignedBytes::new(&packed.image);
    let mut arena = AlignedBytes::zeroed(arena_len(&image));
    let mut text = String::new();
    infer(&image, &mut arena, SAMPLES, &mut text).expect("the demo runs");
    let path = root.join("boards/expected/infer.txt");
    let expected = std::fs::read_to_string(&path).expect("the text is under git");
    assert_eq!(text, expected, "`cargo xtask qemu --overwrite` writes {}", path.display());
}
