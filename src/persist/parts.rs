//! A state that lies in several parts, as one row of chunks.

use super::record::CHUNK;

/// Chunk after chunk of a state.
pub(super) struct Chunks<'s, I> {
    parts: I,
    rest: &'s [u8],
    chunk: [u8; CHUNK],
}

impl<'s, I: Iterator<Item = &'s [u8]>> Chunks<'s, I> {
    pub fn new(parts: I) -> Self {
        Chunks { parts, rest: &[], chunk: [0; CHUNK] }
    }

    /// The next chunk: [`CHUNK`] bytes, fewer at the state's end, then none.
    pub fn next(&mut self) -> &[u8] {
        let mut len = 0;
        while len < CHUNK {
            if self.rest.is_empty() {
                match self.parts.next() {
                    Some(part) => self.rest = part,
                    None => break,
                }
            }
            let count = self.rest.len().min(CHUNK - len);
            let from = self.rest.split_off(..count).unwrap_or_default();
            fill(self.chunk.get_mut(len..).unwrap_or_default(), from);
            len += count;
        }
        self.chunk.get(..len).unwrap_or_default()
    }
}

/// Copies `from` to the front of `to`.
pub(super) fn fill(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}
