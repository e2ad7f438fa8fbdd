//! Ways in which a weight matrix in an image can be wrong.

use super::{Case, good, matrix, packed};
use crate::editor::{Editor, Refusal};
use crate::generate::example;
use kastanet::image::record::{Window, section};
use kastanet::layers;
use kastanet::network;
use kastanet::sparse::{Error, Format};
use kastanet_cli::pack::Options;

/// All of them.
pub const CASES: &[Case<Error>] = crate::cases![
    bad_length column_out_of_range columns_not_ascending bad_count_width bad_parameter bad_columns
    spare_not_zero phantom_not_zero too_large
];

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

/// The byte at `at` of the stream that starts at `offset`.
fn stream(image: &mut Editor, offset: u32, at: usize) -> &mut u8 {
    let start = image.section(section::DATA).start + offset as usize;
    &mut image.bytes[start + at]
}

/// Each stream one shorter, or a row longer, than the others say.
fn bad_length() -> Vec<Error> {
    let values = [
        (Format::Dense, 24),
        (Format::Delta8, 6),
        (Format::Delta4, 6),
        (Format::Block4x1, 24),
        (Format::Nm, 16),
        (Format::Index8, 6),
    ];
    let mut seen = Vec::new();
    for (format, expected) in values {
        let error =
            after(matrix(format), |image| image.weights(0).values_len = (expected - 1).into());
        assert_eq!(error, Error::BadLength { expected, found: expected - 1 }, "{format:?}");
        seen.push(error);
    }
    let longer = [(Format::Delta8, 3, 2), (Format::Delta4, 2, 1), (Format::Index8, 3, 2)];
    for (format, expected, found) in longer {
        let error = after(matrix(format), |image| {
            let offset = image.weights(0).counts_offset.get();
            *stream(image, offset, 3) = 3;
        });
        assert_eq!(error, Error::BadLength { expected, found }, "{format:?}");
        seen.push(error);
    }
    for (format, expected, found) in [(Format::Dense, 0, 1), (Format::Rice, 3, 2)] {
        let error = after(matrix(format), |image| image.weights(0).indices_len = found.into());
        assert_eq!(error, Error::BadLength { expected, found }, "{format:?}");
        seen.push(error);
    }
    seen
}

/// What is said after a byte of the index stream has been changed.
fn index(format: Format, at: usize, byte: u8) -> Error {
    after(matrix(format), |image| {
        let offset = image.weights(0).indices_offset.get();
        *stream(image, offset, at) = byte;
    })
}

/// Blocks of rows are named by their first.
fn column_out_of_range() -> Vec<Error> {
    let last = |(format, at, byte, row)| {
        let error = index(format, at, byte);
        assert_eq!(error, Error::ColumnOutOfRange { row }, "{format:?}");
        error
    };
    let cases = [
        (Format::Delta8, 5, 3, 3),
        (Format::Delta4, 2, 0x32, 3),
        (Format::Block4x1, 5, 6, 0),
        (Format::Nm, 3, 0x84, 3),
        (Format::Index8, 5, 6, 3),
        (Format::Rice, 2, 0x0c, 3),
    ];
    cases.map(last).into()
}

fn columns_not_ascending() -> Vec<Error> {
    let before = |(format, at, byte, row)| {
        let error = index(format, at, byte);
        assert_eq!(error, Error::ColumnsNotAscending { row }, "{format:?}");
        error
    };
    let cases = [
        (Format::Block4x1, 5, 4, 0),
        (Format::Nm, 1, 0x45, 1),
        (Format::Index8, 5, 2, 3),
        (Format::Index8, 3, 0, 2),
    ];
    cases.map(before).into()
}

fn bad_count_width() -> Vec<Error> {
    let tables = [Format::Delta8, Format::Delta4, Format::Block4x1, Format::Index8];
    let pairs = tables.map(|format| [(format, 0), (format, 3)]);
    let width = |(format, width)| {
        let error = after(matrix(format), |image| image.weights(0).parameter = width);
        assert_eq!(error, Error::BadCountWidth { width }, "{format:?}");
        error
    };
    pairs.concat().into_iter().map(width).collect()
}

fn bad_parameter() -> Vec<Error> {
    let cases = [(Format::Dense, 1), (Format::Nm, 0), (Format::Nm, 0x32), (Format::Rice, 16)];
    let parameter = |(format, parameter)| {
        let error = after(matrix(format), |image| image.weights(0).parameter = parameter);
        assert_eq!(error, Error::BadParameter { parameter }, "{format:?}");
        error
    };
    cases.map(parameter).into()
}

/// Six columns are no whole number of blocks.
fn bad_columns() -> Vec<Error> {
    let error = after(matrix(Format::Dense), |image| {
        image.weights(0).format = Format::Block1x4 as u8;
    });
    assert_eq!(error, Error::BadColumns { columns: 6 });
    vec![error]
}

/// Row 3 with one step, something else in the other half byte.
fn spare_not_zero() -> Vec<Error> {
    let error = after(matrix(Format::Delta4), |image| {
        let (counts, indices) = (image.weights(0).counts_offset, image.weights(0).indices_offset);
        *stream(image, counts.get(), 3) = 1;
        *stream(image, indices.get(), 2) = 0x12;
    });
    assert_eq!(error, Error::SpareNotZero { row: 3 });
    let rice = index(Format::Rice, 2, 0x82);
    assert_eq!(rice, error);
    vec![error, rice]
}

/// The example's convolution has three rows: a block has a fourth.
fn phantom_not_zero() -> Vec<Error> {
    let options = Options { formats: Format::Block4x1.into(), ..Options::default() };
    let error = after(packed(&example(), &options), |image| {
        let offset = image.weights(0).values_offset.get();
        *stream(image, offset, 3) = 1;
    });
    assert_eq!(error, Error::PhantomNotZero { row: 3 });
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
