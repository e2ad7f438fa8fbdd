//! Streams one behind another, as a section of an image holds them.

use kastanet::image::record::STREAM_ALIGN;
use std::collections::HashMap;

/// The bytes of a section of streams; equal streams are stored once.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    /// The section.
    pub bytes: Vec<u8>,
    known: HashMap<Vec<u8>, usize>,
}

impl Streams {
    /// Appends a stream, where it is not there yet; gives its offset, 0 of an empty one.
    pub fn put(&mut self, stream: &[u8]) -> u32 {
        if stream.is_empty() {
            return 0;
        }
        if let Some(&offset) = self.known.get(stream) {
            return offset as u32;
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(STREAM_ALIGN), 0);
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(stream);
        self.known.insert(stream.to_vec(), offset);
        offset as u32
    }
}
