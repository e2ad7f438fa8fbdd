//! Few of many: the units of a segment whose keys lie in a range, with all others passed by four at a time.

use super::rank::unit_key;
use super::value::Value;

/// The first unit whose key is from `low` to `high`, both included.
#[inline(never)]
pub(super) fn next<const U: usize, V: Value>(
    units: &[[V; U]],
    (low, high): (u32, u32),
) -> Option<usize> {
    let (low, span) = (low << 1, high.wrapping_sub(low) << 1);
    let is_in = |unit: &[V; U]| {
        // The bit that is shifted out of a single weight is its sign.
        let doubled = match unit.as_slice() {
            [weight] => weight.get().to_bits() << 1,
            _ => unit_key(unit.map(V::get)) << 1,
        };
        doubled.wrapping_sub(low) <= span
    };
    let (fours, _) = units.as_chunks::<4>();
    let passed = fours.iter().take_while(|four| !four.iter().any(is_in)).count() * 4;
    let rest = units.get(passed..).unwrap_or_default();
    rest.iter().position(is_in).map(|at| passed + at)
}

/// The places of all units whose keys are from `low` to `high`, both included; the range is asked for anew after
/// each.
#[inline(always)]
pub(super) fn each<const U: usize, V: Value>(
    units: &[[V; U]],
    keys: &mut (u32, u32),
    mut f: impl FnMut(usize, &[V; U], &mut (u32, u32)),
) {
    let mut passed = 0;
    while let Some(rest) = units.get(passed..)
        && let Some(at) = next(rest, *keys)
    {
        if let Some(unit) = rest.get(at) {
            f(passed + at, unit, keys);
        }
        passed += at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::bits;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn finds_what_filtering_finds() {
        for len in 0..20 {
            let units: Vec<[f32; 1]> =
                (0..len).map(|at| [(bits(len, at) >> 28) as f32 - 8.0]).collect();
            for (low, high) in [(0.0, 2.0), (3.0, 3.0), (0.0, 0.0), (5.0, 9.0)] {
                let mut keys = (f32::to_bits(low), f32::to_bits(high));
                let mut found = Vec::new();
                each(&units, &mut keys, |at, _, _| found.push(at));
                let all = units.iter().enumerate();
                let all = all.filter(|(_, [weight])| (low..=high).contains(&weight.abs()));
                assert!(all.map(|(at, _)| at).eq(found));
            }
        }
    }
}
