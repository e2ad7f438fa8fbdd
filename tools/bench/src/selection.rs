//! What is measured: the product of the filters, or the default where there are none.

use crate::cases::Case;
use crate::mask::{Mask, Unit};
use anyhow::{Context, Result, ensure};
use kastanet::sparse::Format;

/// Shares of zeros that are measured.
const SPARSITIES: [f64; 6] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95];

/// Where every format is tried without being asked for.
const EVERY_FORMAT: [(Case, f64); 2] = [(Case::Fc256, 0.9), (Case::ResNet8, 0.9)];

/// The filters; an empty one lets everything through that the default has.
#[derive(Debug, Default)]
pub struct Selection {
    cases: Vec<Case>,
    sparsities: Vec<f64>,
    /// `None` chooses a format for each layer.
    formats: Vec<Option<Format>>,
    units: Vec<Unit>,
}

impl Selection {
    /// Adds `--OPTION VALUE`.
    pub fn add(&mut self, option: &str, value: &str) -> Result<()> {
        match option {
            "case" => self.cases.push(Case::named(value)?),
            "sparsity" => self.sparsities.push(sparsity(value)?),
            "format" => self.formats.push(format(value)?),
            _ => self.units.push(value.parse()?),
        }
        Ok(())
    }

    /// The networks.
    pub fn cases(&self) -> Vec<Case> {
        if self.cases.is_empty() { Case::ALL.into() } else { self.cases.clone() }
    }

    /// The masks, in order; N:M has one density.
    pub fn masks(&self) -> Vec<Mask> {
        let sparsities =
            if self.sparsities.is_empty() { &SPARSITIES[..] } else { &self.sparsities };
        let units = if self.units.is_empty() { &[Unit::Weight][..] } else { &self.units };
        let all = units.iter().flat_map(|&unit| {
            let sparsities = if matches!(unit, Unit::Nm { .. }) { &[0.0] } else { sparsities };
            sparsities.iter().map(move |&sparsity| Mask { sparsity, unit })
        });
        all.collect()
    }

    /// The formats of a network with a mask.
    pub fn formats(&self, case: Case, mask: Mask) -> Vec<Option<Format>> {
        if !self.formats.is_empty() {
            return self.formats.clone();
        }
        let every = EVERY_FORMAT.contains(&(case, mask.sparsity)) && mask.unit == Unit::Weight;
        let forced = Format::ALL.into_iter().filter(|_| every).map(Some);
        [None].into_iter().chain(forced).collect()
    }
}

fn sparsity(text: &str) -> Result<f64> {
    let sparsity: f64 = text.parse().with_context(|| format!("sparsity `{text}` is no number"))?;
    ensure!((0.0..=1.0).contains(&sparsity), "sparsity {text} is not between 0 and 1");
    Ok(sparsity)
}

fn format(name: &str) -> Result<Option<Format>> {
    let names = || Format::ALL.into_iter().map(Format::name).collect::<Vec<_>>().join(", ");
    match Format::ALL.into_iter().find(|format| format.name() == name) {
        Some(format) => Ok(Some(format)),
        None if name == "auto" => Ok(None),
        None => anyhow::bail!("no format `{name}`; the formats are auto, {}", names()),
    }
}
