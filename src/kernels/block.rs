//! Rectangles of bytes, copied.

use crate::rolled::Rolled;

/// A rectangle of bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Block {
    /// Its rows.
    pub rows: usize,
    /// Bytes of a row.
    pub len: usize,
    /// From a row to the next, where it goes and where it comes from.
    pub steps: [usize; 2],
}

impl Block {
    /// Whether it lies in `to` and in `from`, from the first byte on.
    #[inline]
    pub fn fits(&self, to: &[i8], from: &[i8]) -> bool {
        let Some(before) = self.rows.checked_sub(1) else { return false };
        let fits = |step: usize, len: usize| {
            let room = len.checked_sub(self.len);
            before.checked_mul(step).zip(room).is_some_and(|(before, room)| before <= room)
        };
        fits(self.steps[0], to.len()) && fits(self.steps[1], from.len())
    }

    /// Copies it.
    #[inline(never)]
    pub fn copy(&self, to: &mut [i8], from: &[i8]) {
        for row in (0..self.rows).rolled() {
            let [to_start, from_start] = self.steps.map(|step| row * step);
            let to = to.get_mut(to_start..).and_then(|to| to.get_mut(..self.len));
            let from = from.get(from_start..).and_then(|from| from.get(..self.len));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
    }
}
