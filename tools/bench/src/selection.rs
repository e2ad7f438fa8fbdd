//! What is measured: what the filters ask for, or the default where there are none.

use crate::cases::Case;
use crate::mask::{Mask, Unit};
use anyhow::{Context, Result, ensure};
use kastanet::sparse::Format;

/// Shares of zeros that are measured.
const SPARSITIES: [f64; 6] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95];

/// Networks that are measured in every format, and at which of the shares.
const EVERY_FORMAT: [(Case, &[f64]); 3] = [
    (Case::Fc256, &SPARSITIES),
    (Case::ResNet8, &[0.0, 0.5, 0.7, 0.9]),
    (Case::DsCnn, &[0.0, 0.5, 0.7, 0.9]),
];

/// The filters; an empty one lets everything through that the default has.
#[derive(Debug, Default)]
pub struct Selection {
    cases: Vec<Case>,
    sparsities: Vec<f64>,
    /// `None` chooses a format for each layer.
    formats: Vec<Option<Format>>,
    units: Vec<Unit>,
}

/// A network pruned in one way, and the formats that it is measured in; `None` chooses.
pub type Measured = (Mask, Vec<Option<Format>>);

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

    /// The masks of a network and its formats with each.
    pub fn measured(&self, case: Case) -> Vec<Measured> {
        let mut all: Vec<Measured> = Vec::new();
        for &sparsity in self.sparsities() {
            for format in self.formats(case, sparsity) {
                for unit in self.units(case, format, sparsity) {
                    // N:M has one density, however it was asked for.
                    let sparsity = Mask { sparsity, unit }.share();
                    add(&mut all, Mask { sparsity, unit }, format);
                }
            }
        }
        all
    }

    fn sparsities(&self) -> &[f64] {
        if self.sparsities.is_empty() { &SPARSITIES } else { &self.sparsities }
    }

    /// Chosen ones, and each alone where the default or a unit asks for it.
    fn formats(&self, case: Case, sparsity: f64) -> Vec<Option<Format>> {
        if !self.formats.is_empty() {
            return self.formats.clone();
        }
        let forced = Format::ALL.into_iter().filter(|_| every_format(case, sparsity)).map(Some);
        [None].into_iter().chain(forced).collect()
    }

    /// Those asked for; else those that the format is for, and for chosen ones all that are measured.
    fn units(&self, case: Case, format: Option<Format>, sparsity: f64) -> Vec<Unit> {
        if !self.units.is_empty() {
            return self.units.clone();
        }
        let every = self.formats.is_empty() && every_format(case, sparsity);
        let others = [Format::Block4x1, Format::Block1x4, Format::Nm].map(Some);
        let formats = match format {
            Some(_) => vec![format],
            None => [None].into_iter().chain(others.into_iter().filter(|_| every)).collect(),
        };
        formats.into_iter().filter_map(|format| Unit::of(format, sparsity)).collect()
    }
}

fn add(all: &mut Vec<Measured>, mask: Mask, format: Option<Format>) {
    match all.iter_mut().find(|(known, _)| *known == mask) {
        Some((_, formats)) if formats.contains(&format) => (),
        Some((_, formats)) => formats.push(format),
        None => all.push((mask, vec![format])),
    }
}

fn every_format(case: Case, sparsity: f64) -> bool {
    EVERY_FORMAT.iter().any(|(known, shares)| *known == case && shares.contains(&sparsity))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(case: Case, filters: &[(&str, &str)]) -> Vec<String> {
        let mut selection = Selection::default();
        filters.iter().for_each(|(option, value)| selection.add(option, value).unwrap());
        let name = |format: Option<Format>| format.map_or("auto", Format::name);
        let all = selection.measured(case).into_iter().map(|(Mask { sparsity, unit }, formats)| {
            let formats: Vec<_> = formats.into_iter().map(name).collect();
            format!("{sparsity} {unit}: {}", formats.join(" "))
        });
        all.collect()
    }

    #[test]
    fn by_default_every_share_is_chosen_for() {
        let all = ["0", "0.5", "0.7", "0.8", "0.9", "0.95"];
        assert_eq!(
            measured(Case::MobileNet, &[]),
            all.map(|share| format!("{share} weight: auto"))
        );
    }

    #[test]
    fn by_default_some_networks_have_every_format_with_its_unit() {
        assert_eq!(
            measured(Case::ResNet8, &[("sparsity", "0.9")]),
            [
                "0.9 weight: auto dense delta8 delta4 index8 rice",
                "0.9 block4x1: auto block4x1",
                "0.9 block1x4: auto block1x4",
                "0.875 nm:1:8: auto nm",
            ]
        );
    }

    #[test]
    fn filters_are_taken_at_their_word() {
        let format = ("format", "block4x1");
        assert_eq!(measured(Case::Ad, &[("sparsity", "0.8"), format]), ["0.8 block4x1: block4x1"]);
        let weight = ("unit", "weight");
        let found = measured(Case::Ad, &[("sparsity", "0.8"), format, weight]);
        assert_eq!(found, ["0.8 weight: block4x1"]);
        let nm = measured(Case::Ad, &[("unit", "nm:2:4"), ("format", "auto"), ("format", "nm")]);
        assert_eq!(nm, ["0.5 nm:2:4: auto nm"]);
    }
}
