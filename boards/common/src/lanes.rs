//! Do a core's primitives compute what they say? Every length, tail and misalignment, against one
//! line of arithmetic over dense weights.
//!
//! The same checks run in the host's tests for every backend it has, and on every board.

use crate::random::word;
use kastanet::kernels::tile::{COLUMN_BYTES, Layout};
use kastanet::kernels::{Addition, Block, Channels, Lanes, Patch, Patches, Places, Term};
use kastanet::quant::{Range, Scale, requantise};
use kastanet::sparse::{Block1x4, Block4x1, Index8, Segments, Streams, TILE};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Memory for rows of up to `N` columns.
#[derive(Debug)]
pub struct Room<const N: usize> {
    /// Four windows, or a vector and what is not used.
    x: [[i8; N]; 4],
    /// Four rows of weights.
    w: [[i8; N]; 4],
    /// Aligned, for tiles of any layout.
    tile: [Cell; N],
    counts: [u8; 64],
    indices: [[u8; 4]; N],
    values: [[i8; 4]; N],
}

/// Bytes of a column, aligned as an arena is.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(8))]
struct Cell([u8; COLUMN_BYTES]);

/// A primitive that gave something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which one.
    pub what: &'static str,
    /// Columns of the case.
    pub cols: usize,
    /// Number of the case.
    pub case: u64,
}

/// How full the rows of successive cases are: nonzeros in 256.
const DENSITIES: [u64; 5] = [256, 128, 26, 13, 0];

impl<const N: usize> Default for Room<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Room<N> {
    /// Zeros.
    pub const fn new() -> Self {
        Room {
            x: [[0; N]; 4],
            w: [[0; N]; 4],
            tile: [Cell([0; COLUMN_BYTES]); N],
            counts: [0; 64],
            indices: [[0; 4]; N],
            values: [[0; 4]; N],
        }
    }

    /// Runs every primitive of `L` on every case; gives the number of cases.
    ///
    /// # Errors
    ///
    /// The first that is wrong.
    pub fn check<L: Lanes>(&mut self) -> Result<u64, Wrong> {
        let longer = [TILE - 1, TILE, TILE + 1, 508, 511, 512, 516, 767, 1020, 1024, 1028];
        let mut case = 0;
        // Miri, some thousand times as slow, sees the tails of every step once, at some density.
        let seen = |cols: &usize| !cfg!(miri) || [1, 3, 4, 8, 15, 16, 17, 35].contains(cols);
        for cols in (1..70).chain(longer).filter(|&cols| cols <= N - 4).filter(seen) {
            let densities = if cfg!(miri) { &DENSITIES[cols % 5..][..1] } else { &DENSITIES };
            for &density in densities {
                case += 1;
                self.fill(cols, density, case);
                let at = (case % 4) as usize;
                self.check_case::<L>(cols, at).map_err(|what| Wrong { what, cols, case })?;
            }
        }
        for case in 1..if cfg!(miri) { 8 } else { 200 } {
            self.depthwise::<L>(case).map_err(|what| Wrong { what, cols: 0, case })?;
            finish::<L>(case).map_err(|what| Wrong { what, cols: 0, case })?;
            addition::<L>(case).map_err(|what| Wrong { what, cols: 0, case })?;
            moves::<L>(case).map_err(|what| Wrong { what, cols: 0, case })?;
        }
        Ok(case)
    }

    /// Random bytes, extremes among them, and zeros in the weights.
    fn fill(&mut self, cols: usize, density: u64, case: u64) {
        let byte = |stream: u64, at: usize| word(case * 16 + stream, at as u64);
        for row in 0..4 {
            for col in 0..cols {
                let random = byte(row as u64, col);
                let kept = random >> 32 & 255 < density;
                self.w[row][col] = if kept { extreme(random) } else { 0 };
                self.x[row][col] = extreme(byte(4 + row as u64, col));
            }
        }
    }

    fn check_case<L: Lanes>(&mut self, cols: usize, at: usize) -> Result<(), &'static str> {
        self.vector::<L>(cols)?;
        self.lay::<L>(cols);
        self.dense_tile::<L>(cols)?;
        self.segments::<L>(cols, at)?;
        self.runs::<L>(cols, at)?;
        self.block4x1::<L>(cols, at)?;
        if cols.is_multiple_of(4) { self.block1x4::<L>(cols, at) } else { Ok(()) }
    }

    /// Row `row` times window `window`.
    fn product(&self, row: usize, window: usize, cols: usize) -> i32 {
        let pairs = self.w[row][..cols].iter().zip(&self.x[window][..cols]);
        pairs.map(|(&w, &x)| i32::from(w) * i32::from(x)).sum()
    }

    fn products(&self, row: usize, cols: usize) -> [i32; 4] {
        [0, 1, 2, 3].map(|window| self.product(row, window, cols))
    }

    fn vector<L: Lanes>(&self, cols: usize) -> Result<(), &'static str> {
        let x = &self.x[0][..cols];
        let rows = self.w.each_ref().map(|row| &row[..cols]);
        let expected = [0, 1, 2, 3].map(|row| self.product(row, 0, cols));
        ensure(rows.map(|row| L::dense(row, x)) == expected, "dense")?;
        ensure(L::dense4(rows, x) == expected, "dense4")
    }

    fn lay<L: Lanes>(&mut self, cols: usize) {
        let bytes = &mut self.tile.as_mut_bytes()[..cols * L::Layout::COLUMN_BYTES];
        // In two parts, as taps come.
        let half = cols / 2;
        L::Layout::put(bytes, 0, self.x.each_ref().map(|x| &x[..half]));
        L::Layout::put(bytes, half, self.x.each_ref().map(|x| &x[half..cols]));
    }

    fn tile<L: Lanes>(&self, cols: usize) -> Option<kastanet::kernels::Tile<'_, L>> {
        L::Layout::of(&self.tile.as_bytes()[..cols * L::Layout::COLUMN_BYTES])
    }

    fn dense_tile<L: Lanes>(&self, cols: usize) -> Result<(), &'static str> {
        let tile = self.tile::<L>(cols).ok_or("tile")?;
        let w = self.w.as_flattened();
        let rows = (4 * N / cols).min(5);
        let mut sums = [[1; 4]; 5];
        L::tile_dense(w, cols, tile, &mut sums[..rows]);
        let right = |(row, sums): (&[i8], &[i32; 4])| {
            let sum = |x: &[i8; N]| {
                let products = row.iter().zip(x).map(|(&w, &x)| i32::from(w) * i32::from(x));
                products.sum::<i32>()
            };
            *sums == self.x.each_ref().map(sum)
        };
        ensure(w.chunks_exact(cols).zip(&sums[..rows]).all(right), "tile_dense")
    }

    /// Encodes units of `high` rows and `wide` columns, streams starting `at` bytes further on;
    /// gives the number of table entries and of units.
    fn encode(&mut self, cols: usize, [high, wide]: [usize; 2], at: usize) -> [usize; 2] {
        let (mut entries, mut units) = (0, 0);
        let indices = self.indices.as_flattened_mut();
        let values = self.values.as_flattened_mut();
        for row in (0..4).step_by(high) {
            for first in (0..cols).step_by(TILE * wide) {
                let before = units;
                for col in (first..cols.min(first + TILE * wide)).step_by(wide) {
                    let unit = (0..high * wide).map(|i| self.w[row + i / wide][col + i % wide]);
                    if unit.clone().all(|w| w == 0) {
                        continue;
                    }
                    indices[at + units] = ((col - first) / wide) as u8;
                    let slots = &mut values[at + units * high * wide..];
                    slots.iter_mut().zip(unit).for_each(|(slot, w)| *slot = w);
                    units += 1;
                }
                let count = ((units - before) as u16).to_le_bytes();
                self.counts[2 * entries..2 * entries + 2].copy_from_slice(&count);
                entries += 1;
            }
        }
        [entries, units]
    }

    fn streams(
        &self,
        cols: usize,
        unit: usize,
        at: usize,
        [entries, units]: [usize; 2],
    ) -> Streams<'_> {
        Streams {
            rows: 4,
            cols,
            parameter: 2,
            counts: &self.counts[..2 * entries],
            indices: &self.indices.as_flattened()[at..at + units],
            values: &self.values.as_flattened()[at..at + units * unit],
        }
    }

    fn segments<L: Lanes>(&mut self, cols: usize, at: usize) -> Result<(), &'static str> {
        let lens = self.encode(cols, [1, 1], at);
        let matrix = Index8::new_checked(self.streams(cols, 1, at, lens));
        let tile = self.tile::<L>(cols).ok_or("tile")?;
        let (mut rows, mut space) = (matrix.map_err(|_| "index8")?.rows(), [0; TILE]);
        for row in 0..4 {
            let (mut sum, mut sums) = (0, [0; 4]);
            for first in (0..cols).step_by(TILE) {
                let segment = rows.next_segment(&mut space);
                sum += L::segment(segment, &self.x[0][first..cols]);
                add(&mut sums, L::tile_segment(segment, tile, first));
            }
            ensure(sum == self.product(row, 0, cols), "segment")?;
            ensure(sums == self.products(row, cols), "tile_segment")?;
        }
        Ok(())
    }

    /// Several rows at once, where counts fit a byte.
    fn runs<L: Lanes>(&mut self, cols: usize, at: usize) -> Result<(), &'static str> {
        let [entries, units] = self.encode(cols, [1, 1], at);
        if self.counts[..2 * entries].chunks(2).any(|count| count[1] > 0) {
            return Ok(());
        }
        for entry in 0..entries {
            self.counts[entry] = self.counts[2 * entry];
        }
        let streams = self.streams(cols, 1, at, [entries, units]);
        let streams = Streams { parameter: 1, counts: &self.counts[..entries], ..streams };
        let tile = self.tile::<L>(cols).ok_or("tile")?;
        let mut rows = Index8::new_checked(streams).map_err(|_| "index8")?.rows();
        for (first, count) in [(0, 1), (1, 3)] {
            let run = rows.run(count).ok_or("run")?;
            let (mut sum, mut sums) = ([1; 3], [[1; 4]; 3]);
            let taken = L::run(run, &self.x[0][..cols], &mut sum[..count]);
            let also_taken = L::tile_run(run, tile, &mut sums[..count]);
            let all = run.counts().iter().map(|&count| usize::from(count)).sum();
            ensure([taken, also_taken] == [all; 2], "values of a run")?;
            for (row, (sum, sums)) in (first..).zip(sum.into_iter().zip(sums)).take(count) {
                ensure(sum == self.product(row, 0, cols), "run")?;
                ensure(sums == self.products(row, cols), "tile_run")?;
            }
            // In a row there is no run, after it there is.
            for next in (0..cols).step_by(TILE) {
                ensure((next == 0) == rows.run(0).is_some(), "run in a row")?;
                rows.next_segment(&mut [0; TILE]);
            }
        }
        Ok(())
    }

    fn block4x1<L: Lanes>(&mut self, cols: usize, at: usize) -> Result<(), &'static str> {
        let lens = self.encode(cols, [4, 1], at);
        let matrix = Block4x1::new_checked(self.streams(cols, 4, at, lens));
        let tile = self.tile::<L>(cols).ok_or("tile")?;
        let mut groups = matrix.map_err(|_| "block4x1")?.groups();
        let (mut sum, mut sums) = ([0; 4], [[0; 4]; 4]);
        for first in (0..cols).step_by(TILE) {
            let blocks = groups.next_segment();
            add(&mut sum, L::block4x1(blocks, &self.x[0][first..cols]));
            let parts = L::tile_block4x1(blocks, tile, first);
            sums.iter_mut().zip(parts).for_each(|(sums, part)| add(sums, part));
        }
        ensure(sum == [0, 1, 2, 3].map(|row| self.product(row, 0, cols)), "block4x1")?;
        ensure(sums == [0, 1, 2, 3].map(|row| self.products(row, cols)), "tile_block4x1")?;
        let narrow: [u8; 32] = core::array::from_fn(|entry| self.counts[2 * entry]);
        if self.counts[..2 * lens[0]].chunks(2).any(|count| count[1] > 0) {
            return Ok(());
        }
        let streams = self.streams(cols, 4, at, lens);
        let streams = Streams { parameter: 1, counts: &narrow[..lens[0]], ..streams };
        let matrix = Block4x1::new_checked(streams).map_err(|_| "block4x1")?;
        let run = matrix.groups().run(1).ok_or("run")?;
        let (mut again, mut tiles) = ([[0; 4]], [[[0; 4]; 4]]);
        let taken = L::block_run(run, &self.x[0][..cols], &mut again);
        ensure(again == [sum] && taken == lens[1], "block_run")?;
        let taken = L::tile_block_run(run, tile, &mut tiles);
        ensure(tiles == [sums] && taken == lens[1], "tile_block_run")
    }

    fn block1x4<L: Lanes>(&mut self, cols: usize, at: usize) -> Result<(), &'static str> {
        let lens = self.encode(cols, [1, 4], at);
        let matrix = Block1x4::new_checked(self.streams(cols, 4, at, lens));
        let tile = self.tile::<L>(cols).ok_or("tile")?;
        let mut rows = matrix.map_err(|_| "block1x4")?.rows();
        for row in 0..4 {
            let (mut sum, mut sums) = (0, [0; 4]);
            for first in (0..cols).step_by(4 * TILE) {
                let blocks = rows.next_segment();
                sum += L::block1x4(blocks, &self.x[0][first..cols]);
                add(&mut sums, L::tile_block1x4(blocks, tile, first));
            }
            ensure(sum == self.product(row, 0, cols), "block1x4")?;
            ensure(sums == self.products(row, cols), "tile_block1x4")?;
        }
        Ok(())
    }

    /// Four windows of a random shape, one in each row of x, or side by side in the first, the last of
    /// them in the second; their filter in the first of w.
    fn depthwise<L: Lanes>(&mut self, case: u64) -> Result<(), &'static str> {
        self.fill(N - 4, 256, case);
        let pick = |stream: u64, below: u64| (word(case, stream) % below) as usize;
        let kernel = if pick(7, 2) == 0 { [3, 3] } else { [1 + pick(0, 4), 1 + pick(1, 5)] };
        let (channels, cut) = (1 + pick(2, 24), pick(8, 5));
        // Rows of taps lie apart, side by side or over each other.
        let row = pick(3, kernel[1] as u64 + 6) * channels;
        let len = kernel[0] * (row + channels) + kernel[1] * channels;
        let first = pick(4, channels as u64);
        let (count, step) = (1 + pick(5, (channels - first).min(16) as u64), pick(6, 3) * channels);
        if len + 3 * step > N - 4 {
            return Ok(());
        }
        let (rows, windows) = match step {
            // Gathered ones need not have the rows of those that stay.
            0 => ([row, row + channels, row, row], self.x.each_ref().map(|x| &x[first..len])),
            _ => {
                let at = |p: usize| &self.x[usize::from(p >= cut)][first + p * step..];
                ([row; 4], [0, 1, 2, 3].map(|p| &at(p)[..len - first]))
            }
        };
        let w = &self.w[0][first..];
        let taps = (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx)));
        let sum = |channel: usize, p: usize| {
            let product = |(ky, kx)| {
                let w = w[(ky * kernel[1] + kx) * channels + channel];
                i32::from(w) * i32::from(windows[p][ky * rows[p] + kx * channels + channel])
            };
            taps.clone().map(product).sum()
        };
        let right = |sums: &[[i32; 4]; 16], channel: usize, p: usize| {
            sums[channel][p] == if channel < count { sum(channel, p) } else { 7 }
        };
        let mut sums = [[7; 4]; 16];
        for (window, (x, row)) in windows.into_iter().zip(rows).enumerate() {
            L::depthwise(w, Patch { x, row, kernel, channels }, &mut sums[..count], window);
            let seen = |p| (0..16).all(|at| right(&sums, at, p));
            ensure((0..=window).all(seen), "depthwise")?;
            let others = sums.iter().all(|sums| sums[window + 1..].iter().all(|&sum| sum == 7));
            ensure(others, "depthwise")?;
        }
        let mut sums = [[7; 4]; 16];
        let patches = Patches { x: windows, rows, kernel, channels };
        L::tile_depthwise(w, &patches, &mut sums[..count]);
        ensure((0..16).all(|at| (0..4).all(|p| right(&sums, at, p))), "tile_depthwise")
    }
}

/// Most channels that are finished at once.
const CHANNELS: usize = 20;

/// Outputs of a tile and some room, from a word on.
#[repr(align(4))]
struct Bytes([i8; 4 * CHANNELS + 4]);

/// Sums of every size, of channels with scales of every kind, against the rule for one.
fn finish<L: Lanes>(case: u64) -> Result<(), &'static str> {
    let pick = |stream: u64, at: usize| word(case * 16 + stream, at as u64) as u32;
    // All numbers such that no loop needs the long way, or any.
    let tame = case % 4 == 1;
    let number = |stream: u64, at: usize| match pick(stream, at + 100) % 16 {
        bits if tame => pick(stream, at) as i32 >> (bits + 4),
        0 => i32::MIN,
        1 => i32::MAX,
        2 => 1 << 30,
        3 => -(1 << 30),
        bits => pick(stream, at) as i32 >> (2 * bits - 8),
    };
    let bias: [i32; CHANNELS] = core::array::from_fn(|at| number(0, at));
    let multipliers: [i32; CHANNELS] = core::array::from_fn(|at| number(1, at) & i32::MAX);
    // To the right, as most layers have it, or anywhere.
    let shift = |at| match tame {
        true => -1 - (pick(2, at) % 22) as i8,
        false => (pick(2, at) % if case.is_multiple_of(2) { 62 } else { 32 }) as i8 - 31,
    };
    let shifts: [i8; CHANNELS] = core::array::from_fn(shift);
    let sums: [[i32; 4]; CHANNELS] = core::array::from_fn(|at| {
        core::array::from_fn(|p| number(3, 4 * at + p).wrapping_sub(bias[at]))
    });
    let range = match case % 3 {
        0 => Range { zero_point: -5, min: -5, max: 100 },
        _ => Range { zero_point: pick(4, 0) as i8 as i32, min: i8::MIN, max: i8::MAX },
    };
    let count = pick(4, 1) as usize % (CHANNELS + 1);
    let scales = if case.is_multiple_of(5) { 1 } else { CHANNELS };
    let (multipliers, shifts) = (&multipliers[..scales], &shifts[..scales]);
    let channels = Channels { bias: &bias, multipliers, shifts, narrow: false };
    let small = |sum: &i32| sum.unsigned_abs() < 1 << 29;
    let narrow = channels.narrow(1).narrow && sums.as_flattened().iter().all(small);
    let channels = Channels { narrow, ..channels };
    let expected = |at: usize, p: usize| {
        let (sum, of) = (sums[at][p].wrapping_add(bias[at]), at % scales);
        range.clamp(requantise(sum, multipliers[of], shifts[of].into()))
    };
    let (mut y, start) = (Bytes([0; 4 * CHANNELS + 4]), pick(4, 2) as usize % 5);
    let y = &mut y.0[start..][..4 * CHANNELS];
    let first = sums.map(|sums| sums[0]);
    L::finish(&first[..count], channels, range, &mut y[..CHANNELS]);
    ensure(
        (0..CHANNELS).all(|at| y[at] == if at < count { expected(at, 0) } else { 0 }),
        "finish",
    )?;
    L::finish_tile(&sums[..count], &channels, range, &mut Places { y, stride: CHANNELS });
    let place = |at: usize, p: usize| y[p * CHANNELS + at];
    let right = |at: usize, p: usize| place(at, p) == if at < count { expected(at, p) } else { 0 };
    ensure((0..CHANNELS).all(|at| (0..4).all(|p| right(at, p))), "finish_tile")
}

/// Sums of vectors of all lengths and scales, against the rule for one.
fn addition<L: Lanes>(case: u64) -> Result<(), &'static str> {
    let pick = |at: usize| word(case, at as u64) as u32;
    // Every other time such numbers as networks have: a half, one less than that, and a sum in which
    // few bytes saturate.
    let likely = case.is_multiple_of(2);
    let scale = |at: usize, shifts: core::ops::Range<u32>| {
        let shift = if likely { shifts } else { 0..32 };
        let shift = shift.start + pick(at + 1) % (shift.end - shift.start);
        match likely && shift == 0 {
            true => Scale::new(1 << 30, 0),
            false => Scale::new((pick(at) & i32::MAX as u32) as i32, -(shift as i32)),
        }
    };
    let term =
        |at: usize| Term { scale: scale(at, 0..3), zero_point: i32::from(pick(at + 2) as i8) };
    let (min, max) = if case % 4 < 2 { (-100, 120) } else { (i8::MIN, i8::MAX) };
    let range = Range { zero_point: i32::from(pick(0) as i8), min, max };
    let addition = Addition { terms: [term(10), term(20)], scale: scale(30, 17..22), range };
    let (a, b): ([i8; 21], [i8; 21]) = (
        core::array::from_fn(|at| pick(at + 40) as i8),
        core::array::from_fn(|at| pick(at + 80) as i8),
    );
    let (mut y, count) = (a, pick(1) as usize % 22);
    L::add(&mut y[..count], &b, &addition);
    let sum = |at| if at < count { addition.sum(a[at], b[at]) } else { a[at] };
    ensure((0..21).all(|at| y[at] == sum(at)), "add")
}

/// Blocks of all sizes, and bytes filled, nothing around them touched.
fn moves<L: Lanes>(case: u64) -> Result<(), &'static str> {
    let pick = |at: u64, below: u64| (word(case, at) % below) as usize;
    let (rows, len) = (1 + pick(0, 4), pick(1, 40));
    let block = Block { rows, len, steps: [len + pick(2, 9), len + pick(3, 9)] };
    let from: [i8; 200] = core::array::from_fn(|at| at as i8);
    let (mut y, at) = ([0; 200], pick(4, 5));
    L::copy(&mut y[at..], &from, block);
    let copied = |place: usize| {
        let from_start = place.checked_sub(at)?;
        let (row, column) =
            (from_start / block.steps[0].max(1), from_start % block.steps[0].max(1));
        (row < rows && column < len).then(|| from[row * block.steps[1] + column])
    };
    ensure((0..200).all(|place| y[place] == copied(place).unwrap_or(0)), "copy")?;
    L::fill(&mut y[at..at + len], 77);
    ensure((at..at + len).all(|place| y[place] == 77), "fill")
}

/// A byte of a random word, now and then the smallest or the largest there is.
fn extreme(random: u64) -> i8 {
    match random >> 16 & 15 {
        0 => i8::MIN,
        1 => i8::MAX,
        _ => random as i8 | 1,
    }
}

fn ensure(right: bool, what: &'static str) -> Result<(), &'static str> {
    if right { Ok(()) } else { Err(what) }
}

fn add(sums: &mut [i32; 4], part: [i32; 4]) {
    sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
}
