//! Where sparse becomes faster: instructions of one kind of layer in one format beside CMSIS-NN's for
//! the dense layer, over the share of zeros.

use crate::cases::Case;
use crate::layers::Kind;
use crate::mask::Unit;
use crate::peers::recorded;
use crate::record::Recorded;
use kastanet::sparse::Format;

/// Kinds of layers, their titles, and the network whose layers stand for them.
pub const KINDS: [(Kind, &str, Case); 4] = [
    (Kind::FullyConnected, "fully connected, 256 → 256", Case::Fc256),
    (Kind::Conv, "convolutions 3×3 (resnet8)", Case::ResNet8),
    (Kind::Pointwise, "convolutions 1×1 (dscnn)", Case::DsCnn),
    (Kind::Depthwise, "depthwise 3×3, dense (dscnn)", Case::DsCnn),
];

/// Share of zeros, and instructions by the peer's.
pub type Point = (f64, f64);

/// What was measured of a kind in a format (`None`: as chosen) with the unit that it is for.
pub fn points(
    records: &[Recorded],
    board: &str,
    (kind, case): (Kind, Case),
    format: Option<Format>,
) -> Vec<Point> {
    let peer = recorded::shared_out(board, case.name());
    let dense = total(kind, peer.iter().map(|layer| (layer.kind, layer.instructions)));
    let rows = records.iter().map(|record| &record.row).filter(|row| {
        let unit = Unit::of(format, row.sparsity).map(|unit| unit.to_string());
        let name = format.map_or("auto", Format::name);
        row.case == case.name() && row.format == name && Some(&row.unit) == unit.as_ref()
    });
    let point = |row: &crate::results::Row| {
        let own = &row.network.as_ref()?.layer_instructions;
        let own = total(kind, peer.iter().map(|layer| layer.kind).zip(own.iter().copied()));
        (dense > 0 && own > 0).then(|| (row.sparsity, own as f64 / dense as f64))
    };
    let mut points: Vec<Point> = rows.filter_map(point).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

fn total(kind: Kind, layers: impl Iterator<Item = (Kind, u64)>) -> u64 {
    layers.filter(|(known, _)| *known == kind).map(|(_, instructions)| instructions).sum()
}

/// The lowest share of zeros from which on a format is the faster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Crossover {
    /// At the lowest share that was measured, already.
    Below(f64),
    /// Between two shares that were measured, on a line through them.
    At(f64),
    /// At none that was measured.
    Never,
}

/// Of points with ascending shares.
pub fn crossover(points: &[Point]) -> Crossover {
    let faster = |point: &Point| point.1 <= 1.0;
    let last_slower = points.iter().rposition(|point| !faster(point));
    match (last_slower, points) {
        (None, [first, ..]) => Crossover::Below(first.0),
        (Some(at), _) => match points.get(at..at + 2) {
            Some(&[(from, above), (to, below)]) => {
                Crossover::At(from + (to - from) * (above - 1.0) / (above - below))
            }
            _ => Crossover::Never,
        },
        (None, []) => Crossover::Never,
    }
}

impl std::fmt::Display for Crossover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Crossover::Below(share) if *share == 0.0 => write!(f, "always"),
            Crossover::Below(share) => write!(f, "≤ {:.0} %", 100.0 * share),
            Crossover::At(share) => write!(f, "{:.0} %", 100.0 * share),
            Crossover::Never => write!(f, "–"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_between_the_points_around_1() {
        let of = |points: &[Point]| crossover(points).to_string();
        assert_eq!(of(&[(0.5, 1.2), (0.7, 0.8), (0.9, 0.4)]), "60 %");
        assert_eq!(of(&[(0.5, 0.9), (0.9, 0.4)]), "≤ 50 %");
        assert_eq!(of(&[(0.0, 0.9), (0.9, 0.9)]), "always");
        assert_eq!(of(&[(0.5, 3.0), (0.9, 1.4)]), "–");
        assert_eq!(of(&[]), "–");
    }
}
