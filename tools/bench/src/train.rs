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

/// Writes the networks' images into `train.kst`, one after another, each at a multiple of 16 bytes, and prints a
/// line `NAME F32 BF16` for each: bytes of memory that training takes, by how live weights are stored. All but the
/// last are in `train-few.kst`, too.
pub fn write(dir: &Path) -> Result<()> {
    let (mut all, mut few) = (Vec::new(), 0);
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
        few = all.len();
        all.extend(bytes);
        all.resize(all.len().next_multiple_of(16), 0);
    }
    put(dir, "train-few.kst", &all[..few])?;
    put(dir, "train.kst", &all)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the boards print is what the host prints.
    #[test]
    fn trains_as_the_boards_do() {
        for network in &NETWORKS[..2] {
            let image = AlignedBytes::new(&image(network).unwrap());
            let len = kastanet_boards_common::training_len(&image);
            let (mut memory, mut text) = (AlignedBytes::zeroed(len), String::new());
            kastanet_boards_common::train(&image, &mut memory, &mut text).unwrap();
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards/expected");
            let path = Path::new(root).join(format!("train-{}.txt", network.name));
            let expected = std::fs::read_to_string(&path).unwrap();
            let how = "`cargo xtask qemu --overwrite` writes";
            assert_eq!(text, expected, "{how} {}", path.display());
        }
    }

    #[test]
    fn outputs_are_read() {
        let fallen = |n: u32| if n < 40 { 0 } else { 7 };
        let steps: String =
            (0..41).map(|n| format!("step {n} {} {}\n", 100 + n % 20, fallen(n))).collect();
        let text =
            steps.replace("step 20 100", "step 20 700").replace("step 40 100", "step 40 900");
        let row = report::read(&(text + "ram 1000 200\nstatic 1500\n")).unwrap();
        assert_eq!((row.instructions, row.most_instructions), (110, 119));
        assert_eq!((row.refresh_instructions, row.ram_bytes), (Some(590.0), 2700));
        assert_eq!(row.overflow_instructions, Some(790.0));
        assert!(report::read("step 1 x").is_err() && report::read("what").is_err());
    }
}
