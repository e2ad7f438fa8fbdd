//! Which of many networks is wanted.

use super::Point;
use std::cmp::Ordering;

/// What a network must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// At least as accurate; of those the smallest.
    MinAccuracy(f64),
    /// At most as large, in bytes; of those the most accurate.
    MaxFlash(usize),
}

impl Wish {
    /// Whether a point is what is wished for.
    pub fn admits(self, point: &Point) -> bool {
        match self {
            Wish::MinAccuracy(least) => point.accuracy >= least,
            Wish::MaxFlash(most) => point.flash_bytes <= most,
        }
    }

    /// The best of what is wished for, the first of equals; where there is nothing, that which comes nearest.
    pub(super) fn pick(self, points: &[Point]) -> Option<Result<&Point, &Point>> {
        let admitted = points.iter().filter(|point| self.admits(point));
        let smaller = |a: &&Point, b: &&Point| {
            a.flash_bytes.cmp(&b.flash_bytes).then(b.accuracy.total_cmp(&a.accuracy))
        };
        let better = |a: &&Point, b: &&Point| -> Ordering {
            b.accuracy.total_cmp(&a.accuracy).then(a.flash_bytes.cmp(&b.flash_bytes))
        };
        let (best, nearest) = match self {
            Wish::MinAccuracy(_) => (admitted.min_by(smaller), points.iter().min_by(better)),
            Wish::MaxFlash(_) => (admitted.min_by(better), points.iter().min_by(smaller)),
        };
        best.map(Ok).or(nearest.map(Err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Network, Optimised, Sweep};

    fn point(accuracy: f64, flash_bytes: usize, instructions: u64) -> Point {
        let network = Network { density: 0.1, unit: "weight".into() };
        let (optimised, arena_bytes, weights, nonzeros) = (Optimised::Size, 0, 0, 0);
        Point {
            network,
            optimised,
            accuracy,
            flash_bytes,
            arena_bytes,
            weights,
            nonzeros,
            instructions,
        }
    }

    fn sweep(points: Vec<Point>) -> Sweep {
        let text = String::new;
        Sweep { checkpoint: text(), target: text(), samples: 1, inputs: text(), points }
    }

    #[test]
    fn the_smallest_that_is_accurate_enough() {
        let sweep = sweep(vec![
            point(0.9, 10, 5),
            point(0.95, 20, 5),
            point(0.97, 20, 5),
            point(0.99, 40, 5),
        ]);
        let picked = |wish| sweep.pick(wish).unwrap().map(|p| p.accuracy).map_err(|p| p.accuracy);
        assert_eq!(picked(Wish::MinAccuracy(0.92)), Ok(0.97));
        assert_eq!(picked(Wish::MinAccuracy(0.5)), Ok(0.9));
        assert_eq!(picked(Wish::MinAccuracy(0.995)), Err(0.99));
        assert_eq!(picked(Wish::MaxFlash(39)), Ok(0.97));
        assert_eq!(picked(Wish::MaxFlash(9)), Err(0.9));
        let empty = Sweep { points: vec![], ..sweep.clone() };
        assert!(empty.pick(Wish::MaxFlash(9)).is_none());
    }

    #[test]
    fn the_front_is_what_nothing_beats() {
        let all =
            [(0.9, 10, 9), (0.9, 12, 5), (0.9, 12, 9), (0.8, 11, 9), (0.95, 20, 9), (0.95, 20, 9)];
        let points = all.map(|(accuracy, flash, count)| point(accuracy, flash, count));
        assert_eq!(sweep(points.to_vec()).front(), [true, true, false, false, true, true]);
    }
}
