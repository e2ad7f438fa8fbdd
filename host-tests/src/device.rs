//! Runs an image as a device does: check it, give it its arena, infer.

use kastanet::image::Image;
use kastanet::network::Network;
use kastanet_cli::graph::Graph;
use kastanet_cli::pack::{AlignedBytes, Options, Packed, pack};

/// The bytes of all outputs, one after another, for each sample.
///
/// The arena is exactly as long as the image says, filled with `fill`, and not cleared between
/// samples.
///
/// # Panics
///
/// Where the image or the network is refused.
pub fn run(image: &[u8], samples: &[Vec<Vec<u8>>], fill: u8) -> Vec<Vec<u8>> {
    let image = AlignedBytes::new(image);
    let image = Image::new_checked(&image).expect("the image is good");
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    arena.fill(fill);
    let mut network = Network::new(image, &mut arena).expect("the network is good");
    samples.iter().map(|inputs| infer(&mut network, inputs)).collect()
}

fn infer(network: &mut Network<'_, '_>, inputs: &[Vec<u8>]) -> Vec<u8> {
    for (index, bytes) in inputs.iter().enumerate() {
        network.input_mut(index).expect("the input is there").copy_from_slice(bytes);
    }
    network.infer().expect("the image does not change");
    let outputs = network.image().outputs().len();
    (0..outputs).flat_map(|index| network.output(index).expect("it is there").to_vec()).collect()
}

/// Packs a graph.
///
/// # Panics
///
/// Where the tool refuses it.
pub fn packed(graph: &Graph, options: &Options) -> Packed {
    match pack(graph.clone(), options) {
        Ok(packed) => packed,
        Err(error) => panic!("{}: {error}\n{:#?}", graph.source, graph.ops),
    }
}
