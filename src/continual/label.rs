//! Labels that a network gives itself.

use crate::train::Lanes;

/// The class of the largest logit, if its softmax probability is `threshold` or more; `None` where the network is less
/// sure, or a logit is no number.
///
/// What a network learns from itself makes it surer of its mistakes, too: take a high threshold, and a
/// [`Guard`](super::Guard).
///
/// ```
/// use kastanet::continual::confident;
///
/// let logits = [[0.0], [3.0], [-1.0]];
/// assert_eq!(confident(&logits, 0.9), Some(1));
/// assert_eq!(confident(&logits, 0.99), None);
/// ```
pub fn confident(logits: &[Lanes<1>], threshold: f32) -> Option<u16> {
    let [class] = crate::train::predicted(logits);
    let [most] = *logits.get(usize::from(class))?;
    let sum = logits.iter().fold(0.0, |sum, [logit]| sum + libm::expf(logit - most));
    // Of what is no number, nothing is true.
    (1.0 / sum >= threshold).then_some(class)
}
