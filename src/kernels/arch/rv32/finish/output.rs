//! One output: assembler macros that [`tile`](super::tile) and [`vector`](super::vector) share.

/// Below it, and not below its negative, sums go the short way.
pub const USUAL: i32 = 1 << 26;

/// The longest shift to the right, such that nothing overflows: what is shifted is less than
/// 2^(22 + 1) times a byte where y cannot exceed the range, else less than 2^27 + 256 · 2^22.
pub const MOST: u32 = 22;

/// The macro `output`: the byte of t0 to `at` behind `y`. t1 is 2m, t2 is r + 1, t3 what is added
/// before the shift, a4 the zero point, a5 and a6 the range, a7 what x is below where y cannot
/// exceed the range; above `kept`, without signs, x gives min. Uses t5 and t6.
macro_rules! output {
    () => {
        r"
        .macro output at, y, kept
        bgeu t0, a7, .Lother\@
        slli t0, t0, 1
        mulhu t0, t0, t1
        add t0, t0, t3
        sra t0, t0, t2
        .Lstore\@:
        sb t0, \at(\y)
        .Lnext\@:
        .subsection 1
        .Lother\@:
        bgeu \kept, t0, .Lboth\@
        .Lsmall\@:
        sb a5, \at(\y)
        j .Lnext\@
        .Lboth\@:
        bgez t0, .Lcall\@
        li t6, {usual}
        add t5, t0, t6
        bgeu t5, t6, .Lcall\@
        slli t0, t0, 1
        mulhsu t0, t0, t1
        add t0, t0, t3
        addi t0, t0, -2
        sra t0, t0, t2
        bge t0, a5, .Lstore\@
        j .Lsmall\@
        .Lcall\@:
        jal t6, 9f
        j .Lstore\@
        .subsection 0
        .endm
        "
    };
}
pub(super) use output;

/// What `output` calls for a t0 that is large or that would overflow, at 9: the latter takes both
/// roundings one after the other.
macro_rules! long {
    () => {
        "
        9:
        li t5, {usual}
        bgeu t0, t5, 10f
        slli t0, t0, 1
        mulhu t0, t0, t1
        add t0, t0, t3
        sra t0, t0, t2
        bge a6, t0, 14f
        mv t0, a6
        14:
        jr t6
        10:
        addi sp, sp, -16
        sw t3, 0(sp)
        sw t4, 4(sp)
        mul t5, t0, t1
        srli t5, t5, 31
        addi t3, t2, -2
        li t4, 1
        sll t4, t4, t3
        addi t3, t3, 1
        bltz t0, 11f
        mulhu t0, t0, t1
        add t0, t0, t5
        add t0, t0, t4
        srl t0, t0, t3
        j 12f
        11:
        mulhsu t0, t0, t1
        addi t4, t4, -1
        add t0, t0, t5
        add t0, t0, t4
        sra t0, t0, t3
        12:
        add t0, t0, a4
        bge t0, a5, 13f
        mv t0, a5
        13:
        bge a6, t0, 14f
        mv t0, a6
        14:
        lw t3, 0(sp)
        lw t4, 4(sp)
        addi sp, sp, 16
        jr t6
        "
    };
}
pub(super) use long;
