//! The layers of each network.

use super::Built;
use super::builder::Builder;
use crate::mask::Mask;
use kastanet_cli::graph::Activation::{None, Relu};
use kastanet_cli::graph::Padding;

pub fn fc256(mask: Mask) -> Built {
    let mut net = Builder::new("fc256", mask);
    let x = net.input(&[1, 256]);
    let x = net.fully_connected(x, 256, None);
    net.finish(x)
}

/// Fully connected layers of these sizes, the first that of the input; weights are normal. It ends in a softmax
/// or gives as many outputs as it has inputs.
pub fn perceptron(name: &str, sizes: &[usize], classifies: bool, mask: Mask) -> Built {
    let mut net = Builder::new(name, mask).normal();
    let mut x = net.input(&[1, sizes[0]]);
    for &rows in &sizes[1..sizes.len() - 1] {
        x = net.fully_connected(x, rows, Relu);
    }
    let last = sizes[sizes.len() - 1];
    let x = if classifies { net.classes(x, last) } else { net.fully_connected(x, last, None) };
    net.finish(x)
}

pub fn ad(mask: Mask) -> Built {
    let mut net = Builder::new("ad", mask);
    let mut x = net.input(&[1, 640]);
    for rows in [128, 128, 128, 128, 8, 128, 128, 128, 128] {
        x = net.fully_connected(x, rows, Relu);
    }
    let x = net.fully_connected(x, 640, None);
    net.finish(x)
}

pub fn resnet8(mask: Mask) -> Built {
    let mut net = Builder::new("resnet8", mask);
    let x = net.input(&[1, 32, 32, 3]);
    let mut x = net.first_conv(x, 16, [3, 3], 1);
    for (channels, stride) in [(16, 1), (32, 2), (64, 2)] {
        let y = net.conv(x, channels, [3, 3], stride, Relu);
        let y = net.conv(y, channels, [3, 3], 1, None);
        let shortcut = if stride == 1 { x } else { net.conv(x, channels, [1, 1], stride, None) };
        x = net.add(shortcut, y);
    }
    let x = net.average_pool(x, [8, 8]);
    let x = net.classes(x, 10);
    net.finish(x)
}

pub fn dscnn(mask: Mask) -> Built {
    let mut net = Builder::new("dscnn", mask);
    let x = net.input(&[1, 49, 10, 1]);
    let mut x = net.first_conv(x, 64, [10, 4], 2);
    for _ in 0..4 {
        x = net.depthwise(x, 1);
        x = net.conv(x, 64, [1, 1], 1, Relu);
    }
    let x = net.average_pool(x, [25, 5]);
    let x = net.classes(x, 12);
    net.finish(x)
}

pub fn mobilenet(mask: Mask) -> Built {
    let mut net = Builder::new("mobilenet", mask);
    let x = net.input(&[1, 96, 96, 3]);
    let mut x = net.first_conv(x, 8, [3, 3], 2);
    let pairs = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)];
    let more = [(128, 1); 5].into_iter().chain([(256, 2), (256, 1)]);
    for (channels, stride) in pairs.into_iter().chain(more) {
        x = net.depthwise(x, stride);
        x = net.conv(x, channels, [1, 1], 1, Relu);
    }
    let x = net.average_pool(x, [3, 3]);
    let x = net.classes(x, 2);
    net.finish(x)
}

/// All windows of these networks but those of pools.
pub const PADDING: Padding = Padding::Same;
