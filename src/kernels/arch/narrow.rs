//! What [`wide`](super::wide) does, as a compiler does it.

/// Runs `f` as it is.
#[cfg(not(kastanet_core = "x86_64"))]
#[inline(always)]
pub fn wide<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Eight sums of N products, N being a multiple of 8: first of those that are 8 apart, then of these eight
/// in order.
#[inline(always)]
pub fn dots<const N: usize>(a: [&[f32; N]; 8], b: &[f32; N]) -> [f32; 8] {
    let mut rows = [[-0.0; 8]; 8];
    for (row, a) in rows.iter_mut().zip(a) {
        for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
            for ((sum, a), b) in row.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        }
    }
    let mut sums = [-0.0; 8];
    for column in 0..8 {
        for (sum, row) in sums.iter_mut().zip(&rows) {
            *sum += row.get(column).unwrap_or(&0.0);
        }
    }
    sums
}
