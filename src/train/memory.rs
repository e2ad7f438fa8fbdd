//! The memory of training: how much, and what lies where.
//!
//! ```text
//!     head | layers | biases | values | optimizer's | table | segments | columns | θ | checksum     is saved
//!     gradients | activations, and scratch in their place                                          is not
//! ```

use super::base::TILE_BYTES;
use super::lanes::Lanes;
use super::live::Segment;
use super::program::{Layer, Program, Training};
use super::rank::Threshold;
use super::recipe::{Recipe, Reserve, Scope};
use super::search::Buckets;
use super::value::Value;
use crate::image::crc32_of;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What is known of a run besides its weights.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Head {
    /// Checksums of where weights come from and of the program, and what stands for the memory's layout.
    pub of: [u32; 3],
    /// Steps taken.
    pub step: u32,
    /// Samples of the step that is being taken.
    pub seen: u32,
    /// 0: sets are still to be chosen; 1: exploring; 2: no longer exploring.
    pub phase: u32,
    /// Steps that were passed over because a gradient was not finite.
    pub skipped: u32,
    /// Units that fell back to their reserve.
    pub fallen: u32,
    /// Units that entered backward sets, but for the first ones.
    pub entered: u32,
}

/// What is known of a layer besides its weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct State {
    /// First of its biases, values, weights that take steps, units with columns, segments, units and values of
    /// the table, θ.
    pub bias: u32,
    pub value: u32,
    pub step: u32,
    pub column: u32,
    pub segment: u32,
    pub entry: u32,
    pub entry_value: u32,
    pub theta: u32,
    /// Live units.
    pub live: u32,
    /// Entries of the table.
    pub entries: u32,
    /// Where the forward set ended when it was chosen, and how many units are on its side now.
    pub end_key: u32,
    pub end_before: u32,
    pub holding: u32,
    /// The key where the backward set ended when it was chosen.
    pub backward_key: u32,
}

impl State {
    /// Where the forward set ended.
    pub fn end(&self) -> Threshold {
        Threshold { key: self.end_key, before: self.end_before }
    }

    /// The forward set ends at `end` now, with `holding` units.
    pub fn ends(&mut self, end: Threshold, holding: u32) {
        (self.end_key, self.end_before, self.holding) = (end.key, end.before, holding);
    }
}

/// Numbers of elements.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub biases: usize,
    pub values: usize,
    pub steps: usize,
    pub columns: usize,
    pub segments: usize,
    pub entries: usize,
    pub entry_values: usize,
    pub theta: usize,
}

impl Counts {
    /// Of one layer.
    pub fn of(program: &Program<'_>, layer: &Layer<'_>, recipe: &Recipe) -> Self {
        let Layer { grid, training, .. } = *layer;
        let live = capacity(program, layer, recipe.scope);
        let size = grid.unit.size();
        let is_sparse = training == Training::Sparse;
        let sparse = |count: usize| if is_sparse { count } else { 0 };
        let entries = recipe.reserve.entries(layer);
        let theta = match recipe.reserve {
            Reserve::Exact => grid.units().saturating_mul(size),
            _ => 0,
        };
        let values = live.saturating_mul(size);
        Counts {
            biases: grid.rows,
            values,
            steps: if training == Training::Frozen { 0 } else { values },
            columns: sparse(live),
            segments: sparse(grid.lines().saturating_mul(grid.tiles())),
            entries,
            entry_values: entries.saturating_mul(size),
            theta: sparse(theta),
        }
    }

    /// Of both.
    pub fn plus(self, other: Self) -> Self {
        Counts {
            biases: self.biases.saturating_add(other.biases),
            values: self.values.saturating_add(other.values),
            steps: self.steps.saturating_add(other.steps),
            columns: self.columns.saturating_add(other.columns),
            segments: self.segments.saturating_add(other.segments),
            entries: self.entries.saturating_add(other.entries),
            entry_values: self.entry_values.saturating_add(other.entry_values),
            theta: self.theta.saturating_add(other.theta),
        }
    }

    /// Where a layer starts that comes after these.
    pub fn state(self) -> State {
        State {
            bias: self.biases as u32,
            value: self.values as u32,
            step: self.steps as u32,
            column: self.columns as u32,
            segment: self.segments as u32,
            entry: self.entries as u32,
            entry_value: self.entry_values as u32,
            theta: self.theta as u32,
            ..State::default()
        }
    }
}

/// How many live units there is room for in a layer.
pub(super) fn capacity(program: &Program<'_>, layer: &Layer<'_>, scope: Scope) -> usize {
    match (scope, layer.training) {
        _ if layer.is_in_place() => 0,
        (Scope::Network, Training::Sparse) => program.chosen()[1].min(layer.grid.units()),
        _ => layer.backward,
    }
}

/// Everything in the memory.
pub(super) struct Memory<'m, V, const N: usize> {
    pub held: Held<'m, V>,
    pub activations: &'m mut [Lanes<N>],
}

/// What stays from step to step.
pub(super) struct Held<'m, V> {
    pub head: &'m mut Head,
    pub states: &'m mut [State],
    pub biases: &'m mut [f32],
    pub bias_first: &'m mut [f32],
    pub bias_second: &'m mut [f32],
    pub values: &'m mut [V],
    pub first: &'m mut [f32],
    pub second: &'m mut [f32],
    pub entries: &'m mut [u32],
    pub entry_values: &'m mut [V],
    pub segments: &'m mut [Segment],
    pub columns: &'m mut [u8],
    pub theta: &'m mut [f32],
    pub checksum: &'m mut [u32],
    pub bias_gradients: &'m mut [f32],
    pub gradients: &'m mut [f32],
}

/// Bytes of everything that there is of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bytes {
    /// What must be kept to go on later.
    pub saved: usize,
    /// All.
    pub all: usize,
}

/// Bytes of a line of a host's cache.
const LINE: usize = 64;

/// Takes parts off the front of a memory, or only adds up what they would take.
struct Cutter<'m> {
    rest: Option<&'m mut [u8]>,
    taken: usize,
}

impl<'m> Cutter<'m> {
    fn take<T: FromBytes + IntoBytes + KnownLayout + Immutable>(
        &mut self,
        count: usize,
    ) -> &'m mut [T] {
        let len = count.saturating_mul(size_of::<T>()).saturating_add(3) & !3;
        self.taken = self.taken.saturating_add(len);
        let part = self.rest.as_mut().and_then(|rest| rest.split_off_mut(..len));
        let slice = part.and_then(|part| <[T]>::mut_from_prefix_with_elems(part, count).ok());
        slice.map(|(slice, _)| slice).unwrap_or_default()
    }

    /// Goes on where a line of a host's cache starts. Wherever that is, as much counts as taken.
    fn align(&mut self) {
        self.taken = self.taken.saturating_add(LINE - 4);
        if let Some(rest) = &mut self.rest {
            let _ = rest.split_off_mut(..rest.as_ptr().addr().wrapping_neg() % LINE);
        }
    }
}

impl<'m, V: Value, const N: usize> Memory<'m, V, N> {
    /// The bytes that it takes.
    pub fn bytes(program: &Program<'_>, recipe: &Recipe) -> Bytes {
        Self::lay(program, recipe, Cutter { rest: None, taken: 0 }).1
    }

    /// Cut from `memory`, which is all 0 or what was saved.
    pub fn new(program: &Program<'_>, recipe: &Recipe, memory: &'m mut [u8]) -> Option<Self> {
        Self::lay(program, recipe, Cutter { rest: Some(memory), taken: 0 }).0
    }

    fn lay(
        program: &Program<'_>,
        recipe: &Recipe,
        mut cutter: Cutter<'m>,
    ) -> (Option<Self>, Bytes) {
        const { assert!(N > 0, "samples have a lane each") };
        let mut counts = Counts::default();
        program
            .layers()
            .for_each(|layer| counts = counts.plus(Counts::of(program, &layer, recipe)));
        let floats = recipe.optimizer.floats();
        let kept = |at: usize, count: usize| if floats > at { count } else { 0 };
        let collects = recipe.collects(N);
        let collected = |count: usize| if collects { count } else { 0 };
        let scratch = (size_of::<Buckets>() + TILE_BYTES).div_ceil(size_of::<Lanes<N>>());
        let head = cutter.take(1);
        let states = cutter.take(program.layer_count());
        let biases = cutter.take(counts.biases);
        let bias_first = cutter.take(kept(0, counts.biases));
        let bias_second = cutter.take(kept(1, counts.biases));
        let values = cutter.take(counts.values);
        let first = cutter.take(kept(0, counts.steps));
        let second = cutter.take(kept(1, counts.steps));
        let entries = cutter.take(counts.entries);
        let entry_values = cutter.take(counts.entry_values);
        let segments = cutter.take(counts.segments);
        let columns = cutter.take(counts.columns);
        let theta = cutter.take(counts.theta);
        let checksum = cutter.take(1);
        let saved = cutter.taken;
        let bias_gradients = cutter.take(collected(counts.biases));
        let gradients = cutter.take(collected(counts.steps));
        // Vectors of a host are not to lie across two lines of its cache.
        if N.is_multiple_of(8) {
            cutter.align();
        }
        let activations = cutter.take(program.activation_floats().max(scratch));
        let bytes = Bytes { saved, all: cutter.taken };
        let held = head.first_mut().map(|head| Held {
            head,
            states,
            biases,
            bias_first,
            bias_second,
            values,
            first,
            second,
            entries,
            entry_values,
            segments,
            columns,
            theta,
            checksum,
            bias_gradients,
            gradients,
        });
        (held.map(|held| Memory { held, activations }), bytes)
    }

    /// The scratch, in the place of the activations.
    pub fn scratch(activations: &mut [Lanes<N>]) -> Option<(&mut Buckets, &mut [u8; TILE_BYTES])> {
        let (buckets, rest) = Buckets::mut_from_prefix(activations.as_mut_bytes()).ok()?;
        let (space, _) = <[u8; TILE_BYTES]>::mut_from_prefix(rest).ok()?;
        Some((buckets, space))
    }
}

impl<V: Value> Held<'_, V> {
    /// What must be kept, as it lies in the memory.
    pub fn saved(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.summed().chain([self.checksum.as_bytes()])
    }

    /// The same without the checksum: each part and what fills it up to a multiple of 4 bytes.
    fn summed(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let floats = [&*self.biases, self.bias_first, self.bias_second];
        let [biases, bias_first, bias_second] = floats.map(|floats| floats.as_bytes());
        let parts = [self.head.as_bytes(), self.states.as_bytes(), biases, bias_first, bias_second];
        let values = [self.values.as_bytes(), self.first.as_bytes(), self.second.as_bytes()];
        let table = [self.entries.as_bytes(), self.entry_values.as_bytes()];
        let rest = [self.segments.as_bytes(), self.columns.as_bytes(), self.theta.as_bytes()];
        let all = parts.into_iter().chain(values).chain(table).chain(rest);
        all.flat_map(|part| [part, [0; 3].split_at(part.len().wrapping_neg() & 3).0])
    }

    /// Writes the checksum.
    pub fn seal(&mut self) {
        let sum = crc32_of(self.summed());
        self.checksum.fill(sum);
    }

    /// Whether the checksum is that of what is there.
    pub fn is_sealed(&self) -> bool {
        self.checksum.first() == Some(&crc32_of(self.summed()))
    }
}
