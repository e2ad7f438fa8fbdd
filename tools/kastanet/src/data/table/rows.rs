//! The rows of a table, one at a time, in memory for the longest that can be used.

use crate::data::{MAX_BYTES, unusable};
use crate::failure::Failure;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::borrow::Cow;
use std::path::Path;

/// Bytes of a row: for each cell that it may have, and for all of them.
const CELL: usize = 64;
const ROW: usize = 1 << 16;

/// A row: the number of its last line, and its cells.
pub(super) struct Row<'r> {
    pub line: u64,
    text: &'r [u8],
    ends: &'r [usize],
}

impl Row<'_> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes in the file, near enough.
    pub fn size(&self) -> usize {
        self.ends.last().copied().unwrap_or(0) + self.ends.len()
    }

    /// The cells, without space around them.
    pub fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cells = starts.zip(self.ends);
        cells.map(|(start, &end)| {
            String::from_utf8_lossy(self.text.get(start..end).unwrap_or_default().trim_ascii())
        })
    }
}

/// The rows of a file.
pub(super) struct Rows<'f> {
    path: &'f Path,
    reader: Reader,
    bytes: &'f [u8],
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl<'f> Rows<'f> {
    /// Of rows with so many cells at most.
    pub fn new(path: &'f Path, bytes: &'f [u8], most: usize) -> Self {
        let line = || bytes.iter().take(ROW).take_while(|&&byte| byte != b'\n');
        let marks = |mark: u8| line().filter(|&&byte| byte == mark).count();
        let mark = *b"\t;,".iter().max_by_key(|&&mark| marks(mark)).unwrap_or(&b',');
        let reader = ReaderBuilder::new().delimiter(mark).build();
        // One cell more, to see that there are too many.
        let most = most.min(MAX_BYTES / CELL) + 1;
        Rows { path, reader, bytes, text: vec![0; most * CELL + ROW], ends: vec![0; most] }
    }

    /// The next one that is not empty.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Failure> {
        let (mut at, mut cells) = (0, 0);
        loop {
            let (text, ends) = (&mut self.text[at..], &mut self.ends[cells..]);
            let (result, read, written, ended) = self.reader.read_record(self.bytes, text, ends);
            let ends_a_line = read > 0 && self.bytes.get(read - 1) == Some(&b'\n');
            self.bytes = self.bytes.get(read..).unwrap_or_default();
            (at, cells) = (at + written, cells + ended);
            let line = self.reader.line().saturating_sub(u64::from(ends_a_line));
            match result {
                // That nothing follows is told by reading on.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    let (text, ends) = (&self.text[..at], &self.ends[..cells]);
                    return Ok(Some(Row { line, text, ends }));
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(unusable(self.path)
                        .because(format!(
                            "line {line} is too long, expected at most {} values",
                            self.ends.len() - 1
                        ))
                        .help("give a row of as many values as the network takes for each sample, and its class"));
                }
            }
        }
    }
}
