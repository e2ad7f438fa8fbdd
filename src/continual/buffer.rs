//! The memory of a replay buffer.

use super::replay::Replay;
use heapless::Vec;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What is known of a sample besides its bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Entry {
    pub class: u8,
    /// 1: held back; else 0.
    pub is_held: u8,
}

/// What is known of a class.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Class {
    /// Samples that were offered.
    pub seen: u32,
    /// 1: it was the largest once, while the buffer was full; else 0.
    pub was_largest: u32,
}

impl Class {
    pub const NEW: Class = Class { seen: 0, was_largest: 0 };
}

/// What is known of a buffer.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Head {
    pub samples: u32,
    pub seed: u32,
    /// How often chance was asked.
    pub asked: u32,
}

/// A buffer of at most `N` samples, of `BYTES` bytes together and of at most `C` classes. All of its memory is in it.
///
/// ```
/// use kastanet::continual::{Buffer, Offer};
///
/// let mut buffer: Buffer<6, 2, 4> = Buffer::new(7);
/// // Samples of three bytes.
/// let mut replay = buffer.view(3);
/// assert_eq!(replay.offer(1, &[1, 2, 3]), Offer::Kept(0));
/// assert_eq!(replay.offer(1, &[4, 5, 6]), Offer::Kept(1));
/// // Full: a sample of another class takes the place of one of the largest.
/// assert!(matches!(replay.offer(2, &[7, 8, 9]), Offer::Replaced(_)));
/// assert_eq!(replay.offer(9, &[0; 3]), Offer::UnknownClass);
/// assert_eq!(replay.samples().count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Buffer<const BYTES: usize, const N: usize, const C: usize> {
    head: Head,
    classes: [Class; C],
    entries: Vec<Entry, N>,
    bytes: [i8; BYTES],
}

impl<const BYTES: usize, const N: usize, const C: usize> Buffer<BYTES, N, C> {
    /// An empty buffer; `seed` is that of its chance. A capacity of 0 keeps nothing.
    pub const fn new(seed: u32) -> Self {
        let head = Head { samples: 0, seed, asked: 0 };
        Buffer { head, classes: [Class::NEW; C], entries: Vec::new(), bytes: [0; BYTES] }
    }

    /// What code is written for: the same for every capacity. `len`: bytes of a sample, always the same.
    pub fn view(&mut self, len: usize) -> Replay<'_> {
        let Buffer { head, classes, entries, bytes } = self;
        Replay::new(len, (head, classes, entries), bytes)
    }

    /// The same with samples' bytes that lie elsewhere, and of fewer classes: for hosts, which learn only when they run
    /// how long a sample is.
    pub fn view_over<'b>(
        &'b mut self,
        len: usize,
        classes: usize,
        bytes: &'b mut [i8],
    ) -> Replay<'b> {
        let Buffer { head, classes: all, entries, .. } = self;
        Replay::new(len, (head, all.get_mut(..classes).unwrap_or_default(), entries), bytes)
    }
}
