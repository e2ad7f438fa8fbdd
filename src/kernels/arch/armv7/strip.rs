//! Which of four windows under a depthwise filter of 3 × 3 taps lie side by side, and the loops for those.
//!
//! Windows side by side share most of what they read: a strip of four has 6 columns, where four windows
//! by themselves have 12.

use crate::kernels::arch::start::{Starts, Taps};
use crate::kernels::tile::WINDOWS;

/// What a loop goes through, in the order of the words of its stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Strip {
    /// The weights of the next row of taps: set by the loops.
    pub next: *const i8,
    /// From where a row of taps leaves the strip to the next.
    pub step: usize,
    /// A row of `channels` weights for each tap.
    pub w: *const i8,
    /// The first channel of the first window's first tap.
    pub x: *const i8,
    /// The first window's.
    pub sums: *mut [i32; WINDOWS],
    /// Times as many channels as the loops take at once, at least 1.
    pub blocks: usize,
    /// Elements from a tap to the next.
    pub channels: usize,
}

/// A loop over a strip.
pub type Kernel = unsafe extern "C" fn(&Strip);

/// The loops of a core.
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    /// Two windows, a column apart; `step` is a row less one column, as of the next two.
    pub two: Kernel,
    /// Three of them.
    pub three: Kernel,
    /// Four of them.
    pub four: Kernel,
    /// Four windows, two columns apart; `step` is a row less four columns.
    pub four_apart: Kernel,
    /// Channels that they take at once.
    pub block: usize,
}

/// Some of four windows.
#[derive(Clone, Copy)]
struct Beside {
    count: usize,
    /// The loop for them and the columns by which it goes on in a row; none for a window by itself.
    kernel: Option<(Kernel, usize)>,
}

impl Kernels {
    /// The windows from `first` on that a loop takes together.
    fn beside(&self, starts: &Starts, taps: &Taps, first: usize) -> Beside {
        let follows = |at: usize, columns: usize| {
            let (x, skip) = (starts.x.get(at..at + 2), starts.skip.get(at..at + 2));
            let (Some(&[a, b]), Some(&[one, other])) = (x, skip) else { return false };
            b.addr().wrapping_sub(a.addr()) == columns * taps.channels && one == other
        };
        if first == 0 && (0..WINDOWS - 1).all(|at| follows(at, 2)) {
            return Beside { count: WINDOWS, kernel: Some((self.four_apart, 4)) };
        }
        let mut count = 1;
        while first + count < WINDOWS && follows(first + count - 1, 1) {
            count += 1;
        }
        let kernel = match count {
            4 => self.four,
            3 => self.three,
            2 => self.two,
            _ => return Beside { count, kernel: None },
        };
        Beside { count, kernel: Some((kernel, 1)) }
    }

    /// As [`Raw::tile_depthwise`](crate::kernels::arch::raw::Raw::tile_depthwise); `one` is the same
    /// core's loop for a window by itself.
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn tile(
        &self,
        one: unsafe fn(*const i8, *const i8, &Taps, *mut [i32; WINDOWS], usize),
        (w, starts, taps): (*const i8, &Starts, &Taps),
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let mut first = 0;
        while first < WINDOWS {
            let beside = match (taps.height, taps.width) {
                (3, 3) => self.beside(starts, taps, first),
                _ => Beside { count: 1, kernel: None },
            };
            let start = starts.x.get(first).zip(starts.skip.get(first));
            let Some((&x, &skip)) = start else { return };
            let taps = Taps { skip, ..*taps };
            // SAFETY: the caller's promise, for some of the windows, whose sums start as many words
            // behind the first window's.
            unsafe {
                let sums = sums.cast::<i32>().add(first).cast();
                match beside.kernel {
                    None => one(w, x, &taps, sums, count),
                    Some(kernel) => self.run(kernel, (w, x, &taps), sums, count),
                }
            }
            first += beside.count;
        }
    }

    /// A loop over `count` channels.
    unsafe fn run(
        &self,
        (kernel, columns): (Kernel, usize),
        (w, x, taps): (*const i8, *const i8, &Taps),
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let channels = taps.channels;
        let row = taps.skip.wrapping_add(taps.width * channels);
        let step = row.wrapping_sub(columns * channels);
        let strip = Strip { next: w, step, w, x, sums, blocks: count / self.block, channels };
        // SAFETY: what lies between the first window's first tap and the last one's last belongs to a
        // window; the caller's promise. The last block ends where the channels do.
        unsafe {
            kernel(&strip);
            if !count.is_multiple_of(self.block) {
                let last = count - self.block;
                let (w, x, sums) = (w.add(last), x.add(last), sums.add(last));
                kernel(&Strip { next: w, step, w, x, sums, blocks: 1, channels });
            }
        }
    }
}
