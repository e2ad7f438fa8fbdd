//! Networks that learn on the boards: their images, and what a step of training takes there.
//!
//! Weights are normal, with one scale a layer as TFLite's fully connected layers have. Nine in ten are pruned,
//! the backward set holds two in ten, and all are in the reserve.

mod report;

use crate::cases::Built;
use crate::mask::Mask;
use crate::write::put;
use anyhow::{Result, anyhow};
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::train::{Bf16, Program, Tuner};
use kastanet_boards_common::train::recipe;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::prune::Sparsity;
use kastanet_cli::trainable::Trainable;
use std::path::Path;

pub use report::print;

/// A network by its layers' outputs; the first number is that of its inputs.
struct Network {
    name: &'static str,
    sizes: &'static [usize],
    /// It ends in a softmax; else it gives its inputs back.
    classifies: bool,
}

/// The networks.
const NETWORKS: [Network; 3] = [
    Network { name: "small", sizes: &[96, 40, 8], classifies: true },
    Network { name: "mlp", sizes: &[256, 128, 10], classifies: true },
    Network {
        name: "ad",
        sizes: &[640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640],
        classifies: false,
    },
];

/// Share of the weights that is pruned, and that is live.
const SPARSITY: f64 = 0.9;
const BACKWARD: f64 = 0.2;

/// Writes `train-NAME.kst` for each network and prints a line `NAME F32 BF16`: bytes of memory that
/// training takes, by how live weights are stored.
pub fn write(dir: &Path) -> Result<()> {
    for network in &NETWORKS {
        let bytes = image(network)?;
        let aligned = AlignedBytes::new(&bytes);
        let image = Image::new_checked(&aligned).map_err(|error| anyhow!("{error}"))?;
        let part = image.section(section::TRAINABLE).unwrap_or_default();
        let program = Program::new_checked(part).map_err(|error| anyhow!("{error}"))?;
        let recipe = recipe(&program);
        let lens = [
            Tuner::<f32, 1>::bytes(&program, &recipe).all,
            Tuner::<Bf16, 1>::bytes(&program, &recipe).all,
        ];
        println!("{} {} {}", network.name, lens[0], lens[1]);
        put(dir, &format!("train-{}.kst", network.name), &bytes)?;
    }
    Ok(())
}

fn image(network: &Network) -> Result<Vec<u8>> {
    let options = Options {
        sparsity: Sparsity { uniform: SPARSITY, layers: vec![] },
        strip: true,
        trainable: Some(Trainable { backward: Some(BACKWARD), ..Trainable::default() }),
        ..Options::default()
    };
    Ok(pack(network.built().graph, &options)?.image)
}

impl Network {
    fn built(&self) -> Built {
        crate::cases::perceptron(self.name, self.sizes, self.classifies, Mask::DENSE)
    }

    /// Weights of all layers.
    fn weights(&self) -> usize {
        self.sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }
}
