//! Instructions and stack of the networks in a list, operator by operator.
//!
//! Arguments LIST SHIFT: LIST names a file of the emulating machine with a line `IMAGE INPUT
//! EXPECTED` for each case, three more names; the emulator takes 2^SHIFT nanoseconds an instruction.
//! Printed are, for each case, a line `op CASE OPERATOR KIND INSTRUCTIONS` for each operator and a line
//! `case CASE STACK_BYTES`. EXPECTED holds what each operator writes, one after the other; the first
//! that writes something else is said, and is the program's failure.
#![no_std]
#![no_main]

extern crate alloc;

mod counter;
#[path = "../../heap.rs"]
mod heap;
mod stack;

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use counter::Counter;
use heap::Bytes;
use kastanet::image::Image;
use kastanet::network::{ImageChanged, Network};
use kastanet_boards_common as common;
use kastanet_boards_qemu::{Console, entry, run};
use stack::Painted;

#[entry]
fn main() -> ! {
    heap::init();
    run(bench)
}

fn bench(console: &mut Console) -> Result<(), Error> {
    let [list, shift] = heap::arguments("bench LIST SHIFT")?;
    let shift = shift.to_str().ok().and_then(|shift| shift.parse().ok());
    let counter = Counter::start(shift.ok_or(Error::Shift)?).ok_or(Error::Counter)?;
    let mut list = Bytes::read("the list", &list)?;
    let lines = core::str::from_utf8(list.get()).map_err(|_| Error::List)?.lines();
    let mut wrong = 0;
    for (number, line) in lines.enumerate() {
        if !case(console, &counter, number, line)? {
            wrong += 1;
        }
    }
    if wrong > 0 { Err(Error::Wrong(wrong)) } else { Ok(()) }
}

/// Runs one case; whether its output is right.
fn case(
    console: &mut Console,
    counter: &Counter,
    number: usize,
    line: &str,
) -> Result<bool, Error> {
    let names: Vec<_> = line.split(' ').filter_map(|name| CString::new(name).ok()).collect();
    let [image, input, expected] = <[_; 3]>::try_from(names).map_err(|_| Error::List)?;
    let mut bytes = Bytes::read("the image", &image)?;
    let image = Image::new_checked(bytes.get()).map_err(common::Error::from)?;
    let mut arena = Bytes::zeroed("the arena", image.arena_len())?;
    let mut network = Network::new(image, arena.get()).map_err(common::Error::from)?;
    read_input(&mut network, &input)?;
    let stack = stack(&mut network)?;
    read_input(&mut network, &input)?;
    let mut expected = Bytes::read("the expected outputs", &expected)?;
    let (counts, wrong) = measure(&mut network, counter, expected.get())?;
    for (op, count) in image.operators().zip(&counts) {
        let kind = op.kind().map_or("?", |kind| kind.name());
        writeln!(console, "op {number} {} {kind} {count}", op.number())?;
    }
    writeln!(console, "case {number} {stack}")?;
    if let Some(Wrong { op, at, found, wanted }) = wrong {
        writeln!(console, "WRONG case {number}: {line}")?;
        writeln!(console, "WRONG operator {op}, byte {at}: {found:?}, expected {wanted:?}")?;
    }
    Ok(wrong.is_none())
}

fn read_input(network: &mut Network<'_, '_>, input: &CString) -> Result<(), Error> {
    let mut given = Bytes::read("the input", input)?;
    let port = network.input_mut(0).unwrap_or_default();
    if port.len() != given.get().len() {
        return Err(Error::Input);
    }
    port.copy_from_slice(given.get());
    Ok(())
}

/// The first byte that is not what is expected.
struct Wrong {
    op: u16,
    at: usize,
    found: Option<u8>,
    wanted: Option<u8>,
}

/// The bytes of stack that an inference takes.
fn stack(network: &mut Network<'_, '_>) -> Result<usize, Error> {
    let painted = Painted::new();
    let ended = infer(network);
    let stack = painted.used().ok_or(Error::Stack)?;
    ended.map_err(common::Error::from)?;
    Ok(stack)
}

/// Never inlined, so that what it needs of the stack lies below its caller's frame.
#[inline(never)]
fn infer(network: &mut Network<'_, '_>) -> Result<(), ImageChanged> {
    network.infer()
}

/// The instructions of each operator, with a reading before and after each; and what is wrong.
fn measure(
    network: &mut Network<'_, '_>,
    counter: &Counter,
    expected: &[u8],
) -> Result<(Vec<u64>, Option<Wrong>), Error> {
    let mut readings = Vec::with_capacity(network.image().operator_count());
    let (mut wrong, mut expected) = (None, expected);
    let mut start = counter::now();
    let ended = network.infer_with(|op, found| {
        readings.push([start, counter::now()]);
        let (wanted, rest) = expected.split_at_checked(found.len()).unwrap_or_default();
        expected = rest;
        if wrong.is_none() && found != wanted {
            let at = found.iter().zip(wanted).take_while(|(a, b)| a == b).count();
            let (found, wanted) = (found.get(at).copied(), wanted.get(at).copied());
            wrong = Some(Wrong { op: op.number(), at, found, wanted });
        }
        start = counter::now();
    });
    ended.map_err(common::Error::from)?;
    let counts =
        readings.into_iter().map(|[start, end]: [u32; 2]| counter.instructions(start, end));
    Ok((counts.collect(), wrong))
}

enum Error {
    Heap(heap::Error),
    Common(common::Error),
    Shift,
    Counter,
    List,
    Input,
    Stack,
    Wrong(usize),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Heap(error) => write!(f, "{error}"),
            Error::Common(error) => write!(f, "{error}"),
            Error::Shift => write!(f, "SHIFT is not a number"),
            Error::Counter => write!(f, "the counter is not exact: start with -icount shift=SHIFT"),
            Error::List => write!(f, "the list's lines are not `IMAGE INPUT EXPECTED`"),
            Error::Input => write!(f, "the input file is not as long as the input"),
            Error::Stack => write!(f, "more stack used than is watched"),
            Error::Wrong(count) => write!(f, "{count} cases gave wrong outputs"),
        }
    }
}

impl From<heap::Error> for Error {
    fn from(error: heap::Error) -> Self {
        Error::Heap(error)
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
