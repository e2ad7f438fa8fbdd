//! Ways in which a weight matrix in an image can be wrong.

use super::{Case, good, matrix};
use crate::editor::{Editor, Refusal};
use kastanet::image::record::{Window, section};
use kastanet::layers;
use kastanet::network;
use kastanet::sparse::{Error, Format};

/// All of them.
pub const CASES: &[Case<Error>] =
    crate::cases![bad_length column_out_of_range bad_count_width spare_not_zero too_large];

/// What is said of the matrix of operator 0 after a change.
fn after(mut image: Editor, change: impl FnOnce(&mut Editor)) -> Error {
    change(&mut image);
    image.seal_crc();
    match image.run() {
        Err(Refusal::Network(network::Error::BadOperator {
            operator: 0,
            error: layers::Error::Matrix(error),
        })) => error,
        other => panic!("not refused for its matrix: {other:?}"),
    }
}

/// The byte at `at` of the row table or the index stream, whichever starts at `offset`.
fn stream(image: &mut Editor, offset: u32, at: usize) -> &mut u8 {
    let start = image.section(section::DATA).start + offset as usize;
    &mut image.bytes[start + at]
}

/// Each stream one shorter, or a row longer, than the others say.
fn bad_length() -> Vec<Error> {
    let values = [(Format::Dense, 24), (Format::Delta8, 6), (Format::Delta4, 6)];
    let mut seen = Vec::new();
    for (format, expected) in values {
        let error =
            after(matrix(format), |image| image.weights(0).values_len = (expected - 1).into());
        assert_eq!(error, Error::BadLength { expected, found: expected - 1 }, "{format:?}");
        seen.push(error);
    }
    for (format, expected, found) in [(Format::Delta8, 3, 2), (Format::Delta4, 2, 1)] {
        let error = after(matrix(format), |image| {
            let offset = image.weights(0).counts_offset.get();
            *stream(image, offset, 3) = 3;
        });
        assert_eq!(error, Error::BadLength { expected, found }, "{format:?}");
        seen.push(error);
    }
    let error = after(matrix(Format::Dense), |image| image.weights(0).indices_len = 1.into());
    assert_eq!(error, Error::BadLength { expected: 0, found: 1 });
    seen.push(error);
    seen
}

fn column_out_of_range() -> Vec<Error> {
    let last = |format, at, byte| {
        let error = after(matrix(format), |image| {
            let offset = image.weights(0).indices_offset.get();
            *stream(image, offset, at) = byte;
        });
        assert_eq!(error, Error::ColumnOutOfRange { row: 3 }, "{format:?}");
        error
    };
    vec![last(Format::Delta8, 5, 3), last(Format::Delta4, 2, 0x32)]
}

fn bad_count_width() -> Vec<Error> {
    let pairs = [Format::Delta8, Format::Delta4].map(|format| [(format, 0), (format, 3)]);
    let width = |(format, width)| {
        let error = after(matrix(format), |image| image.weights(0).count_width = width);
        assert_eq!(error, Error::BadCountWidth { width }, "{format:?}");
        error
    };
    pairs.concat().into_iter().map(width).collect()
}

/// Row 3 with one step, something else in the other half byte.
fn spare_not_zero() -> Vec<Error> {
    let error = after(matrix(Format::Delta4), |image| {
        let (counts, indices) = (image.weights(0).counts_offset, image.weights(0).indices_offset);
        *stream(image, counts.get(), 3) = 1;
        *stream(image, indices.get(), 2) = 0x12;
    });
    assert_eq!(error, Error::SpareNotZero { row: 3 });
    vec![error]
}

/// Three channels, each with a window that has most of the weights allowed.
fn too_large() -> Vec<Error> {
    let error = after(good(), |image| {
        image.params::<Window>(0).kernel = [0x8000.into(), 0x4000.into()];
        image.weights(0).cols = (3 << 29).into();
    });
    assert_eq!(error, Error::TooLarge);
    vec![error]
}
