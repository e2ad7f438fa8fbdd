//! The RAM plan: where in the arena every tensor and every scratch lies.
//!
//! A tensor lives from the operator that writes it to the last that reads it. Where an operator
//! can write over an input that it is the last to read, the two share a buffer. Buffers that
//! live at the same time are [packed](crate::packing) side by side.

use crate::lower::{Op, Program};
use crate::packing::{Buffer, Packing, pack};
use kastanet::image::{OpKind, record::ALIGN};
use std::ops::RangeInclusive;

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

/// Plans the arena of `program`.
pub fn plan(program: &Program) -> Plan {
    let lives = lives(program);
    let alias = aliases(program, &lives);
    let (mut buffers, buffer_of) = buffers(program, &lives, &alias);
    let scratch_start = buffers.len();
    buffers.extend(scratches(program));
    let Packing { offsets, len: arena_len, lower_bound } = pack(&buffers);
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
        arena_len,
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
                buffers.push(Buffer::new(len, life));
            }
        }
    }
    (buffers, buffer_of)
}

fn scratches(program: &Program) -> impl Iterator<Item = Buffer> + '_ {
    let ops = program.ops.iter().enumerate().filter(|(_, op)| op.scratch > 0);
    ops.map(|(number, op)| Buffer::new(op.scratch.next_multiple_of(ALIGN), number + 1..=number + 1))
}
