//! Where a tensor's values lie, in memory that is bounded.
//!
//! Magnitudes are counted in bins of one width, a power of two, 2048 on either side of 0. A value beyond the last
//! doubles the width until it fits, so that the width is the least that holds all values, and counts are the same in
//! whatever order values come.

use super::Method;

/// Bins on either side of 0.
const BINS: usize = 2048;

/// The finest width: 2 to this power, the least positive float.
const FINEST: i32 = -149;

/// In how many places each end is tried for the least error.
const TRIED: u32 = 128;

/// Steps from the smallest to the largest int8.
const STEPS: f64 = 255.0;

/// Counts of a tensor's values.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// The smallest and the largest value, and 0.
    ends: [f32; 2],
    width: f64,
    /// Of values below 0 and above, by magnitude.
    sides: [Vec<u64>; 2],
    zeros: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        let sides = [vec![0; BINS], vec![0; BINS]];
        Histogram { ends: [0.0; 2], width: f64::from(FINEST).exp2(), sides, zeros: 0 }
    }
}

impl Histogram {
    /// Counts a value. What is no number becomes the ends, to be refused.
    pub fn add(&mut self, value: f32) {
        self.reach([value, value]);
        if value == 0.0 {
            self.zeros += 1;
        } else if value.is_finite() {
            let magnitude = f64::from(value.abs());
            self.widen(magnitude);
            let bin = (magnitude / self.width) as usize;
            self.sides[usize::from(value > 0.0)][bin] += 1;
        }
    }

    /// Moves the ends out. What is no number stays the lower one for good.
    fn reach(&mut self, [least, most]: [f32; 2]) {
        let [low, high] = self.ends;
        self.ends = [if least.is_nan() || least < low { least } else { low }, high.max(most)];
    }

    /// Doubles the width until a magnitude fits.
    fn widen(&mut self, magnitude: f64) {
        let mut doubled = 0;
        while magnitude / self.width >= BINS as f64 {
            self.width *= 2.0;
            doubled += 1;
        }
        if doubled == 0 {
            return;
        }
        for side in &mut self.sides {
            for bin in 0..BINS {
                let count = std::mem::take(&mut side[bin]);
                side[bin.checked_shr(doubled).unwrap_or(0)] += count;
            }
        }
    }

    /// Counts what another has counted.
    pub fn merge(&mut self, other: &mut Histogram) {
        let last = |width: f64| width * (BINS - 1) as f64;
        self.widen(last(other.width));
        other.widen(last(self.width));
        for (mine, others) in self.sides.iter_mut().zip(&other.sides) {
            mine.iter_mut().zip(others).for_each(|(mine, other)| *mine += other);
        }
        self.reach(other.ends);
        self.zeros += other.zeros;
    }

    /// The range that a method finds best; it holds 0.
    pub fn range(&self, method: Method) -> [f32; 2] {
        match method {
            _ if !self.ends.iter().all(|end| end.is_finite()) => self.ends,
            Method::MinMax => self.ends,
            Method::Percentile(percent) => self.percentile(percent),
            Method::Mse => self.least_error(),
        }
    }

    /// Leaves out the same share of all values at either end.
    fn percentile(&self, percent: f64) -> [f32; 2] {
        let all = self.zeros + self.sides.iter().flatten().sum::<u64>();
        let beyond = (all as f64 * (1.0 - percent / 100.0)) as u64;
        [0, 1].map(|side| {
            let mut cut = 0;
            let stays = self.sides[side].iter().rposition(|count| {
                cut += count;
                cut > beyond
            });
            let end = stays.map_or(0.0, |bin| (bin + 1) as f64 * self.width);
            let sign = if side == 0 { -1.0 } else { 1.0 };
            (sign * end.min(f64::from(self.ends[side].abs()))) as f32
        })
    }

    /// Brings in either end as far as the squared error falls: what is inside is rounded, what is outside is cut.
    fn least_error(&self) -> [f32; 2] {
        let widest = self.ends.map(|end| f64::from(end.abs()));
        let mut ends = widest;
        // Each end's best place depends a little on the other's.
        for side in [0, 1, 0, 1] {
            let tried = (1..=TRIED).rev().map(|part| {
                let mut tried = ends;
                tried[side] = widest[side] * f64::from(part) / f64::from(TRIED);
                (self.error(tried), tried)
            });
            let best = tried.reduce(|best, tried| if tried.0 < best.0 { tried } else { best });
            ends = best.map_or(ends, |(_, ends)| ends);
        }
        [-ends[0] as f32, ends[1] as f32]
    }

    /// The sum of squared errors where int8 spans so far below and above 0. A step's rounding has a twelfth of its
    /// square; 0 has none.
    fn error(&self, ends: [f64; 2]) -> f64 {
        let step = (ends[0] + ends[1]) / STEPS;
        let rounding = step * step / 12.0;
        let mut sum = 0.0;
        for (side, end) in self.sides.iter().zip(ends) {
            let counted = side.iter().enumerate().filter(|(_, count)| **count > 0);
            for (bin, &count) in counted {
                let beyond = (bin as f64 + 0.5) * self.width - end;
                sum += count as f64 * if beyond > 0.0 { beyond * beyond } else { rounding };
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::default();
        values.iter().for_each(|&value| histogram.add(value));
        histogram
    }

    /// Numbers like a bell's, the same each time.
    fn bell(count: u32) -> Vec<f32> {
        let mut state = 1_u32;
        let mut uniform = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(|_| (0..12).map(|_| uniform()).sum()).collect()
    }

    #[test]
    fn counts_do_not_depend_on_order_or_parts() {
        let mut values = bell(1000);
        values.extend([1e-30, -3e4, 0.0, 700.0]);
        let whole = counted(&values);
        let mut parts = counted(&values[500..]);
        parts.merge(&mut counted(&values[..500]));
        values.reverse();
        for other in [counted(&values), parts] {
            assert_eq!((whole.width, whole.zeros), (other.width, other.zeros));
            assert_eq!(whole.sides, other.sides);
            assert_eq!(whole.ends, other.ends);
        }
        assert_eq!(whole.width, 16.0, "30,000 of 2048 bins");
        assert_eq!(whole.sides.iter().flatten().sum::<u64>() + whole.zeros, 1004);
    }

    #[test]
    fn percentiles_leave_out_both_ends() {
        let values: Vec<f32> = (-1000..=1000).map(|value| value as f32).collect();
        let histogram = counted(&values);
        assert_eq!(histogram.range(Method::MinMax), [-1000.0, 1000.0]);
        let [low, high] = histogram.range(Method::Percentile(99.0));
        // 20 of 2001 go at each end; a bin is 0.5 wide.
        assert_eq!((low, high), (-980.5, 980.5));
        assert_eq!(histogram.range(Method::Percentile(100.0)), [-1000.0, 1000.0]);
        let positive = counted(&[0.0, 0.0, 0.0, 5.0]);
        assert_eq!(positive.range(Method::Percentile(50.0)), [0.0, 0.0]);
    }

    /// Beside the error that int8 really makes of the values, at every pair of ends.
    #[test]
    fn the_least_error_is_found() {
        let mut values = bell(20_000);
        values.push(40.0);
        let real = |[low, high]: [f32; 2]| {
            let step = (high - low) / 255.0;
            let error = |&value: &f32| {
                let near = (value / step).round() * step;
                f64::from(value - near.clamp(low, high)).powi(2)
            };
            values.iter().map(error).sum::<f64>()
        };
        let found = counted(&values).range(Method::Mse);
        let of_all = real([-6.0, 40.0]);
        let mut best = f64::INFINITY;
        for low in 1..=24 {
            for high in 1..=160 {
                best = best.min(real([low as f32 / -4.0, high as f32 / 4.0]));
            }
        }
        assert!(real(found) < 1.05 * best, "{found:?}: {} of {best}", real(found));
        assert!(best < of_all, "the outlier is cut");
    }

    #[test]
    fn what_is_no_number_stays_an_end() {
        let [low, _] = counted(&[1.0, f32::NAN]).range(Method::Mse);
        assert!(low.is_nan());
        let mut histogram = counted(&[1.0]);
        histogram.merge(&mut counted(&[f32::NAN]));
        histogram.add(2.0);
        assert!(histogram.range(Method::MinMax)[0].is_nan());
        assert_eq!(counted(&[f32::INFINITY]).range(Method::Mse)[1], f32::INFINITY);
    }
}
