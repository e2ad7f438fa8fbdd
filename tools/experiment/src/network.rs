//! The networks that are trained. The first convolution and the classifier stay dense.

use anyhow::Result;
use kastanet::train::Function;
use kastanet_cli::training::{Builder, Layer, Window};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A network that is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// LeNet-300-100: 784 → 300 → 100 → 10.
    #[serde(rename = "lenet-300-100")]
    Lenet,
    /// 3 × 3 × 16, pool, 3 × 3 × 32, pool, 64, 10.
    Cnn,
}

impl Network {
    /// The numbers of the layers whose weights a method may choose from.
    pub fn pruned(self) -> Range<usize> {
        match self {
            Network::Lenet => 0..2,
            Network::Cnn => 1..3,
        }
    }

    /// Its training program, with `layer` where weights are chosen.
    pub fn program(self, layer: &Layer) -> Result<Vec<u8>> {
        let mut net = Builder::new([28, 28, 1]);
        let mut x = net.input();
        match self {
            Network::Lenet => {
                x = net.fully_connected(x, 300, Function::Relu, layer.clone());
                x = net.fully_connected(x, 100, Function::Relu, layer.clone());
            }
            Network::Cnn => {
                x = net.conv(x, Window::new(16, [3, 3]), Function::Relu, Layer::dense());
                x = net.max_pool(x, Window::pool([2, 2]));
                x = net.conv(x, Window::new(32, [3, 3]), Function::Relu, layer.clone());
                x = net.max_pool(x, Window::pool([2, 2]));
                x = net.fully_connected(x, 64, Function::Relu, layer.clone());
            }
        }
        let y = net.fully_connected(x, 10, Function::None, Layer::dense());
        Ok(net.finish(y, Function::Softmax)?)
    }
}
