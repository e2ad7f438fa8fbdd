//! The greatest of many, in memory of its caller's: a heap, the least of them first.
//!
//! ```text
//! until it is full    put aside
//! from then on        what is greater than the least takes its place, and sinks
//! ```

use super::arrays::swap;
use super::rank::Rank;

/// The greatest ranks of those offered, as many as there is room for.
pub(super) struct Greatest<'h> {
    ranks: &'h mut [Rank],
    len: usize,
}

impl<'h> Greatest<'h> {
    /// Of none so far.
    pub fn new(room: &'h mut [Rank]) -> Self {
        Greatest { ranks: room, len: 0 }
    }

    /// Of as many as there is room for, in any order.
    pub fn of(ranks: &'h mut [Rank]) -> Self {
        heapify(ranks);
        Greatest { len: ranks.len(), ranks }
    }

    /// Takes a rank in if it is among the greatest so far.
    pub fn offer(&mut self, rank: Rank) {
        let is_full = self.len == self.ranks.len();
        match self.ranks.get_mut(if is_full { 0 } else { self.len }) {
            Some(place) if !is_full => {
                *place = rank;
                self.len += 1;
                if self.len == self.ranks.len() {
                    heapify(self.ranks);
                }
            }
            Some(least) if order(rank) > order(*least) => {
                *least = rank;
                sink(self.ranks, 0);
            }
            _ => (),
        }
    }

    /// What a rank must be above to be taken in; `None` as long as there is room.
    pub fn least(&self) -> Option<Rank> {
        self.ranks.first().copied().filter(|_| self.len == self.ranks.len())
    }

    /// The greatest, in any order.
    pub fn into_ranks(self) -> &'h mut [Rank] {
        self.ranks.get_mut(..self.len).unwrap_or_default()
    }
}

/// Puts ranks in order, the greatest first.
pub(super) fn sort(ranks: &mut [Rank]) {
    heapify(ranks);
    let mut rest = ranks;
    while let Some(last) = rest.len().checked_sub(1) {
        swap(rest, 0, last);
        rest = rest.get_mut(..last).unwrap_or_default();
        sink(rest, 0);
    }
}

/// A rank as one number.
pub(super) fn order([first, second]: Rank) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

fn heapify(ranks: &mut [Rank]) {
    (0..ranks.len() / 2).rev().for_each(|at| sink(ranks, at));
}

/// Brings the rank at `at` below those that are less, which move up.
#[inline(never)]
fn sink(ranks: &mut [Rank], mut at: usize) {
    let Some(&rank) = ranks.get(at) else { return };
    while let Some((child, least)) = least_child(ranks, at)
        && order(least) < order(rank)
    {
        ranks.iter_mut().skip(at).take(1).for_each(|place| *place = least);
        at = child;
    }
    ranks.iter_mut().skip(at).take(1).for_each(|place| *place = rank);
}

/// Of the two ranks under the one at `at` the least, and its place.
#[inline(always)]
fn least_child(ranks: &[Rank], at: usize) -> Option<(usize, Rank)> {
    let left = 2 * at + 1;
    match *ranks.get(left..)? {
        [one, other, ..] if order(other) < order(one) => Some((left + 1, other)),
        [one, ..] => Some((left, one)),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::bits;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn keeps_and_sorts_the_greatest() {
        for (len, room) in [(0, 3), (3, 3), (2, 3), (60, 1), (200, 37), (9, 0)] {
            let mut all: Vec<Rank> = (0..len).map(|at| [bits(room, at) % 16, at]).collect();
            let mut space = std::vec![[0; 2]; room as usize];
            let mut greatest = Greatest::new(&mut space);
            all.iter().for_each(|&rank| greatest.offer(rank));
            assert_eq!(greatest.least().is_some(), room > 0 && len >= room);
            let kept = greatest.into_ranks();
            sort(kept);
            all.sort_unstable_by(|a, b| b.cmp(a));
            all.truncate(room as usize);
            assert_eq!(kept, all);
        }
    }
}
