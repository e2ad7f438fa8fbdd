//! Random numbers that are numbered: the same number gives the same one, whatever came before.

/// 32 random bits for each pair of `seed` and `number`.
///
/// Two rounds of multiply and xor-shift, by which every input bit reaches every output bit. No state is
/// kept, so a run that is resumed, or done in another order, meets the same noise.
#[inline(always)]
pub(crate) fn bits(seed: u32, number: u32) -> u32 {
    let mut x = number.wrapping_mul(0x9e37_79b9) ^ seed;
    x = (x ^ x >> 16).wrapping_mul(0x85eb_ca6b);
    x = (x ^ x >> 13).wrapping_mul(0xc2b2_ae35);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_set_half_the_time() {
        for bit in 0..32 {
            let ones = (0..4096).filter(|&number| bits(7, number) >> bit & 1 == 1).count();
            assert!((1900..2200).contains(&ones), "bit {bit}: {ones} of 4096");
        }
    }

    #[test]
    fn neighbours_and_seeds_differ() {
        let changed = |a: u32, b: u32| (a ^ b).count_ones();
        for number in 0..64 {
            let here = bits(1, number);
            assert!(changed(here, bits(1, number + 1)) > 4);
            assert!(changed(here, bits(2, number)) > 4);
        }
    }
}
