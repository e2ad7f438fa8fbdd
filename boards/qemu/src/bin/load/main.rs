//! An image whose size is known only when it arrives.
//!
//! Arguments IMAGE INPUTS OUTPUTS name files of the emulating machine. INPUTS holds the inputs of
//! as many inferences as there are, one after the other, OUTPUTS is written in the same way.
#![no_std]
#![no_main]

extern crate alloc;

#[path = "../../heap.rs"]
mod heap;

use alloc::ffi::CString;
use core::fmt::{self, Write as _};
use heap::Bytes;
use kastanet::image::Image;
use kastanet::network::Network;
use kastanet_boards_common as common;
use kastanet_boards_qemu::{Console, entry, run};
use semihosting::fs::File;
use semihosting::io::{self, Read, Write};

#[entry]
fn main() -> ! {
    heap::init();
    run(load)
}

fn load(console: &mut Console) -> Result<(), Error> {
    let [image, inputs, outputs] = heap::arguments("load IMAGE INPUTS OUTPUTS")?;
    let mut bytes = Bytes::read("the image", &image)?;
    let image = Image::new_checked(bytes.get()).map_err(common::Error::from)?;
    let mut arena = Bytes::zeroed("the arena", image.arena_len())?;
    let mut network = Network::new(image, arena.get()).map_err(common::Error::from)?;
    let samples = infer_all(&mut network, &heap::open(&inputs)?, &create(&outputs)?)?;
    let (crc, heap) = (image.crc(), heap::used());
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

fn create(path: &CString) -> Result<File, Error> {
    let error = |error| heap::Error::File(path.clone(), error);
    Ok(File::create(path).map_err(error)?)
}

enum Error {
    Heap(heap::Error),
    Common(common::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Heap(error) => write!(f, "{error}"),
            Error::Common(error) => write!(f, "{error}"),
        }
    }
}

impl From<heap::Error> for Error {
    fn from(error: heap::Error) -> Self {
        Error::Heap(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Heap(error.into())
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
