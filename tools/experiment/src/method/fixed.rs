//! A static mask: weights that were picked by chance before the first step, and no others.

use super::masked::Rule;

/// A static mask.
pub struct Static {
    /// Of the mask.
    pub density: f64,
}

impl Rule for Static {
    fn first(&self) -> f64 {
        self.density
    }
}
