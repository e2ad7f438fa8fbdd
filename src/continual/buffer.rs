//! The memory of a replay buffer, and how it is kept.

use super::replay::Replay;
use heapless::Vec;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

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
    /// Bytes of entries and samples before they are filled up to a multiple of 4.
    const BARE: usize = N * size_of::<Entry>() + BYTES;

    /// Bytes that are to be kept to go on later.
    pub const SAVED: usize =
        size_of::<Head>() + C * size_of::<Class>() + Self::BARE.next_multiple_of(4);

    /// An empty buffer; `seed` is that of its chance. A capacity of 0 keeps nothing.
    pub const fn new(seed: u32) -> Self {
        let head = Head { samples: 0, seed, asked: 0 };
        let classes = [Class { seen: 0, was_largest: 0 }; C];
        Buffer { head, classes, entries: Vec::new(), bytes: [0; BYTES] }
    }

    /// What code is written for: the same for every capacity. `len`: bytes of a sample, always the same.
    pub fn view(&mut self, len: usize) -> Replay<'_> {
        let Buffer { head, classes, entries, bytes } = self;
        let room = bytes.len().checked_div(len).unwrap_or(0).min(N);
        Replay { len, room, head, classes, entries, bytes }
    }

    /// What is to be kept, [`SAVED`](Self::SAVED) bytes in all.
    pub fn saved(&mut self) -> impl Iterator<Item = &[u8]> + Clone {
        static ZEROS: [u8; 64] = [0; 64];
        self.head.samples = self.entries.len() as u32;
        let entries = self.entries.as_slice().as_bytes();
        let parts = [self.head.as_bytes(), self.classes.as_bytes(), self.bytes.as_bytes(), entries];
        let missing = Self::BARE.next_multiple_of(4) - Self::BARE + N * size_of::<Entry>();
        let missing = missing.saturating_sub(entries.len());
        let zeros = (0..missing.div_ceil(ZEROS.len())).map(move |number| {
            let left = missing - number * ZEROS.len();
            ZEROS.get(..left).unwrap_or(&ZEROS)
        });
        parts.into_iter().chain(zeros)
    }

    /// Goes on from what was saved: `load` fills parts, one after another, [`SAVED`](Self::SAVED) bytes in all, and says
    /// whether it could. Where that is `false`, or what comes is no buffer, the buffer is empty, and this too gives
    /// `false`.
    pub fn load(&mut self, load: impl FnOnce(&mut [&mut [u8]]) -> bool) -> bool {
        let seed = self.head.seed;
        self.entries.clear();
        while self.entries.push(Entry::new_zeroed()).is_ok() {}
        let mut padding = [0; 3];
        let missing = Self::BARE.next_multiple_of(4) - Self::BARE;
        let padding = padding.get_mut(..missing).unwrap_or_default();
        let entries = self.entries.as_mut_slice().as_mut_bytes();
        let (head, classes) = (self.head.as_mut_bytes(), self.classes.as_mut_bytes());
        let loaded = load(&mut [head, classes, self.bytes.as_mut_bytes(), entries, padding]);
        let len = self.head.samples as usize;
        self.entries.truncate(len);
        let is_known = |entry: &Entry| usize::from(entry.class) < C && entry.is_held < 2;
        let is_good = loaded
            && len <= N
            && self.classes.iter().all(|class| class.was_largest < 2)
            && self.entries.iter().all(is_known);
        if !is_good {
            *self = Buffer::new(seed);
        }
        is_good
    }
}
