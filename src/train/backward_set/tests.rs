//! Sets that are chosen again and again, against what sorting would choose.

use super::super::arrays::Arrays;
use super::super::forward_set;
use super::super::grid::{Grid, Unit};
use super::super::live::{Segment, places};
use super::super::random::bits;
use super::super::rank::rank;
use super::*;
use crate::sparse::{Dense, Matrix, Streams};
use std::collections::BTreeMap;
use std::vec::Vec;
use std::{assert, vec};
use zerocopy::little_endian::F32;

const ROWS: usize = 8;
const COLS: usize = 600;

/// What is live, by index.
type Units<const U: usize> = BTreeMap<u32, [f32; U]>;

fn live_units<const U: usize>(live: &Live<'_, f32>) -> Units<U> {
    let units = live.parts().flat_map(|part| {
        assert!(part.columns.get(..part.forward).unwrap().is_sorted());
        assert!(part.columns.get(part.forward..).unwrap().is_sorted());
        let first = first(live.grid, part.place);
        let indices = part.columns.iter().map(move |&column| first + u32::from(column));
        indices.zip(part.values.as_chunks::<U>().0.iter().copied())
    });
    units.collect()
}

/// Steps of `size` for most live weights, some of them far; `seed` tells them apart.
fn train(live: &mut Live<'_, f32>, seed: u32, size: f32) {
    for (at, weight) in (0..).zip(live.arrays.values.iter_mut()) {
        let noise = bits(seed, at);
        let far = if noise.is_multiple_of(50) { 20.0 } else { 1.0 };
        *weight += [-size * far, 0.0, size][noise as usize / 64 % 3];
    }
}

/// All units that are live are worth more than any that is not, and none is anything but what it was worth:
/// `known`, else its reserve.
fn check<const U: usize>(choice: &mut Choice<'_, '_, '_, f32>, known: &Units<U>, wanted: u32) {
    let grid = choice.live.grid;
    let live = live_units::<U>(choice.live);
    assert_eq!(live.len(), wanted as usize);
    let mut reserves = choice.base.reserves::<f32>(grid).unwrap();
    let (mut least, mut greatest) = ([u32::MAX; 2], [0; 2]);
    for index in 0..grid.units() as u32 {
        let learned = choice.overlay.get::<U>(index);
        let reserve = reserves.at::<U>(index, choice.space).unwrap();
        let unit = live.get(&index).copied().or(learned).unwrap_or(reserve);
        let rank = rank(unit_key(unit), index);
        match live.contains_key(&index) {
            true => least = least.min(rank),
            false => greatest = greatest.max(rank),
        }
        assert!(unit == reserve || known.get(&index) == Some(&unit));
        assert!(!(live.contains_key(&index) && learned.is_some()));
    }
    assert!(least > greatest);
}

fn run<const U: usize>(unit: Unit, table: usize, is_exact: bool) -> u32 {
    let grid = Grid { rows: ROWS * unit.height(), cols: COLS * unit.width(), unit };
    let (units, wanted) = (grid.units(), grid.units() as u32 / 4);
    let stored: Vec<i8> = (0..(units * U) as u32)
        .map(|at| (bits(5, at) % 251) as i32 - 125)
        .map(|q| q as i8)
        .collect();
    let scales: Vec<F32> = (0..grid.rows).map(|row| F32::new(0.01 + row as f32 * 0.001)).collect();
    let mut theta: Vec<f32> = stored.iter().map(|&value| f32::from(value) * 0.01).collect();
    let streams = Streams {
        rows: ROWS,
        cols: COLS * U,
        parameter: 0,
        counts: &[],
        indices: &[],
        values: &stored,
    };
    let matrix = Matrix::Dense(Dense::new_checked(streams).unwrap());
    let mut base = match is_exact {
        true => Base::Exact(&mut theta),
        false => Base::Image(super::super::base::Stored { matrix, scales: &scales }),
    };
    let mut segments = vec![Segment::default(); places(grid).count()];
    let (mut columns, mut values) = (vec![0; wanted as usize], vec![0.0; wanted as usize * U]);
    let (mut indices, mut learned) = (vec![0; table], vec![0.0; table * U]);
    let arrays = Arrays {
        columns: &mut columns,
        values: &mut values,
        first: &mut [],
        second: &mut [],
        gradients: &mut [],
    };
    let mut live = Live { grid, segments: Some(&mut segments), arrays };
    let mut overlay = Overlay { indices: &mut indices, values: &mut learned, len: 0 };
    let (mut space, mut buckets) = ([0; TILE_BYTES], [0; 256]);
    let (mut guess, mut held, mut fallen) = (None, (Threshold::ALL, 0), 0);
    for time in 0..40 {
        let mut known = live_units::<U>(&live);
        known.extend(overlay.entries::<U>(&mut 0, u32::MAX));
        let mut choice = Choice {
            live: &mut live,
            overlay: &mut overlay,
            base: &mut base,
            space: &mut space,
            forward: held,
        };
        let chosen = choose::<U, f32>(&mut choice, &mut buckets, wanted, guess).unwrap();
        let (end, holding) = choice.forward;
        check::<U>(&mut choice, &known, wanted);
        fallen += chosen.fallen;
        let counted = forward_set::count(&mut live, end);
        assert!(time == 0 || chosen.fallen > 0 || counted == holding);
        held.0 = forward_set::choose(&mut live, (end, counted), wanted / 2, &mut buckets);
        // Small steps and large ones; sometimes the end is forgotten.
        train(&mut live, time, [0.0, 0.001, 0.01, 0.1][time as usize % 4]);
        held.1 = forward_set::count(&mut live, held.0);
        guess = (time % 7 != 6).then_some(chosen.end.key);
    }
    fallen
}

#[test]
fn equals_sorting() {
    for (unit, is_exact) in [(Unit::Weight, false), (Unit::Weight, true)] {
        let all = ROWS * COLS;
        assert_eq!(run::<1>(unit, all, is_exact), 0);
    }
    for unit in [Unit::Block4x1, Unit::Block1x4] {
        assert_eq!(run::<4>(unit, ROWS * COLS, false), 0);
        assert_eq!(run::<4>(unit, ROWS * COLS, true), 0);
        assert!(run::<4>(unit, 50, false) > 0);
    }
    assert!(run::<1>(Unit::Weight, 50, false) > 0);
}
