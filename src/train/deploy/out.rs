//! Where the image is written to: bytes one after another, counted also where there is no room for them.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An image that is being written.
pub(super) struct Out<'o> {
    bytes: &'o mut [u8],
    /// Bytes that it has so far.
    pub len: usize,
}

impl<'o> Out<'o> {
    pub fn new(bytes: &'o mut [u8]) -> Self {
        Out { bytes, len: 0 }
    }

    /// Fills up with zeros to a multiple of `align`.
    pub fn align(&mut self, align: usize) {
        let missing = self.len.wrapping_neg() % align.max(1);
        self.zeros(missing);
    }

    /// Appends `len` zeros; gives where they start.
    pub fn zeros(&mut self, len: usize) -> usize {
        let start = self.len;
        self.len = start.saturating_add(len);
        self.range(start, len).fill(0);
        start
    }

    /// Appends bytes; gives where they start.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let start = self.zeros(bytes.len());
        self.range(start, bytes.len()).iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        start
    }

    /// `len` bytes from `start` on; none where there is no room.
    pub fn range(&mut self, start: usize, len: usize) -> &mut [u8] {
        self.bytes.get_mut(start..).and_then(|rest| rest.get_mut(..len)).unwrap_or_default()
    }

    /// The record at `at`, to be changed.
    pub fn record<T>(&mut self, at: usize) -> Option<&mut T>
    where
        T: FromBytes + IntoBytes + Immutable + KnownLayout + zerocopy::Unaligned,
    {
        T::mut_from_bytes(self.range(at, size_of::<T>())).ok()
    }

    /// Puts an element in place, as it lies in an image.
    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        self.range(at, bytes.len()).iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// Adds one to a little-endian number of `width` bytes, one or two.
    pub fn increment(&mut self, at: usize, width: usize) {
        let mut carry = true;
        for byte in self.range(at, width) {
            (*byte, carry) = byte.overflowing_add(carry.into());
        }
    }

    /// What was written, if there was room.
    pub fn finish(self) -> Option<&'o mut [u8]> {
        self.bytes.get_mut(..self.len)
    }
}
