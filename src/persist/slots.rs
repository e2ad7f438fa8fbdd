//! Two places for an image, one of which runs: a new one is received into the other, tried, confirmed or given up.
//!
//! ```text
//!     slot 0   the image that runs          slot 1   what is received          log   which one counts
//!
//!     receive, write … finish    slot 1 is written, and read again
//!     activate                   one commit: slot 1, on trial
//!     reset, start               one commit: tried once
//!     confirm                    one commit: slot 1, for good
//!     reset, start               not confirmed: one commit, slot 0 again
//! ```
//!
//! What counts changes by one commit of a [`Log`] at a time, so power may fail anywhere: afterwards one image runs or
//! the other, each of which has been checked whole. While an image is on trial nothing is received, for the other slot
//! holds what to go back to.

use super::log::{Binding, Log};
use super::receive::Receiver;
use super::update::UpdateError;
use crate::image::Image;
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What the log of slots is bound to, in place of an image.
const BINDING: Binding =
    Binding { image: u32::from_le_bytes(*b"SLOT"), len: size_of::<State>() as u32 };

/// What the log holds.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct State {
    /// The slot that counts.
    slot: u32,
    /// One of [`FOR_GOOD`], [`NEW`] and [`TRIED`].
    trial: u32,
}

const FOR_GOOD: u32 = 0;
const NEW: u32 = 1;
const TRIED: u32 = 2;

/// Which image is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Start {
    /// The one in this slot, for good.
    Confirmed(usize),
    /// The one in this slot, for the first and, unless it is [confirmed](Slots::confirm), only time.
    OnTrial(usize),
    /// The one in this slot again, for the other has not confirmed itself.
    RolledBack(usize),
}

impl Start {
    /// The slot.
    pub fn slot(self) -> usize {
        match self {
            Start::Confirmed(slot) | Start::OnTrial(slot) | Start::RolledBack(slot) => slot,
        }
    }
}

/// An image that was received whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The slot that it is in.
    pub slot: usize,
    /// Its bytes.
    pub len: u32,
    /// Its checksum.
    pub crc: u32,
}

/// Two slots for images, and a log of which counts, on one flash.
pub struct Slots<F> {
    flash: F,
    slots: [Range<u32>; 2],
    log: Range<u32>,
}

impl<F: NorFlash> Slots<F> {
    /// Slots and log lie in `flash`, apart from each other, each of whole pages; the log has two at least. Where the
    /// log is empty, the image in slot 0 counts: ship it there.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Misplaced`].
    pub fn new(flash: F, slots: [Range<u32>; 2], log: Range<u32>) -> Result<Self, UpdateError> {
        let all = [&slots[0], &slots[1], &log];
        let page = F::ERASE_SIZE as u32;
        let is_whole = |range: &&Range<u32>| {
            let fits = range.start < range.end && range.end as usize <= flash.capacity();
            fits && range.start.is_multiple_of(page) && range.end.is_multiple_of(page)
        };
        let meet = |a: &Range<u32>, b: &Range<u32>| a.start < b.end && b.start < a.end;
        let is_apart = !(meet(all[0], all[1]) || meet(all[0], all[2]) || meet(all[1], all[2]));
        match all.iter().all(is_whole) && is_apart {
            true => Ok(Slots { flash, slots, log }),
            false => Err(UpdateError::Misplaced),
        }
    }

    /// Says which image is to run. Call it once after each reset: an image on trial has one start.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Log`].
    pub fn start(&mut self) -> Result<Start, UpdateError> {
        let State { slot, trial } = self.state()?;
        let other = slot ^ 1;
        match trial {
            NEW => self.set(State { slot, trial: TRIED }).map(|()| Start::OnTrial(slot as usize)),
            TRIED => {
                let state = State { slot: other, trial: FOR_GOOD };
                self.set(state).map(|()| Start::RolledBack(other as usize))
            }
            _ => Ok(Start::Confirmed(slot as usize)),
        }
    }

    /// The image that runs is good: it counts from now on.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Log`].
    pub fn confirm(&mut self) -> Result<(), UpdateError> {
        let state = self.state()?;
        match state.trial {
            FOR_GOOD => Ok(()),
            _ => self.set(State { trial: FOR_GOOD, ..state }),
        }
    }

    /// Begins to receive an image of `len` bytes into the slot that does not count. What was there is lost.
    ///
    /// # Errors
    ///
    /// [`UpdateError::OnTrial`], [`UpdateError::TooLarge`] and [`UpdateError::Log`].
    pub fn receive(&mut self, len: u32) -> Result<Receiver<&mut F>, UpdateError> {
        let State { slot, trial } = self.state()?;
        if trial != FOR_GOOD {
            return Err(UpdateError::OnTrial);
        }
        let other = (slot ^ 1) as usize;
        let place = self.slots.get(other).cloned().unwrap_or_default();
        let room = place.end - place.start;
        if len > room {
            return Err(UpdateError::TooLarge { needed: len, given: room });
        }
        Ok(Receiver::new(&mut self.flash, place, other, len))
    }

    /// Makes an image count that was received, on trial from the next reset on. `image` is a checked view of the
    /// slot, which says that it is an image and not only whole; look at [`Fit`](super::Fit), too.
    ///
    /// # Errors
    ///
    /// [`UpdateError::OtherImage`] where `image` is not what was received, and [`UpdateError::Log`].
    pub fn activate(&mut self, received: Received, image: &Image<'_>) -> Result<(), UpdateError> {
        let State { slot, trial } = self.state()?;
        if trial != FOR_GOOD {
            return Err(UpdateError::OnTrial);
        }
        let is_same = image.crc() == received.crc && image.bytes().len() == received.len as usize;
        let other = slot ^ 1;
        if !is_same || received.slot != other as usize {
            return Err(UpdateError::OtherImage { expected: received.crc, found: image.crc() });
        }
        self.set(State { slot: other, trial: NEW })
    }

    /// The flash.
    pub fn into_flash(self) -> F {
        self.flash
    }

    fn state(&mut self) -> Result<State, UpdateError> {
        let (mut index, mut state) = ([0], State::default());
        let mut log = Log::open(&mut self.flash, self.log.clone(), BINDING, &mut index)?;
        if log.newest().is_some() {
            log.load(&mut [state.as_mut_bytes()])?;
        }
        Ok(State { slot: state.slot & 1, ..state })
    }

    fn set(&mut self, state: State) -> Result<(), UpdateError> {
        let mut index = [0];
        let mut log = Log::open(&mut self.flash, self.log.clone(), BINDING, &mut index)?;
        log.commit([state.as_bytes()].into_iter())?;
        Ok(())
    }
}
