//! Groups whose sets are chosen again and again, against what sorting each of them would choose.

use super::super::arrays::Arrays;
use super::super::base::Stored;
use super::super::grid::{Grid, Unit};
use super::super::live::Segment;
use super::super::random::bits;
use super::super::rank::{key, rank};
use super::super::slots::choose_forward;
use super::*;
use crate::sparse::{Dense, Matrix, Streams};
use std::collections::BTreeMap;
use std::vec::Vec;
use std::{assert, vec};
use zerocopy::little_endian::F32;

/// What a unit is worth, and whether it is live, and in the forward set.
type Units = BTreeMap<u32, (f32, bool, bool)>;

/// Live units, in which either part's columns ascend.
fn add_live(live: &Live<'_, f32>, units: &mut Units) {
    for part in live.parts() {
        let (near, far) = part.columns.split_at(part.forward);
        assert!(near.is_sorted() && far.is_sorted());
        for (at, (&column, &value)) in part.columns.iter().zip(part.values).enumerate() {
            let index = first(live.grid, part.place) + u32::from(column);
            units.insert(index, (value, true, at < part.forward));
        }
    }
}

/// All units: as their reserve says, in the table, live.
fn all(groups: &Groups<'_, '_, '_, f32>, reserves: &[f32]) -> Units {
    let mut units: Units =
        (0..).zip(reserves).map(|(at, &value)| (at, (value, false, false))).collect();
    for (index, [value]) in groups.overlay.entries(&mut 0, u32::MAX) {
        units.insert(index, (value, false, false));
    }
    add_live(groups.live, &mut units);
    units
}

/// Both sets of each group hold its largest.
fn check(grid: Grid, quota: Quota, units: &Units) {
    for row in 0..grid.rows {
        for start in (0..grid.cols).step_by(quota.group) {
            let columns = start..grid.cols.min(start + quota.group);
            let mut order: Vec<u32> = columns.map(|col| (row * grid.cols + col) as u32).collect();
            order.sort_by_key(|&index| core::cmp::Reverse(rank(key(units[&index].0), index)));
            for (at, index) in order.iter().enumerate() {
                let (_, is_live, is_forward) = units[index];
                let expected = (at < quota.backward, at < quota.forward);
                assert_eq!((is_live, is_forward), expected, "{quota:?}, row {row}, from {start}");
            }
        }
    }
}

/// Steps for most live weights, some of them far; few bits, so that there are ties.
fn train(live: &mut Live<'_, f32>, seed: u32) {
    for (at, weight) in (0..).zip(live.arrays.values.iter_mut()) {
        let noise = bits(seed, at);
        let far = if noise.is_multiple_of(20) { 16.0 } else { 1.0 };
        *weight += [-far, 0.0, far][noise as usize / 64 % 3] / 16.0;
    }
}

/// 20 choices with room for `table` units; gives how many fell back and entered.
fn run(quota: Quota, cols: usize, table: usize, is_exact: bool) -> (u32, u32) {
    let grid = Grid { rows: 3, cols, unit: Unit::Group(quota.group) };
    let stored: Vec<i8> = (0..3 * cols as u32).map(|at| (bits(5, at) % 31) as i8 - 15).collect();
    let mut reserves: Vec<f32> = stored.iter().map(|&byte| f32::from(byte) * 0.125).collect();
    let mut theta = reserves.clone();
    let streams =
        Streams { rows: 3, cols, parameter: 0, counts: &[], indices: &[], values: &stored };
    let matrix = Matrix::Dense(Dense::new_checked(streams).unwrap());
    let mut base = match is_exact {
        true => Base::Exact(&mut theta),
        false => Base::Image(Stored { matrix, scales: &[F32::new(0.125); 3] }),
    };
    let count = grid.chosen(quota.backward);
    let mut segments = vec![Segment::default(); places(grid).count()];
    let (mut columns, mut values, mut first) = (vec![0; count], vec![0.0; count], vec![1.0; count]);
    let (mut indices, mut learned) = (vec![0; table], vec![0.0; table]);
    let arrays = Arrays {
        columns: &mut columns,
        values: &mut values,
        first: &mut first,
        second: &mut [],
        gradients: &mut [],
    };
    let mut live = Live { grid, segments: Some(&mut segments), arrays };
    let mut overlay = Overlay { indices: &mut indices, values: &mut learned, len: 0 };
    let (mut space, mut buckets, mut counted) = ([0; TILE_BYTES], [0; 256], (0, 0));
    for time in 0..20 {
        let mut groups = Groups {
            live: &mut live,
            overlay: &mut overlay,
            base: &mut base,
            space: &mut space,
            quota,
        };
        let before = all(&groups, &reserves);
        if is_exact {
            // What has been learned is written there.
            reserves = before.values().map(|&(value, ..)| value).collect();
        }
        let (fallen, entered) = choose(&mut groups, &mut buckets);
        let units = all(&groups, &reserves);
        check(grid, quota, &units);
        let changed = units.iter().filter(|&(at, unit)| before[at].0 != unit.0);
        assert_eq!(changed.count(), fallen as usize);
        counted = (counted.0 + fallen, counted.1 + entered);
        train(&mut live, 2 * time);
        choose_forward(&mut live, quota);
        train(&mut live, 2 * time + 1);
    }
    counted
}

#[test]
fn equals_sorting() {
    let [mut fallen, mut entered] = [0; 2];
    for (group, forward, backward) in
        [(2, 1, 1), (2, 1, 2), (4, 1, 2), (4, 2, 3), (8, 1, 3), (8, 8, 8), (16, 5, 11)]
    {
        let quota = Quota { group, forward, backward };
        // Short groups, at the end of a tile and alone in the next.
        for cols in [1, 3, 16, 250, 257, 271, 515] {
            let exact = run(quota, cols, 0, true);
            assert_eq!((exact.0, run(quota, cols, 3 * cols, false).0), (0, 0));
            let (fell, came) = run(quota, cols, cols / 8, false);
            (fallen, entered) = (fallen + fell, entered + came);
        }
    }
    assert!(fallen > 1000 && entered > 5000, "{fallen} fell, {entered} entered");
}

/// What the optimizer keeps goes where its weight goes, and starts at 0.
#[test]
fn state_moves_with_its_weight() {
    let quota = Quota { group: 4, forward: 2, backward: 4 };
    let grid = Grid { rows: 1, cols: 7, unit: Unit::Group(4) };
    let mut segments = [quota.segment(7)];
    let mut values = [1.0, -2.0, 7.0, -6.0, 3.0, 4.0, -5.0];
    let (mut first, mut second) = (values.map(f32::abs), values);
    let arrays = Arrays {
        columns: &mut [0, 1, 4, 5, 2, 3, 6],
        values: &mut values,
        first: &mut first,
        second: &mut second,
        gradients: &mut [],
    };
    let mut live = Live { grid, segments: Some(&mut segments), arrays };
    choose_forward(&mut live, quota);
    assert_eq!(live.arrays.columns, [2, 3, 4, 5, 0, 1, 6]);
    assert_eq!(values, [3.0, 4.0, 7.0, -6.0, 1.0, -2.0, -5.0]);
    assert_eq!((first, second), (values.map(f32::abs), values));
}
