//! The upper half of a product, from products of halves.

/// Negative sums are from −2^26 on.
pub const USUAL_BITS: u32 = 26;

/// The longest shift to the right, such that nothing overflows: x is less than 255 · 2^20, and so
/// h · ml than 2^30.
pub const MOST: u32 = 20;

/// The macro `high`: g of x in r3, in r3; the halves of m are in r6 and r7, `shift` is the shift
/// that knows whether x is negative. Uses r4 and r5.
macro_rules! high {
    () => {
        r"
        .macro high shift
        lsls r3, r3, #2
        uxth r4, r3
        \shift r3, r3, #16
        mov r5, r4
        muls r5, r6, r5
        lsrs r5, r5, #16
        muls r4, r7, r4
        adds r4, r4, r5
        mov r5, r3
        muls r5, r6, r5
        adds r4, r4, r5
        \shift r4, r4, #16
        muls r3, r7, r3
        adds r3, r3, r4
        .endm
        "
    };
}
pub(super) use high;
