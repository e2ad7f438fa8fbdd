//! Every weight format gives back what was encoded, by its entries and by the walk of kernels; and
//! whatever bytes change, the reader refuses them or the walk keeps to its invariants.

use host_tests::cases;
use host_tests::matrices::{Mask, nonzeros, walked};
use host_tests::random::Rng;
use kastanet::sparse::{Format, Matrix, Pattern};
use kastanet_cli::encode::{Encoded, encode, smallest, why_not};

/// Every tail of a tile, of a block and of a group.
fn columns() -> impl Iterator<Item = usize> {
    (1..=9).chain(255..=258).chain(511..=515).chain(1023..=1030)
}

#[test]
fn every_format_gives_the_weights_back() {
    let (mut rng, mut held) = (Rng::new(0), [0; Format::ALL.len()]);
    for cols in columns() {
        for rows in 1..=9 {
            for mask in Mask::ALL {
                let weights = mask.weights(&mut rng, rows, cols);
                let expected = nonzeros(&weights, cols);
                for format in Format::ALL {
                    let Some(encoded) = encode(format, &weights, cols) else { continue };
                    held[format as usize] += 1;
                    let matrix = Matrix::new_checked(format, encoded.streams());
                    let matrix = matrix.unwrap_or_else(|error| panic!("{format:?}: {error}"));
                    let what = format!("{format:?} {rows} × {cols}, {mask:?}");
                    assert!(matrix.entries().eq(expected.iter().copied()), "entries, {what}");
                    assert_eq!(walked(&matrix, rows, cols), expected, "walk, {what}");
                    assert_eq!(encoded.nonzeros, expected.len());
                }
            }
        }
    }
    let all = held[Format::Dense as usize];
    for (format, held) in Format::ALL.into_iter().zip(held) {
        match format {
            Format::Block1x4 => assert!(held * 6 > all, "{held} of {all}"),
            Format::Nm => assert!(held * 2 > all, "{held} of {all}"),
            _ => assert_eq!(held, all, "{format:?}"),
        }
    }
}

/// Formats that do not hold every matrix hold those that they say they hold, and say why not.
#[test]
fn what_formats_hold() {
    let mut rng = Rng::new(1);
    for cols in columns() {
        let weights = Mask::Random(0.5).weights(&mut rng, 3, cols);
        assert_eq!(encode(Format::Block1x4, &weights, cols).is_some(), cols % 4 == 0);
        assert!(why_not(Format::Block1x4, cols).contains(&cols.to_string()));
        for pattern in Pattern::ALL {
            let weights = Mask::Nm(pattern.kept(), pattern.group()).weights(&mut rng, 3, cols);
            let encoded = encode(Format::Nm, &weights, cols);
            assert!(encoded.is_some() || !pattern.fits(cols), "{pattern:?} {cols}");
            let kept = encoded.and_then(|nm| Pattern::from_parameter(nm.parameter));
            let density = |pattern: Pattern| pattern.kept() * 16 / pattern.group();
            assert!(kept.is_none_or(|kept| density(kept) <= density(pattern)));
        }
    }
}

/// Long rows: two-byte row tables, codes longer than a word, tiles without a nonzero.
#[test]
fn long_rows_and_long_gaps() {
    let mut rng = Rng::new(2);
    for (rows, cols) in [(1, 70_000), (2, 30_001), (300, 1), (1, 65_536), (3, 10_240)] {
        for mask in [Mask::Random(0.6), Mask::Random(0.001), Mask::Last, Mask::Every(4099)] {
            let weights = mask.weights(&mut rng, rows, cols);
            let expected = nonzeros(&weights, cols);
            for format in Format::ALL {
                let Some(encoded) = encode(format, &weights, cols) else { continue };
                let matrix = Matrix::new_checked(format, encoded.streams()).unwrap();
                assert_eq!(walked(&matrix, rows, cols), expected, "{format:?} {rows} × {cols}");
            }
        }
    }
}

/// A matrix with any parameter of Rice codes, not only the best.
#[test]
fn rice_codes_of_every_parameter() {
    let (cols, mut rng) = (600, Rng::new(3));
    let weights = Mask::Random(0.03).weights(&mut rng, 4, cols);
    let best = encode(Format::Rice, &weights, cols).unwrap();
    let mut lens = vec![];
    for parameter in 0..=15 {
        let encoded = with_parameter(&best, parameter, cols);
        let matrix = Matrix::new_checked(Format::Rice, encoded.streams()).unwrap();
        assert_eq!(walked(&matrix, 4, cols), nonzeros(&weights, cols));
        lens.push(encoded.indices.len());
    }
    assert_eq!(lens.iter().min(), Some(&best.indices.len()), "the best was chosen");
}

/// The same gaps in bits, written plainly.
fn with_parameter(encoded: &Encoded, parameter: u8, cols: usize) -> Encoded {
    let matrix = Matrix::new_checked(Format::Rice, encoded.streams()).unwrap();
    let (mut bits, mut next) = (String::new(), 0);
    for (row, col, _) in matrix.entries() {
        let gap = row * cols + col - next;
        next = row * cols + col + 1;
        bits += &"0".repeat(gap >> parameter);
        bits.push('1');
        (0..parameter).for_each(|at| bits.push(if gap >> at & 1 == 1 { '1' } else { '0' }));
    }
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    let indices = bits.as_bytes().chunks(8).map(byte).collect();
    Encoded { parameter, indices, ..encoded.clone() }
}

/// Rows and columns of layers in the networks that the project measures: an autoencoder, a
/// keyword spotter, a residual network.
const LAYERS: [(usize, usize); 13] = [
    (128, 640),
    (128, 128),
    (8, 128),
    (128, 8),
    (640, 128),
    (64, 64),
    (16, 144),
    (32, 144),
    (32, 288),
    (64, 288),
    (64, 576),
    (32, 16),
    (64, 32),
];

/// The smallest format takes at most 1.2 times the bytes without which weights and places cannot
/// be told: 8 bits a nonzero, and the entropy of where they are.
#[test]
fn the_smallest_is_near_the_bound() {
    for sparsity in [0.8, 0.9, 0.95] {
        for (rows, cols) in LAYERS {
            for seed in 0..cases(20) {
                let len = rows * cols;
                let keep = ((1.0 - sparsity) * len as f64 + 0.5).floor() as usize;
                let weights = exactly(&mut Rng::new(seed), len, keep);
                let stored = encode(Format::Rice, &weights, cols).unwrap().stored_len();
                assert_eq!(smallest(&weights, cols).unwrap().stored_len(), stored);
                let bound = bound(len, keep);
                // Two streams of a few dozen bytes end with up to 14 bytes of padding.
                let padding = if len < 1024 { 14.0 } else { 0.0 };
                let what = format!("{rows} × {cols} at {sparsity}: {stored} bytes of {bound}");
                assert!(stored as f64 <= 1.2 * bound + padding, "{what}");
            }
        }
    }
}

/// Bytes for `keep` of `len` weights: 8 d + H(d) bits a weight, d the share that is kept.
fn bound(len: usize, keep: usize) -> f64 {
    let d = keep as f64 / len as f64;
    let entropy = -d * d.log2() - (1.0 - d) * (1.0 - d).log2();
    len as f64 * (8.0 * d + entropy) / 8.0
}

/// Weights of which exactly `keep` are not zero, anywhere.
fn exactly(rng: &mut Rng, len: usize, keep: usize) -> Vec<i8> {
    let mut weights = vec![0; len];
    weights[..keep].fill(1);
    for at in (1..len).rev() {
        weights.swap(at, rng.range(0, at));
    }
    weights
}

/// Small matrices in every format, with more than one tile and with tails.
fn samples() -> Vec<Encoded> {
    let mut rng = Rng::new(4);
    let mut samples = vec![];
    for (rows, cols) in [(1, 1), (4, 6), (5, 8), (3, 20), (2, 260), (1, 1028), (2, 512)] {
        for mask in [Mask::Random(0.0), Mask::Random(0.05), Mask::Nm(1, 8), Mask::Nm(2, 4)] {
            let weights = mask.weights(&mut rng, rows, cols);
            let all = Format::ALL.iter().filter_map(|&format| encode(format, &weights, cols));
            samples.extend(all);
        }
    }
    samples
}

/// Checks, and where that accepts them, walks. Gives whether it did.
fn survives(encoded: &Encoded) -> bool {
    let Ok(matrix) = Matrix::new_checked(encoded.format, encoded.streams()) else { return false };
    let (rows, cols) = (encoded.rows, encoded.cols);
    let entries: Vec<_> = matrix.entries().collect();
    assert!(entries.iter().all(|&(row, col, _)| row < rows && col < cols), "{encoded:?}");
    assert_eq!(walked(&matrix, rows, cols), entries, "{encoded:?}");
    true
}

#[test]
fn no_changed_byte_breaks_the_walk() {
    let mut accepted = [0; Format::ALL.len()];
    let mut sees = |encoded: &Encoded| {
        accepted[encoded.format as usize] += usize::from(survives(encoded));
    };
    for mut sample in samples() {
        for at in 0..sample.counts.len() {
            each_byte(&mut sample, |sample| &mut sample.counts[at], &mut sees);
        }
        for at in 0..sample.indices.len().min(300) {
            each_byte(&mut sample, |sample| &mut sample.indices[at], &mut sees);
        }
        each_byte(&mut sample, |sample| &mut sample.parameter, &mut sees);
        for (at, was) in sample.values.clone().into_iter().enumerate().take(40) {
            for value in [0, 1, -128] {
                sample.values[at] = value;
                sees(&sample);
            }
            sample.values[at] = was;
        }
    }
    let none = Format::ALL.into_iter().find(|&format| accepted[format as usize] == 0);
    assert_eq!(none, None, "{accepted:?}");
}

/// Sees `sample` with each other byte in one place, then puts back what was there.
fn each_byte(
    sample: &mut Encoded,
    place: impl Fn(&mut Encoded) -> &mut u8,
    sees: &mut impl FnMut(&Encoded),
) {
    let was = *place(sample);
    for byte in 0..=255 {
        *place(sample) = byte;
        sees(sample);
    }
    *place(sample) = was;
}

/// Streams and sizes that do not belong together, or no longer.
#[test]
fn no_random_streams_break_the_walk() {
    let samples = samples();
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..cases(20_000) {
        let mut rng = Rng::new(seed);
        let mut sample = samples[rng.range(0, samples.len() - 1)].clone();
        for _ in 0..rng.range(1, 3) {
            damage(&mut rng, &mut sample);
        }
        match survives(&sample) {
            true => accepted += 1,
            false => refused += 1,
        }
    }
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused");
}

fn damage(rng: &mut Rng, sample: &mut Encoded) {
    let bytes = match rng.range(0, 5) {
        0 => return sample.rows = rng.pick(&[0, 1, sample.rows + 1, sample.rows * 4]),
        1 => return sample.cols = rng.pick(&[0, 1, 4, sample.cols + 1, sample.cols + 256]),
        2 => return sample.values.resize(rng.range(0, sample.values.len() + 4), 3),
        3 => return sample.format = rng.pick(&Format::ALL),
        4 => &mut sample.counts,
        _ => &mut sample.indices,
    };
    match rng.one_in(2) {
        true => bytes.resize(rng.range(0, bytes.len() + 4), 1),
        false => bytes.iter_mut().for_each(|byte| {
            if rng.one_in(3) {
                *byte = rng.pick(&[0, 1, 2, 0x44, 0xff, rng.clone().int8() as u8]);
            }
        }),
    }
}
