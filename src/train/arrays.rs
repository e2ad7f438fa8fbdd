//! What there is of each live unit, array beside array, and how units move in all of them at once.

/// What there is of each live unit.
pub(super) struct Arrays<'l, V> {
    pub columns: &'l mut [u8],
    pub values: &'l mut [V],
    /// Momentum, or Adam's mean; empty where the optimizer keeps none.
    pub first: &'l mut [f32],
    /// Adam's mean of squares; empty where the optimizer keeps none.
    pub second: &'l mut [f32],
    /// Gradients of a batch that is not taken at once; else empty. They are 0 while units change places.
    pub gradients: &'l mut [f32],
}

impl<V> Arrays<'_, V> {
    /// `len` units from number `start` on, of `size` weights each.
    pub fn part(&mut self, start: usize, len: usize, size: usize) -> Arrays<'_, V> {
        let weights = start * size..(start + len) * size;
        Arrays {
            columns: self.columns.get_mut(start..start + len).unwrap_or_default(),
            values: self.values.get_mut(weights.clone()).unwrap_or_default(),
            first: self.first.get_mut(weights.clone()).unwrap_or_default(),
            second: self.second.get_mut(weights).unwrap_or_default(),
            gradients: &mut [],
        }
    }

    /// Copies `len` units from number `from` on to number `to` on, as `memmove`.
    pub fn copy(&mut self, from: usize, to: usize, len: usize, size: usize)
    where
        V: Copy,
    {
        if from != to && len > 0 {
            copy(self.columns, from, to, len, 1);
            copy(self.values, from, to, len, size);
            copy(self.first, from, to, len, size);
            copy(self.second, from, to, len, size);
        }
    }

    /// Puts a unit that enters at number `at`; what the optimizer keeps of it starts at 0.
    pub fn put<const U: usize>(&mut self, at: usize, column: u8, unit: [V; U])
    where
        V: Copy,
    {
        self.columns.iter_mut().skip(at).take(1).for_each(|place| *place = column);
        if let Some(place) = self.values.as_chunks_mut::<U>().0.get_mut(at) {
            *place = unit;
        }
        for state in [&mut *self.first, &mut *self.second] {
            state.iter_mut().skip(at * U).take(U).for_each(|state| *state = 0.0);
        }
    }

    /// Two units of one weight change places.
    pub fn swap(&mut self, one: usize, other: usize) {
        swap(self.columns, one, other);
        swap(self.values, one, other);
        swap(self.first, one, other);
        swap(self.second, one, other);
    }

    /// The unit at `from` goes to `to`; those between move up by one. `size`: weights of a unit.
    pub fn shift(&mut self, from: usize, to: usize, size: usize) {
        rotate(self.columns, from, to, 1);
        rotate(self.values, from, to, size);
        rotate(self.first, from, to, size);
        rotate(self.second, from, to, size);
    }
}

/// Copies `len` units of `size`, as `memmove`. Nothing happens past the end, as to an empty slice.
pub(super) fn copy<T: Copy>(slice: &mut [T], from: usize, to: usize, len: usize, size: usize) {
    let (low, distance, len) = (from.min(to) * size, from.abs_diff(to) * size, len * size);
    let Some(range) = slice.get_mut(low..low + distance + len) else { return };
    match range.len().checked_sub(len) {
        Some(_) if from > to && distance <= range.len() => range.copy_within(distance.., 0),
        Some(rest) if distance <= rest => range.copy_within(..len, distance),
        _ => (),
    }
}

/// What stands at two places changes places. Nothing happens past the end.
pub(super) fn swap<T>(slice: &mut [T], one: usize, other: usize) {
    if let Ok([one, other]) = slice.get_disjoint_mut([one, other]) {
        core::mem::swap(one, other);
    }
}

/// What stands at `from` goes to `to`, in units of `size`. Nothing happens past the end, as to an empty slice.
fn rotate<T>(slice: &mut [T], from: usize, to: usize, size: usize) {
    let (low, high) = (from.min(to) * size, (from.max(to) + 1) * size);
    if let Some(range) = slice.get_mut(low..high).filter(|range| range.len() >= size) {
        match from < to {
            true => range.rotate_left(size),
            false => range.rotate_right(size),
        }
    }
}
