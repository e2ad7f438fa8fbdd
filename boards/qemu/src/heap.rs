//! The heap of the programs that have one, and files read into it.
//!
//! No module of the library, but of `load` and `bench` each: what links `alloc` must have an
//! allocator, and the other programs have none.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::fmt;
use embedded_alloc::LlffHeap;
use kastanet::image::IMAGE_ALIGN;
use semihosting::experimental::env;
use semihosting::fs::File;
use semihosting::io::{self, Read as _};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[allow(unsafe_code)] // where they lie is all that is asked of them
unsafe extern "C" {
    safe static kastanet_heap_start: u8;
    safe static kastanet_heap_end: u8;
}

/// Gives the heap the memory that `memory.x` sets apart for it; the first thing a program does.
pub fn init() {
    let [start, end] = [&raw const kastanet_heap_start, &raw const kastanet_heap_end];
    // SAFETY: the linker has put nothing else there, and nothing has been allocated before.
    #[allow(unsafe_code)]
    unsafe {
        HEAP.init(start.addr(), end.addr() - start.addr());
    }
}

/// Bytes that are taken.
#[allow(dead_code)] // `load` tells, `bench` does not
pub fn used() -> usize {
    HEAP.used()
}

/// The `N` arguments after the program's own name.
pub fn arguments<const N: usize>(usage: &'static str) -> Result<[CString; N], Error> {
    let args = env::args::<1024>()?;
    let names: Vec<_> = args.skip(1).filter_map(|arg| CString::new(arg.ok()?).ok()).collect();
    names.try_into().map_err(|_| Error::Usage(usage))
}

/// Opens a file of the emulating machine.
pub fn open(path: &CString) -> Result<File, Error> {
    File::open(path).map_err(|error| Error::File(path.clone(), error))
}

/// Bytes whose first is at a multiple of the image's alignment.
pub struct Bytes {
    padded: Vec<u8>,
    len: usize,
}

impl Bytes {
    /// `len` zeros, if the heap has as many.
    pub fn zeroed(what: &'static str, len: usize) -> Result<Self, Error> {
        let mut padded = Vec::new();
        let refused = Error::TooLarge { what, len, free: HEAP.free() };
        let wanted = len.checked_add(IMAGE_ALIGN).filter(|&wanted| wanted <= HEAP.free());
        match wanted.map(|wanted| padded.try_reserve_exact(wanted).map(|()| wanted)) {
            Some(Ok(wanted)) => padded.resize(wanted, 0),
            _ => return Err(refused),
        }
        Ok(Bytes { padded, len })
    }

    /// All of a file.
    pub fn read(what: &'static str, path: &CString) -> Result<Self, Error> {
        let mut file = open(path)?;
        // What is longer than the address space is as much too long as the longest that is not.
        let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let mut bytes = Self::zeroed(what, len)?;
        file.read_exact(bytes.get())?;
        Ok(bytes)
    }

    /// The bytes.
    pub fn get(&mut self) -> &mut [u8] {
        let start = self.padded.as_ptr().align_offset(IMAGE_ALIGN);
        &mut self.padded[start..start + self.len]
    }
}

/// Why something is not in the heap.
pub enum Error {
    /// The arguments are others than these.
    Usage(&'static str),
    /// It does not fit.
    TooLarge { what: &'static str, len: usize, free: usize },
    /// The file cannot be opened.
    File(CString, io::Error),
    /// It cannot be read.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(usage) => write!(f, "usage: {usage}"),
            Error::TooLarge { what, len, free } => {
                write!(f, "{what} takes {len} bytes, of the heap {free} are free")
            }
            Error::File(path, error) => write!(f, "{}: {error}", path.to_string_lossy()),
            Error::Io(error) => write!(f, "{error}"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error)
    }
}
