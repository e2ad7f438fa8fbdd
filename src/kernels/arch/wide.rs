//! Plain Rust, compiled for the widest vectors that the machine turns out to have, and the sums that a compiler
//! does not find them for.

use super::{Host, narrow};
use core::arch::x86_64::*;
use core::mem::transmute;

/// Runs `f`, where it is inlined with AVX2 on a machine that has it. No product is fused with a sum, so
/// the result is the same to the last bit.
#[inline(always)]
pub fn wide<R>(f: impl FnOnce() -> R) -> R {
    match Host::has_avx2() {
        // SAFETY: the machine has AVX2.
        true => unsafe { avx2(f) },
        false => f(),
    }
}

#[target_feature(enable = "avx2")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// What `narrow::dots` gives, to the last bit.
#[inline(always)]
pub fn dots<const N: usize>(a: [&[f32; N]; 8], b: &[f32; N]) -> [f32; 8] {
    match Host::has_avx2() {
        // SAFETY: the machine has AVX2.
        true => unsafe { dots_of_vectors(a, b) },
        false => narrow::dots(a, b),
    }
}

/// A sum across a vector costs as much as all of its products; eight of them, once they are transposed, are
/// eight additions of vectors.
#[inline]
#[target_feature(enable = "avx2")]
fn dots_of_vectors<const N: usize>(a: [&[f32; N]; 8], b: &[f32; N]) -> [f32; 8] {
    let mut rows = [_mm256_set1_ps(-0.0); 8];
    for at in 0..N / 8 {
        // SAFETY: there are eight numbers from 8 · `at` on.
        let b = unsafe { _mm256_loadu_ps(b.as_ptr().add(8 * at)) };
        for (row, a) in rows.iter_mut().zip(a) {
            // SAFETY: so there are here.
            let a = unsafe { _mm256_loadu_ps(a.as_ptr().add(8 * at)) };
            *row = _mm256_add_ps(*row, _mm256_mul_ps(a, b));
        }
    }
    let mut sums = _mm256_set1_ps(-0.0);
    for column in transposed(rows) {
        sums = _mm256_add_ps(sums, column);
    }
    // SAFETY: a vector is eight floats.
    unsafe { transmute::<__m256, [f32; 8]>(sums) }
}

/// Eight rows, column by column.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed([a, b, c, d, e, f, g, h]: [__m256; 8]) -> [__m256; 8] {
    let [a, b, c, d] = fours(a, b, c, d);
    let [e, f, g, h] = fours(e, f, g, h);
    [
        _mm256_permute2f128_ps::<0x20>(a, e),
        _mm256_permute2f128_ps::<0x20>(b, f),
        _mm256_permute2f128_ps::<0x20>(c, g),
        _mm256_permute2f128_ps::<0x20>(d, h),
        _mm256_permute2f128_ps::<0x31>(a, e),
        _mm256_permute2f128_ps::<0x31>(b, f),
        _mm256_permute2f128_ps::<0x31>(c, g),
        _mm256_permute2f128_ps::<0x31>(d, h),
    ]
}

/// Of four rows, columns 0 and 4, 1 and 5, 2 and 6, 3 and 7.
#[inline]
#[target_feature(enable = "avx2")]
fn fours(a: __m256, b: __m256, c: __m256, d: __m256) -> [__m256; 4] {
    let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
    [
        _mm256_shuffle_ps::<0x44>(ab_low, cd_low),
        _mm256_shuffle_ps::<0xee>(ab_low, cd_low),
        _mm256_shuffle_ps::<0x44>(ab_high, cd_high),
        _mm256_shuffle_ps::<0xee>(ab_high, cd_high),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_do_not_change_bits() {
        let rows: [[f32; 64]; 9] = core::array::from_fn(|row| {
            core::array::from_fn(|at| ((row * 64 + at) as f32).sin() * 10_f32.powi(at as i32 % 9))
        });
        let [a @ .., b] = rows.each_ref();
        assert_eq!(dots(a, b).map(f32::to_bits), narrow::dots(a, b).map(f32::to_bits));
        let none = [&[-0.0; 0]; 8];
        assert_eq!(dots(none, &[]).map(f32::to_bits), narrow::dots(none, &[]).map(f32::to_bits));
    }
}
