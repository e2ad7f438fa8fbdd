//! A checked view of the training program: what is computed in which order, on which layers.

use super::grid::{Grid, Unit};
use super::operation::{Function, Kind, Shape, elements};
use super::operators;
use super::recipe::Reserve;
use super::record::{self, Header, NOWHERE};
use crate::image::crc32;
use crate::image::record::NONE;
use crate::sparse::Format;
use core::ops::Range;
use zerocopy::little_endian::F32;
use zerocopy::{FromBytes, IntoBytes};

/// What is trained, and how its parts hang together: the section
/// [`TRAINABLE`](crate::image::record::section::TRAINABLE) of an image, or the same bytes from anywhere.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    header: &'a Header,
    operations: &'a [record::Operation],
    layers: &'a [record::Layer],
    data: &'a [u8],
}

/// What a bias is at most.
const MOST_BIAS: f32 = 1e18;

/// Why a training program was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProgramError {
    /// No bytes: the image has no part that is trained.
    Missing,
    /// Fewer or more bytes than the header says.
    BadLength {
        /// Bytes that were given.
        given: u32,
    },
    /// A reserved field is not zero, or there are no operations.
    BadHeader,
    /// An operation of an unknown kind or function, or with a window that leads nowhere.
    BadOperation {
        /// Its number.
        operation: u16,
    },
    /// An operation's tensors lie outside the activations or on one another, or are not what it takes.
    BadTensor {
        /// The operation's number.
        operation: u16,
    },
    /// A layer that is not what its operation needs, or of no operation.
    BadLayer {
        /// Its number.
        layer: u16,
    },
    /// A layer's sets: expected 1 ≤ forward ≤ backward ≤ units.
    BadSets {
        /// The layer's number.
        layer: u16,
        /// Units of the forward set.
        forward: u32,
        /// Units of the backward set.
        backward: u32,
        /// Units that there are.
        units: u32,
    },
}

impl core::fmt::Display for ProgramError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            ProgramError::Missing => write!(f, "the image has no part that is trained"),
            ProgramError::BadLength { given } => {
                write!(f, "{given} bytes are not what the training program's header says")
            }
            ProgramError::BadHeader => {
                write!(f, "the training program's header is not well-formed")
            }
            ProgramError::BadOperation { operation } => {
                write!(f, "training operation {operation} is not well-formed")
            }
            ProgramError::BadTensor { operation } => {
                write!(f, "training operation {operation}: tensors out of place")
            }
            ProgramError::BadLayer { layer } => {
                write!(f, "training layer {layer} does not fit its operation")
            }
            ProgramError::BadSets { layer, forward, backward, units } => write!(
                f,
                "training layer {layer}: expected 1 <= forward <= backward <= {units} units, \
                 found {forward} and {backward}"
            ),
        }
    }
}

impl core::error::Error for ProgramError {}

/// An operation, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub kind: Kind,
    pub function: Function,
    /// The output is cleared before; on the way back, the gradients of the inputs are.
    pub clears: [bool; 3],
    pub layer: Option<usize>,
    pub shape: Shape,
    pub x: Tensor,
    pub x2: Option<Tensor>,
    pub y: Tensor,
}

/// Where a tensor and its gradient lie.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub values: Range<usize>,
    pub gradient: Option<Range<usize>>,
}

/// How a layer is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    /// Top-KAST.
    Sparse,
    /// Every weight is in both sets.
    Dense,
    /// Weights stay as they are, and where the image has them; the bias is trained.
    Frozen,
}

/// A layer's weights.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// The units of its matrix.
    pub grid: Grid,
    /// How it is trained.
    pub training: Training,
    /// Units of the forward set.
    pub forward: usize,
    /// Units of the backward set.
    pub backward: usize,
    pub(super) record: &'a record::Layer,
}

impl Layer<'_> {
    /// Units that its reserve has at least: in a group, or of what is frozen, one that is not there is worth 0.
    pub(super) fn stored(&self) -> usize {
        match (self.training, self.grid.unit) {
            (Training::Frozen, _) | (_, Unit::Group(_)) => 0,
            _ => self.backward,
        }
    }

    /// Whether its weights are read where the image has them: they stay as they are.
    pub(super) fn is_in_place(&self) -> bool {
        let is_stored =
            Format::from_code(self.record.format).is_some() || self.record.weights.get() != NONE;
        self.training == Training::Frozen && is_stored
    }

    /// Whether it has biases.
    pub fn has_bias(&self) -> bool {
        self.record.bias.get() != NOWHERE
    }
}

impl<'a> Program<'a> {
    /// Checks the bytes.
    ///
    /// # Errors
    ///
    /// One [`ProgramError`] for each way in which they are not a training program.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Self, ProgramError> {
        if bytes.is_empty() {
            return Err(ProgramError::Missing);
        }
        let bad = ProgramError::BadLength { given: bytes.len().min(u32::MAX as usize) as u32 };
        let (header, rest) = Header::ref_from_prefix(bytes).map_err(|_| bad)?;
        let operations = header.operations.get().into();
        let (operations, rest) =
            <[record::Operation]>::ref_from_prefix_with_elems(rest, operations).map_err(|_| bad)?;
        let layers = header.layers.get().into();
        let (layers, data) =
            <[record::Layer]>::ref_from_prefix_with_elems(rest, layers).map_err(|_| bad)?;
        if data.len() != header.data_len.get() as usize {
            return Err(bad);
        }
        let program = Program { header, operations, layers, data };
        program.check()?;
        Ok(program)
    }

    fn check(&self) -> Result<(), ProgramError> {
        let clean = self.header.recompute < 2;
        let last = Function::from_code(self.header.last).is_some();
        let [input, output] = [self.input(), self.output().values];
        let gradient = self.output().gradient.unwrap_or_default();
        let inside = [input, output, gradient].iter().all(|range| self.holds(range));
        if !clean || self.operations.is_empty() || !last || !inside {
            return Err(ProgramError::BadHeader);
        }
        let mut layers = 0;
        for number in 0..self.operations.len() {
            layers += self.check_operation(number as u16, layers)?;
        }
        match layers == self.header.layers.get() {
            true => Ok(()),
            false => Err(ProgramError::BadLayer { layer: layers }),
        }
    }

    /// Checks an operation whose layer, if it has one, is number `layer`; gives how many it has.
    fn check_operation(&self, number: u16, layer: u16) -> Result<u16, ProgramError> {
        let bad = ProgramError::BadOperation { operation: number };
        let operation = self.operation(number.into()).ok_or(bad)?;
        let Operation { kind, shape, x, x2, y, .. } = &operation;
        if !operators::check(*kind, shape) || operation.function == Function::Softmax {
            return Err(bad);
        }
        let both = [Some(x), x2.as_ref(), Some(y)];
        let tensors = both.into_iter().flatten();
        let ranges = tensors.flat_map(|t| [Some(t.values.clone()), t.gradient.clone()]).flatten();
        let apart = ranges.clone().enumerate().all(|(at, range)| {
            self.holds(&range) && ranges.clone().skip(at + 1).all(|other| !meet(&range, &other))
        });
        if !apart {
            return Err(ProgramError::BadTensor { operation: number });
        }
        match (kind.is_weighted(), operation.layer) {
            (true, Some(found)) if found == layer.into() && y.gradient.is_some() => {
                self.check_layer(layer, kind, shape).map(|()| 1)
            }
            (false, None) => Ok(0),
            _ => Err(bad),
        }
    }

    fn check_layer(&self, number: u16, kind: &Kind, shape: &Shape) -> Result<(), ProgramError> {
        let bad = ProgramError::BadLayer { layer: number };
        let layer = self.layer(number.into()).ok_or(bad)?;
        let [height, width] = shape.kernel;
        let (rows, cols) = match kind {
            Kind::FullyConnected => (elements(shape.y), elements(shape.x)),
            Kind::Conv => (shape.y[2], height * width * shape.x[2]),
            _ => (shape.y[2], height * width),
        };
        let Layer { grid, forward, backward, record, .. } = layer;
        let fits = grid.rows == rows && grid.cols == cols && record.reserved == 0;
        let floats = |at: u32| self.floats(at, rows).is_some();
        let biases = self.floats(record.bias.get(), rows);
        let are_biases =
            biases.is_some_and(|biases| biases.iter().all(|bias| bias.get().abs() <= MOST_BIAS));
        let data = floats(record.scales.get()) && (record.bias.get() == NOWHERE || are_biases);
        if !fits || !data {
            return Err(bad);
        }
        let (units, sets) = match grid.unit {
            Unit::Group(group) => {
                (group, record.forward.get() as usize..=record.backward.get() as usize)
            }
            _ => (grid.units(), forward..=backward),
        };
        let (&forward, &backward) = (sets.start(), sets.end());
        let ordered = 1 <= forward && forward <= backward && backward <= units;
        let [forward, backward, units] = [forward, backward, units].map(|count| count as u32);
        match ordered || layer.training != Training::Sparse {
            true => Ok(()),
            false => Err(ProgramError::BadSets { layer: number, forward, backward, units }),
        }
    }

    /// What tells it from others.
    pub(super) fn checksum(&self) -> u32 {
        let records = [self.header.as_bytes(), self.operations.as_bytes(), self.layers.as_bytes()];
        let parts = records.into_iter().chain([self.data]);
        parts.fold(0, |so_far: u32, part| so_far.rotate_left(1) ^ crc32(part))
    }

    fn holds(&self, range: &Range<usize>) -> bool {
        !range.is_empty() && range.end <= self.header.floats.get() as usize
    }

    /// `rows` floats of the bytes behind the records.
    pub(super) fn floats(&self, at: u32, rows: usize) -> Option<&'a [F32]> {
        let bytes = self.data.get(at as usize..)?;
        <[F32]>::ref_from_prefix_with_elems(bytes, rows).ok().map(|(floats, _)| floats)
    }

    /// Number of operations.
    pub fn operation_count(&self) -> usize {
        self.operations.len()
    }

    /// Number of layers.
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// The first operator of the image that is trained.
    pub fn first_operator(&self) -> u16 {
        self.header.first.get()
    }

    /// The tensor of the image that is the training input.
    pub fn boundary(&self) -> Option<u16> {
        let boundary = self.header.boundary.get();
        (boundary != NONE).then_some(boundary)
    }

    /// The function of the image's last operator, which the loss takes over.
    pub fn last(&self) -> Function {
        Function::from_code(self.header.last).unwrap_or_default()
    }

    /// Where the image has weights come from that are not live, and how large a table it was packed for.
    pub fn reserve(&self) -> Reserve {
        match self.header.table.get() {
            NONE => Reserve::None,
            share => Reserve::Image { table: f32::from(share) / 1e4 },
        }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.input().len()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.output().values.len()
    }

    /// Whether gradients of activations are computed twice: once to see that all are finite, and again while
    /// weights take their step, so that none is kept for longer than its operation needs it.
    pub fn recomputes(&self) -> bool {
        self.header.recompute == 1
    }

    /// Whether the input, once written, stays until there is a loss, and apart from the output's gradient.
    pub fn keeps_input(&self) -> bool {
        let operations = (0..self.operations.len()).filter_map(|number| self.operation(number));
        // With gradients computed twice, there is a loss twice.
        let written = operations.flat_map(|Operation { x, x2, y, .. }| {
            let gradients = [x.gradient, x2.and_then(|x2| x2.gradient), y.gradient];
            let gradients = gradients.map(|gradient| gradient.filter(|_| self.recomputes()));
            gradients.into_iter().chain([Some(y.values)]).flatten()
        });
        let mut written = written.chain(self.output().gradient);
        written.all(|range| !meet(&range, &self.input()))
    }

    /// Units of all forward sets and all backward sets that are chosen, and of the layers they are chosen from.
    pub(super) fn chosen(&self) -> [usize; 3] {
        let sparse = self.layers().filter(|layer| layer.training == Training::Sparse);
        sparse.fold([0; 3], |[forward, backward, units], layer| {
            [
                forward.saturating_add(layer.forward),
                backward.saturating_add(layer.backward),
                units.saturating_add(layer.grid.units()),
            ]
        })
    }

    /// Floats of activations and gradients of one sample.
    pub fn activation_floats(&self) -> usize {
        self.header.floats.get() as usize
    }

    /// Where the input lies.
    pub(super) fn input(&self) -> Range<usize> {
        let [start, len] = self.header.input.map(|number| number.get() as usize);
        start..start.saturating_add(len)
    }

    /// Where the output lies.
    pub(super) fn output(&self) -> Tensor {
        let [start, len, gradient] = self.header.output.map(|number| number.get() as usize);
        let of = |start: usize| start..start.saturating_add(len);
        Tensor { values: of(start), gradient: Some(of(gradient)) }
    }

    /// Operation number `number`.
    pub(super) fn operation(&self, number: usize) -> Option<Operation> {
        let record = self.operations.get(number)?;
        let (kind, function) =
            (Kind::from_code(record.kind)?, Function::from_code(record.function)?);
        let shape = Shape::of(record);
        let clears = [0, 1, 2].map(|bit| record.flags >> bit & 1 == 1);
        let layer = record.layer.get();
        let clean = record.reserved == 0 && record.reserved2.get() == 0 && record.flags < 8;
        (clean && record.reserved3 == [0; 2]).then_some(Operation {
            kind,
            function,
            clears,
            layer: (layer != NONE).then_some(layer.into()),
            shape,
            x: tensor(record.x, elements(shape.x)),
            x2: kind.is_binary().then(|| tensor(record.x2, elements(shape.x2))),
            y: tensor(record.y, elements(shape.y)),
        })
    }

    /// Layer number `number`; `None` where there is none, or its record is not well-formed.
    pub fn layer(&self, number: usize) -> Option<Layer<'a>> {
        let record = self.layers.get(number)?;
        let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
        let training = match record.kind {
            0 => Training::Sparse,
            1 => Training::Dense,
            2 => Training::Frozen,
            _ => return None,
        };
        let unit = if training == Training::Sparse { Unit::of(record)? } else { Unit::Weight };
        let grid = Grid { rows, cols, unit };
        let is_small = |product: Option<usize>| product.is_some_and(|weights| weights < 1 << 31);
        // Units at the edge count in full.
        if !is_small(rows.checked_mul(cols)) || !is_small(grid.units().checked_mul(unit.size())) {
            return None;
        }
        let chosen = |kept: u32| match training {
            Training::Sparse => grid.chosen(kept as usize),
            _ => grid.units(),
        };
        let (forward, backward) = (chosen(record.forward.get()), chosen(record.backward.get()));
        Some(Layer { grid, training, forward, backward, record })
    }

    /// Its layers.
    pub fn layers(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let program = *self;
        (0..self.layers.len()).map_while(move |number| program.layer(number))
    }
}

fn tensor(slot: record::Slot, elements: usize) -> Tensor {
    let range = |start: u32| start as usize..(start as usize).saturating_add(elements);
    let gradient = slot.gradient.get();
    Tensor {
        values: range(slot.value.get()),
        gradient: (gradient != NOWHERE).then(|| range(gradient)),
    }
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
