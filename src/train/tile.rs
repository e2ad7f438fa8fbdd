//! A tile of reserve values: which units are worth how much.
//!
//! Units that are worth what something else says are hidden. Bytes below a threshold are passed by four at a
//! time, for nearly all of them are: those above it are mostly live, and hidden.

use super::rank::{key, unit_key};
use super::value::Value;
use core::marker::PhantomData;
use core::ops::Range;

/// The byte of no unit, or of one that is hidden.
pub(super) const ABSENT: u8 = 0x80;

/// A tile's units.
pub(super) struct Tile<'t, const U: usize, V> {
    units: Units<'t, U>,
    value: PhantomData<V>,
}

enum Units<'t, const U: usize> {
    Stored { bytes: &'t mut [u8], scales: [f32; U] },
    Exact { units: &'t [[f32; U]], hidden: [u32; 8] },
}

impl<'t, const U: usize, V: Value> Tile<'t, U, V> {
    /// Of bytes, with the scales of a unit's members.
    pub fn stored(bytes: &'t mut [u8], scales: [f32; U]) -> Self {
        Tile { units: Units::Stored { bytes, scales }, value: PhantomData }
    }

    /// Of floats.
    pub fn exact(units: &'t [[f32; U]]) -> Self {
        Tile { units: Units::Exact { units, hidden: [0; 8] }, value: PhantomData }
    }

    /// Hides the unit at `column`.
    pub fn hide(&mut self, column: usize) {
        match &mut self.units {
            Units::Stored { bytes, .. } => {
                bytes.iter_mut().skip(column * U).take(U).for_each(|byte| *byte = ABSENT);
            }
            Units::Exact { hidden, .. } => {
                hidden.iter_mut().skip(column / 32).take(1).for_each(|w| *w |= 1 << (column % 32));
            }
        }
    }

    /// The weights of the unit at `column`; `None` where there is none. A member that is absent is 0.
    pub fn unit(&self, column: usize) -> Option<[f32; U]> {
        match &self.units {
            Units::Stored { bytes, scales } => {
                stored::<U, V>(bytes.as_chunks().0.get(column)?, scales)
            }
            Units::Exact { units, hidden } => {
                let is_hidden = hidden.get(column / 32)? >> (column % 32) & 1 == 1;
                units
                    .get(column)
                    .filter(|_| !is_hidden)
                    .map(|unit| unit.map(|w| V::nearest(w).get()))
            }
        }
    }

    /// Calls `f` with column and key of every unit whose key is at least `low`, columns ascending.
    #[inline(always)]
    pub fn each(&self, low: u32, mut f: impl FnMut(usize, u32)) {
        if let Units::Stored { bytes, scales } = &self.units
            && let &[scale] = scales.as_slice()
        {
            return at_least(bytes, lowest::<V>(low, scale), |column, byte| {
                f(column, key(worth::<V>(byte, scale)));
            });
        }
        for column in 0..self.len() {
            if let Some(key) = self.unit(column).map(unit_key).filter(|&key| key >= low) {
                f(column, key);
            }
        }
    }

    fn len(&self) -> usize {
        match &self.units {
            Units::Stored { bytes, .. } => bytes.len() / U,
            Units::Exact { units, .. } => units.len(),
        }
    }
}

/// Whether a unit of these scales can have a key in `keys`, whatever its bytes.
pub(super) fn may_have<const U: usize, V: Value>(scales: [f32; U], keys: Range<u32>) -> bool {
    let &[scale] = scales.as_slice() else { return true };
    let byte = lowest::<V>(keys.start, scale);
    byte < ABSENT && key(worth::<V>(byte, scale)) < keys.end
}

/// The weights of the unit of these bytes and scales; `None` where it is absent. A member that is absent is 0.
pub(super) fn stored<const U: usize, V: Value>(
    bytes: &[u8; U],
    scales: &[f32; U],
) -> Option<[f32; U]> {
    let weight = |member| match (bytes.get(member), scales.get(member)) {
        (Some(&byte), Some(&scale)) if byte != ABSENT => worth::<V>(byte, scale),
        _ => 0.0,
    };
    let is_there = bytes.iter().any(|&byte| byte != ABSENT);
    is_there.then(|| core::array::from_fn(weight))
}

/// What a stored byte is worth.
fn worth<V: Value>(byte: u8, scale: f32) -> f32 {
    V::nearest(f32::from(byte as i8) * scale).get()
}

/// The smallest byte, from 0 on, that is worth at least `low`, a key; 128 where there is none.
fn lowest<V: Value>(low: u32, scale: f32) -> u8 {
    let key_of = |byte: u8| key(worth::<V>(byte, scale));
    let guess = f32::from_bits(low) / scale;
    let mut byte = if guess < 127.0 { guess as u8 } else { 127 };
    while byte > 0 && key_of(byte - 1) >= low {
        byte -= 1;
    }
    while byte < ABSENT && key_of(byte) < low {
        byte += 1;
    }
    byte
}

const ONES: u32 = 0x0101_0101;

/// Calls `f` with place and value of each byte whose magnitude is at least `least`, sixteen at a time passed by.
///
/// ```text
/// magnitude := (byte ^ −sign) + sign           no byte carries into the next
/// reached := (magnitude | 80) − least          its highest bit, where magnitude < 80
/// ```
#[inline(always)]
fn at_least(bytes: &[u8], least: u8, mut f: impl FnMut(usize, u8)) {
    // All reach 0.
    let (blocks, rest) = if least > 0 { bytes.as_chunks::<16>() } else { (&[][..], bytes) };
    let leasts = u32::from(least) * ONES;
    let reached = |four: &[u8; 4]| {
        let packed = u32::from_le_bytes(*four);
        let signs = packed >> 7 & ONES;
        let magnitudes = (packed ^ ((signs << 8).wrapping_sub(signs))).wrapping_add(signs);
        (magnitudes | ONES << 7).wrapping_sub(leasts) & !magnitudes & ONES << 7
    };
    for (number, block) in blocks.iter().enumerate() {
        let (words, _) = block.as_chunks::<4>();
        if words.iter().fold(0, |any, four| any | reached(four)) == 0 {
            continue;
        }
        for (word, four) in words.iter().enumerate().filter(|(_, four)| reached(four) != 0) {
            some(number * 16 + word * 4, four, least, &mut f);
        }
    }
    some(blocks.len() * 16, rest, least, &mut f);
}

#[inline(always)]
fn some(first: usize, bytes: &[u8], least: u8, f: &mut impl FnMut(usize, u8)) {
    for (at, &byte) in bytes.iter().enumerate() {
        let magnitude = (byte as i8).unsigned_abs();
        if magnitude >= least && byte != ABSENT {
            f(first + at, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::Bf16;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn finds_bytes_four_at_a_time() {
        let bytes: Vec<u8> = (0..=255).chain([ABSENT, 3, 0, 253]).collect();
        for least in 0..=128 {
            let mut found = Vec::new();
            at_least(&bytes, least, |at, byte| found.push((at, byte)));
            let all = bytes.iter().copied().enumerate();
            let expected =
                all.filter(|&(_, byte)| byte != ABSENT && (byte as i8).unsigned_abs() >= least);
            assert!(found.into_iter().eq(expected), "{least}");
        }
    }

    #[test]
    fn lowest_is_lowest() {
        fn check<V: Value>() {
            for scale in [1e-3, 0.017, 3.0, 1e-44] {
                for low in (0..=127).map(|byte| key(worth::<V>(byte, scale))) {
                    for low in [low.saturating_sub(1), low, low + 1] {
                        let all = (0..128).find(|&byte| key(worth::<V>(byte, scale)) >= low);
                        assert_eq!(lowest::<V>(low, scale), all.unwrap_or(128));
                    }
                }
            }
        }
        check::<f32>();
        check::<Bf16>();
    }
}
