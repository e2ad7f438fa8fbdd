//! The sum of two vectors on Armv7-M and up, four elements a round.
//!
//! No step can overflow: a byte less its zero point, shifted by [`HEADROOM`] and doubled, fits 30 bits.
//! With DSP instructions, for each element:
//!
//! ```text
//! x = (zero point − a) << 21                                     ldrsb sub
//! a = (half − 1 + (x · −multiplier, its upper half)              smmlar
//!      + (1 where x < 0)) >> shift                               add asr
//! b likewise, added to a                                         6
//! x = 2 · (a + b);  y from x as in `finish`                      lsl smmlar add asr ssat strb
//! ```
//!
//! 19 instructions in all; 25 without a multiplication that rounds. x is negated because twice the
//! largest multiplier of a term, 1/2 in Q31, fits 32 bits only with its sign: so a term without a shift,
//! which every sum has that TFLite makes, is one of twice the multiplier, shifted by one. That is the
//! same where no bit is lost, as for 1/2. Ties go away from zero by the sign of x, as in `finish`; an
//! x of 0 counts as negative, and gives 0 either way.

use crate::kernels::{Addition, HEADROOM, Term};
use crate::quant::Scale;
use core::arch::naked_asm;

/// A term, in the order in which it is loaded.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Factor {
    /// As high as the bytes are shifted.
    zero_point: i32,
    /// Negated.
    multiplier: i32,
    rounding: i32,
    shift: u32,
}

impl Factor {
    /// `None` for a zero point that is not a byte, or bits lost.
    #[inline]
    fn new(term: &Term) -> Option<Self> {
        let zero_point = i32::from(i8::try_from(term.zero_point).ok()?) << (HEADROOM + 1);
        let (multiplier, shift) = match (term.scale.multiplier(), term.scale.shift()) {
            // The bytes are shifted by 21, and what is below 32 is lost.
            (multiplier @ 0..=0x4000_0000, 0) if multiplier % (1 << 11) == 0 => {
                (-2 * i64::from(multiplier), 1)
            }
            (multiplier @ 0.., shift @ -31..0) => (-i64::from(multiplier), shift.unsigned_abs()),
            _ => return None,
        };
        let rounding = (1 << (shift - 1)) - 1;
        Some(Factor { zero_point, multiplier: multiplier as i32, rounding, shift })
    }
}

/// An [`Addition`], in the order in which it is loaded.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Sum {
    terms: [Factor; 2],
    multiplier: i32,
    rounding: i32,
    shift: u32,
    /// One past the last of y.
    end: *const i8,
}

impl Sum {
    /// `None` where it takes another way.
    #[inline]
    fn new(addition: &Addition, end: *const i8) -> Option<Self> {
        let Addition { terms: [a, b], scale, range } = addition;
        let zero_point = i32::from(i8::try_from(range.zero_point).ok()?);
        let shift = plain(scale)?;
        Some(Sum {
            terms: [Factor::new(a)?, Factor::new(b)?],
            multiplier: scale.multiplier(),
            rounding: (2 * zero_point + 1) << (shift - 1),
            shift,
            end,
        })
    }
}

/// A shift to the right that leaves room for the zero point above it.
#[inline]
fn plain(scale: &Scale) -> Option<u32> {
    let right = (-22..0).contains(&scale.shift());
    right.then_some(scale.shift().unsigned_abs())
}

/// As [`Lanes::add`](crate::kernels::Lanes::add).
pub fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
    let done = add_fours(y, x, addition).unwrap_or(0);
    let rest = (y.get_mut(done..), x.get(done..));
    if let (Some(y), Some(x)) = rest {
        addition.add(y, x);
    }
}

/// The same for as many as go by four; gives their number.
#[inline]
fn add_fours(y: &mut [i8], x: &[i8], addition: &Addition) -> Option<usize> {
    let count = y.len().min(x.len()) / 4 * 4;
    let y = y.get_mut(..count).filter(|y| !y.is_empty())?;
    let sum = Sum::new(addition, y.as_ptr_range().end)?;
    // SAFETY: there are `count` of both, at least four, and `sum` has the end of y.
    unsafe { fours(y.as_mut_ptr(), x.as_ptr(), &sum) }
    if !addition.range.is_full() {
        let (min, max) = (addition.range.min, addition.range.max);
        y.iter_mut().for_each(|y| *y = (*y).max(min).min(max));
    }
    Some(count)
}

/// `$to` = `$rounding` + (r12 · `$multiplier`, its upper half, rounded). Changes lr.
#[cfg(not(kastanet_core = "armv7m"))]
macro_rules! multiply {
    ($to:literal, $multiplier:literal, $rounding:literal) => {
        concat!("smmlar ", $to, ", r12, ", $multiplier, ", ", $rounding, "\n")
    };
}

/// The same without a multiplication that rounds.
#[cfg(kastanet_core = "armv7m")]
macro_rules! multiply {
    ($to:literal, $multiplier:literal, $rounding:literal) => {
        concat!(
            "smull lr, ",
            $to,
            ", r12, ",
            $multiplier,
            "\n",
            "add lr, ",
            $rounding,
            ", lr, lsr #31\n",
            "add ",
            $to,
            ", ",
            $to,
            ", lr\n",
        )
    };
}

/// The term of the byte at `$from`, to `$to`. Zero point, multiplier, rounding and shift are r8 to r11.
macro_rules! term {
    ($from:literal, $to:literal) => {
        concat!(
            "ldrsb r12, ",
            $from,
            "\n",
            "sub r12, r8, r12, lsl #{above}\n",
            multiply!($to, "r9", "r10"),
            "add ",
            $to,
            ", ",
            $to,
            ", r12, lsr #31\n",
            "asr ",
            $to,
            ", ",
            $to,
            ", r11\n",
        )
    };
}

/// The term of the next byte at r1, added to `$to`.
macro_rules! second {
    ($to:literal) => {
        concat!(term!("[r1], #1", "r2"), "add ", $to, ", ", $to, ", r2\n")
    };
}

/// The byte of the sum in `$x`, to r0. Multiplier, rounding and shift are r8 to r10.
macro_rules! output {
    ($x:literal) => {
        concat!(
            "lsl r12, ",
            $x,
            ", #1\n",
            multiply!($x, "r8", "r9"),
            "add ",
            $x,
            ", ",
            $x,
            ", r12, asr #31\n",
            "asr ",
            $x,
            ", ",
            $x,
            ", r10\n",
            "ssat ",
            $x,
            ", #8, ",
            $x,
            "\n",
            "strb ",
            $x,
            ", [r0], #1\n",
        )
    };
}

/// Replaces a number of y that is divisible by four by their sums with x.
#[unsafe(naked)]
unsafe extern "C" fn fours(_y: *mut i8, _x: *const i8, _sum: &Sum) {
    naked_asm!(
        dsp!(),
        "push {{r4-r11, lr}}",
        "mov r3, r2",
        "1:",
        "ldm r3!, {{r8-r11}}",
        term!("[r0]", "r4"),
        term!("[r0, #1]", "r5"),
        term!("[r0, #2]", "r6"),
        term!("[r0, #3]", "r7"),
        "ldm r3!, {{r8-r11}}",
        second!("r4"),
        second!("r5"),
        second!("r6"),
        second!("r7"),
        "ldm r3, {{r8-r11}}",
        "subs r3, #32",
        output!("r4"),
        output!("r5"),
        output!("r6"),
        output!("r7"),
        "cmp r0, r11",
        "bne 1b",
        "pop {{r4-r11, pc}}",
        above = const HEADROOM + 1,
    )
}
