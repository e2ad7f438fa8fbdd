//! The RAM plan: where in the arena every tensor and every scratch lies.
//!
//! A tensor lives from the operator that writes it to the last that reads it. Where an operator
//! can write over an input that it is the last to read, the two share a buffer. Buffers that
//! live at the same time must not overlap; how low they can be packed is at least the largest
//! sum of those alive at one time, the lower bound. Buffers are placed in some order, each at the
//! lowest offset that is free while it lives; orders are tried, largest first to begin with, until
//! one reaches the bound or a fixed amount of work is done. The result does not depend on chance, nor
//! on the machine.

use crate::lower::{Op, Program};
use kastanet::image::{OpKind, record::ALIGN};
use std::ops::RangeInclusive;

/// Orders that are tried at most before the best is taken.
const TRIES: usize = 2000;

/// Pairs of buffers that are compared at most while orders are tried (a few seconds' worth), but
/// for one order, which is always tried.
const WORK: usize = 1_000_000_000;

/// Where everything lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Of each tensor; constants have none.
    pub tensors: Vec<Option<Placed>>,
    /// Offset of each operator's scratch; 0 where it has none.
    pub scratch: Vec<usize>,
    /// Bytes of the arena.
    pub arena_len: usize,
    /// What no plan can go below, with the same buffers shared.
    pub lower_bound: usize,
}

/// A tensor's place and lifetime.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// First byte in the arena.
    pub offset: usize,
    /// From the operator that writes it (1 + its number, 0 for a network input) to the last that
    /// reads it (1 + the number of operators for a network output).
    pub life: RangeInclusive<usize>,
    /// The tensor whose buffer it takes over.
    pub alias: Option<usize>,
}

#[derive(Clone, Debug)]
struct Buffer {
    len: usize,
    life: RangeInclusive<usize>,
}

/// Plans the arena of `program`.
pub fn plan(program: &Program) -> Plan {
    let lives = lives(program);
    let alias = aliases(program, &lives);
    let (mut buffers, buffer_of) = buffers(program, &lives, &alias);
    let scratch_start = buffers.len();
    buffers.extend(scratches(program));
    let lower_bound = lower_bound(&buffers, program.ops.len() + 1);
    let offsets = place(&buffers, lower_bound);
    let placed = |id: usize| {
        let life = lives[id].clone()?;
        Some(Placed { offset: offsets[buffer_of[id]?], life, alias: alias[id] })
    };
    let mut scratch_offsets = offsets[scratch_start..].iter();
    let mut scratch =
        |op: &Op| if op.scratch == 0 { 0 } else { *scratch_offsets.next().unwrap_or(&0) };
    Plan {
        tensors: (0..program.tensors.len()).map(placed).collect(),
        scratch: program.ops.iter().map(&mut scratch).collect(),
        arena_len: top(&buffers, &offsets),
        lower_bound,
    }
}

/// When each tensor lives; `None` for constants.
fn lives(program: &Program) -> Vec<Option<RangeInclusive<usize>>> {
    let end = program.ops.len() + 1;
    let mut lives = vec![None; program.tensors.len()];
    for &input in &program.inputs {
        lives[input] = Some(0..=0);
    }
    for (number, op) in program.ops.iter().enumerate() {
        lives[op.output] = Some(number + 1..=number + 1);
        for &input in &op.inputs {
            lives[input] = lives[input].as_ref().map(|life| *life.start()..=number + 1);
        }
    }
    for &output in &program.outputs {
        lives[output] = lives[output].as_ref().map(|life| *life.start()..=end);
    }
    lives
}

/// The input that each tensor's operator writes over, where it can.
fn aliases(program: &Program, lives: &[Option<RangeInclusive<usize>>]) -> Vec<Option<usize>> {
    let mut alias = vec![None; program.tensors.len()];
    for (number, op) in program.ops.iter().enumerate().filter(|(_, op)| in_place(op.kind)) {
        let len = program.tensors[op.output].byte_len();
        let fits = |&&input: &&usize| {
            let last = lives[input].as_ref().is_some_and(|life| *life.end() == number + 1);
            last && program.tensors[input].byte_len() == len
        };
        alias[op.output] = op.inputs.iter().find(fits).copied();
    }
    alias
}

fn in_place(kind: OpKind) -> bool {
    kastanet::layers::ALL.iter().any(|operator| operator.kind == kind && operator.in_place)
}

type BufferOf = Vec<Option<usize>>;

fn buffers(
    program: &Program,
    lives: &[Option<RangeInclusive<usize>>],
    alias: &[Option<usize>],
) -> (Vec<Buffer>, BufferOf) {
    let mut buffers: Vec<Buffer> = vec![];
    let mut buffer_of: BufferOf = vec![None; program.tensors.len()];
    let mut ids: Vec<usize> = (0..lives.len()).filter(|&id| lives[id].is_some()).collect();
    // An alias is written after what it takes over, so its buffer exists when its turn comes.
    ids.sort_by_key(|&id| lives[id].as_ref().map(|life| *life.start()));
    for id in ids {
        let Some(life) = lives[id].clone() else { continue };
        match alias[id].and_then(|old| buffer_of[old]) {
            Some(shared) => {
                buffers[shared].life = *buffers[shared].life.start()..=*life.end();
                buffer_of[id] = Some(shared);
            }
            None => {
                buffer_of[id] = Some(buffers.len());
                let len = program.tensors[id].byte_len().next_multiple_of(ALIGN);
                buffers.push(Buffer { len, life });
            }
        }
    }
    (buffers, buffer_of)
}

fn scratches(program: &Program) -> impl Iterator<Item = Buffer> + '_ {
    let ops = program.ops.iter().enumerate().filter(|(_, op)| op.scratch > 0);
    ops.map(|(number, op)| Buffer {
        len: op.scratch.next_multiple_of(ALIGN),
        life: number + 1..=number + 1,
    })
}

fn lower_bound(buffers: &[Buffer], end: usize) -> usize {
    // What starts to live, and what has ceased to, at each time.
    let mut changes = vec![(0, 0); end + 2];
    for Buffer { len, life } in buffers {
        changes[*life.start()].0 += len;
        changes[life.end() + 1].1 += len;
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
        let Buffer { len, life } = &buffers[id];
        let mut lowest = 0;
        for &other in placed.iter().filter(|&&other| together(&buffers[other].life, life)) {
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

fn together(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
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

    fn buffer(len: usize, life: RangeInclusive<usize>) -> Buffer {
        Buffer { len, life }
    }

    #[test]
    fn neighbours_never_overlap_and_the_bound_is_met() {
        let mut seed = 7;
        for _ in 0..200 {
            let buffers: Vec<Buffer> = (0..random(&mut seed, 12) + 1)
                .map(|_| {
                    let start = random(&mut seed, 8);
                    buffer((random(&mut seed, 9) + 1) * 16, start..=start + random(&mut seed, 3))
                })
                .collect();
            let bound = lower_bound(&buffers, 12);
            let offsets = place(&buffers, bound);
            assert!(top(&buffers, &offsets) >= bound);
            assert!(top(&buffers, &offsets) as f64 <= bound as f64 * 1.25);
            for a in 0..buffers.len() {
                for b in 0..a {
                    let apart = offsets[a] + buffers[a].len <= offsets[b]
                        || offsets[b] + buffers[b].len <= offsets[a];
                    assert!(apart || !together(&buffers[a].life, &buffers[b].life));
                }
            }
        }
    }

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        let sizes = [16, 64, 32, 128, 16];
        let buffers: Vec<_> =
            sizes.iter().enumerate().map(|(i, &len)| buffer(len, i..=i + 1)).collect();
        let bound = lower_bound(&buffers, 6);
        assert_eq!(bound, 160);
        assert_eq!(top(&buffers, &place(&buffers, bound)), 160);
    }

    #[test]
    fn thousands_of_buffers_take_seconds() {
        let mut seed = 3;
        let mut random = |below| random(&mut seed, below);
        let buffers: Vec<_> = (0..4000)
            .map(|start| buffer((random(99) + 1) * 16, start..=start + random(300)))
            .collect();
        let bound = lower_bound(&buffers, 4300);
        let start = std::time::Instant::now();
        let offsets = place(&buffers, bound);
        assert!(top(&buffers, &offsets) as f64 <= bound as f64 * 1.25);
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
        assert_eq!(offsets, place(&buffers, bound));
        assert_eq!([0, 1, 100, 4000, usize::MAX].map(tries), [2000, 2000, 2000, 62, 1]);
    }
}
