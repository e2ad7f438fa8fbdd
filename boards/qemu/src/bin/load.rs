//! An image whose size is known only when it arrives: the one program with a heap.
//!
//! Arguments IMAGE INPUTS OUTPUTS name files of the emulating machine. INPUTS holds the inputs of
//! as many inferences as there are, one after the other, OUTPUTS is written in the same way.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use embedded_alloc::LlffHeap;
use kastanet::image::{IMAGE_ALIGN, Image};
use kastanet::network::Network;
use kastanet_boards_common as common;
use kastanet_boards_qemu::{Console, entry, run};
use semihosting::experimental::env;
use semihosting::fs::File;
use semihosting::io::{self, Read, Write};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// For the image and its arena; what is left of the emulated RAM is the stack's.
const HEAP_LEN: usize = 3 << 20;

#[entry]
fn main() -> ! {
    // SAFETY: the first thing this program does, once: nothing has been allocated before.
    #[allow(unsafe_code)]
    unsafe {
        embedded_alloc::init!(HEAP, HEAP_LEN);
    }
    run(load)
}

fn load(console: &mut Console) -> Result<(), Error> {
    let [image, inputs, outputs] = arguments()?;
    let (mut image_bytes, len) = open(&image).and_then(|file| read_all(&file))?;
    let image = Image::new_checked(aligned(&mut image_bytes, len)).map_err(common::Error::from)?;
    let mut arena = room("the arena", image.arena_len())?;
    let arena = aligned(&mut arena, image.arena_len());
    let mut network = Network::new(image, arena).map_err(common::Error::from)?;
    let samples = infer_all(&mut network, &open(&inputs)?, &create(&outputs)?)?;
    let (crc, heap) = (image.crc(), HEAP.used());
    writeln!(console, "image {crc:08x}: {samples} inferences, {heap} bytes of heap")?;
    Ok(())
}

/// Infers until the inputs end; gives the number of inferences.
fn infer_all(
    network: &mut Network<'_, '_>,
    mut inputs: &File,
    mut outputs: &File,
) -> Result<u64, Error> {
    let ports = network.image().inputs().map(|tensor| tensor.byte_len() as u64);
    let samples = inputs.metadata()?.len() / ports.sum::<u64>().max(1);
    for _ in 0..samples {
        for index in 0..network.image().inputs().len() {
            inputs.read_exact(network.input_mut(index).unwrap_or_default())?;
        }
        network.infer().map_err(common::Error::from)?;
        for index in 0..network.image().outputs().len() {
            outputs.write_all(network.output(index).unwrap_or_default())?;
        }
    }
    Ok(samples)
}

/// The three file names after the program's own.
fn arguments() -> Result<[CString; 3], Error> {
    let args = env::args::<1024>()?;
    let names: Vec<_> = args.skip(1).filter_map(|arg| CString::new(arg.ok()?).ok()).collect();
    names.try_into().map_err(|_| Error::Usage)
}

fn open(path: &CString) -> Result<File, Error> {
    File::open(path).map_err(|error| Error::File(path.clone(), error))
}

fn create(path: &CString) -> Result<File, Error> {
    File::create(path).map_err(|error| Error::File(path.clone(), error))
}

/// The file's bytes with room to align them, and their number.
fn read_all(mut file: &File) -> Result<(Vec<u8>, usize), Error> {
    // What is longer than the address space is as much too long as the longest that is not.
    let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut bytes = room("the image", len)?;
    file.read_exact(aligned(&mut bytes, len))?;
    Ok((bytes, len))
}

/// `len` zeros with room to align them, if the heap has as many.
fn room(what: &'static str, len: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let refused = Error::TooLarge { what, len, free: HEAP.free() };
    let padded = len.checked_add(IMAGE_ALIGN).filter(|&padded| padded <= HEAP.free());
    match padded.map(|padded| bytes.try_reserve_exact(padded).map(|()| padded)) {
        Some(Ok(padded)) => bytes.resize(padded, 0),
        _ => return Err(refused),
    }
    Ok(bytes)
}

/// `len` bytes from the first multiple of the image's alignment; `bytes` has room for both.
fn aligned(bytes: &mut [u8], len: usize) -> &mut [u8] {
    let start = bytes.as_ptr().align_offset(IMAGE_ALIGN);
    &mut bytes[start..start + len]
}

enum Error {
    Usage,
    TooLarge { what: &'static str, len: usize, free: usize },
    File(CString, io::Error),
    Io(io::Error),
    Common(common::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage => write!(f, "usage: load IMAGE INPUTS OUTPUTS"),
            Error::TooLarge { what, len, free } => {
                write!(f, "{what} takes {len} bytes, of the heap {free} are free")
            }
            Error::File(path, error) => write!(f, "{}: {error}", path.to_string_lossy()),
            Error::Io(error) => write!(f, "{error}"),
            Error::Common(error) => write!(f, "{error}"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error)
    }
}

impl From<common::Error> for Error {
    fn from(error: common::Error) -> Self {
        Error::Common(error)
    }
}

impl From<fmt::Error> for Error {
    fn from(error: fmt::Error) -> Self {
        Error::Common(error.into())
    }
}
