//! What options of `pack` take: shares, formats, units, cores.

use crate::cost::{Core, Optimise};
use crate::prune::Unit;
use clap::ValueEnum;
use kastanet::sparse::Format;
use std::collections::HashSet;

/// A value for one layer, or for all.
#[derive(Clone)]
pub(super) struct ByLayer<T> {
    pub layer: Option<String>,
    pub value: T,
}

impl<T: Clone> ByLayer<T> {
    /// The layer that is named twice, or `None` for all layers.
    pub fn twice(all: &[Self]) -> Option<&Option<String>> {
        let mut known = HashSet::new();
        all.iter().map(|one| &one.layer).find(|layer| !known.insert(*layer))
    }

    /// The value for layers that are not named, and those of the others.
    pub fn parted(all: &[Self], otherwise: T) -> (T, Vec<(String, T)>) {
        let (mut uniform, mut layers) = (otherwise, vec![]);
        for ByLayer { layer, value } in all.iter().cloned() {
            match layer {
                Some(layer) => layers.push((layer, value)),
                None => uniform = value,
            }
        }
        (uniform, layers)
    }
}

/// `VALUE` or `LAYER=VALUE`.
fn by_layer<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<ByLayer<T>, String> {
    let (layer, value) = match text.rsplit_once('=') {
        Some((layer, value)) => (Some(layer.to_string()), value),
        None => (None, text),
    };
    Ok(ByLayer { layer, value: read(value.trim())? })
}

/// Reads `0.9`, `90%`, `conv=0.9`, `conv=90%`.
pub(super) fn share(text: &str) -> Result<ByLayer<f64>, String> {
    by_layer(text, |number| {
        let (digits, unit) = match number.strip_suffix('%') {
            Some(digits) => (digits.trim_end(), 100.0),
            None => (number, 1.0),
        };
        let share = digits.parse::<f64>().ok().map(|number| number / unit);
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        share.ok_or_else(|| "expected a share from 0 to 1, or from 0% to 100%".into())
    })
}

/// Reads `index8`, `auto`, `conv=index8`; `None` is `auto`.
pub(super) fn format(text: &str) -> Result<ByLayer<Option<Format>>, String> {
    by_layer(text, |name| match Format::ALL.into_iter().find(|format| format.name() == name) {
        Some(format) => Ok(Some(format)),
        None if name == "auto" => Ok(None),
        None => Err(format!("expected auto, {}", Format::ALL.map(Format::name).join(", "))),
    })
}

pub(super) fn core(text: &str) -> Result<Core, String> {
    text.parse()
}

pub(super) fn unit(text: &str) -> Result<Unit, &'static str> {
    text.parse()
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum OptimiseArg {
    /// The fewest bytes of flash and RAM
    Size,
    /// The smallest product of bytes and instructions
    Balanced,
    /// The fewest instructions
    Speed,
}

impl OptimiseArg {
    pub fn optimise(self) -> Optimise {
        match self {
            OptimiseArg::Size => Optimise::Size,
            OptimiseArg::Balanced => Optimise::Balanced,
            OptimiseArg::Speed => Optimise::Speed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_for_one_layer_or_for_all() {
        let all = ["dense", "a=index8", "b=c=auto"].map(|text| format(text).unwrap());
        let (uniform, layers) = ByLayer::parted(&all, None);
        assert_eq!(uniform, Some(Format::Dense));
        assert_eq!(layers, [("a".into(), Some(Format::Index8)), ("b=c".into(), None)]);
        assert!(ByLayer::twice(&all).is_none());
        let twice = ["a=rice", "a=auto"].map(|text| format(text).unwrap());
        assert_eq!(ByLayer::twice(&twice), Some(&Some("a".into())));
        assert!(format("a=csr").is_err() && share("a=2").is_err());
    }
}
