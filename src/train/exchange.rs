//! Where the backward set ends, found in one pass where few of its units change: those live that are worth
//! least are set against all that are not live.
//!
//! ```text
//! pool := of the live units that are no longer above the old end, those worth least: as many as there is room for
//! for each unit that is not live
//!     where it is worth more than the least of the pool, it takes its place
//! the set ends behind the least of the pool
//! ```
//!
//! What is live and was not in the pool stays, and is as many as the set still needs. That it belongs there is
//! certain as long as the new end is not above what was in the pool at first; or, where there was room for all
//! that are not above the old end, as long as the new one is not above the old. Else the pool was too small,
//! and the end is found by counting ([`search`](super::search)).

use super::backward_set::Choice;
use super::candidates::{Candidates, first};
use super::heap::{Greatest, sort};
use super::rank::{Rank, Threshold, index, rank, unit_key};
use super::scan;
use super::search::Buckets;
use super::value::Value;

/// Bits by which the end's key has mostly moved at most since last time: up to 1/64 of its magnitude.
const DRIFT: u32 = 18;

/// The rank of a unit that stands in the pool.
fn pooled(key: u32, index: u32, is_new: bool) -> Rank {
    rank(key, index << 1 | u32::from(is_new))
}

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Where the set ends that ended at the key `guess` before, and how many enter it: their indices are in
    /// the buckets, ascending. Marks the segments that units leave, and maybe others; `None` where too many
    /// change.
    pub(super) fn exchange<const U: usize>(
        &mut self,
        guess: u32,
        buckets: &mut Buckets,
    ) -> Option<(Threshold, usize)> {
        let (room, _) = buckets.as_chunks_mut::<2>();
        let places = room.len();
        let pool = self.least_live::<U>(guess, room);
        let (limit, is_full) = (*pool.iter().max()?, pool.len() == places);
        let pool = self.against_others::<U>(guess, pool);
        // All that are live and not in the pool are above the old end: they stay as long as nothing else is.
        let are_left = !is_full && pool.iter().all(|&[key, _]| key <= guess);
        let least = *pool.first().filter(|&&least| are_left || least <= limit)?;
        let (end, len) = (rank(least[0], index(least) >> 1), pool.len());
        Some((Threshold::behind(end), keep_new(buckets, len)))
    }

    /// The live units that are worth least, none of them above `guess`; marks their segments.
    #[inline(never)]
    fn least_live<'p, const U: usize>(
        &mut self,
        guess: u32,
        room: &'p mut [Rank],
    ) -> &'p mut [Rank] {
        let (grid, mut keys) = (self.live.grid, (0, guess));
        let mut least = Greatest::new(room);
        for part in self.live.parts_mut() {
            let (first, mut is_marked) = (first(grid, part.place), false);
            scan::each(part.values.as_chunks::<U>().0, &mut keys, |at, unit, keys| {
                let column = part.columns.get(at).copied().unwrap_or_default();
                let rank = pooled(unit_key(unit.map(V::get)), first + u32::from(column), false);
                // The least are the greatest when all bits are turned round.
                least.offer(rank.map(|word| !word));
                keys.1 = least.least().map_or(guess, |[turned, _]| !turned);
                is_marked = true;
            });
            if let Some(segment) = part.segment {
                segment.mark(is_marked);
            }
        }
        let pool = least.into_ranks();
        pool.as_flattened_mut().iter_mut().for_each(|word| *word = !*word);
        pool
    }

    /// The pool after all that is not live has been set against it, the least first: those near `guess` before
    /// all others, which mostly are worth less then than the least.
    #[inline(never)]
    fn against_others<'p, const U: usize>(
        &mut self,
        guess: u32,
        pool: &'p mut [Rank],
    ) -> &'p mut [Rank] {
        let all = Candidates { live: self.live, overlay: self.overlay, base: self.base };
        let mut pool = Greatest::of(pool);
        let (mut low, mut high) = (guess.saturating_sub(1 << DRIFT), u32::MAX);
        while let Some([least, _]) = pool.least().filter(|&[least, _]| least < high) {
            low = low.max(least);
            all.each_other::<U>(low..high, self.space, |key, index| {
                if key < high {
                    pool.offer(pooled(key, index, true));
                }
                pool.least().map_or(low, |[least, _]| low.max(least))
            });
            (low, high) = (0, low);
        }
        pool.into_ranks()
    }
}

/// Leaves the indices of the new units in a pool of `len`, ascending; gives how many they are.
fn keep_new(buckets: &mut Buckets, len: usize) -> usize {
    let (ranks, _) = buckets.as_chunks_mut::<2>();
    let mut new = 0;
    for at in 0..len {
        let Some(&[_, second]) = ranks.get(at).filter(|&&rank| index(rank) & 1 == 1) else {
            continue;
        };
        ranks.iter_mut().skip(new).take(1).for_each(|place| *place = [second, 0]);
        new += 1;
    }
    sort(ranks.get_mut(..new).unwrap_or_default());
    for at in 0..new {
        let index = buckets.get(2 * at).map_or(0, |second| !second >> 1);
        buckets.iter_mut().skip(at).take(1).for_each(|place| *place = index);
    }
    new
}
