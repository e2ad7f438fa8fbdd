//! Ways in which an image can be wrong.

mod layout;
mod normalisation;
mod operators;
mod tensors;

use super::{Case, good};
use crate::editor::Editor;
use kastanet::image::Error;
use kastanet::image::record::{TensorRecord, section};
use layout::*;
use normalisation::*;
use operators::*;
use tensors::*;

/// All of them.
pub const CASES: &[Case<Error>] = crate::cases![
    misaligned truncated trailing_bytes bad_magic unsupported_version bad_checksum
    reserved_not_zero bad_section too_many unknown_section duplicate_section missing_section
    bad_section_length unknown_type unknown_place bad_shape bad_quantisation misaligned_tensor
    bad_alias never_written tensor_out_of_range truncated_operator bad_reference bad_lifetime
    bad_port overlap bad_scratch normalisation_mismatch bad_normalisation
];

/// What the reader says after a change, the checksum being right.
fn after(change: impl FnOnce(&mut Editor)) -> Option<Error> {
    let mut image = good();
    change(&mut image);
    image.seal_crc();
    image.check().err()
}

/// What has been seen, each with what was expected.
#[derive(Default)]
struct Seen(Vec<Error>);

impl Seen {
    fn refused(&mut self, expected: Error, what: &str, change: impl FnOnce(&mut Editor)) {
        self.equal(after(change), expected, what);
    }

    fn equal(&mut self, found: Option<Error>, expected: Error, what: &str) {
        assert_eq!(found, Some(expected), "{what}");
        self.0.push(expected);
    }
}

/// The tensor in the data section.
fn constant() -> usize {
    let mut image = good();
    let count = image.section(section::TENSORS).len() / size_of::<TensorRecord>();
    (0..count).find(|&id| image.tensor(id).place == 1).expect("the example has a constant")
}
