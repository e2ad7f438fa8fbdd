//! Samples kept to be learned from again: a buffer of fixed capacity in which classes stay balanced.
//!
//! Class-balancing reservoir sampling (Chrysakis and Moens, *Online Continual Learning from Imbalanced Data*, ICML
//! 2020): while there is room, every sample is kept. Then
//!
//! ```text
//! the sample is of a class that never was the largest:     in the place of one of the largest, by chance
//! else, where m of the n samples seen of it are kept:      with chance m / n, in the place of one of its own
//! ```
//!
//! So each class is a fair choice of what was seen of it, and none crowds out another. Chance is a function of a seed and
//! of how often it was asked: the same samples in the same order leave the same buffer on every machine.

use super::buffer::{Class, Entry, Head};
use crate::train::noise;
use heapless::VecView;
use zerocopy::{FromZeros, IntoBytes};

/// A sample that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'s> {
    /// Its class.
    pub class: u8,
    /// Whether it is held back, to judge by and not to learn from.
    pub is_held: bool,
    /// Its bytes: as the network takes them, or as they enter the trained part.
    pub bytes: &'s [i8],
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Offer {
    /// It is kept, at this place.
    Kept(usize),
    /// It is kept in the place of another, here.
    Replaced(usize),
    /// It is not kept.
    Passed,
    /// It is of a class that the buffer has no room to count.
    UnknownClass,
    /// It has more or fewer bytes than the others.
    WrongLength,
}

/// A buffer, whatever its capacity: what code is written for. See [`Buffer`](super::Buffer).
#[derive(Debug)]
pub struct Replay<'b> {
    /// Bytes of a sample.
    len: usize,
    /// Samples that there is room for.
    room: usize,
    head: &'b mut Head,
    classes: &'b mut [Class],
    entries: &'b mut VecView<Entry>,
    bytes: &'b mut [i8],
}

impl<'b> Replay<'b> {
    pub(super) fn new(
        len: usize,
        (head, classes, entries): (&'b mut Head, &'b mut [Class], &'b mut VecView<Entry>),
        bytes: &'b mut [i8],
    ) -> Self {
        let room = bytes.len().checked_div(len).unwrap_or(0).min(entries.capacity());
        Replay { len, room, head, classes, entries, bytes }
    }
}

impl Replay<'_> {
    /// Empties it; `seed` is that of its chance from now on.
    pub fn clear(&mut self, seed: u32) {
        *self.head = Head { samples: 0, seed, asked: 0 };
        self.classes.fill(Class::NEW);
        self.entries.clear();
        self.bytes.fill(0);
    }

    /// The samples that are kept.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        let bytes = self.bytes.chunks_exact(self.len.max(1));
        let entries = self.entries.iter().zip(bytes);
        entries.map(|(entry, bytes)| Sample {
            class: entry.class,
            is_held: entry.is_held == 1,
            bytes,
        })
    }

    /// How many samples there is room for.
    pub fn capacity(&self) -> usize {
        self.room
    }

    /// How many samples of a class are kept.
    pub fn count(&self, class: u8) -> usize {
        self.entries.iter().filter(|entry| entry.class == class).count()
    }

    /// Offers a sample, which is kept or not.
    pub fn offer(&mut self, class: u8, bytes: &[i8]) -> Offer {
        if bytes.len() != self.len {
            return Offer::WrongLength;
        }
        let Some(known) = self.classes.get_mut(usize::from(class)) else {
            return Offer::UnknownClass;
        };
        known.seen = known.seen.saturating_add(1);
        let seen = known.seen;
        let at = self.entries.len();
        if at < self.room && self.entries.push(Entry { class, is_held: 0 }).is_ok() {
            self.put(at, bytes);
            return Offer::Kept(at);
        }
        let Some(at) = self.place(class, seen) else { return Offer::Passed };
        if let Some(entry) = self.entries.get_mut(at) {
            entry.class = class;
        }
        self.put(at, bytes);
        Offer::Replaced(at)
    }

    fn put(&mut self, at: usize, bytes: &[i8]) {
        let places = self.bytes.iter_mut().skip(at * self.len);
        places.zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// The place of a sample in a buffer that is full, if it has one.
    fn place(&mut self, class: u8, seen: u32) -> Option<usize> {
        let classes = 0..self.classes.len() as u8;
        let most = classes.clone().map(|class| self.count(class)).max().unwrap_or(0);
        for largest in classes.clone() {
            let is_largest = self.count(largest) == most;
            if let Some(class) = self.classes.get_mut(usize::from(largest)).filter(|_| is_largest) {
                class.was_largest = 1;
            }
        }
        if self.classes.get(usize::from(class))?.was_largest == 1 {
            let (kept, chosen) = (self.count(class), self.chance(seen as usize));
            return if chosen < kept { self.nth(class, chosen) } else { None };
        }
        let largest = classes.clone().filter(|&class| self.count(class) == most).count();
        let number = self.chance(largest);
        let from = classes.clone().filter(|&class| self.count(class) == most).nth(number)?;
        let chosen = self.chance(most);
        self.nth(from, chosen)
    }

    /// Where sample number `number` of a class lies.
    fn nth(&self, class: u8, number: usize) -> Option<usize> {
        let mut places = self.entries.iter().enumerate().filter(|(_, entry)| entry.class == class);
        places.nth(number).map(|(place, _)| place)
    }

    /// A number below `n`, by chance; 0 where `n` is.
    pub fn chance(&mut self, n: usize) -> usize {
        self.head.asked = self.head.asked.wrapping_add(1);
        let bits = noise(self.head.seed, self.head.asked);
        ((u64::from(bits) * n as u64) >> 32) as usize
    }

    /// A sample to learn from, by chance: one that is not held back. `None` where there is none.
    pub fn draw(&mut self) -> Option<Sample<'_>> {
        let count = self.samples().filter(|sample| !sample.is_held).count();
        let number = self.chance(count);
        self.samples().filter(|sample| !sample.is_held).nth(number)
    }

    /// Holds back every `n`-th sample of each class, and no other, to judge by.
    pub fn hold_back(&mut self, n: usize) {
        for class in 0..self.classes.len() as u8 {
            let of_class = self.entries.iter_mut().filter(|entry| entry.class == class);
            for (number, entry) in of_class.enumerate() {
                entry.is_held = u8::from((number + 1).checked_rem(n) == Some(0));
            }
        }
    }

    /// The samples that are held back.
    pub fn held(&self) -> impl Iterator<Item = Sample<'_>> {
        self.samples().filter(|sample| sample.is_held)
    }
}

/// Keeping it.
impl Replay<'_> {
    /// Bytes of [`saved`](Self::saved): a multiple of 4.
    pub fn saved_len(&self) -> usize {
        let entries = self.room * size_of::<Entry>();
        let fixed = size_of::<Head>() + size_of_val(&*self.classes);
        fixed + (entries + self.bytes.len()).next_multiple_of(4)
    }

    /// What is to be kept to go on later, part after part.
    pub fn saved(&mut self) -> impl Iterator<Item = &[u8]> + Clone {
        static ZEROS: [u8; 64] = [0; 64];
        let all = self.saved_len();
        self.head.samples = self.entries.len() as u32;
        let entries = self.entries.as_slice().as_bytes();
        let parts = [self.head.as_bytes(), self.classes.as_bytes(), self.bytes.as_bytes(), entries];
        let have = parts.iter().map(|part| part.len()).sum();
        let missing = all.saturating_sub(have);
        let zeros = (0..missing.div_ceil(ZEROS.len())).map(move |number| {
            let left = missing - number * ZEROS.len();
            ZEROS.get(..left).unwrap_or(&ZEROS)
        });
        parts.into_iter().chain(zeros)
    }

    /// Goes on from what was saved: `load` fills parts, one after another, [`saved_len`](Self::saved_len) bytes in all,
    /// and says whether it could. Where that is `false`, or what comes is no buffer, this is empty, and this too gives
    /// `false`.
    pub fn load(&mut self, load: impl FnOnce([&mut [u8]; 5]) -> bool) -> bool {
        let (seed, all) = (self.head.seed, self.saved_len());
        self.entries.clear();
        while self.entries.len() < self.room && self.entries.push(Entry::new_zeroed()).is_ok() {}
        let entries = self.entries.as_mut_slice().as_mut_bytes();
        let (head, classes) = (self.head.as_mut_bytes(), self.classes.as_mut_bytes());
        let have = head.len() + classes.len() + entries.len() + self.bytes.len();
        let mut padding = [0; 3];
        let padding = padding.get_mut(..all.saturating_sub(have)).unwrap_or_default();
        let loaded = load([head, classes, self.bytes.as_mut_bytes(), entries, padding]);
        let len = self.head.samples as usize;
        self.entries.truncate(len);
        let classes = self.classes.len();
        let is_known = |entry: &Entry| usize::from(entry.class) < classes && entry.is_held < 2;
        let is_good = loaded
            && len <= self.room
            && self.classes.iter().all(|class| class.was_largest < 2)
            && self.entries.iter().all(is_known);
        if !is_good {
            self.clear(seed);
        }
        is_good
    }
}
