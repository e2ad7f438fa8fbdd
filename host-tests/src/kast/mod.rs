//! Top-KAST by its rules, with everything dense and every choice made by sorting: what
//! [`kastanet::train`] must agree with, bit for bit.
//!
//! One sample at a time, over networks of layers in a row.

mod chain;
mod layer;
mod real;
mod reserve;
mod rule;

pub use layer::{Keeping, Layer, Unit};
pub use real::Real;
pub use reserve::{ABSENT, Stored, section};

use kastanet::train::{Clip, Recipe, Reserve, Scope, Target, Value};
use kastanet_cli::training::{Graph, Sets};
use rule::Rule;
use std::cmp::Reverse;

/// A network in training.
pub struct Kast<V> {
    graph: Graph,
    recipe: Recipe,
    /// Its layers.
    pub layers: Vec<Layer<V>>,
    /// Steps taken.
    pub steps: u32,
    /// Units that entered backward sets after the first choice.
    pub entered: u32,
    /// Units that fell back to their reserve.
    pub fallen: u32,
    seen: u32,
    chosen: bool,
    settled: bool,
}

impl<V: Value> Kast<V> {
    /// A network with these first weights, in the order of units; [`None`] where there is none.
    pub fn new(graph: &Graph, recipe: Recipe, first: &[Vec<Option<f32>>]) -> Self {
        let layers = graph.layers.iter().zip(first).map(|(weights, first)| {
            let keeping = match recipe.reserve {
                Reserve::Exact => Keeping::Exact,
                Reserve::None => Keeping::Fixed,
                Reserve::Image { table } => {
                    let backward = weights.grid.chosen(weights.backward);
                    Keeping::Table((table * backward as f32) as usize)
                }
            };
            Layer::new(weights, keeping, first)
        });
        let layers = layers.collect();
        let (graph, steps, entered, fallen) = (graph.clone(), 0, 0, 0);
        Kast {
            graph,
            recipe,
            layers,
            steps,
            entered,
            fallen,
            seen: 0,
            chosen: false,
            settled: false,
        }
    }

    /// The outputs for `input`.
    pub fn infer(&mut self, input: &[f32]) -> Vec<f32> {
        self.prepare();
        chain::forward(&self.graph, &self.layers, input).pop().expect("an output")
    }

    /// Learns from a sample; gives its loss.
    ///
    /// # Panics
    ///
    /// Where the target does not fit.
    pub fn step(&mut self, input: &[f32], class: u16) -> f32 {
        self.prepare();
        if self.seen == 0 {
            self.refresh();
        }
        let values = chain::forward(&self.graph, &self.layers, input);
        let outputs: Vec<[f32; 1]> =
            values.last().expect("an output").iter().map(|&y| [y]).collect();
        let mut gradient = vec![[0.0]; outputs.len()];
        let loss = self.recipe.loss.gradient(&outputs, Target::Classes(&[class]), &mut gradient);
        let [loss] = loss.expect("a target that fits");
        let share = 1.0 / self.recipe.batch as f32;
        let dy = gradient.into_iter().map(|[dy]| if share == 1.0 { dy } else { dy * share });
        chain::backward(&self.graph, &mut self.layers, &values, dy.collect());
        self.seen += 1;
        if self.seen == self.recipe.batch {
            self.update();
            (self.seen, self.steps) = (0, self.steps + 1);
        }
        loss
    }

    fn sparse(&mut self) -> impl Iterator<Item = &mut Layer<V>> {
        self.layers.iter_mut().filter(|layer| matches!(layer.sets, Sets::Sparse { .. }))
    }

    /// Chooses the first sets.
    fn prepare(&mut self) {
        if !self.chosen {
            self.chosen = true;
            self.choose_backward();
            self.choose_forward();
        }
    }

    /// Chooses the sets that are due.
    fn refresh(&mut self) {
        let (recipe, steps) = (self.recipe, self.steps);
        if self.settled {
            return;
        }
        if steps > 0 && steps % recipe.refresh_backward_every == 0 {
            if recipe.reserve != Reserve::None {
                let (fallen, entered) = self.choose_backward();
                (self.fallen, self.entered) = (self.fallen + fallen, self.entered + entered);
            }
            self.choose_forward();
        } else if steps % recipe.refresh_forward_every == 0 {
            self.choose_forward();
        }
        if steps >= recipe.explore_until {
            self.sparse().for_each(Layer::settle);
            self.settled = true;
        }
    }

    /// Chooses backward sets; gives how many units fell back to their reserve, and how many entered.
    fn choose_backward(&mut self) -> (u32, u32) {
        if self.recipe.scope == Scope::Layer {
            let chosen = self.sparse().map(Layer::choose_backward);
            return chosen.fold((0, 0), |(fallen, entered), of| (fallen + of.0, entered + of.1));
        }
        let mut fallen = 0;
        loop {
            let chosen = self.largest(|layer| layer.backward, Unit::is_known);
            let each = self.sparse().zip(&chosen);
            let fell: u32 = each.map(|(layer, chosen)| layer.fall_back(chosen)).sum();
            if fell == 0 {
                let each = self.sparse().zip(&chosen);
                return (fallen, each.map(|(layer, chosen)| layer.bring(chosen)).sum());
            }
            fallen += fell;
        }
    }

    /// Chooses the forward sets.
    fn choose_forward(&mut self) {
        if self.recipe.scope == Scope::Layer {
            return self.sparse().for_each(Layer::choose_forward);
        }
        let chosen = self.largest(|layer| layer.forward, |unit| unit.is_live);
        for (layer, chosen) in self.sparse().zip(chosen) {
            layer.units.iter_mut().zip(chosen).for_each(|(unit, is)| unit.is_forward = is);
        }
    }

    /// Whether each unit of each sparse layer is one of the largest `of` all, as many as `count` says together.
    fn largest(
        &mut self,
        count: impl Fn(&Layer<V>) -> usize,
        of: impl Fn(&Unit<V>) -> bool,
    ) -> Vec<Vec<bool>> {
        let layers: Vec<&mut Layer<V>> = self.sparse().collect();
        let wanted = layers.iter().map(|layer| count(layer)).sum();
        let mut chosen: Vec<_> =
            layers.iter().map(|layer| vec![false; layer.units.len()]).collect();
        let units = layers.iter().enumerate();
        let units =
            units.flat_map(|(number, layer)| layer.units.iter().map(move |unit| (number, unit)));
        let mut order: Vec<(Reverse<u32>, usize, usize)> = vec![];
        let mut places = vec![0; layers.len()];
        for (number, unit) in units {
            if of(unit) {
                order.push((Reverse(unit.magnitude().to_bits()), number, places[number]));
            }
            places[number] += 1;
        }
        order.sort_unstable();
        order[..wanted].iter().for_each(|&(_, number, at)| chosen[number][at] = true);
        chosen
    }

    /// D of a layer, or of all sparse ones together.
    fn density(&self, layer: &Layer<V>) -> f32 {
        let is_sparse = |layer: &&Layer<V>| matches!(layer.sets, Sets::Sparse { .. });
        if self.recipe.scope == Scope::Layer || !is_sparse(&layer) {
            return layer.density();
        }
        let sparse = self.layers.iter().filter(is_sparse);
        let [forward, units] = sparse.fold([0; 2], |[forward, units], layer| {
            [forward + layer.forward, units + layer.units.len()]
        });
        forward as f32 / units as f32
    }

    /// The step of all weights and biases.
    fn update(&mut self) {
        let scale = self.scale();
        let densities: Vec<f32> = self.layers.iter().map(|layer| self.density(layer)).collect();
        for (number, (layer, density)) in self.layers.iter_mut().zip(densities).enumerate() {
            let rule = Rule::new(&self.recipe, self.steps, number as u32, density);
            layer.update(&rule, scale);
        }
    }

    /// What brings the norm of all gradients down to the clip's.
    fn scale(&self) -> f32 {
        let Clip::Norm(most) = self.recipe.clip else { return 1.0 };
        let weights = self.layers.iter().flat_map(|layer| layer.gradients());
        let biases = self.layers.iter().flat_map(|layer| layer.bias_sums.iter().copied());
        let norm = weights.chain(biases).fold(0.0, |sum: f32, g| sum + g * g).sqrt();
        if norm > most { most / norm } else { 1.0 }
    }
}
