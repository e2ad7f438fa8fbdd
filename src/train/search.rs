//! Which key has a given rank, found by counting.
//!
//! ```text
//! window := around where the key was last time, or all keys
//! repeat
//!     cut the window into 256 buckets and count the keys in each, and those above the window
//!     the window becomes the bucket in which the rank falls
//! until a bucket is one key
//! ```
//!
//! What is counted is streamed, by whoever knows where it lies: nothing but the buckets is held. A
//! window that the rank does not fall into is given up for all keys.

use super::rank::Threshold;

/// Numbers of keys in 256 buckets.
pub(super) type Buckets = [u32; 256];

/// Keys from `low` on, 2^`bits` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    low: u32,
    bits: u32,
}

/// Bits by which the key may have moved since last time: up to 1/32 of its magnitude.
const DRIFT: u32 = 19;

impl Window {
    const ALL: Window = Window { low: 0, bits: 31 };

    fn around(key: u32) -> Window {
        Window { low: key.saturating_sub(1 << (DRIFT - 1)), bits: DRIFT }
    }

    /// The lowest key in it.
    pub fn low(&self) -> u32 {
        self.low
    }

    /// The lowest key above it.
    pub fn end(&self) -> u32 {
        self.low.saturating_add(1 << self.bits)
    }

    fn shift(&self) -> u32 {
        self.bits.saturating_sub(8)
    }

    /// Counts `key`, if it is in the window.
    #[inline(always)]
    pub fn count(&self, key: u32, buckets: &mut [u32]) {
        let bucket = key.wrapping_sub(self.low) >> self.shift();
        if let Some(bucket) = buckets.get_mut(bucket as usize) {
            *bucket += 1;
        }
    }
}

/// The key of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub key: u32,
    /// How many with this key belong to those wanted.
    pub wanted: u32,
    /// How many have this key.
    pub equal: u32,
}

impl Found {
    /// What stands for `index` when the lowest ones are to be found as the largest keys.
    pub fn tie(index: u32) -> u32 {
        !index & 0x7fff_ffff
    }

    /// Where the set ends. `count` counts the [`Found::tie`]s of all that have this key.
    pub fn end(
        &self,
        buckets: &mut Buckets,
        mut count: impl FnMut(Window, &mut [u32]),
    ) -> Threshold {
        let all = Threshold { key: self.key, before: u32::MAX };
        if self.wanted == self.equal {
            return all;
        }
        let last = search(self.wanted, None, buckets, |window, buckets, _| {
            count(window, buckets);
            0
        });
        last.map_or(all, |last| Threshold { before: Found::tie(last.key) + 1, ..all })
    }
}

/// The key of the last of the `rank` largest; `None` where there are fewer keys. `rank` is at least 1.
///
/// `count` counts all keys in a window by [`Window::count`] and gives the number of those above it; it
/// may give anything where its third argument is false. `guess`: what the key was last time.
pub(super) fn search(
    rank: u32,
    guess: Option<u32>,
    buckets: &mut Buckets,
    mut count: impl FnMut(Window, &mut [u32], bool) -> u32,
) -> Option<Found> {
    let mut window = guess.map_or(Window::ALL, Window::around);
    let mut above = None;
    loop {
        let buckets = buckets.get_mut(..1 << (window.bits - window.shift()))?;
        buckets.fill(0);
        let counted = count(window, buckets, above.is_none());
        let before = *above.get_or_insert(counted);
        match fall(buckets, rank.checked_sub(before)) {
            Some((bucket, higher, equal)) => {
                let low = window.low + (bucket << window.shift());
                above = Some(before + higher);
                if window.shift() == 0 {
                    return Some(Found { key: low, wanted: rank - before - higher, equal });
                }
                window = Window { low, bits: window.shift() };
            }
            None if window == Window::ALL => return None,
            None => (window, above) = (Window::ALL, None),
        }
    }
}

/// The bucket in which the `rank`th largest is, how many are in higher ones and how many in it.
fn fall(buckets: &[u32], rank: Option<u32>) -> Option<(u32, u32, u32)> {
    let rank = rank.filter(|&rank| rank > 0)?;
    let mut higher = 0;
    for (bucket, &count) in buckets.iter().enumerate().rev() {
        if higher + count >= rank {
            return Some((bucket as u32, higher, count));
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

    fn found(keys: &[u32], rank: u32, guess: Option<u32>) -> Option<Found> {
        search(rank, guess, &mut [0; 256], |window, buckets, _| {
            keys.iter().for_each(|&key| window.count(key, buckets));
            keys.iter().filter(|&&key| key >= window.end()).count() as u32
        })
    }

    #[test]
    fn equals_sorting() {
        for (seed, mask) in [(1, 0x7fff_ffff), (2, 0xff), (3, 0x3f80_0003), (4, 0)] {
            let keys: Vec<u32> = (0..300).map(|at| bits(seed, at) & mask).collect();
            let mut sorted = keys.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            for rank in [1, 2, 77, 299, 300] {
                let key = sorted[rank as usize - 1];
                let larger = keys.iter().filter(|&&other| other > key).count() as u32;
                let equal = keys.iter().filter(|&&other| other == key).count() as u32;
                let expected = Some(Found { key, wanted: rank - larger, equal });
                for guess in [None, Some(key), Some(key + 9), Some(0), Some(0x7fff_0000)] {
                    assert_eq!(found(&keys, rank, guess), expected, "{seed} {rank} {guess:?}");
                }
            }
            assert_eq!(found(&keys, 301, None), None);
        }
    }
}
