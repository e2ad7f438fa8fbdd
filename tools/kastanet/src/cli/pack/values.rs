//! What options of `pack` take: shares, formats, units, cores.

use crate::cost::{Core, Optimise};
use crate::prune::Unit;
use crate::trainable::{Reserve, Which};
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

/// Reads a share above 0: `0.2`, `conv=20%`.
pub(super) fn part(text: &str) -> Result<ByLayer<f64>, String> {
    let above = "expected a share above 0, up to 1 or 100%";
    share(text).and_then(|part| if part.value > 0.0 { Ok(part) } else { Err(above.into()) })
}

/// Reads `index8`, `auto`, `conv=index8`; `None` is `auto`.
pub(super) fn format(text: &str) -> Result<ByLayer<Option<Format>>, String> {
    by_layer(text, |name| match Format::ALL.into_iter().find(|format| format.name() == name) {
        Some(format) => Ok(Some(format)),
        None if name == "auto" => Ok(None),
        None => Err(format!("expected auto, {}", Format::ALL.map(Format::name).join(", "))),
    })
}

/// Reads `all`, `last:2`, or the name of a layer.
pub(super) fn which(text: &str) -> Result<Which, &'static str> {
    match (text, text.strip_prefix("last:")) {
        ("", _) => Err("expected all, last:N, or the name of a layer"),
        ("all", _) => Ok(Which::All),
        (_, Some(count)) => match count.parse() {
            Ok(count) if count > 0 => Ok(Which::Last(count)),
            _ => Err("expected last:N with N from 1 on"),
        },
        _ => Ok(Which::Named(vec![text.into()])),
    }
}

/// Reads `full`, `none`, `top:0.3`, `top:30%`.
pub(super) fn reserve(text: &str) -> Result<Reserve, &'static str> {
    let wrong = "expected full, none or top:R, R a share above 0";
    match (text, text.strip_prefix("top:")) {
        ("full", _) => Ok(Reserve::Full),
        ("none", _) => Ok(Reserve::None),
        (_, Some(text)) => match share(text) {
            Ok(ByLayer { layer: None, value }) if value > 0.0 => Ok(Reserve::Top(value)),
            _ => Err(wrong),
        },
        _ => Err(wrong),
    }
}

/// Reads how many times the backward set the table holds.
pub(super) fn table(text: &str) -> Result<f32, &'static str> {
    let table = text.parse().ok().filter(|table| (0.0..=6.5).contains(table));
    table.ok_or("expected a number from 0 to 6.5")
}

pub(super) fn core(text: &str) -> Result<Core, String> {
    text.parse()
}

pub(super) fn unit(text: &str) -> Result<Unit, &'static str> {
    text.parse()
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    #[default]
    On,
    Off,
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

    #[test]
    fn what_is_trained() {
        assert_eq!(which("all"), Ok(Which::All));
        assert_eq!(which("last:2"), Ok(Which::Last(2)));
        assert_eq!(which("conv:1"), Ok(Which::Named(vec!["conv:1".into()])));
        assert!(["", "last:", "last:0", "last:-1"].iter().all(|text| which(text).is_err()));
        assert_eq!(reserve("top:30%"), Ok(Reserve::Top(0.3)));
        assert_eq!([reserve("full"), reserve("none")], [Ok(Reserve::Full), Ok(Reserve::None)]);
        for text in ["", "top", "top:", "top:0", "top:2", "top:a=0.5", "all"] {
            assert!(reserve(text).is_err(), "{text}");
        }
        assert_eq!((table("0.05"), table("6.5")), (Ok(0.05), Ok(6.5)));
        assert!(["", "-1", "6.6", "NaN"].iter().all(|text| table(text).is_err()));
    }
}
