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

/// The sum of the products of all lanes, in the order of [`sum`]. Of eight sums side by side the last addition
/// is in order, which compilers leave to vectors until then.
#[inline(always)]
pub(super) fn dot<const N: usize>(a: &Lanes<N>, b: &Lanes<N>) -> f32 {
    let (a_rest, b_rest) = (a.as_chunks::<8>().1, b.as_chunks::<8>().1);
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).reduce(|sum, product| sum + product);
    match rest {
        Some(rest) if N < 8 => rest,
        rest => eight(a, b).iter().sum::<f32>() + rest.unwrap_or_default(),
    }
}

/// The sums of the products of lanes that are 8 apart, without those left over.
#[inline(always)]
pub(super) fn eight<const N: usize>(a: &Lanes<N>, b: &Lanes<N>) -> Lanes<8> {
    let mut sums = [-0.0; 8];
    let eights = a.as_chunks().0.iter().zip(b.as_chunks().0);
    eights.for_each(|(a, b)| add_product(&mut sums, a, b));
    sums
}

/// The lanes' sum: first those that are 8 apart, then the eight sums in order. What is left of less than 8 lanes
/// is added in order.
#[inline(always)]
pub(super) fn sum<const N: usize>(lanes: &Lanes<N>) -> f32 {
    dot(lanes, &[1.0; N])
}
