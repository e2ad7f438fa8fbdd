//! What was learned outlives a reset: a log on NOR flash that a power cut cannot hurt.
//!
//! A *state* is a fixed number of bytes: what a tuner keeps, and whatever a firmware wants to keep beside it.
//! [`Log::commit`] writes what has changed of it since the last commit, [`Log::load`] gives the newest state back.
//! Power may fail at any instruction: what is found afterwards is the state before or the one after, never a third.
//!
//! # Two banks
//!
//! ```text
//!     bank 0   header | every chunk, commit 7 | changed, commit 8 | changed, commit 9 | …      full
//!     bank 1   header | every chunk, commit 10 | changed, commit 11 | ▒ torn ▒ next page: | changed, commit 13 |
//! ```
//!
//! The state is cut into chunks of [`CHUNK`] bytes. A commit is a *chunk record* for each run of chunks that differ
//! from what flash holds, then a *commit record*, which makes it count. Where a bank has no room for it, all chunks go
//! to the other bank, from RAM: nothing is copied within flash. A page is erased as the log enters it, so once for each
//! time that its bank is filled.
//!
//! # Why a cut cannot hurt
//!
//! - Nothing that the newest state needs is erased before a newer one is complete: a bank is entered only when the
//!   other one holds a whole state.
//! - A commit counts if every record of it has its checksum, they lie one after another, there are as many as the commit
//!   record says, and it follows the commit that it says it follows. What is torn fails one of these.
//! - Numbers only go up, over attempts that were torn too: what is left of an old one is never taken for a new one.
//! - A word is written once between two erases. After a reset the log goes on in a fresh page, for a word that reads as
//!   erased may be one whose writing was cut.
//!
//! # Another image
//!
//! [`Slots`] receives an image beside the one that runs, has it tried, and goes back where it does not confirm itself.
//! What was learned belongs to one image: with another, [`Log::open`] says [`Error::OtherImage`]. It stays until
//! [`Log::discard`] and a commit; open the log with the checksum that the error tells to read it once more, and
//! [`Tuner::migrate`](crate::train::Tuner::migrate) it where the other image has the same layers.
//!
//! Recovery reads both banks once and the newer one twice, in 4 bytes of RAM for each chunk and some two hundred of
//! stack.
//!
//! # Use
//!
//! ```
//! # use core::convert::Infallible;
//! # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
//! # struct Flash([u8; 4096]);
//! # impl ErrorType for Flash { type Error = Infallible; }
//! # impl ReadNorFlash for Flash {
//! #     const READ_SIZE: usize = 1;
//! #     fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
//! #         bytes.copy_from_slice(&self.0[at as usize..][..bytes.len()]);
//! #         Ok(())
//! #     }
//! #     fn capacity(&self) -> usize { 4096 }
//! # }
//! # impl NorFlash for Flash {
//! #     const WRITE_SIZE: usize = 4;
//! #     const ERASE_SIZE: usize = 512;
//! #     fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
//! #         self.0[from as usize..to as usize].fill(0xff);
//! #         Ok(())
//! #     }
//! #     fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Infallible> {
//! #         self.0[at as usize..][..bytes.len()].copy_from_slice(bytes);
//! #         Ok(())
//! #     }
//! # }
//! # let mut flash = Flash([0; 4096]);
//! use kastanet::persist::{Binding, Log, index_len};
//!
//! // Of a tuner: the image's checksum, and `Tuner::bytes(…).saved`.
//! let binding = Binding { image: 0x1234_5678, len: 600 };
//! let mut index = [0; index_len(600)];
//! let mut log = Log::open(&mut flash, 0..4096, binding, &mut index)?;
//! assert_eq!(log.newest(), None);
//!
//! let mut state = [7; 600];
//! log.commit([&state[..]].into_iter())?;
//! state[3] = 8;
//! let written = log.commit([&state[..]].into_iter())?;
//! assert!(written.bytes < 200 && written.pages == 0);
//!
//! // After a reset:
//! let mut log = Log::open(&mut flash, 0..4096, binding, &mut index)?;
//! let mut found = [0; 600];
//! log.load(&mut [&mut found])?;
//! assert_eq!(found, state);
//! # Ok::<(), kastanet::persist::Error>(())
//! ```

// The log.
mod error;
mod log;
mod parts;
pub mod record;
mod region;
mod scan;
mod write;

// Another image in place of the one that runs.
mod fit;
mod receive;
mod slots;
mod update;

pub use error::Error;
pub use fit::{Fit, Misfit};
pub use log::{Binding, Log, Written, index_len};
pub use receive::Receiver;
pub use record::CHUNK;
pub use scan::Found;
pub use slots::{Received, Slots, Start};
pub use update::UpdateError;
