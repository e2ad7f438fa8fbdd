//! Does the crate compute right on this core? A few dozen results known beforehand.

use crate::Error;
use core::fmt::{Arguments, Debug, Write};
use kastanet::image::{Aligned, Image, crc32};
use kastanet::kernels::{Channels, Lanes, Native, Portable, Vector, matvec};
use kastanet::network::Network;
use kastanet::quant::{Range, requantise};
use kastanet::sparse::{Format, Matrix, Streams};

/// Prints one line a check.
///
/// # Errors
///
/// [`Error::Checks`] where one gave another result than expected, or [`Error::Console`].
pub fn self_test(out: &mut dyn Write) -> Result<(), Error> {
    let mut checks = Checks { out, count: 0, wrong: 0 };
    checks.equal(format_args!("crc32 of 123456789"), crc32(b"123456789"), 0xcbf4_3926)?;
    for format in Format::ALL {
        matrix(&mut checks, format)?;
    }
    for (x, multiplier, shift, expected) in REQUANTISED {
        let what = format_args!("requantise {x} by {multiplier}, {shift}");
        checks.equal(what, requantise(x, multiplier, shift), expected)?;
    }
    image(&mut checks)?;
    checks.end()
}

/// The worked image of FORMAT.md: its output for [`X`].
fn image(checks: &mut Checks<'_>) -> Result<(), Error> {
    let bytes = kastanet::include_image!("../../../src/image/golden/worked-v1.kst");
    let what = format_args!("image inference");
    match Image::new_checked(bytes).map_err(Error::from).and_then(inference) {
        Ok(y) => checks.equal(what, y, PRODUCT),
        Err(error) => checks.equal(what, Err(error), Ok(PRODUCT)),
    }
}

/// The image's output for [`X`].
fn inference(image: Image<'_>) -> Result<[i8; 4], Error> {
    let mut arena = Aligned([0; 64]);
    let mut network = Network::new(image, &mut arena.0)?;
    let input = network.input_mut(0).unwrap_or_default();
    input.iter_mut().zip(X).for_each(|(byte, x)| *byte = x as u8);
    network.infer()?;
    let mut y = [0; 4];
    let output = network.output(0).unwrap_or_default();
    y.iter_mut().zip(output).for_each(|(y, &byte)| *y = byte as i8);
    Ok(y)
}

/// The worked matrix of [`kastanet::sparse`] in `format`: its entries, and its product with
/// [`X`] by this core's primitives and by the portable ones.
fn matrix(checks: &mut Checks<'_>, format: Format) -> Result<(), Error> {
    let (name, streams) = (format.name(), worked(format));
    let x = X.get(..streams.cols).unwrap_or_default();
    let Ok(matrix) = Matrix::new_checked(format, streams) else {
        return checks.equal(format_args!("{name} matrix accepted"), false, true);
    };
    let all = matrix.entries().eq(ENTRIES);
    checks.equal(format_args!("{name} entries"), all, true)?;
    checks.equal(format_args!("{name} product"), product::<Native>(&matrix, x), PRODUCT)?;
    checks.equal(format_args!("{name} product, portable"), product::<Portable>(&matrix, x), PRODUCT)
}

fn product<L: Lanes>(matrix: &Matrix<'_>, x: &[i8]) -> [i8; 4] {
    // A multiplier of one half, doubled: sums come out as they are.
    let channels = Channels { bias: &[0; 4], multipliers: &[1 << 30], shifts: &[1], narrow: false };
    let mut y = [0; 4];
    let range = Range { zero_point: 0, min: -128, max: 127 };
    matvec::<L>(matrix, x, Vector { channels, range, y: &mut y });
    y
}

/// As many as the widest of the worked matrices has columns.
const X: [i8; 8] = [1, -2, 3, -4, 5, -6, 7, -8];
const PRODUCT: [i8; 4] = [-25, 0, 1, 14];
const ENTRIES: [(usize, usize, i8); 6] =
    [(0, 1, 5), (0, 4, -3), (2, 0, 7), (2, 5, 1), (3, 2, 2), (3, 3, -2)];

const VALUES: [i8; 6] = [5, -3, 7, 1, 2, -2];
const DENSE: [i8; 24] = [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];

fn worked(format: Format) -> Streams<'static> {
    let rows = |parameter, counts, indices| Streams {
        rows: 4,
        cols: 6,
        parameter,
        counts,
        indices,
        values: &VALUES,
    };
    match format {
        Format::Dense => Streams { values: &DENSE, ..rows(0, &[], &[]) },
        Format::Delta8 => rows(1, &[2, 0, 2, 2], &[1, 2, 0, 4, 2, 0]),
        Format::Delta4 => rows(1, &[2, 0, 2, 2], &[0x21, 0x40, 0x02]),
        Format::Block4x1 => Streams { values: &BLOCKS4X1, ..rows(1, &[6], &[0, 1, 2, 3, 4, 5]) },
        Format::Block1x4 => {
            let streams = rows(1, &[2, 0, 2, 1], &[0, 1, 0, 1, 0]);
            Streams { cols: 8, values: &BLOCKS1X4, ..streams }
        }
        Format::Nm => Streams { values: &TWO_OF_4, ..rows(0x22, &[], &[0x44, 0x44, 0x44, 0x4e]) },
        Format::Index8 => rows(1, &[2, 0, 2, 2], &[1, 4, 0, 5, 2, 3]),
        Format::Rice => rows(1, &[], &[0x0b, 0x93, 0x02]),
    }
}

const BLOCKS4X1: [i8; 24] =
    [0, 0, 7, 0, 5, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, -2, -3, 0, 0, 0, 0, 0, 1, 0];
const BLOCKS1X4: [i8; 20] = [0, 5, 0, 0, -3, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, -2];
const TWO_OF_4: [i8; 16] = [0, 5, -3, 0, 0, 0, 0, 0, 7, 0, 0, 1, 2, -2, 0, 0];

/// x, multiplier, shift, and the result by the rule's definition in exact arithmetic: ties of
/// either rounding and sign, the ends of every range, a shift to the left that drops bits.
const REQUANTISED: [(i32, i32, i32, i32); 22] = [
    (0, 1 << 30, 0, 0),
    (1000, 1 << 30, 0, 500),
    (1000, 1 << 30, -3, 63),
    (-1000, 1 << 30, -3, -63),
    (1, 1 << 30, 0, 1),
    (-1, 1 << 30, 0, 0),
    (3, 1 << 30, 0, 2),
    (-3, 1 << 30, 0, -1),
    (5, i32::MAX, -1, 3),
    (-5, i32::MAX, -1, -3),
    (i32::MAX, i32::MAX, 0, 2147483646),
    (i32::MIN, i32::MAX, 0, -2147483647),
    (i32::MAX, i32::MAX, -31, 1),
    (i32::MIN, i32::MAX, -31, -1),
    (i32::MAX, 1 << 30, -1, 536870912),
    (i32::MIN, 1 << 30, -1, -536870912),
    (12345, 1518500250, -7, 68),
    (-12345, 1518500250, -7, -68),
    (1, 1 << 30, 30, 536870912),
    (-1, i32::MAX, 30, -1073741823),
    (1 << 30, 1 << 30, 1, -1073741824),
    (12345, 0, 5, 0),
];

/// Prints and counts.
struct Checks<'a> {
    out: &'a mut dyn Write,
    count: u32,
    wrong: u32,
}

impl Checks<'_> {
    fn equal<T: Debug + PartialEq>(
        &mut self,
        what: Arguments<'_>,
        found: T,
        expected: T,
    ) -> Result<(), Error> {
        self.count += 1;
        if found == expected {
            return Ok(writeln!(self.out, "ok    {what}: {found:?}")?);
        }
        self.wrong += 1;
        Ok(writeln!(self.out, "WRONG {what}: {found:?}, expected {expected:?}")?)
    }

    fn end(self) -> Result<(), Error> {
        let right = self.count - self.wrong;
        writeln!(self.out, "{right} of {} checks right", self.count)?;
        match self.wrong {
            0 => Ok(()),
            wrong => Err(Error::Checks { wrong }),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn host_is_right_and_prints_what_boards_print() {
        let mut text = std::string::String::new();
        super::self_test(&mut text).unwrap();
        assert_eq!(text, include_str!("../../expected/self_test.txt"));
    }
}
