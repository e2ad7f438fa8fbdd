//! `--budget`: a density that fits into the flash there is.

use super::Args;
use crate::arrays::Array;
use crate::data::Normalisation;
use crate::failure::Failure;
use crate::graph::Graph;
use crate::pack::{Options as PackOptions, pack};
use crate::quantise::{Samples, calibrated};
use crate::tune::Options;
use crate::tune::budget::{BudgetError, density};

/// Samples that the image is calibrated on, whose length is looked at.
pub const WATCHED: usize = 64;

/// Samples, and what they are normalised with.
type Raw<'a> = (&'a Array, Option<&'a Normalisation>);

/// Reads `flash=65536`, `flash=64k`, `flash=1M`.
pub fn read(text: &str) -> Result<usize, &'static str> {
    let expected = "expected flash=BYTES, as in flash=65536 or flash=64k";
    text.strip_prefix("flash=").and_then(size).ok_or(expected)
}

/// Reads `65536`, `64k`, `1M`.
pub fn size(number: &str) -> Option<usize> {
    let (digits, unit) = match number.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1024),
        None => number.strip_suffix('M').map_or((number, 1), |digits| (digits, 1024 * 1024)),
    };
    digits.parse().ok().and_then(|number: usize| number.checked_mul(unit))
}

/// The options with the density that fits.
pub fn spent(
    args: &Args,
    graph: &Graph,
    x: Raw<'_>,
    options: Options,
    flash: usize,
) -> Result<Options, Failure> {
    options.check().map_err(|error| failed(args, error).help("change the recipe"))?;
    let quantised = quantised(args, graph, x)?;
    match density(&quantised, &packing(x), &options, flash) {
        Ok(density) => Ok(Options { density, ..options }),
        Err(error @ BudgetError::TooSmall { .. }) => {
            Err(failed(args, error).help("give more flash, or a smaller model"))
        }
        Err(error) => Err(failed(args, error).help("change the recipe or the model")),
    }
}

/// What the image of a tuned network takes.
pub fn taken(args: &Args, graph: &Graph, x: Raw<'_>) -> Result<usize, Failure> {
    match pack(quantised(args, graph, x)?, &packing(x)) {
        Ok(packed) => Ok(packed.image.len()),
        Err(error) => Err(failed(args, error).help("change the recipe or the model")),
    }
}

/// What `pack` puts into an image beside the network, of the same length: every source has one hash.
fn packing((_, by): Raw<'_>) -> PackOptions {
    PackOptions { source: vec![0], normalisation: by.cloned(), ..PackOptions::default() }
}

fn quantised(args: &Args, graph: &Graph, (x, by): Raw<'_>) -> Result<Graph, Failure> {
    let few = x.some(WATCHED);
    let run = || calibrated(graph, &Samples::new(graph, &few)?.normalised(by), || ());
    run().map_err(|error| failed(args, &error).help(error.help()))
}

fn failed(args: &Args, error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("cannot fit `{}` into the budget", args.checkpoint.display()))
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bytes() {
        assert_eq!(read("flash=65536"), Ok(65536));
        assert_eq!(read("flash=64k"), Ok(65536));
        assert_eq!(read("flash=2M"), Ok(2 << 20));
        for wrong in ["64k", "flash=", "flash=k", "flash=-1", "flash=99999999999999999999M"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
