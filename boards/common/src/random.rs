//! Inputs that are the same on every machine: SplitMix64 read as a counter.
//!
//! ```text
//! word(seed, i) = mix(seed + (i + 1) · 0x9e3779b97f4a7c15)      all modulo 2^64
//! mix(z):  z ^= z >> 30;  z *= 0xbf58476d1ce4e5b9
//!          z ^= z >> 27;  z *= 0x94d049bb133111eb;  z ^= z >> 31
//! ```
//!
//! Word i needs no word before it. Bytes are the words' bytes, lowest first; a float is the top
//! 24 bits of a word, from −1 to just below 1 in steps of 2^−23, which every `f32` holds exactly.
//!
//! A sample is such a stream made quieter: sample s is its distance from zero divided by
//! 2^(s mod 8). Inputs of full range drive many networks into saturation, where wrong sums go
//! unseen.

use kastanet::image::{DType, Tensor};

/// Word `index` of the stream `seed`.
pub const fn word(seed: u64, index: u64) -> u64 {
    let step = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut z = seed.wrapping_add(step);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Fills an input tensor for sample number `sample`; `port` tells inputs apart.
pub fn fill(tensor: Tensor<'_>, sample: u32, port: u16, bytes: &mut [u8]) {
    let seed = u64::from(sample) << 16 | u64::from(port);
    let (zero, quieter) = (tensor.zero_point(), sample % 8);
    match tensor.dtype() {
        DType::I8 => fill_bytes(seed, bytes, |noise| around(zero, noise >> quieter, -128) as u8),
        DType::U8 => fill_bytes(seed, bytes, |noise| around(zero, noise >> quieter, 0) as u8),
        DType::F32 => fill_floats(seed, bytes, (1 << quieter) as f32),
    }
}

/// `zero` + `noise`, in the 256 values from `min` on.
fn around(zero: i32, noise: i8, min: i32) -> i32 {
    (zero + i32::from(noise)).clamp(min, min + 255)
}

fn fill_bytes(seed: u64, bytes: &mut [u8], value: impl Fn(i8) -> u8) {
    for (index, chunk) in bytes.chunks_mut(8).enumerate() {
        let word = word(seed, index as u64).to_le_bytes();
        chunk.iter_mut().zip(word).for_each(|(byte, random)| *byte = value(random as i8));
    }
}

fn fill_floats(seed: u64, bytes: &mut [u8], quieter: f32) {
    for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
        let steps = (word(seed, index as u64) >> 40) as i32 - (1 << 23);
        let value = steps as f32 / (1 << 23) as f32 / quieter;
        chunk.copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_of_the_published_generator() {
        let expected = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        assert_eq!([0, 1, 2].map(|index| word(0, index)), expected);
    }

    #[test]
    fn fills_bytes_and_floats() {
        let mut bytes = [0; 10];
        fill_bytes(0, &mut bytes, |noise| noise as u8);
        assert_eq!(bytes, [0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2, 0xf4, 0x65]);
        let mut float = [0; 4];
        fill_floats(0, &mut float, 2.0);
        assert_eq!(f32::from_le_bytes(float), (0xe220a8 - (1 << 23)) as f32 / (1 << 24) as f32);
    }

    #[test]
    fn stays_in_range() {
        assert_eq!([around(49, 127, -128), around(-128, -1, -128)], [127, -128]);
        assert_eq!([around(128, -128, 0), around(255, 1, 0)], [0, 255]);
    }
}
