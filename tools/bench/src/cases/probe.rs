//! Small networks of layers of many shapes, of which formats' costs are measured.

use super::Built;
use super::builder::Builder;
use crate::mask::Mask;
use kastanet_cli::graph::Activation::Relu;

/// Fully connected layers: outputs, each the next one's inputs.
const VECTORS: [usize; 12] = [32, 128, 64, 256, 40, 512, 24, 640, 128, 128, 16, 256];

/// Convolutions over 4 × 4 positions: channels, and the kernel's sides.
const TILES: [(usize, usize); 10] =
    [(16, 3), (64, 1), (32, 1), (32, 3), (128, 1), (16, 1), (64, 3), (256, 1), (64, 1), (48, 3)];

pub fn vectors(mask: Mask) -> Built {
    let mut net = Builder::new("vectors", mask);
    let mut x = net.input(&[1, 16]);
    for rows in VECTORS {
        x = net.fully_connected(x, rows, Relu);
    }
    net.finish(x)
}

pub fn tiles(mask: Mask) -> Built {
    let mut net = Builder::new("tiles", mask);
    let mut x = net.input(&[1, 4, 4, 8]);
    for (channels, side) in TILES {
        x = net.conv(x, channels, [side, side], 1, Relu);
    }
    net.finish(x)
}
