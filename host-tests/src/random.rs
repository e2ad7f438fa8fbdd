//! Random numbers from a seed (SplitMix64): the same on every host and in every run.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6b61_7374_616e_6574)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`, both included.
    pub fn range(&mut self, least: usize, most: usize) -> usize {
        assert!(least <= most, "an empty range");
        least + (self.bits() % (most - least + 1) as u64) as usize
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.range(0, from.len() - 1)]
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.range(1, n) == 1
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number between two above zero, its logarithm evenly spread.
    pub fn log(&mut self, least: f64, most: f64) -> f32 {
        (least.ln() + self.unit() * (most / least).ln()).exp() as f32
    }

    /// Any signed byte.
    pub fn int8(&mut self) -> i8 {
        self.bits() as i8
    }

    /// A zero point: an extreme one, zero, or any.
    pub fn zero_point(&mut self) -> i32 {
        match self.range(0, 5) {
            0 => -128,
            1 => 127,
            2 => 0,
            _ => self.int8().into(),
        }
    }

    /// Bytes of an activation: mostly anything, at times all the same or only extremes.
    pub fn activation(&mut self, len: usize) -> Vec<u8> {
        let fill = self.int8() as u8;
        match self.range(0, 9) {
            0 => vec![self.pick(&[0x80, 0x7f, 0, fill]); len],
            1 => (0..len).map(|_| self.pick(&[0x80, 0x7f])).collect(),
            2 => (0..len).map(|_| fill.wrapping_add(self.range(0, 4) as u8)).collect(),
            _ => (0..len).map(|_| self.int8() as u8).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn stays_the_same() {
        assert_eq!(Rng::new(1).bits(), Rng::new(1).bits());
        assert_ne!(Rng::new(1).bits(), Rng::new(2).bits());
    }

    #[test]
    fn covers_its_range() {
        let mut rng = Rng::new(0);
        let mut seen = [false; 5];
        (0..100).for_each(|_| seen[rng.range(2, 6) - 2] = true);
        assert_eq!(seen, [true; 5]);
        assert!((0..100).all(|_| (0.5..=2.0).contains(&rng.log(0.5, 2.0))));
    }
}
