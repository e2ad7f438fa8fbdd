//! A layer: every unit of it, whatever set it is in.

use super::rule::Rule;
use kastanet::sparse::TILE;
use kastanet::train::{Grid, Unit as Shape, Value};
use kastanet_cli::training::{Sets, Weights};
use std::cmp::Reverse;
use std::ops::Range;

/// Where what has been learned goes when a unit leaves the backward set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It stays.
    Exact,
    /// None leaves.
    Fixed,
    /// Into a table of this capacity.
    Table(usize),
}

/// A unit.
#[derive(Clone, Debug)]
pub struct Unit<V> {
    /// What it is worth now.
    pub weights: Vec<V>,
    /// What it was worth first.
    pub reserve: Option<Vec<V>>,
    /// What the optimizer keeps.
    pub first: Vec<f32>,
    /// And what Adam keeps of squares.
    pub second: Vec<f32>,
    /// Gradients of the batch so far.
    pub sums: Vec<f32>,
    /// Whether it is in the backward set.
    pub is_live: bool,
    /// Whether it is in the forward set.
    pub is_forward: bool,
    /// Whether it is in the table.
    pub is_in_table: bool,
    /// Whether its first worth is written anywhere: the others of a group are worth 0.
    pub is_stored: bool,
}

impl<V: Value> Unit<V> {
    fn new(weights: &[Option<f32>], is_grouped: bool) -> Self {
        let first = |weight: &Option<f32>| V::nearest(weight.unwrap_or(0.0));
        let values: Vec<V> = weights.iter().map(first).collect();
        let zeros = vec![0.0; values.len()];
        let is_stored = weights.iter().any(Option::is_some);
        Unit {
            reserve: (is_stored || is_grouped).then(|| values.clone()),
            is_stored,
            weights: values,
            first: zeros.clone(),
            second: zeros.clone(),
            sums: zeros,
            is_live: false,
            is_forward: false,
            is_in_table: false,
        }
    }

    /// Whether it can be chosen.
    pub(super) fn is_known(&self) -> bool {
        self.is_live || self.is_in_table || self.reserve.is_some()
    }

    pub(super) fn magnitude(&self) -> f32 {
        self.weights.iter().fold(0.0, |sum, weight| sum + weight.get().abs())
    }

    fn is_changed(&self) -> bool {
        self.reserve.as_ref() != Some(&self.weights)
    }

    /// How far it is from its reserve.
    fn difference(&self) -> f32 {
        let reserve = self.reserve.as_ref().expect("a reserve");
        let pairs = self.weights.iter().zip(reserve);
        pairs.fold(0.0, |sum, (weight, reserve)| sum + (weight.get() - reserve.get()).abs())
    }

    fn fall_back(&mut self) {
        self.weights.clone_from(self.reserve.as_ref().expect("a reserve"));
        self.is_in_table = false;
    }
}

/// A layer.
pub struct Layer<V> {
    /// How its weights are cut.
    pub grid: Grid,
    /// How it is trained.
    pub sets: Sets,
    /// Where what is learned goes.
    pub keeping: Keeping,
    /// Units of the forward set; of N:M, of each group.
    pub forward: usize,
    /// Units of the backward set, likewise.
    pub backward: usize,
    /// Line after line.
    pub units: Vec<Unit<V>>,
    /// One a row.
    pub biases: Vec<f32>,
    /// Gradients of the biases in the batch so far.
    pub bias_sums: Vec<f32>,
    bias_state: Vec<[f32; 2]>,
    pub(super) has_bias: bool,
}

impl<V: Value> Layer<V> {
    pub(super) fn new(weights: &Weights, keeping: Keeping, first: &[Option<f32>]) -> Self {
        let Weights { grid, sets, forward, backward, ref bias, .. } = *weights;
        let is_grouped = matches!(grid.unit, Shape::Group(_));
        let units = first.chunks(grid.unit.size());
        let mut units: Vec<Unit<V>> = units.map(|weights| Unit::new(weights, is_grouped)).collect();
        if !matches!(sets, Sets::Sparse { .. }) {
            units.iter_mut().for_each(|unit| (unit.is_live, unit.is_forward) = (true, true));
        }
        if sets == Sets::Frozen && keeping != Keeping::Exact {
            // Read where it is stored, 0 for nothing.
            for unit in &mut units {
                (unit.is_live, unit.is_forward) = (false, unit.weights[0].get() != 0.0);
            }
        }
        Layer {
            grid,
            sets,
            keeping,
            forward,
            backward,
            units,
            biases: bias.clone().unwrap_or(vec![0.0; grid.rows]),
            bias_sums: vec![0.0; grid.rows],
            bias_state: vec![[0.0; 2]; grid.rows],
            has_bias: bias.is_some(),
        }
    }

    /// Row, column, and place of each weight that there is: unit and member.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize, usize, usize)> + use<V> {
        let (grid, width) = (self.grid, self.grid.width());
        (0..grid.units()).flat_map(move |unit| {
            (0..grid.unit.size()).filter_map(move |member| {
                let (row, col) = grid.weight(unit / width, unit % width, member)?;
                Some((row, col, unit, member))
            })
        })
    }

    pub(super) fn density(&self) -> f32 {
        match self.sets {
            Sets::Sparse { .. } => self.grid.chosen(self.forward) as f32 / self.units.len() as f32,
            _ => 1.0,
        }
    }

    /// The units that are set against each other.
    fn contests(&self) -> Vec<Range<usize>> {
        let Shape::Group(group) = self.grid.unit else {
            return std::iter::once(0..self.units.len()).collect();
        };
        let (rows, cols) = (self.grid.rows, self.grid.cols);
        let groups = |row: usize| {
            let starts = (0..cols).step_by(group);
            starts.map(move |at| row * cols + at..row * cols + cols.min(at + group))
        };
        (0..rows).flat_map(groups).collect()
    }

    /// Whether each unit is one of the `count` largest `of` those it is set against.
    fn largest(&self, count: usize, of: impl Fn(&Unit<V>) -> bool) -> Vec<bool> {
        let mut chosen = vec![false; self.units.len()];
        for contest in self.contests() {
            let count = count.min(contest.len());
            let mut order: Vec<usize> = contest.filter(|&at| of(&self.units[at])).collect();
            assert!(order.len() >= count, "{} units of {count}", order.len());
            order.sort_by_key(|&at| (Reverse(self.units[at].magnitude().to_bits()), at));
            order[..count].iter().for_each(|&at| chosen[at] = true);
        }
        chosen
    }

    /// Chooses the backward set; gives how many fell back to their reserve, and how many entered.
    pub(super) fn choose_backward(&mut self) -> (u32, u32) {
        let mut fallen = 0;
        let mut chosen;
        loop {
            chosen = self.largest(self.backward, Unit::is_known);
            match self.fall_back(&chosen) {
                0 => break,
                more => fallen += more,
            }
        }
        (fallen, self.bring(&chosen))
    }

    /// Has units fall back where the table has no room for what is not chosen; gives how many.
    pub(super) fn fall_back(&mut self, chosen: &[bool]) -> u32 {
        let falling = self.overfull(chosen);
        falling.iter().for_each(|&at| self.units[at].fall_back());
        falling.len() as u32
    }

    /// Makes live what is chosen; gives how many enter.
    pub(super) fn bring(&mut self, chosen: &[bool]) -> u32 {
        let mut entered = 0;
        for (unit, &is_chosen) in self.units.iter_mut().zip(chosen) {
            match (unit.is_live, is_chosen, self.keeping) {
                (true, false, Keeping::Table(_)) if unit.is_changed() => unit.is_in_table = true,
                (true, false, Keeping::Table(_)) => unit.fall_back(),
                (false, true, _) => {
                    entered += 1;
                    unit.is_in_table = false;
                    unit.first.fill(0.0);
                    unit.second.fill(0.0);
                }
                _ => (),
            }
            unit.is_live = is_chosen;
        }
        entered
    }

    /// The units that fall back when the units outside `chosen` leave and the table has no room for all.
    fn overfull(&self, chosen: &[bool]) -> Vec<usize> {
        let Keeping::Table(capacity) = self.keeping else { return vec![] };
        let all = || self.units.iter().enumerate();
        let leaves = |at: usize, unit: &Unit<V>| unit.is_live && !chosen[at] && unit.is_changed();
        let comes = all().filter(|&(at, unit)| unit.is_in_table && chosen[at]).count();
        let outside =
            all().filter(|&(at, unit)| leaves(at, unit) || unit.is_in_table && !chosen[at]);
        let mut outside: Vec<usize> = outside.map(|(at, _)| at).collect();
        if outside.len() + comes <= capacity {
            return vec![];
        }
        outside.sort_by_key(|&at| (Reverse(self.units[at].difference().to_bits()), at));
        outside.split_off(capacity - comes)
    }

    /// Chooses the forward set among the live units.
    pub(super) fn choose_forward(&mut self) {
        let chosen = self.largest(self.forward, |unit| unit.is_live);
        self.units.iter_mut().zip(chosen).for_each(|(unit, chosen)| unit.is_forward = chosen);
    }

    /// The backward set becomes the forward set.
    pub(super) fn settle(&mut self) {
        for unit in self.units.iter_mut().filter(|unit| unit.is_live && !unit.is_forward) {
            unit.is_live = false;
            if self.keeping != Keeping::Exact {
                unit.fall_back();
            }
        }
    }

    /// Live units tile by tile, in each the forward set first.
    fn order(&self) -> impl Iterator<Item = usize> {
        let width = self.grid.width();
        let tiles = (0..self.grid.lines()).flat_map(move |line| {
            let starts = (0..width).step_by(TILE);
            starts.map(move |start| line * width + start..line * width + (start + TILE).min(width))
        });
        tiles.flat_map(move |tile| {
            let part = |is_forward: bool| {
                let live = move |&at: &usize| {
                    self.units[at].is_live && self.units[at].is_forward == is_forward
                };
                tile.clone().filter(live)
            };
            part(true).chain(part(false)).collect::<Vec<_>>()
        })
    }

    /// The batch's gradients of live weights.
    pub(super) fn gradients(&self) -> impl Iterator<Item = f32> {
        self.order().flat_map(|at| self.units[at].sums.iter().copied())
    }

    pub(super) fn update(&mut self, rule: &Rule, scale: f32) {
        let size = self.grid.unit.size();
        for (at, unit) in self.units.iter_mut().enumerate() {
            for member in 0..size {
                let gradient = std::mem::take(&mut unit.sums[member]) * scale;
                if !unit.is_live || self.sets == Sets::Frozen {
                    continue;
                }
                let state = [&mut unit.first[member], &mut unit.second[member]];
                let weight = &mut unit.weights[member];
                let moved = rule.weight(unit.is_forward, weight.get(), gradient, state);
                *weight = rule.keep(moved, (at * size + member) as u32);
            }
        }
        for (row, bias) in self.biases.iter_mut().enumerate().filter(|_| self.has_bias) {
            let [first, second] = &mut self.bias_state[row];
            *bias = rule.bias(*bias, self.bias_sums[row] * scale, [first, second]);
        }
        self.bias_sums.fill(0.0);
    }
}
