//! Images of past format versions stay readable, and today's writer still writes the same bytes.
//!
//! `KASTANET_OVERWRITE=1 cargo test -p host-tests --test golden` writes the golden image of the
//! current version anew; an image of an older version is never written again.

use kastanet::image::{Image, VERSION};
use kastanet::network::Network;
use kastanet::sparse::Format;
use kastanet_cli::graph::{Activation, DType, Graph, Op, OpKind, Quant, Tensor};
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use std::path::PathBuf;

/// The weights of the worked matrix in FORMAT.md.
const WEIGHTS: [i8; 24] =
    [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];

fn path(version: u16) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/image/golden");
    PathBuf::from(root).join(format!("worked-v{version}.kst"))
}

/// One fully connected layer, every scale 1: y = W·x.
fn graph() -> Graph {
    let tensor = |name: &str, shape: &[usize], data: Option<Vec<u8>>| Tensor {
        name: name.into(),
        dtype: DType::I8,
        shape: shape.to_vec(),
        quant: Some(Quant { scales: vec![1.0], zero_points: vec![0], dimension: 0 }),
        data,
    };
    let weights = WEIGHTS.iter().map(|&weight| weight as u8).collect();
    Graph {
        source: "worked".into(),
        tensors: vec![
            tensor("x", &[1, 6], None),
            tensor("w", &[4, 6], Some(weights)),
            tensor("y", &[1, 4], None),
        ],
        ops: vec![Op {
            name: "worked".into(),
            kind: OpKind::FullyConnected { activation: Activation::None, keep_dims: false },
            inputs: vec![Some(0), Some(1)],
            outputs: vec![2],
        }],
        inputs: vec![0],
        outputs: vec![2],
    }
}

#[test]
fn every_version_is_read_and_gives_the_product() {
    for version in 1..=VERSION {
        let bytes = AlignedBytes::new(&std::fs::read(path(version)).unwrap());
        let image = Image::new_checked(&bytes).unwrap();
        assert_eq!(image.version(), version);
        let mut arena = AlignedBytes::zeroed(image.arena_len());
        let mut network = Network::new(image, &mut arena).unwrap();
        network.input_i8_mut(0).unwrap().copy_from_slice(&[1, -2, 3, -4, 5, -6]);
        network.infer().unwrap();
        assert_eq!(network.output_i8(0).unwrap(), [-25, 0, 1, 14]);
    }
}

#[test]
fn the_writer_writes_the_golden_image() {
    let options = Options { format: Some(Format::Delta4), ..Options::default() };
    let written = pack(graph(), &options).unwrap().image;
    let path = path(VERSION);
    if std::env::var_os("KASTANET_OVERWRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert!(written == golden, "the writer's bytes differ from {}", path.display());
}
