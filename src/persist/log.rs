//! The log: which bank counts, what has changed, one commit.

use super::error::Error;
use super::parts::Chunks;
use super::record::{CHUNK, CHUNKS, COMMIT, Commit, Head, Header, MAGIC, VERSION};
use super::region::Region;
use super::scan::{Found, Scan, Span};
use super::write::Writer;
use crate::image::{crc32_of, crc32_on};
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use zerocopy::IntoBytes;

/// What a state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Binding {
    /// [`Image::crc`](crate::image::Image::crc) of the image that it is learned from.
    pub image: u32,
    /// Its bytes, a multiple of 4.
    pub len: u32,
}

/// What a commit took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Written {
    /// Bytes written to flash.
    pub bytes: u32,
    /// Pages erased.
    pub pages: u32,
    /// The whole state went to the other bank.
    pub compacted: bool,
}

/// Entries of the index that a state of `len` bytes needs.
pub const fn index_len(len: usize) -> usize {
    len.div_ceil(CHUNK)
}

/// An entry of the index: the chunk has changed since the last commit. The other bits say where flash has it.
const CHANGED: u32 = 1 << 31;

/// A log on a region of flash. See [the module](super) for how it works.
pub struct Log<'i, F> {
    region: Region<F>,
    binding: Binding,
    /// Where flash has each chunk of the newest state.
    index: &'i mut [u32],
    /// The bank that has the newest state, if there is one.
    bank: u32,
    /// The newest commit; 0: none.
    newest: u32,
    /// Checksum of the newest state.
    state: u32,
    /// The highest number of a commit, finished or not.
    highest: u32,
    /// Where the next commit starts.
    next: u32,
    found: Found,
}

impl<'i, F: NorFlash> Log<'i, F> {
    /// Opens the log on the region `range` of `flash`, and finds the newest state in it. A region that was never
    /// written, or holds something else, is an empty log; nothing is written before the first commit.
    ///
    /// The region is a multiple of two pages, each half with room for the state; the more room, the fewer pages are
    /// erased. `index` has [`index_len`] entries, whatever they hold. Time is at most one reading of both banks and
    /// one more of the newer.
    ///
    /// # Errors
    ///
    /// One [`Error`] for each way in which there is no log: flash has not been changed.
    pub fn open(
        flash: F,
        range: Range<u32>,
        binding: Binding,
        index: &'i mut [u32],
    ) -> Result<Self, Error> {
        let mut log = Self::over(flash, range, binding, index)?;
        let Some(header) = log.survey()? else {
            log.tell(0);
            log.tell(log.region.bank);
            return Ok(log);
        };
        let (image, len) = (header.image.get(), header.len.get());
        if image != binding.image {
            return Err(Error::OtherImage { stored: image, given: binding.image });
        }
        if len != binding.len {
            return Err(Error::OtherLength { stored: len, given: binding.len });
        }
        log.recover(&header);
        // The other bank may have been newer.
        log.tell(log.region.other(log.bank));
        Ok(log)
    }

    /// The same, but whatever is in the log does not count. It is not erased before the first commit is complete.
    ///
    /// # Errors
    ///
    /// As [`Log::open`], but for a state that belongs to something else.
    pub fn discard(
        flash: F,
        range: Range<u32>,
        binding: Binding,
        index: &'i mut [u32],
    ) -> Result<Self, Error> {
        let mut log = Self::over(flash, range, binding, index)?;
        log.survey().map(|_| ()).or_else(|error| match error {
            Error::OtherLayout { .. } => Ok(()),
            _ => Err(error),
        })?;
        log.found = Found::default();
        Ok(log)
    }

    fn over(
        flash: F,
        range: Range<u32>,
        binding: Binding,
        index: &'i mut [u32],
    ) -> Result<Self, Error> {
        let Binding { len, .. } = binding;
        let chunks = index_len(len as usize);
        if !len.is_multiple_of(4) || len == 0 || chunks > usize::from(u16::MAX) {
            return Err(Error::WrongLength { expected: len.next_multiple_of(4), found: len });
        }
        let region = Region::new(flash, range, len)?;
        let given = index.len() as u32;
        let index = index.get_mut(..chunks);
        let index = index.ok_or(Error::IndexTooSmall { needed: chunks as u32, given })?;
        let found = Found::default();
        let (bank, newest, state, highest, next) = (0, 0, 0, 0, 0);
        Ok(Log { region, binding, index, bank, newest, state, highest, next, found })
    }

    /// Looks for the bank that counts, its newest commit, and the highest number; gives that bank's header.
    fn survey(&mut self) -> Result<Option<Header>, Error> {
        let (mut newest, mut counts, mut other) = (0, None, None);
        for bank in [0, self.region.bank] {
            let Some(header) = self.region.get(bank).filter(Header::is_one) else { continue };
            let first = header.first.get();
            self.highest = self.highest.max(first);
            if !self.is_laid_out_so(&header) {
                other = other.max(Some((first, header.version.get())));
                continue;
            }
            let mut scan = self.scan(bank, &header);
            while scan.next(&mut self.region).is_some() {}
            self.highest = self.highest.max(scan.highest);
            if scan.found.commits > 0 && scan.newest > newest {
                (newest, counts, self.bank) = (scan.newest, Some(header), bank);
            }
        }
        match other {
            Some((first, version)) if first > newest => Err(Error::OtherLayout { version }),
            _ => Ok(counts),
        }
    }

    /// Tells what is newer than the newest of a bank that does not count, whatever became of its header.
    fn tell(&mut self, bank: u32) {
        let (at, until) = (bank + self.region.header(), bank + self.region.bank);
        let mut scan = Scan::new(at, until, self.binding.len, self.newest);
        while scan.next(&mut self.region).is_some() {}
        self.found.torn += scan.found.torn;
        self.found.lost += scan.found.lost + scan.found.commits;
    }

    fn is_laid_out_so(&self, header: &Header) -> bool {
        let ours = self.header(header.first.get());
        let Header { image, len, check, .. } = *header;
        Header { image, len, check, ..ours }.as_bytes() == header.as_bytes()
    }

    fn header(&self, first: u32) -> Header {
        let Region { bank, page, align, .. } = self.region;
        let Binding { image, len } = self.binding;
        let header = Header {
            magic: MAGIC,
            version: VERSION.into(),
            chunk: CHUNK.ilog2() as u8,
            align: align.trailing_zeros() as u8,
            page: page.get().into(),
            bank: bank.into(),
            image: image.into(),
            len: len.into(),
            first: first.into(),
            check: 0.into(),
        };
        header.sealed()
    }

    fn scan(&self, bank: u32, header: &Header) -> Scan {
        let (at, until) = (bank + self.region.header(), bank + self.region.bank);
        Scan::new(at, until, header.len.get(), header.first.get().saturating_sub(1))
    }

    /// Brings the index to the newest commit of the bank that counts.
    fn recover(&mut self, header: &Header) {
        let mut scan = self.scan(self.bank, header);
        while let Some(span) = scan.next(&mut self.region) {
            self.newest = scan.newest;
            self.enter(&span);
            // What was torn before counts no more.
            scan.found.torn = 0;
        }
        self.found = scan.found;
        self.next = self.region.next_page(self.next.saturating_sub(1));
    }

    /// Points the index to the chunks of a commit.
    fn enter(&mut self, span: &Span) {
        let mut at = span.start;
        while at < span.end
            && let Some(head) = self.region.get::<Head>(at)
        {
            let (first, count) = (head.first.get() as usize, usize::from(head.count.get()));
            let start = at + size_of::<Head>() as u32;
            let entries = self.index.iter_mut().skip(first).take(count);
            (start..).step_by(CHUNK).zip(entries).for_each(|(at, entry)| *entry = at);
            at += self.region.record(head.payload(self.binding.len).unwrap_or(u32::MAX - start));
        }
        (self.next, self.state) = (span.end, span.state);
    }

    /// What was found when the log was opened.
    pub fn found(&self) -> Found {
        self.found
    }

    /// The number of the newest commit, 1 at least; `None` where there is none.
    pub fn newest(&self) -> Option<u32> {
        (self.newest > 0).then_some(self.newest)
    }

    /// The flash.
    pub fn into_flash(self) -> F {
        self.region.into_flash()
    }

    /// Reads the newest state into `parts`, one after another; gives the commit's number.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::WrongLength`], [`Error::Flash`] and [`Error::Damaged`]; of the last two, parts may
    /// hold some of it.
    pub fn load(&mut self, parts: &mut [&mut [u8]]) -> Result<u32, Error> {
        self.check_len(parts.iter().map(|part| &**part))?;
        let newest = self.newest().ok_or(Error::Empty)?;
        let (mut sum, mut left, mut chunk) = (0, self.binding.len as usize, [0; CHUNK]);
        let mut places = parts.iter_mut().flat_map(|part| part.iter_mut());
        for &at in &*self.index {
            let count = left.min(CHUNK);
            let here = chunk.get_mut(..count).unwrap_or_default();
            self.region.read(at & !CHANGED, here)?;
            sum = crc32_on(sum, here);
            here.iter().zip(places.by_ref()).for_each(|(from, to)| *to = *from);
            left -= count;
        }
        if sum == self.state { Ok(newest) } else { Err(Error::Damaged) }
    }

    fn check_len<'s>(&self, parts: impl Iterator<Item = &'s [u8]>) -> Result<(), Error> {
        let expected = self.binding.len;
        let found = parts.fold(0, |sum: usize, part| sum.saturating_add(part.len()));
        let found = found.min(u32::MAX as usize) as u32;
        if found == expected { Ok(()) } else { Err(Error::WrongLength { expected, found }) }
    }

    /// Writes what has changed of the state since the last commit. Where this returns an error, or power is cut before
    /// it returns, the newest state is the one before or, where all was written, this one.
    ///
    /// `parts` is the state, part after part, always of the same length; of a tuner,
    /// [`Tuner::saved`](crate::train::Tuner::saved).
    ///
    /// # Errors
    ///
    /// [`Error::WrongLength`], [`Error::Flash`], [`Error::NotWritten`] and [`Error::Exhausted`]. The log can still be
    /// used: another commit is tried in another page.
    pub fn commit<'s>(
        &mut self,
        parts: impl Iterator<Item = &'s [u8]> + Clone,
    ) -> Result<Written, Error> {
        self.check_len(parts.clone())?;
        let number = self.highest.checked_add(1).ok_or(Error::Exhausted)?;
        let needed = self.mark(parts.clone());
        if needed == 0 {
            return Ok(Written::default());
        }
        let end = self.bank + self.region.bank;
        let fits = self.next.saturating_add(needed + self.region.commit()) <= end;
        let compacted = self.newest == 0 || !fits;
        let bank = if compacted { self.region.other(self.bank) } else { self.bank };
        if compacted {
            self.index.iter_mut().for_each(|entry| *entry |= CHANGED);
        }
        self.highest = number;
        let written = self.write(bank, number, compacted, parts);
        self.index.iter_mut().for_each(|entry| *entry &= !CHANGED);
        let (span, written) = written?;
        (self.bank, self.newest) = (bank, number);
        self.enter(&span);
        Ok(written)
    }

    /// Marks the chunks that differ from what flash has; gives how many bytes their records take.
    fn mark<'s>(&mut self, parts: impl Iterator<Item = &'s [u8]>) -> u32 {
        let (mut chunks, mut bytes, mut run) = (Chunks::new(parts), 0, 0);
        for entry in self.index.iter_mut() {
            let chunk = chunks.next();
            let mut stored = [0; CHUNK];
            let stored = stored.get_mut(..chunk.len()).unwrap_or_default();
            // What is not to be read has changed.
            let is_same =
                self.newest > 0 && self.region.read(*entry, stored).is_ok() && stored == chunk;
            if is_same {
                bytes += if run > 0 { self.region.record(run) } else { 0 };
                run = 0;
            } else {
                *entry |= CHANGED;
                run += chunk.len() as u32;
            }
        }
        bytes + if run > 0 { self.region.record(run) } else { 0 }
    }

    /// Writes a commit, of all chunks that are marked, and reads it again.
    fn write<'s>(
        &mut self,
        bank: u32,
        number: u32,
        compacted: bool,
        parts: impl Iterator<Item = &'s [u8]> + Clone,
    ) -> Result<(Span, Written), Error> {
        let header = compacted.then(|| self.header(number));
        let (start, previous) = match compacted {
            true => (bank, number - 1),
            false => (self.next, self.newest),
        };
        let mut writer = Writer::new(self.region.by_ref(), start);
        let done = put(&mut writer, header, self.index, [number, previous], parts);
        let (end, bytes, pages) = (writer.at, writer.bytes, writer.pages);
        if !compacted {
            self.next = self.region.next_page(end);
        }
        done?;
        let first = start + if compacted { self.region.header() } else { 0 };
        let mut scan = Scan::new(first, end, self.binding.len, previous);
        let span = scan.next(&mut self.region).filter(|span| span.end == end);
        let span = span.ok_or(Error::NotWritten { at: start })?;
        Ok((span, Written { bytes, pages, compacted }))
    }
}

/// Writes a header, if there is one, a record for each run of marked chunks, and the commit record.
fn put<'s, F: NorFlash>(
    writer: &mut Writer<F>,
    header: Option<Header>,
    index: &[u32],
    [number, previous]: [u32; 2],
    parts: impl Iterator<Item = &'s [u8]> + Clone,
) -> Result<(), Error> {
    if let Some(header) = header {
        writer.put(header.as_bytes())?;
        writer.pad()?;
    }
    let is_changed = |entry: &&u32| **entry & CHANGED != 0;
    let commit = number.into();
    let head = Head {
        kind: COMMIT,
        reserved: 0,
        count: 0.into(),
        first: 0.into(),
        commit,
        check: 0.into(),
    };
    let (mut chunks, mut left, mut records) = (Chunks::new(parts.clone()), 0, 0);
    for first in 0..index.len() {
        let chunk = chunks.next();
        if left == 0 {
            left = index.iter().skip(first).take_while(is_changed).count();
            if left == 0 {
                continue;
            }
            let (count, first) = ((left as u16).into(), (first as u32).into());
            writer.begin(Head { kind: CHUNKS, count, first, ..head })?;
            records += 1;
        }
        writer.payload(chunk)?;
        left -= 1;
        if left == 0 {
            writer.end()?;
        }
    }
    let state = crc32_of(parts).into();
    writer.begin(head)?;
    writer
        .payload(Commit { previous: previous.into(), records: records.into(), state }.as_bytes())?;
    writer.end()?;
    writer.flush()
}
