//! A batch side by side: every activation is `[f32; N]`, one float a sample.
//!
//! A device trains with N = 1, where all of this is scalar code. A host takes as many samples at once
//! as fill its vector registers. A lane never meets another one but in the gradient of a weight, which is
//! their sum, lane after lane.

/// One activation of N samples.
pub type Lanes<const N: usize> = [f32; N];

/// `to += weight · x`, lane by lane.
#[inline(always)]
pub(super) fn add_scaled<const N: usize>(to: &mut Lanes<N>, weight: f32, x: &Lanes<N>) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += weight * x;
    }
}

/// `to += x`, lane by lane.
#[inline(always)]
pub(super) fn add<const N: usize>(to: &mut Lanes<N>, x: &Lanes<N>) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += x;
    }
}

/// `to += a · b`, lane by lane.
#[inline(always)]
pub(super) fn add_product<const N: usize>(to: &mut Lanes<N>, a: &Lanes<N>, b: &Lanes<N>) {
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        *to += a * b;
    }
}

/// The lanes' sum, first to last.
#[inline(always)]
pub(super) fn sum<const N: usize>(lanes: &Lanes<N>) -> f32 {
    lanes.iter().copied().reduce(|sum, lane| sum + lane).unwrap_or_default()
}
