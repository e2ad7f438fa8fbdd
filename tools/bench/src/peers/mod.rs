//! What others take for the same work: CMSIS-NN, dense.

pub mod live;
pub mod recorded;

/// Executed instructions of CMSIS-NN's int8 kernels, kernel calls only, dense, random data, over the
/// layers of [`Case::ALL`](crate::cases::Case::ALL) in its order; built at -O3 and counted by QEMU 7.2
/// with `-icount`.
///
/// - m4, m3, m55: CMSIS-NN as of July 2026, arm-none-eabi-gcc 12.2; rv32: its portable C,
///   riscv64-unknown-elf-gcc 12.2.
/// - m0: CMSIS-NN 4.0.0, arm-none-eabi-gcc 12.2, as `cargo xtask bench --peer` counts it (November 2026).
const CMSIS_NN: [(&str, [u64; 5]); 5] = [
    ("m0", [418_487, 1_754_701, 92_158_654, 28_781_001, 86_262_777]),
    ("m3", [228_760, 952_360, 39_291_240, 10_430_440, 32_029_680]),
    ("m4", [135_640, 579_000, 27_500_000, 7_787_500, 24_691_800]),
    ("m55", [34_063, 146_813, 4_402_625, 1_768_688, 6_416_313]),
    ("rv32", [358_571, 1_472_918, 63_191_455, 16_148_867, 48_547_361]),
];

/// CMSIS-NN's instructions for a network on a board; `None` where they are not known.
pub fn cmsis_nn(name: &str, case: &str) -> Option<u64> {
    let index = crate::cases::Case::ALL.iter().position(|known| known.name() == case)?;
    let (_, counts) = CMSIS_NN.iter().find(|(board, _)| *board == like(name))?;
    Some(counts[index])
}

/// A core with the same instructions, as far as CMSIS-NN uses them.
fn like(board: &str) -> &str {
    match board {
        "m7" | "m33" => "m4",
        "rv32v" => "rv32",
        other => other,
    }
}
