//! Runs an image's plan over the caller's arena.
//!
//! The host has planned where every tensor lies and the image has been checked, so running is a
//! walk over the operators: each gets its inputs, its output and its scratch as disjoint slices of
//! the arena. Nothing is allocated, nothing but activations is in RAM.

mod arena;

mod input;

pub use input::InputError;

#[cfg(feature = "train")]
use crate::image::Tensor;
use crate::image::{DType, Image, Op, OpKind, record::ALIGN};
use crate::layers::{self, Operator};
use crate::rolled::Rolled;

/// A checked image with the RAM it runs in.
///
/// After [`Network::new`] has returned `Ok`, [`Network::infer`] cannot panic or fail, as long as the
/// image's bytes stay as they are. Where flash is rewritten under a running network, it
/// writes nothing outside the arena, may read outside its input, and fails or gives void outputs.
pub struct Network<'a, 'm> {
    image: Image<'a>,
    arena: &'m mut [u8],
    operators: &'static [&'static Operator],
}

/// Why a network was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The arena has fewer bytes than the image's plan.
    ArenaTooSmall {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The arena does not start at a multiple of [`IMAGE_ALIGN`](crate::image::IMAGE_ALIGN).
    ArenaMisaligned,
    /// An operator of a code that this version of the crate does not know.
    UnknownOperator {
        /// The operator's number.
        operator: u16,
        /// Its code.
        code: u8,
    },
    /// An operator that is not among those given to [`Network::with_operators`].
    OperatorNotLinked {
        /// The operator's number.
        operator: u16,
        /// Its kind.
        kind: OpKind,
    },
    /// An operator that cannot run as its record says.
    BadOperator {
        /// The operator's number.
        operator: u16,
        /// What is wrong.
        error: layers::Error,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::ArenaTooSmall { needed, given } => {
                write!(f, "the arena needs {needed} bytes, {given} were given")
            }
            Error::ArenaMisaligned => {
                write!(f, "the arena must start at a multiple of {ALIGN} bytes")
            }
            Error::UnknownOperator { operator, code } => {
                write!(f, "operator {operator} has code {code}: a newer version is needed")
            }
            Error::OperatorNotLinked { operator, kind } => {
                write!(f, "operator {operator} is {}, which was not linked", kind.name())
            }
            Error::BadOperator { operator, error } => write!(f, "operator {operator}: {error}"),
        }
    }
}

impl core::error::Error for Error {}

/// The image's bytes have changed since they were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ImageChanged;

impl core::fmt::Display for ImageChanged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the image's bytes have changed since they were checked")
    }
}

impl core::error::Error for ImageChanged {}

impl<'a, 'm> Network<'a, 'm> {
    /// A network with every operator of the crate.
    ///
    /// `arena` starts at a multiple of [`IMAGE_ALIGN`](crate::image::IMAGE_ALIGN) and has at least
    /// [`Image::arena_len`] bytes; [`Aligned`](crate::image::Aligned) gives both.
    ///
    /// # Errors
    ///
    /// One [`Error`] variant for each way the image cannot run here.
    pub fn new(image: Image<'a>, arena: &'m mut [u8]) -> Result<Self, Error> {
        Self::with_operators(image, arena, &layers::ALL)
    }

    /// A network with the operators named; the others are not linked, which saves flash.
    ///
    /// # Errors
    ///
    /// As [`Network::new`], and [`Error::OperatorNotLinked`].
    pub fn with_operators(
        image: Image<'a>,
        arena: &'m mut [u8],
        operators: &'static [&'static Operator],
    ) -> Result<Self, Error> {
        let (needed, given) = (image.arena_len(), arena.len());
        if given < needed {
            return Err(Error::ArenaTooSmall { needed, given });
        }
        if !arena.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(Error::ArenaMisaligned);
        }
        let network = Network { image, arena, operators };
        for op in image.operators().rolled() {
            network.check(&op)?;
        }
        Ok(network)
    }

    /// The image it runs.
    pub fn image(&self) -> Image<'a> {
        self.image
    }

    /// The bytes of network input `index`, to be written before [`Network::infer`]; `None` where
    /// there is no such input. Elements are in the order batch, height, width, channels.
    ///
    /// The plan may use these bytes for other tensors: write every input before each inference.
    pub fn input_mut(&mut self, index: usize) -> Option<&mut [u8]> {
        let tensor = self.image.inputs().nth(index)?;
        self.arena.get_mut(tensor.range())
    }

    /// The same as signed bytes; `None` also where the input is not int8.
    pub fn input_i8_mut(&mut self, index: usize) -> Option<&mut [i8]> {
        let int8 = self.image.inputs().nth(index)?.dtype() == DType::I8;
        layers::signed_mut(self.input_mut(index)?).filter(|_| int8)
    }

    /// The bytes of network output `index`, valid after [`Network::infer`] and until an input is
    /// written.
    pub fn output(&self, index: usize) -> Option<&[u8]> {
        self.arena.get(self.image.outputs().nth(index)?.range())
    }

    /// The same as signed bytes; `None` also where the output is not int8.
    pub fn output_i8(&self, index: usize) -> Option<&[i8]> {
        let int8 = self.image.outputs().nth(index)?.dtype() == DType::I8;
        layers::signed(self.output(index)?).filter(|_| int8)
    }

    /// The bytes of a tensor of the arena.
    #[cfg(feature = "train")]
    pub(crate) fn tensor(&self, tensor: Tensor<'_>) -> Option<&[u8]> {
        self.arena.get(tensor.range())
    }

    /// Runs every operator once.
    ///
    /// # Errors
    ///
    /// [`ImageChanged`] where flash is rewritten under a running network and that is noticed.
    pub fn infer(&mut self) -> Result<(), ImageChanged> {
        self.infer_with(|_, _| ())
    }

    /// As [`Network::infer`]; calls `after` with each operator and its output's bytes, when it has
    /// run: to trace, profile or compare layers.
    ///
    /// # Errors
    ///
    /// As [`Network::infer`].
    pub fn infer_with(&mut self, after: impl FnMut(&Op<'_>, &[u8])) -> Result<(), ImageChanged> {
        self.infer_first(self.image.operator_count(), after)
    }

    /// As [`Network::infer_with`], of the first `count` operators alone: what enters the others is in the arena
    /// then.
    pub(crate) fn infer_first(
        &mut self,
        count: usize,
        mut after: impl FnMut(&Op<'_>, &[u8]),
    ) -> Result<(), ImageChanged> {
        let mut operators = self.image.operators();
        for _ in 0..count.min(self.image.operator_count()) {
            let op = operators.next().ok_or(ImageChanged)?;
            run(self.operators, self.arena, &op).ok_or(ImageChanged)?;
            let output = op.output().and_then(|tensor| self.arena.get(tensor.range()));
            after(&op, output.unwrap_or_default());
        }
        Ok(())
    }

    fn check(&self, op: &Op<'_>) -> Result<(), Error> {
        let number = op.number();
        let unknown = Error::UnknownOperator { operator: number, code: op.code() };
        let kind = op.kind().ok_or(unknown)?;
        let missing = Error::OperatorNotLinked { operator: number, kind };
        let operator = find(self.operators, kind).ok_or(missing)?;
        check_operator(op, operator).map_err(|error| Error::BadOperator { operator: number, error })
    }
}

fn find(operators: &[&'static Operator], kind: OpKind) -> Option<&'static Operator> {
    operators.iter().copied().rolled().find(|operator| operator.kind == kind)
}

fn run(operators: &[&'static Operator], arena: &mut [u8], op: &Op<'_>) -> Option<()> {
    let operator = find(operators, op.kind()?)?;
    let memory = arena::carve(arena, op.output()?.range(), op.scratch())?;
    (operator.run)(op, memory)
}

fn check_operator(op: &Op<'_>, operator: &Operator) -> Result<(), layers::Error> {
    if op.in_place().is_some() && !operator.in_place {
        return Err(layers::Error::NotInPlace);
    }
    let (needed, given) = ((operator.check)(op)?, op.scratch().len());
    match needed <= given {
        true => Ok(()),
        false => Err(layers::Error::ScratchTooSmall { needed: needed as u32, given: given as u32 }),
    }
}
