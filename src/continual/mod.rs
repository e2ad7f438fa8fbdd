//! What learning on a device needs around a tuner: samples to learn from again, a judge, labels of its own, a look at
//! what comes in.
//!
//! A network that learns from what it meets forgets what it no longer meets. Three things keep it from that:
//!
//! - A [`Buffer`] of samples, balanced by class, of which one is learned from with each new one.
//! - Some of them are held back. [`Score`] says how many the network knows; where an adaptation has made that worse,
//!   a [`Guard`] says to go back to the last commit.
//! - [`Drift`] says how far what comes in is from what came in before, for a log or to begin an adaptation.
//!
//! Where nobody says what a sample is, [`confident`] takes the network's own answer if it is sure of it.
//!
//! ```
//! use kastanet::continual::{Buffer, Guard, Score, Verdict};
//!
//! let mut buffer: Buffer<16, 8, 3> = Buffer::new(1);
//! let mut replay = buffer.view(2);
//! for class in 0..3 {
//!     replay.offer(class, &[class as i8, 0]);
//!     replay.offer(class, &[class as i8, 1]);
//! }
//! replay.hold_back(2);
//! // As many as are held back are known, before and after.
//! let before = Score::of(replay.held(), |sample| Some(sample.bytes[0] as u16));
//! assert_eq!(before, Score { right: 3, all: 3 });
//! let guard = Guard { before, slack: 0 };
//! let after = Score::of(replay.held(), |_| Some(0));
//! assert_eq!(guard.judge(after), Verdict::RollBack);
//! ```

mod buffer;
mod drift;
mod guard;
mod label;
mod replay;

pub use buffer::Buffer;
pub use drift::Drift;
pub use guard::{Guard, Score, Verdict};
pub use label::confident;
pub use replay::{Offer, Replay, Sample};
