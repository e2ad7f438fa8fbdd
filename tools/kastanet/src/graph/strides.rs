//! Where elements lie in memory, the last dimension fastest.

/// The step of each dimension of a shape, in elements.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// The step of each dimension of `out` in a tensor that is broadcast to it, as NumPy does; 0 along those in which its
/// only element serves all. `None` where the shapes do not allow it.
pub fn broadcast(shape: &[usize], out: &[usize]) -> Option<Vec<usize>> {
    let missing = out.len().checked_sub(shape.len())?;
    let own = strides(shape);
    let stride = |(axis, &size): (usize, &usize)| match axis.checked_sub(missing) {
        None => Some(0),
        Some(axis) if shape[axis] == size => Some(own[axis]),
        Some(axis) => (shape[axis] == 1).then_some(0),
    };
    out.iter().enumerate().map(stride).collect()
}

/// For each index of `shape`, the last dimension fastest, the sum of its steps.
pub fn places<'s>(shape: &'s [usize], strides: &'s [usize]) -> impl Iterator<Item = usize> + 's {
    (0..shape.iter().product()).map(move |mut index: usize| {
        let mut place = 0;
        for (size, stride) in shape.iter().zip(strides).rev() {
            place += index % size * stride;
            index /= size;
        }
        place
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_in_order() {
        let walk =
            |shape: &[usize], strides: &[usize]| places(shape, strides).collect::<Vec<usize>>();
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
        assert_eq!(walk(&[2, 3], &strides(&[2, 3])), [0, 1, 2, 3, 4, 5]);
        assert_eq!(walk(&[3, 2], &[1, 3]), [0, 3, 1, 4, 2, 5]);
        assert_eq!(walk(&[], &[]), [0]);
        assert!(walk(&[2, 0], &[0, 1]).is_empty());
    }

    #[test]
    fn one_element_serves_a_dimension() {
        assert_eq!(broadcast(&[2], &[3, 2]), Some(vec![0, 1]));
        assert_eq!(broadcast(&[3, 1], &[3, 2]), Some(vec![1, 0]));
        assert_eq!(broadcast(&[2, 3], &[3, 3]), None);
        assert_eq!(broadcast(&[1, 2], &[2]), None);
    }
}
