//! `--mean` and `--std`.

use crate::data::Normalisation;
use crate::failure::Failure;
use crate::graph::Graph;
use std::path::Path;

/// What raw values are normalised with.
#[derive(clap::Args)]
pub(super) struct Normalise {
    /// Mean of the raw values that enter the network, which takes (raw − mean) / std; one number, or one for
    /// each channel; 0 where only --std is given. Of pictures from 0 to 255, 255 times what torchvision's
    /// Normalize takes
    #[arg(long, value_name = "M[,M…]", value_delimiter = ',')]
    #[arg(allow_hyphen_values = true)]
    mean: Vec<f32>,
    /// Their standard deviation, likewise; 1 where only --mean is given
    #[arg(long, value_name = "S[,S…]", value_delimiter = ',')]
    #[arg(allow_hyphen_values = true)]
    std: Vec<f32>,
}

impl Normalise {
    /// What is asked for, if it fits the graph that was read from `checkpoint`.
    ///
    /// # Errors
    ///
    /// Numbers that nothing can be normalised with, or that do not fit.
    pub fn of(&self, graph: &Graph, checkpoint: &Path) -> Result<Option<Normalisation>, Failure> {
        let (mean, std) = match (self.mean.as_slice(), self.std.as_slice()) {
            ([], []) => return Ok(None),
            (mean, []) => (mean, &[1.0][..]),
            ([], std) => (&[0.0][..], std),
            both => both,
        };
        let normalisation = Normalisation::new(mean, std);
        let fitting = normalisation.and_then(|it| it.check(graph).map(|()| Some(it)));
        fitting.map_err(|error| {
            Failure::new(format!("cannot normalise the input of `{}`", checkpoint.display()))
                .because(&error)
                .help(error.help())
        })
    }
}
