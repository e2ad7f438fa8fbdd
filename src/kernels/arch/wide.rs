//! Plain Rust, compiled for the widest vectors that the machine turns out to have.

use super::Host;

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
