//! N of every M consecutive columns.

use super::Encoded;
use kastanet::sparse::Pattern;

/// In the pattern that keeps the fewest, among those that hold the weights.
pub(super) fn nm(mut encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    let cols = encoded.cols;
    let pattern = Pattern::ALL.into_iter().find(|pattern| holds(*pattern, weights, cols))?;
    encoded.parameter = pattern as u8;
    for row in weights.chunks_exact(cols) {
        let mut indices = vec![];
        for group in row.chunks(pattern.group()) {
            let kept = kept(pattern, group);
            encoded.values.extend(kept.iter().map(|&at| group[at]));
            indices.extend(kept);
        }
        encoded.indices.extend(indices.chunks(8 / pattern.bits()).map(|indices| {
            let places = indices.iter().enumerate();
            places.fold(0, |byte, (at, &index)| byte | (index as u8) << (at * pattern.bits()))
        }));
    }
    Some(encoded)
}

fn holds(pattern: Pattern, weights: &[i8], cols: usize) -> bool {
    let fits = |group: &[i8]| group.iter().filter(|w| **w != 0).count() <= pattern.kept();
    let mut rows = weights.chunks_exact(cols);
    pattern.fits(cols) && rows.all(|row| row.chunks(pattern.group()).all(fits))
}

/// The indices that a group stores: of its nonzeros, and the lowest of others where they are fewer.
fn kept(pattern: Pattern, group: &[i8]) -> Vec<usize> {
    let (mut kept, zeros): (Vec<usize>, Vec<usize>) =
        (0..group.len()).partition(|&at| group[at] != 0);
    kept.extend(zeros.iter().take(pattern.kept() - kept.len()));
    kept.sort_unstable();
    kept
}
