//! Cuts the arena into what an operator writes and what it may read.

use crate::layers::{Memory, Segment};
use core::ops::Range;

/// Takes `output` and `scratch`, which do not overlap, out of `arena`; what remains is up to
/// three segments. `None` where the ranges overlap or leave the arena.
pub(super) fn carve(
    arena: &mut [u8],
    output: Range<usize>,
    scratch: Range<usize>,
) -> Option<Memory<'_>> {
    // No scratch: its place says nothing, put it behind the output.
    let scratch = if scratch.is_empty() { output.end..output.end } else { scratch };
    let scratch_first = scratch.start < output.start;
    let (first, second) = if scratch_first { (scratch, output) } else { (output, scratch) };
    let after = second.start.checked_sub(first.end)?;
    let (low, first_bytes, high) = take(arena, first.clone())?;
    let (middle, second_bytes, high) = take(high, after..after + second.len())?;
    let rest = [
        Segment { start: 0, bytes: low },
        Segment { start: first.end, bytes: middle },
        Segment { start: second.end, bytes: high },
    ];
    let (output, scratch) = match scratch_first {
        true => (second_bytes, first_bytes),
        false => (first_bytes, second_bytes),
    };
    Some(Memory { rest, output, scratch })
}

#[allow(clippy::type_complexity)] // three slices
fn take(bytes: &mut [u8], range: Range<usize>) -> Option<(&mut [u8], &mut [u8], &mut [u8])> {
    let (low, rest) = bytes.split_at_mut_checked(range.start)?;
    let (middle, high) = rest.split_at_mut_checked(range.len())?;
    Some((low, middle, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(output: Range<usize>, scratch: Range<usize>) -> Option<[usize; 5]> {
        let mut arena = [0; 32];
        let memory = carve(&mut arena, output, scratch)?;
        let [a, b, c] = memory.rest.map(|segment| segment.bytes.len());
        Some([memory.output.len(), memory.scratch.len(), a, b, c])
    }

    #[test]
    fn cuts_both_orders() {
        assert_eq!(cut(4..8, 16..24), Some([4, 8, 4, 8, 8]));
        assert_eq!(cut(16..24, 4..8), Some([8, 4, 4, 8, 8]));
        assert_eq!(cut(16..24, 0..0), Some([8, 0, 16, 0, 8]));
        assert_eq!(cut(0..32, 0..0), Some([32, 0, 0, 0, 0]));
    }

    #[test]
    fn refuses_overlap_and_overrun() {
        assert_eq!(cut(4..8, 7..9), None);
        assert_eq!(cut(4..40, 0..0), None);
        assert_eq!(cut(4..8, 30..34), None);
    }
}
