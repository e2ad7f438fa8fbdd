//! Many networks from one checkpoint: how accurate, how large and how fast it is with each share of its weights.
//!
//! ```text
//! source     the checkpoint, tuned where it is float, pruned by magnitude where it is int8
//! point      what a network of it takes, and how often it is right
//! pick       the smallest that is accurate enough, or the most accurate that is small enough
//! ```

mod pick;
mod point;
mod source;

pub use pick::Wish;
pub use point::{Network, Optimised, Point, measure};
pub use source::{NetworkError, Source, Training};

use serde::{Deserialize, Serialize};

/// Points of a sweep that is read, at most.
const MOST: usize = 2000;

/// The networks of a checkpoint, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The checkpoint's file name.
    pub checkpoint: String,
    /// The core that instructions are predicted for.
    pub target: String,
    /// Samples that accuracies are of.
    pub samples: usize,
    /// A hash of all that the points follow from.
    pub inputs: String,
    /// What there is so far.
    pub points: Vec<Point>,
}

impl Sweep {
    /// Reads what was written as JSON.
    ///
    /// # Errors
    ///
    /// Something else, or shares that are none; said in a sentence.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let sweep: Sweep = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no sweep, or a damaged one: {error}"))?;
        if sweep.points.len() > MOST {
            return Err(format!("it has {} points, expected at most {MOST}", sweep.points.len()));
        }
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let mut shares = sweep.points.iter().flat_map(|p| [p.accuracy, p.network.density]);
        match shares.find(|&share| !is_share(share)) {
            None => Ok(sweep),
            Some(share) => Err(format!("a share is {share}, expected from 0 to 1")),
        }
    }

    /// The point of a network, if it is there.
    pub fn find(&self, network: &Network, optimised: Optimised) -> Option<&Point> {
        self.points.iter().find(|point| &point.network == network && point.optimised == optimised)
    }

    /// Of each point, whether no other is at least as accurate, as small and as fast, and in something better.
    pub fn front(&self) -> Vec<bool> {
        let is_best = |point: &Point| !self.points.iter().any(|other| other.beats(point));
        self.points.iter().map(is_best).collect()
    }

    /// The point that is wished for; where there is none, that which comes nearest.
    pub fn pick(&self, wish: Wish) -> Option<Result<&Point, &Point>> {
        wish.pick(&self.points)
    }
}
