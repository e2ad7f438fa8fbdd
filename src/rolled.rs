//! Loops that stay as short as they are written.
//!
//! Compilers repeat the body of a short loop several times, for some cores to ten times its size. That
//! is right for kernels; where a loop runs seldom, as all checks do, flash is dearer than time.

/// Leaves the loop around it as it is. It makes no instruction.
#[inline(always)]
pub(crate) fn rolled() {
    // What is in the box is unknown, so the loop's body is taken for one that does not pay to repeat.
    core::hint::black_box(());
}

/// The same slice, of a length that compilers do not know: they write short loops out otherwise.
#[inline(always)]
pub(crate) fn unknown_len<T>(slice: &[T]) -> &[T] {
    core::hint::black_box(slice)
}

/// The same for the loop that an iterator is.
pub(crate) trait Rolled: Iterator + Sized {
    /// The same items.
    #[inline(always)]
    fn rolled(self) -> impl Iterator<Item = Self::Item> {
        self.inspect(|_| rolled())
    }
}

impl<I: Iterator> Rolled for I {}
