//! The networks: one layer, and the four of MLPerf Tiny. Shapes are theirs, numbers are random.

mod builder;
mod networks;
pub mod probe;

pub use networks::perceptron;

use crate::mask::Mask;
use anyhow::{Result, bail};
use kastanet_cli::graph::Graph;

/// A network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Case {
    /// One fully connected layer, 256 to 256.
    Fc256,
    /// The autoencoder of anomaly detection.
    Ad,
    /// The small residual network of image classification.
    ResNet8,
    /// The depthwise separable network of keyword spotting.
    DsCnn,
    /// MobileNetV1 of a quarter's width, of person detection.
    MobileNet,
}

/// A network with numbers in it, an input, and what comes out.
pub struct Built {
    /// The network, valid and pruned.
    pub graph: Graph,
    /// Bytes for its input.
    pub input: Vec<u8>,
    /// Bytes of each operator's output, computed by the oracle.
    pub expected: Vec<Vec<u8>>,
}

impl Case {
    /// Every network.
    pub const ALL: [Case; 5] = [Case::Fc256, Case::Ad, Case::ResNet8, Case::DsCnn, Case::MobileNet];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Case::Fc256 => "fc256",
            Case::Ad => "ad",
            Case::ResNet8 => "resnet8",
            Case::DsCnn => "dscnn",
            Case::MobileNet => "mobilenet",
        }
    }

    /// The case with this name.
    pub fn named(name: &str) -> Result<Self> {
        match Case::ALL.into_iter().find(|case| case.name() == name) {
            Some(case) => Ok(case),
            None => {
                bail!("no case `{name}`; the cases are {}", Case::ALL.map(Case::name).join(", "))
            }
        }
    }

    /// The network, its weights pruned by `mask`.
    pub fn build(self, mask: Mask) -> Built {
        match self {
            Case::Fc256 => networks::fc256(mask),
            Case::Ad => networks::ad(mask),
            Case::ResNet8 => networks::resnet8(mask),
            Case::DsCnn => networks::dscnn(mask),
            Case::MobileNet => networks::mobilenet(mask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers;

    const MACS: [usize; 5] = [65_536, 264_192, 12_501_632, 2_656_768, 7_489_664];

    #[test]
    fn networks_are_as_large_as_they_should() {
        for (case, macs) in Case::ALL.into_iter().zip(MACS) {
            let built = case.build(Mask::DENSE);
            built.graph.validate().unwrap();
            let found: usize = layers::of(&built.graph).map(|layer| layer.macs).sum();
            assert_eq!(found, macs, "{}", case.name());
        }
    }

    #[test]
    fn outputs_are_spread() {
        for case in Case::ALL {
            for sparsity in [0.0, 0.95] {
                let built = case.build(Mask { sparsity, ..Mask::DENSE });
                for (layer, bytes) in built.expected.iter().enumerate() {
                    let inside = bytes.iter().filter(|&&y| ![127, -128].contains(&(y as i8)));
                    let share = inside.count() as f64 / bytes.len() as f64;
                    assert!(share > 0.2, "{} {sparsity}, operator {layer}: {share}", case.name());
                }
            }
        }
    }
}
