//! Reading a bank from its first record to its last, telling what counts from what is torn.
//!
//! ```text
//! at := behind the header
//! until the bank ends:
//!     no head of a record is here, or one of a commit no newer than the newest:
//!         what was begun is torn; go on a word further
//!     its payload is not what its check says:
//!         what was begun is torn; go on where the next page starts
//!     it is a chunk record:
//!         one more of this commit; go on behind it
//!     it is a commit record:
//!         counts, if it follows the newest and has as many records; go on behind it
//! ```
//!
//! A payload is read once a page at most, so that time is bounded whatever flash holds.

use super::record::{CHUNKS, Commit, Head};
use super::region::Region;
use crate::image::crc32_on;
use embedded_storage::nor_flash::ReadNorFlash;

/// What was found in a log when it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Found {
    /// Commits that count, in the bank that has the newest.
    pub commits: u32,
    /// Commits newer than the newest that counts, which were begun and not finished: power was cut, or flash did not
    /// take them.
    pub torn: u32,
    /// Commits newer than the newest that counts, which were finished, but stand on one that is not to be read any
    /// more: flash has aged, or was written by someone else. What they held is lost.
    pub lost: u32,
}

/// A commit that counts.
pub(super) struct Span {
    /// Its first record.
    pub start: u32,
    /// Behind its last.
    pub end: u32,
    /// Checksum of the state.
    pub state: u32,
}

/// Where reading has come to.
pub(super) struct Scan {
    at: u32,
    until: u32,
    /// Bytes of the state.
    len: u32,
    /// The newest commit that counts.
    pub newest: u32,
    /// The highest number that any record has.
    pub highest: u32,
    /// The commit that is being read: its number, first record and number of records.
    commit: u32,
    start: u32,
    records: u32,
    pub found: Found,
}

impl Scan {
    /// To read from `at` to `until`, where commit `newest` is followed.
    pub fn new(at: u32, until: u32, len: u32, newest: u32) -> Self {
        let found = Found::default();
        let (highest, commit, start, records) = (newest, newest, at, 0);
        Scan { at, until, len, newest, highest, commit, start, records, found }
    }

    /// The next commit that counts.
    pub fn next<F: ReadNorFlash>(&mut self, region: &mut Region<F>) -> Option<Span> {
        while self.at + size_of::<Head>() as u32 <= self.until {
            let Some((head, len, end)) = self.head(region) else {
                self.leave(self.at + region.align);
                continue;
            };
            self.enter(head);
            if !is_whole(region, self.at, &head, len) {
                self.records += 1;
                self.leave(region.next_page(self.at));
                continue;
            }
            let payload = self.at + size_of::<Head>() as u32;
            self.at = end;
            if head.kind == CHUNKS {
                self.records += 1;
            } else if let Some(state) = self.close(region, payload) {
                return Some(Span { start: self.start, end, state });
            }
        }
        self.leave(self.until);
        None
    }

    /// The head that stands here, of a commit newer than the newest; the length of its payload, and where it ends.
    fn head<F: ReadNorFlash>(&mut self, region: &mut Region<F>) -> Option<(Head, u32, u32)> {
        let head: Head = region.get(self.at)?;
        let len = head.payload(self.len)?;
        let number = head.commit.get();
        self.highest = self.highest.max(number);
        let end = self.at.checked_add(region.record(len)).filter(|end| *end <= self.until)?;
        (number > self.newest).then_some((head, len, end))
    }

    /// A record of the commit that is being read, or the first of another.
    fn enter(&mut self, head: Head) {
        let number = head.commit.get();
        if number != self.commit || self.records == 0 {
            (self.commit, self.start, self.records) = (number, self.at, 0);
        }
    }

    /// Ends a commit; gives the checksum of the state if it counts.
    fn close<F: ReadNorFlash>(&mut self, region: &mut Region<F>, payload: u32) -> Option<u32> {
        let commit: Commit = region.get(payload)?;
        let records = core::mem::take(&mut self.records);
        if commit.previous.get() != self.newest || commit.records.get() != records {
            self.found.lost += 1;
            return None;
        }
        self.newest = self.commit;
        self.found.commits += 1;
        Some(commit.state.get())
    }

    /// Goes on at `at`, where what was begun does not go on.
    fn leave(&mut self, at: u32) {
        self.found.torn += u32::from(core::mem::take(&mut self.records) > 0);
        self.at = at;
    }
}

/// Whether a record at `at` has the payload of `len` bytes that its head and the checksum behind it say.
fn is_whole<F: ReadNorFlash>(region: &mut Region<F>, at: u32, head: &Head, len: u32) -> bool {
    let at = at + size_of::<Head>() as u32;
    let (mut sum, mut done, mut piece) = (head.check.get(), 0, [0; 64]);
    while done < len {
        let count = (len - done).min(piece.len() as u32);
        let here = piece.get_mut(..count as usize).unwrap_or_default();
        if region.read(at + done, here).is_err() {
            return false;
        }
        sum = crc32_on(sum, here);
        done += count;
    }
    region.get(at + len) == Some(sum.to_le_bytes())
}
