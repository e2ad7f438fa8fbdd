//! A layer's weights as the training program describes them.

use super::convert::Conversion;
use super::{Error, Reserve};
use crate::graph::{DType, Op, OpKind, Tensor};
use crate::prune::{self, Unit};
use crate::report::PRUNED_FROM;
use crate::training::{self, Layer, Sets, Share, Stored};
use kastanet::train::{self, Grid};

/// The weights of one layer, row after row: an output channel's side by side.
pub(super) struct Values {
    pub grid: Grid,
    /// What was pruned as one.
    pub unit: Unit,
    /// As they are in the image.
    pub kept: Vec<i8>,
    /// As they were before pruning.
    pub original: Vec<i8>,
    /// Whether the image holds them in another order.
    pub is_depthwise: bool,
}

impl Conversion<'_> {
    /// The layer of operator `number`.
    pub fn layer(&mut self, number: usize) -> Result<Layer, Error> {
        let op = &self.model.graph.ops[number];
        let weights = self.model.graph.input(op, 1).ok_or_else(|| said(op, "it has no weights"))?;
        let values = self.values(op, weights)?;
        let scales = weights.quant.as_ref().map(|quant| quant.scales.clone()).unwrap_or_default();
        let rows = values.grid.rows;
        let scales = if scales.len() == 1 { vec![scales[0]; rows] } else { scales };
        let bias = self.bias(op, &scales)?;
        let record = self.model.lowered.ops[number].weights.map(|record| record as u16);
        let (sets, reserve) = self.sets(op, number, values)?;
        let stored = Stored { weights: record, reserve };
        Ok(Layer { name: op.name.clone(), sets, scales, bias, stored })
    }

    /// Which weights are trained, and the layer's part of the reserve.
    fn sets(
        &mut self,
        op: &Op,
        number: usize,
        values: Values,
    ) -> Result<(Sets, Option<training::Reserve>), Error> {
        let is_trained = self.border.trained.contains(&number);
        if !(is_trained && self.is_pruned(op, &values)) {
            if self.options.backward_of.iter().any(|(name, _)| *name == op.name) {
                let why = "it is not pruned, so all of its weights learn";
                return Err(Error::NoBackward { layer: op.name.clone(), why });
            }
            let sets = if is_trained { Sets::Dense } else { Sets::Frozen };
            return Ok((sets, self.fixed(op, number, &values.single())?));
        }
        let candidates = self.candidates(op, &values)?;
        let forward = match values.unit {
            Unit::Nm(pattern) => pattern.kept(),
            _ => values.held(&values.kept),
        };
        let backward = match (self.options.reserve, self.options.backward(&op.name)) {
            (Reserve::None, _) => Share::Count(forward),
            (_, Some(density)) => Share::Density(density),
            (_, None) => Share::Count(values.twice(forward, candidates.units)),
        };
        let sets =
            Sets::Sparse { unit: values.grid.unit, forward: Share::Count(forward), backward };
        let reserve = self.reserve(op, number, &values, candidates, backward)?;
        Ok((sets, reserve))
    }

    fn values(&self, op: &Op, weights: &Tensor) -> Result<Values, Error> {
        let constant = || said(op, "its weights are no int8 constant");
        let is_depthwise = matches!(op.kind, OpKind::DepthwiseConv2d { .. });
        let rows = if is_depthwise { weights.shape.last() } else { weights.shape.first() };
        let rows = rows.copied().unwrap_or(1).max(1);
        let ordered = |tensor: &Tensor| {
            let values = tensor.to_i8()?;
            Some(if is_depthwise { transposed(&values, rows) } else { values })
        };
        let original = self.model.original.input(op, 1).and_then(ordered).ok_or_else(constant)?;
        let kept = ordered(weights).ok_or_else(constant)?;
        if original.contains(&i8::MIN) {
            return Err(Error::Weight { layer: op.name.clone() });
        }
        let unit = self.model.unit;
        let grid = Grid { rows, cols: kept.len() / rows, unit: unit_of(unit) };
        Ok(Values { grid, unit, kept, original, is_depthwise })
    }

    /// Whether weights have been zeroed, here or in training.
    fn is_pruned(&self, op: &Op, values: &Values) -> bool {
        let zeros = values.kept.iter().filter(|&&value| value == 0).count();
        prune::prunable(op).is_some()
            && (matches!(values.unit, Unit::Nm(_))
                || self.model.sparsity.of(&op.name) > 0.0
                || zeros as f64 >= PRUNED_FROM * values.kept.len() as f64)
    }

    /// The bias in real numbers; `None` where there is none.
    fn bias(&self, op: &Op, scales: &[f32]) -> Result<Option<Vec<f32>>, Error> {
        let Some(bias) = self.model.graph.input(op, 2) else { return Ok(None) };
        let bias = bias.to_i32().ok_or_else(|| said(op, "its bias is no int32 constant"))?;
        let input = self.model.graph.input(op, 0).filter(|input| input.dtype == DType::I8);
        let input = input.and_then(|input| input.quant.as_ref()?.scales.first().copied());
        let input = f64::from(input.ok_or_else(|| said(op, "its input has no scale"))?);
        let real =
            |(&bias, &scale): (&i32, &f32)| (f64::from(bias) * input * f64::from(scale)) as f32;
        Ok(Some(bias.iter().zip(scales).map(real).collect()))
    }
}

impl Values {
    /// Units of which something is not 0.
    pub fn held(&self, values: &[i8]) -> usize {
        let units = 0..self.grid.units();
        units
            .filter(|&unit| self.unit(values, unit).any(|value| value.is_some_and(|v| v != 0)))
            .count()
    }

    /// The members of a unit, in the order of lines; `None` past the edge.
    pub fn unit(&self, values: &[i8], unit: usize) -> impl Iterator<Item = Option<i8>> {
        let (grid, width) = (self.grid, self.grid.width());
        (0..grid.unit.size()).map(move |member| {
            let (row, col) = grid.weight(unit / width, unit % width, member)?;
            values.get(row * grid.cols + col).copied()
        })
    }

    /// Twice `forward` units, or as many as `candidates` allow; of N:M, of each group.
    fn twice(&self, forward: usize, candidates: usize) -> usize {
        let most = match self.unit {
            Unit::Nm(pattern) => pattern.group(),
            _ => self.grid.units(),
        };
        let counts = (forward..=most.min(2 * forward)).rev();
        counts.into_iter().find(|&count| self.grid.chosen(count) <= candidates).unwrap_or(forward)
    }

    /// The same in single weights.
    fn single(self) -> Self {
        let grid = Grid { unit: train::Unit::Weight, ..self.grid };
        Values { grid, unit: Unit::Weight, ..self }
    }
}

fn unit_of(unit: Unit) -> train::Unit {
    match unit {
        Unit::Weight => train::Unit::Weight,
        Unit::Block4x1 => train::Unit::Block4x1,
        Unit::Block1x4 => train::Unit::Block1x4,
        Unit::Nm(pattern) => train::Unit::Group(pattern.group()),
    }
}

/// Rows for columns: `rows` channels, of which each has its weights side by side then.
fn transposed(values: &[i8], rows: usize) -> Vec<i8> {
    (0..rows).flat_map(|row| values.iter().copied().skip(row).step_by(rows)).collect()
}

pub(super) fn said(op: &Op, what: &str) -> Error {
    Error::Layer { layer: op.name.clone(), what: what.into() }
}
