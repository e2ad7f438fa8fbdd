//! Where the set of the largest units ends, found by counting.
//!
//! ```text
//! window := around the key where it ended last time, or all keys
//! repeat
//!     cut the window into 256 buckets and count the keys in each, and those above the window
//!     the window becomes the bucket in which the end falls
//! until a bucket holds few: they are listed, and the end is behind one of them
//! ```
//!
//! What is counted is streamed, by whoever knows where it lies: nothing is held but the buckets, or the list
//! in their place. A window that the end does not fall into is given up for all keys. Where many units
//! have the one key that is left, it is their indices that are searched.

use super::heap::Greatest;
use super::rank::{Rank, Threshold, rank};
use core::ops::Range;

/// Numbers of keys in 256 buckets.
pub(super) type Buckets = [u32; 256];

/// Keys from `low` on, 2^`bits` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    low: u32,
    bits: u32,
}

/// Bits by which the key may have moved since last time: up to 1/32 of its magnitude.
const DRIFT: u32 = 19;

impl Window {
    const ALL: Window = Window { low: 0, bits: 31 };

    /// What stands for the indices of so many units: see [`tie`].
    fn of_indices(units: u32) -> Window {
        let bits = 32 - units.saturating_sub(1).leading_zeros().clamp(1, 31);
        Window { low: (1 << 31) - (1 << bits), bits }
    }

    fn around(key: u32) -> Window {
        Window { low: key.saturating_sub(1 << (DRIFT - 1)), bits: DRIFT }
    }

    /// What the buckets' numbers are the upper bits of.
    fn shift(&self) -> u32 {
        self.bits.saturating_sub(8)
    }
}

/// Takes in all units that a pass comes across.
pub(super) struct Taker<'b> {
    window: Window,
    /// Only this key counts, and the window is one of indices.
    tied: Option<u32>,
    /// Number of the first unit that is taken in with index 0.
    pub first: u32,
    /// Whether the pass must say how many keys are above.
    pub counts_above: bool,
    into: Into<'b>,
}

enum Into<'b> {
    Counts(&'b mut [u32]),
    List(Greatest<'b>),
}

impl Taker<'_> {
    /// The keys to be taken in; others may be.
    pub fn keys(&self) -> Range<u32> {
        match self.tied {
            Some(key) => key..key + 1,
            None => self.window.low..self.window.low.saturating_add(1 << self.window.bits),
        }
    }

    /// Takes in a unit.
    #[inline(always)]
    pub fn take(&mut self, key: u32, index: u32) {
        let number = match self.tied {
            None => key,
            Some(tied) if tied == key => tie(self.first + index),
            Some(_) => return,
        };
        let Window { low, bits } = self.window;
        let place = number.wrapping_sub(low);
        match &mut self.into {
            Into::Counts(counts) => {
                if let Some(count) = counts.get_mut((place >> self.window.shift()) as usize) {
                    *count += 1;
                }
            }
            Into::List(list) if place >> bits == 0 => list.offer(rank(key, self.first + index)),
            Into::List(_) => (),
        }
    }

    /// The least rank of a full list.
    fn least(&self) -> Option<Rank> {
        if let Into::List(list) = &self.into { list.least() } else { None }
    }
}

/// What stands for `index` when the lowest ones are to be found as the largest numbers.
fn tie(index: u32) -> u32 {
    !index & 0x7fff_ffff
}

/// Where the set of the `wanted` largest ends; `None` where there are not as many, or none is wanted.
///
/// `pass` has all units taken in, and gives how many keys are above those that are to be; it may give anything
/// where that is not asked for. `guess`: the key where the set ended last time. Indices are below `units`.
pub(super) fn search(
    mut wanted: u32,
    guess: Option<u32>,
    units: usize,
    buckets: &mut Buckets,
    mut pass: impl FnMut(&mut Taker<'_>) -> u32,
) -> Option<Threshold> {
    let mut window = guess.map_or(Window::ALL, Window::around);
    let (mut above, mut tied) = (None, None);
    loop {
        let counts = buckets.get_mut(..1 << (window.bits - window.shift()))?;
        counts.fill(0);
        let counts_above = above.is_none();
        let into = Into::Counts(counts);
        let counted = pass(&mut Taker { window, tied, first: 0, counts_above, into });
        let before = *above.get_or_insert(counted);
        let Some((bucket, higher)) = fall(counts, wanted.checked_sub(before)) else {
            if window == Window::ALL {
                return None;
            }
            (window, above) = (Window::ALL, None);
            continue;
        };
        let is_one_key = window.shift() == 0;
        window = Window { low: window.low + (bucket << window.shift()), bits: window.shift() };
        above = Some(before + higher);
        let last = wanted - before - higher;
        if let Some(room) = buckets.as_chunks_mut::<2>().0.get_mut(..last as usize) {
            let into = Into::List(Greatest::new(room));
            let mut taker = Taker { window, tied, first: 0, counts_above: false, into };
            pass(&mut taker);
            return taker.least().map(Threshold::behind);
        }
        if is_one_key {
            (tied, wanted) = (Some(window.low), last);
            (window, above) = (Window::of_indices(units as u32), Some(0));
        }
    }
}

/// The bucket in which the `rank`th largest is, and how many are in higher ones.
fn fall(counts: &[u32], rank: Option<u32>) -> Option<(u32, u32)> {
    let rank = rank.filter(|&rank| rank > 0)?;
    let mut higher = 0;
    for (bucket, &count) in counts.iter().enumerate().rev() {
        if higher + count >= rank {
            return Some((bucket as u32, higher));
        }
        higher += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::random::bits;
    use super::*;
    use std::vec::Vec;

    fn end(keys: &[u32], wanted: u32, guess: Option<u32>) -> Option<Threshold> {
        search(wanted, guess, keys.len(), &mut [0; 256], |taker| {
            (0..).zip(keys).for_each(|(index, &key)| taker.take(key, index));
            keys.iter().filter(|&&key| key >= taker.keys().end).count() as u32
        })
    }

    #[test]
    fn equals_sorting() {
        for (seed, mask) in [(1, 0x7fff_ffff), (2, 0xff), (3, 0x3f80_0003), (4, 0)] {
            let keys: Vec<u32> = (0..1000).map(|at| bits(seed, at) & mask).collect();
            let mut sorted: Vec<Rank> =
                (0..).zip(&keys).map(|(index, &key)| rank(key, index)).collect();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            for wanted in [1, 2, 77, 130, 500, 999, 1000] {
                let last = sorted[wanted as usize - 1];
                let key = last[0];
                for guess in [None, Some(key), Some(key + 9), Some(0), Some(0x7fff_0000)] {
                    let found = end(&keys, wanted, guess);
                    assert_eq!(found, Some(Threshold::behind(last)), "{seed} {wanted} {guess:?}");
                }
            }
            assert_eq!(end(&keys, 1001, None), None);
            assert_eq!(end(&keys, 0, None), None);
        }
    }
}
