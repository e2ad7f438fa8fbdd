//! Buffers packed into as little memory as can be found.
//!
//! Buffers that live at the same time must not overlap; how low they can be packed is at least the
//! largest sum of those alive at one time, the lower bound. Buffers are placed in some order, each at the
//! lowest offset that is free while it lives; orders are tried, largest first to begin with, until one
//! reaches the bound or a fixed amount of work is done. The result does not depend on chance, nor on the
//! machine.

use std::ops::RangeInclusive;

/// Orders that are tried at most before the best is taken.
const TRIES: usize = 2000;

/// Pairs of buffers that are compared at most while orders are tried (a few seconds' worth), but
/// for one order, which is always tried.
const WORK: usize = 1_000_000_000;

/// What is to have a place.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// How long it is.
    pub len: usize,
    /// When it lives.
    pub life: RangeInclusive<usize>,
    /// Single times outside of all lives at which it lives as well: for buffers that must not overlap
    /// although none has anything in it while another has.
    pub moments: Vec<usize>,
}

impl Buffer {
    /// A buffer that lives once.
    pub fn new(len: usize, life: RangeInclusive<usize>) -> Self {
        Buffer { len, life, moments: vec![] }
    }
}

/// Where buffers lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Packing {
    /// First element of each.
    pub offsets: Vec<usize>,
    /// Elements of all.
    pub len: usize,
    /// What no packing can go below.
    pub lower_bound: usize,
}

/// Packs `buffers`.
pub fn pack(buffers: &[Buffer]) -> Packing {
    let lower_bound = lower_bound(buffers);
    let offsets = place(buffers, lower_bound);
    Packing { len: top(buffers, &offsets), offsets, lower_bound }
}

fn lower_bound(buffers: &[Buffer]) -> usize {
    let moments = |buffer: &Buffer| buffer.moments.iter().copied().max().unwrap_or(0);
    let end = buffers.iter().map(|buffer| moments(buffer).max(*buffer.life.end())).max();
    // What starts to live, and what has ceased to, at each time.
    let mut changes = vec![(0, 0); end.unwrap_or(0) + 2];
    for Buffer { len, life, moments } in buffers {
        let moments = moments.iter().map(|&moment| moment..=moment);
        for life in moments.chain([life.clone()]) {
            changes[*life.start()].0 += len;
            changes[life.end() + 1].1 += len;
        }
    }
    let mut alive = 0;
    let sums = changes.iter().map(|(born, gone)| {
        alive = alive + born - gone;
        alive
    });
    sums.max().unwrap_or(0)
}

/// Offsets of the buffers, as low as the tries give.
fn place(buffers: &[Buffer], lower_bound: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..buffers.len()).collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(buffers[id].len), *buffers[id].life.start()));
    let mut best = place_in(buffers, &order);
    let mut seed = 1;
    for _ in 0..tries(buffers.len()) {
        if top(buffers, &best) <= lower_bound || order.len() < 2 {
            break;
        }
        let mut other = order.clone();
        for _ in 0..2 {
            other.swap(random(&mut seed, order.len()), random(&mut seed, order.len()));
        }
        let offsets = place_in(buffers, &other);
        if top(buffers, &offsets) <= top(buffers, &best) {
            (best, order) = (offsets, other);
        }
    }
    best
}

/// How many orders of `buffers` are tried.
fn tries(buffers: usize) -> usize {
    let pairs = buffers.saturating_mul(buffers).max(1);
    (WORK / pairs).clamp(1, TRIES)
}

fn place_in(buffers: &[Buffer], order: &[usize]) -> Vec<usize> {
    let mut offsets = vec![0; buffers.len()];
    // By their offsets.
    let mut placed: Vec<usize> = Vec::with_capacity(buffers.len());
    for &id in order {
        let len = buffers[id].len;
        let mut lowest = 0;
        for &other in placed.iter().filter(|&&other| together(&buffers[other], &buffers[id])) {
            if lowest + len <= offsets[other] {
                break;
            }
            lowest = lowest.max(offsets[other] + buffers[other].len);
        }
        offsets[id] = lowest;
        placed.insert(placed.partition_point(|&other| offsets[other] <= lowest), id);
    }
    offsets
}

fn together(a: &Buffer, b: &Buffer) -> bool {
    let meet = a.life.start() <= b.life.end() && b.life.start() <= a.life.end();
    meet || a.moments.iter().any(|moment| b.moments.contains(moment))
}

fn top(buffers: &[Buffer], offsets: &[usize]) -> usize {
    buffers.iter().zip(offsets).map(|(buffer, offset)| offset + buffer.len).max().unwrap_or(0)
}

/// SplitMix64: the next number below `below`.
fn random(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ z >> 31) % below as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_never_overlap_and_the_bound_is_met() {
        let mut seed = 7;
        for _ in 0..200 {
            let buffers: Vec<Buffer> = (0..random(&mut seed, 12) + 1)
                .map(|_| {
                    let start = random(&mut seed, 8);
                    Buffer::new(
                        (random(&mut seed, 9) + 1) * 16,
                        start..=start + random(&mut seed, 3),
                    )
                })
                .collect();
            let Packing { offsets, len, lower_bound } = pack(&buffers);
            assert!(len >= lower_bound);
            assert!(len as f64 <= lower_bound as f64 * 1.25);
            for a in 0..buffers.len() {
                for b in 0..a {
                    let apart = offsets[a] + buffers[a].len <= offsets[b]
                        || offsets[b] + buffers[b].len <= offsets[a];
                    assert!(apart || !together(&buffers[a], &buffers[b]));
                }
            }
        }
    }

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        let sizes = [16, 64, 32, 128, 16];
        let buffers: Vec<_> =
            sizes.iter().enumerate().map(|(i, &len)| Buffer::new(len, i..=i + 1)).collect();
        let Packing { len, lower_bound, .. } = pack(&buffers);
        assert_eq!((len, lower_bound), (160, 160));
    }

    #[test]
    fn what_shares_a_moment_stays_apart() {
        let with = |moments: &[usize], time| Buffer {
            moments: moments.to_vec(),
            ..Buffer::new(16, time..=time)
        };
        let packing = pack(&[with(&[9], 0), with(&[9, 10], 1), with(&[10], 2), with(&[], 3)]);
        let [a, b, c, d] = packing.offsets[..] else { panic!("four were given") };
        assert!(a != b && b != c && d == 0);
        assert_eq!((packing.len, packing.lower_bound), (32, 32));
    }

    #[test]
    fn thousands_of_buffers_take_seconds() {
        let mut seed = 3;
        let mut random = |below| random(&mut seed, below);
        let buffers: Vec<_> = (0..4000)
            .map(|start| Buffer::new((random(99) + 1) * 16, start..=start + random(300)))
            .collect();
        let start = std::time::Instant::now();
        let packing = pack(&buffers);
        assert!(packing.len as f64 <= packing.lower_bound as f64 * 1.25);
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
        assert_eq!(packing, pack(&buffers));
        assert_eq!([0, 1, 100, 4000, usize::MAX].map(tries), [2000, 2000, 2000, 62, 1]);
    }
}
