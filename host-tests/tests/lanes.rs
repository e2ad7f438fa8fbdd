//! The primitives of every core that this host can be, and the kernels over them, against plain
//! sums: every format, every tail, streams that start anywhere, the extremes of a byte.

use host_tests::matrices::Mask;
use host_tests::random::Rng;
use kastanet::kernels::tile::{COLUMN_BYTES, Layout, WINDOWS};
use kastanet::kernels::{
    Channels, Depthwise, Lanes, Multiplied, Patch, Patches, Places, Portable, Space, TileSums,
    Vector, matvec, product,
};
use kastanet::quant::{Range, requantise};
use kastanet::sparse::{Format, Matrix, Streams};
use kastanet_boards_common::lanes::Room;
use kastanet_cli::encode::{Encoded, encode};
use zerocopy::{FromZeros, IntoBytes};

/// The tests of one backend.
macro_rules! lanes_tests {
    ($name:ident, $lanes:ty) => {
        mod $name {
            type Subject = $lanes;

            #[test]
            fn primitives() {
                super::primitives::<Subject>();
            }

            #[test]
            fn matrices() {
                super::matrices::<Subject>();
            }

            #[test]
            #[cfg_attr(miri, ignore = "hundreds of thousands of products")]
            fn sums_wrap() {
                super::sums_wrap::<Subject>();
            }

            #[test]
            fn other_lengths() {
                super::other_lengths::<Subject>();
            }

            #[test]
            fn depthwise() {
                super::depthwise::<Subject>();
            }
        }
    };
}

lanes_tests!(portable, kastanet::kernels::Portable);
lanes_tests!(native, kastanet::kernels::Native);

/// `native` is another backend than `portable` where the machine allows it; where not, this says
/// so past the harness, which keeps what a passing test prints.
#[cfg(target_arch = "x86_64")]
#[test]
fn native_is_avx2() {
    use std::io::Write;
    if !std::arch::is_x86_feature_detected!("avx2") {
        let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has no AVX2 to test");
    }
    let name = std::any::type_name::<kastanet::kernels::Native>();
    assert!(name.ends_with("Host") || option_env!("KASTANET_CORE").is_some(), "{name}");
}

/// Cases of a property test; a few for Miri, which is some thousand times as slow.
fn seeds(default: u64) -> u64 {
    if cfg!(miri) { default / 750 } else { host_tests::cases(default) }
}

fn primitives<L: Lanes>() {
    // Past what a paired tile adds before it splits; for Miri past two steps of the widest vectors.
    const COLS: usize = if cfg!(miri) { 36 } else { 1036 };
    let mut room = Box::new(Room::<{ COLS + 4 }>::new());
    let result = room.check::<L>();
    assert!(result.is_ok_and(|cases| cases > if cfg!(miri) { 7 } else { 300 }), "{result:?}");
}

/// What turns sums into bytes, at random.
struct Scaling {
    bias: Vec<i32>,
    multipliers: Vec<i32>,
    shifts: Vec<i8>,
    range: Range,
}

impl Scaling {
    fn random(rng: &mut Rng, channels: usize) -> Self {
        let scales = if rng.one_in(2) { 1 } else { channels };
        let min = rng.pick(&[-128, -128, rng.clone().int8()]);
        let max = rng.pick(&[127, min.saturating_add(60)]);
        Scaling {
            bias: (0..channels).map(|_| rng.bits() as i32 >> rng.range(8, 20)).collect(),
            multipliers: (0..scales).map(|_| (1 << 30) | (rng.bits() >> 34) as i32).collect(),
            // For sums of a few products to sums of thousands; at times to the left.
            shifts: (0..scales).map(|_| 2 - rng.range(0, 16) as i8).collect(),
            range: Range { zero_point: rng.zero_point(), min, max },
        }
    }

    fn channels(&self) -> Channels<'_> {
        let Scaling { bias, multipliers, shifts, .. } = self;
        Channels { bias, multipliers, shifts, narrow: false }
    }

    fn vector<'y>(&self, y: &'y mut [i8]) -> Vector<'_, 'y> {
        Vector { channels: self.channels(), range: self.range, y }
    }

    /// The byte of a sum.
    fn output(&self, channel: usize, sum: i32) -> i8 {
        let scale = if self.shifts.len() == 1 { 0 } else { channel };
        let sum = sum.wrapping_add(self.bias[channel]);
        let scaled = requantise(sum, self.multipliers[scale], self.shifts[scale].into());
        let Range { zero_point, min, max } = self.range;
        (scaled + zero_point).clamp(min.into(), max.into()) as i8
    }
}

/// Bytes of an input, at times the smallest there is, so that no sum is greater.
fn activation(rng: &mut Rng, len: usize) -> Vec<i8> {
    match rng.one_in(4) {
        true => vec![i8::MIN; len],
        false => rng.activation(len).into_iter().map(|x| x as i8).collect(),
    }
}

fn dot(w: &[i8], x: &[i8]) -> i32 {
    assert_eq!(w.len(), x.len());
    w.iter().zip(x).fold(0, |sum, (&w, &x)| sum.wrapping_add(i32::from(w) * i32::from(x)))
}

/// A copy that starts `at` elements into its allocation, so at any address, and ends with it.
struct Moved<T>(Vec<T>, usize);

impl<T: Clone + Default> Moved<T> {
    fn new(from: &[T], at: usize) -> Self {
        Moved([vec![T::default(); at], from.to_vec()].concat(), at)
    }

    fn get(&self) -> &[T] {
        &self.0[self.1..]
    }
}

/// Rows times vectors and tiles: `matvec` and `product`.
fn matrices<L: Lanes>() {
    let mut held = [0; Format::ALL.len()];
    for seed in 0..seeds(3_000) {
        let mut rng = Rng::new(seed);
        let rows = rng.range(1, if cfg!(miri) { 5 } else { 13 });
        let cols = match rng.range(0, 3) {
            _ if cfg!(miri) => rng.pick(&[1, 4, 19, 32, 35, 260]),
            0 => rng.range(1, 40),
            1 => 4 * rng.range(1, 80),
            2 => rng.pick(&[255, 256, 257, 260, 511, 512, 513, 768, 1023, 1024, 1028]),
            _ => rng.range(40, 600),
        };
        let mut weights = rng.pick(&Mask::ALL).weights(&mut rng, rows, cols);
        if rng.one_in(4) {
            weights.iter_mut().filter(|w| **w != 0).for_each(|w| *w = i8::MIN);
        }
        for format in Format::ALL {
            let Some(encoded) = encode(format, &weights, cols) else { continue };
            held[format as usize] += 1;
            let what = format!("{format:?} {rows} × {cols}, seed {seed}");
            matrix::<L>(&mut rng, &weights, &encoded, &what);
        }
    }
    assert!(held.iter().all(|&held| held > 0) || cfg!(miri), "{held:?}");
}

fn matrix<L: Lanes>(rng: &mut Rng, weights: &[i8], encoded: &Encoded, what: &str) {
    let (rows, cols) = (encoded.rows, encoded.cols);
    let (counts, indices, values) = (
        Moved::new(&encoded.counts, rng.range(0, 3)),
        Moved::new(&encoded.indices, rng.range(0, 3)),
        Moved::new(&encoded.values, rng.range(0, 3)),
    );
    let (counts, indices, values) = (counts.get(), indices.get(), values.get());
    let streams = Streams { counts, indices, values, ..encoded.streams() };
    let matrix = Matrix::new_checked(encoded.format, streams).unwrap();
    let scaling = Scaling::random(rng, rows);
    let windows: [_; WINDOWS] =
        std::array::from_fn(|_| Moved::new(&activation(rng, cols), rng.range(0, 3)));
    let windows = windows.each_ref().map(Moved::get);
    let expected = windows.map(|x| {
        let rows = weights.chunks_exact(cols).enumerate();
        rows.map(|(row, w)| scaling.output(row, dot(w, x))).collect::<Vec<_>>()
    });

    let mut y = vec![0x55; rows];
    matvec::<L>(&matrix, windows[0], scaling.vector(&mut y));
    assert_eq!(y, expected[0], "matvec, {what}");

    let mut bytes = vec![0; cols * COLUMN_BYTES + 4];
    let aligned = bytes.as_ptr().align_offset(4);
    let bytes = &mut bytes[aligned..][..cols * L::Layout::COLUMN_BYTES];
    let first = rng.range(0, cols);
    L::Layout::put(bytes, first, windows.map(|x| &x[first..]));
    L::Layout::put(bytes, 0, windows.map(|x| &x[..first]));
    let tiles = [L::Layout::of(bytes), L::Layout::in_place(windows)];
    assert!(tiles[0].is_some(), "{what}");
    for tile in tiles.into_iter().flatten() {
        let mut y = vec![0x55; WINDOWS * rows];
        let places = Places { y: &mut y, stride: rows };
        let mut space = Space::new_zeroed();
        let scaling = (&scaling.channels(), scaling.range);
        product::<L>(&matrix, (tile, cols), scaling, places, &mut space);
        assert_eq!(y, expected.concat(), "product, {what}");
    }
}

/// Inputs and outputs that are longer or shorter than the matrix says: nothing outside an input is read.
fn other_lengths<L: Lanes>() {
    for seed in 0..seeds(750) {
        let mut rng = Rng::new(seed);
        let (rows, cols) = match cfg!(miri) {
            true => (rng.range(1, 9), rng.pick(&[40, 260])),
            false => (rng.range(1, 100), rng.pick(&[8, 40, 200, 256, 300, 516, 700])),
        };
        let weights = rng.pick(&Mask::ALL).weights(&mut rng, rows, cols);
        for format in Format::ALL {
            let Some(encoded) = encode(format, &weights, cols) else { continue };
            let matrix = Matrix::new_checked(format, encoded.streams()).unwrap();
            let (len, said) =
                (rng.range(0, 900), rng.pick(&[cols, 256, rng.clone().range(0, 900)]));
            let y = vec![0x55; rng.range(1, 2 * rows)];
            let outputs = [0, 127].map(|outside| outputs::<L>(&matrix, [len, said], &y, outside));
            assert!(outputs[0] == outputs[1], "{format:?} {rows} × {cols} of {len}, seed {seed}");
        }
    }
}

/// The outputs of a vector of `len` elements, and of a tile of as many columns of which `said` are said to
/// be there; all around them is `outside`.
fn outputs<L: Lanes>(
    matrix: &Matrix<'_>,
    [len, said]: [usize; 2],
    y: &[i8],
    outside: i8,
) -> [Vec<i8>; 2] {
    const ROOM: usize = 1500;
    let scaling = Scaling {
        bias: vec![0; 2 * y.len()],
        multipliers: vec![1 << 30],
        shifts: vec![-3],
        range: Range { zero_point: 0, min: -128, max: 127 },
    };
    let inside = |at: usize| (at * 37 % 251) as u8 as i8;
    let x: Vec<i8> = (0..ROOM).map(|at| if at < len { inside(at) } else { outside }).collect();
    let (mut vector, mut tiles) = (y.to_vec(), [y; WINDOWS].concat());
    matvec::<L>(matrix, &x[..len], scaling.vector(&mut vector));
    let mut cells = vec![[0_u64; COLUMN_BYTES / 8]; ROOM];
    let bytes = &mut cells.as_mut_slice().as_mut_bytes()[..ROOM * L::Layout::COLUMN_BYTES];
    let tile = match L::Layout::in_place([&x[..len]; WINDOWS]) {
        None => {
            L::Layout::put(bytes, 0, [&x; WINDOWS]);
            L::Layout::of(&bytes[..len * L::Layout::COLUMN_BYTES])
        }
        in_place => in_place,
    };
    let to = Places { y: &mut tiles, stride: y.len() };
    let scaling = (&scaling.channels(), scaling.range);
    product::<L>(matrix, (tile.unwrap(), said), scaling, to, &mut Space::new_zeroed());
    [vector, tiles]
}

/// 2^17 products of 2^14 are one more than a sum holds.
fn sums_wrap<L: Lanes>() {
    let cols = (1 << 17) + 5;
    let x = vec![i8::MIN; cols];
    let sum = dot(&x, &x);
    assert!(sum < 0, "it wraps");
    let mut space = vec![[0_u64; COLUMN_BYTES / 8]; cols];
    let bytes = &mut space.as_mut_slice().as_mut_bytes()[..cols * L::Layout::COLUMN_BYTES];
    L::Layout::put(bytes, 0, [&x[..]; WINDOWS]);
    let tile = L::Layout::of(bytes).unwrap();
    // Blocks of four rows have four; the row tables of other formats cannot count so far.
    for (format, rows) in [(Format::Dense, 1), (Format::Index8, 1), (Format::Block4x1, 4)] {
        let encoded = encode(format, &x.repeat(rows), cols).unwrap();
        let matrix = Matrix::new_checked(format, encoded.streams()).unwrap();
        let scaling = Scaling {
            bias: vec![0; rows],
            multipliers: vec![1 << 30],
            shifts: vec![-24],
            range: Range { zero_point: 0, min: -128, max: 127 },
        };
        let expected = vec![scaling.output(0, sum); rows];
        let mut y = vec![0; rows];
        matvec::<L>(&matrix, &x, scaling.vector(&mut y));
        assert_eq!(y, expected, "matvec, {format:?}");
        let mut y = vec![0; WINDOWS * rows];
        let places = Places { y: &mut y, stride: rows };
        let mut space = Space::new_zeroed();
        let scaling = (&scaling.channels(), scaling.range);
        product::<L>(&matrix, (tile, cols), scaling, places, &mut space);
        assert_eq!(y, expected.repeat(WINDOWS), "product, {format:?}");
    }
}

/// A filter over windows of a random shape, as they lie in an input.
fn depthwise<L: Lanes>() {
    for seed in 0..seeds(3_000) {
        let mut rng = Rng::new(seed);
        let kernel = [rng.range(1, 5), rng.range(1, 5)];
        let most = if rng.one_in(4) { 71 } else { 21 };
        let channels = rng.range(1, most);
        let row = (kernel[1] + rng.range(0, 3)) * channels;
        let len = (kernel[0] - 1) * row + kernel[1] * channels;
        let taps = kernel[0] * kernel[1];
        let weights = Moved::new(&activation(&mut rng, taps * channels), rng.range(0, 3));
        let scaling = Scaling::random(&mut rng, channels);
        let windows: [_; WINDOWS] =
            std::array::from_fn(|_| Moved::new(&activation(&mut rng, len), rng.range(0, 3)));
        let patches = windows.each_ref().map(|x| Patch { x: x.get(), row, kernel, channels });
        let sum = |x: &[i8], channel: usize| {
            let taps = (0..taps).map(|tap| {
                let at = tap / kernel[1] * row + tap % kernel[1] * channels;
                i32::from(weights.get()[tap * channels + channel]) * i32::from(x[at + channel])
            });
            taps.sum::<i32>()
        };
        let expected = patches.map(|patch| {
            let outputs = (0..channels).map(|c| scaling.output(c, sum(patch.x, c)));
            outputs.collect::<Vec<_>>()
        });
        let filter = Depthwise {
            weights: weights.get(),
            channels: scaling.channels(),
            range: scaling.range,
        };
        let what = format!("{kernel:?} × {channels}, rows {row} apart, seed {seed}");
        let mut y = vec![0x55; channels];
        let mut sums = TileSums::new_zeroed();
        let some = &mut sums[..4 * rng.range(1, 8)];
        filter.window::<L>(patches[0], &mut y, some);
        assert_eq!(y, expected[0], "one window, {what}");
        let mut y = vec![0x55; WINDOWS * channels];
        let (x, rows) = (patches.map(|patch| patch.x), [row; WINDOWS]);
        let places = Places { y: &mut y, stride: channels };
        filter.windows::<L>(&mut Patches { x, rows, kernel, channels }, places, &mut sums);
        assert_eq!(y, expected.concat(), "four windows, {what}");
    }
}

/// Several outputs a channel: the same on every core.
#[test]
fn depthwise_multiplied() {
    for seed in 0..seeds(2_000) {
        let mut rng = Rng::new(seed);
        let (taps, inputs, multiplier) = (rng.range(1, 25), rng.range(1, 12), rng.range(1, 5));
        let outputs = inputs * multiplier;
        let weights = activation(&mut rng, taps * outputs);
        let x = activation(&mut rng, taps * inputs);
        let scaling = Scaling::random(&mut rng, outputs);
        let mut y = vec![0x55; outputs];
        let filter = Multiplied { weights: &weights, inputs, multiplier };
        filter.outputs::<Portable>(&x, scaling.channels(), scaling.range, &mut y);
        let expected = (0..outputs).map(|o| {
            let taps = weights.chunks_exact(outputs).zip(x.chunks_exact(inputs));
            let products = taps.map(|(w, x)| i32::from(w[o]) * i32::from(x[o / multiplier]));
            scaling.output(o, products.sum())
        });
        assert_eq!(y, expected.collect::<Vec<_>>(), "{taps}, {inputs} × {multiplier}");
    }
}
