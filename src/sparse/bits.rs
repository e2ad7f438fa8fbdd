//! Rice codes: small numbers in few bits.
//!
//! ```text
//!     number     0     1     2     3      4      5         parameter 1
//!     bits       1 0   1 1   01 0  01 1   001 0  001 1     first to last
//! ```
//!
//! With parameter k, number n is its quotient by 2^k in unary, that many zeros and a one, then its k
//! low bits, the lowest first. Bits fill a byte from the low end, so the zeros of a quotient are
//! counted by one instruction.

/// A reader of Rice codes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RiceReader<'a> {
    parameter: u32,
    /// What has not been taken into `window` yet.
    bytes: &'a [u8],
    /// The next `valid` bits, zeros above them.
    window: u32,
    /// At most 31, so that no shift is by a whole word.
    valid: u32,
}

impl<'a> RiceReader<'a> {
    /// The largest parameter.
    pub const MAX: u8 = 15;

    /// Reads from the first bit of `bytes`. A larger parameter is taken as the largest.
    pub fn new(parameter: u8, bytes: &'a [u8]) -> Self {
        RiceReader { parameter: parameter.min(Self::MAX).into(), bytes, window: 0, valid: 0 }
    }

    /// The next number; `None` where the bits end before it does. A number of 2^32 or more is given
    /// as the largest below.
    #[inline]
    pub fn next(&mut self) -> Option<u32> {
        self.refill();
        let quotient = self.window.trailing_zeros();
        let bits = quotient + 1 + self.parameter;
        if bits > self.valid {
            return self.next_by_parts();
        }
        let low = self.window >> (quotient + 1) & self.mask();
        self.skip(bits);
        Some(quotient << self.parameter | low)
    }

    /// The same, not in line, for those who read few or in no hurry.
    #[inline(never)]
    pub fn next_apart(&mut self) -> Option<u32> {
        self.next()
    }

    /// The same for a number that is longer than the window, or not there.
    #[cold]
    fn next_by_parts(&mut self) -> Option<u32> {
        let mut quotient = 0_u32;
        while self.window == 0 {
            quotient = quotient.saturating_add(self.valid);
            self.valid = 0;
            self.refill();
            if self.valid == 0 {
                return None;
            }
        }
        let zeros = self.window.trailing_zeros();
        self.skip(zeros + 1);
        self.refill();
        let low = (self.parameter <= self.valid).then_some(self.window & self.mask())?;
        self.skip(self.parameter);
        let quotient = quotient.saturating_add(zeros);
        let fits = quotient <= u32::MAX >> self.parameter;
        Some(if fits { quotient << self.parameter | low } else { u32::MAX })
    }

    /// Whole bytes that have not been read, and whether the bits before them are zero.
    pub fn rest(&self) -> (usize, bool) {
        let spare = self.window & ((1 << (self.valid % 8)) - 1);
        (self.valid as usize / 8 + self.bytes.len(), spare == 0)
    }

    fn mask(&self) -> u32 {
        (1 << self.parameter) - 1
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        self.window >>= bits;
        self.valid -= bits;
    }

    /// Sees to it that 16 bits are valid, as long as there are bytes.
    #[inline]
    fn refill(&mut self) {
        if self.valid >= 16 {
            return;
        }
        if let Some((&pair, rest)) = self.bytes.split_first_chunk() {
            self.window |= u32::from(u16::from_le_bytes(pair)) << self.valid;
            (self.bytes, self.valid) = (rest, self.valid + 16);
        } else if let Some((&last, rest)) = self.bytes.split_first() {
            self.window |= u32::from(last) << self.valid;
            (self.bytes, self.valid) = (rest, self.valid + 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Bits, first to last, in bytes.
    fn bytes(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').collect();
        let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit & 1));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn drawn_numbers() {
        let bytes = bytes("10 11 010 011 0010 0011");
        let mut reader = RiceReader::new(1, &bytes);
        for number in 0..6 {
            assert_eq!(reader.next(), Some(number));
        }
        assert_eq!(reader.rest(), (0, true));
        assert_eq!(reader.next(), None);
    }

    #[test]
    fn long_and_short_codes_of_every_parameter() {
        for parameter in 0..=RiceReader::MAX {
            let numbers = [0, 1, 5, 40, 1 << parameter, 100 << parameter, 7, 33 << parameter, 0];
            let code = |&number: &u32| {
                let low =
                    (0..parameter).map(move |bit| if number >> bit & 1 == 1 { "1" } else { "0" });
                ["0".repeat((number >> parameter) as usize).as_str(), "1"].concat()
                    + &low.collect::<Vec<_>>().concat()
            };
            let bytes = bytes(&numbers.iter().map(code).collect::<Vec<_>>().concat());
            let mut reader = RiceReader::new(parameter, &bytes);
            for number in numbers {
                assert_eq!(reader.next(), Some(number), "parameter {parameter}");
            }
            assert_eq!(reader.rest(), (0, true));
        }
    }

    #[test]
    fn what_is_left() {
        let mut reader = RiceReader::new(0, &[0x81, 0x02, 0x03]);
        assert_eq!((reader.next(), reader.rest()), (Some(0), (2, false)));
        assert_eq!((reader.next(), reader.rest()), (Some(6), (2, true)));
        assert_eq!((reader.next(), reader.rest()), (Some(1), (1, true)));
        let ends =
            [RiceReader::new(3, &[]), RiceReader::new(3, &[0, 0]), RiceReader::new(3, &[32])];
        assert_eq!(ends.map(|mut reader| reader.next()), [None; 3]);
    }

    #[test]
    fn a_number_of_too_many_bits() {
        let zeros = [&[0; 1 << 15][..], &[1, 0, 0]].concat();
        assert_eq!(RiceReader::new(15, &zeros).next(), Some(u32::MAX));
        assert_eq!(RiceReader::new(13, &zeros).next(), Some(1 << 31));
    }
}
