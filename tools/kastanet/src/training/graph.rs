//! A network that is trained in float, before anything has a place.

use super::{Error, Sets, Stored};
use kastanet::image::record::NONE;
use kastanet::train::{Function, Grid, Kind};

/// The default's table: see [`kastanet::train::Recipe`].
pub(crate) const TABLE: f32 = 0.05;

/// Elements of a tensor, or weights of a layer, at most.
pub(super) const MOST: usize = i32::MAX as usize;

/// A network that is trained in float.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Operations in the order in which they run forward.
    pub operations: Vec<Operation>,
    /// The weights of those that have some, in their order.
    pub layers: Vec<Weights>,
    /// Elements of each buffer, by [`Tensor::buffer`].
    pub buffers: Vec<usize>,
    /// What is given.
    pub input: Tensor,
    /// What the loss looks at.
    pub output: Tensor,
    /// The function behind the output, which the loss takes over.
    pub last: Function,
    /// The first operator of the image that is trained; 0 on a host.
    pub first: u16,
    /// The tensor of the image that is the input, or [`NONE`].
    pub boundary: u16,
    /// The table of what weights have learned that left the backward set, as a share of that, up to 6.5;
    /// `None`: the backward set stays.
    pub table: Option<f32>,
}

/// A tensor: a buffer, and how it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Index into [`Graph::buffers`].
    pub buffer: usize,
    /// Height, width, channels.
    pub dims: [usize; 3],
}

impl Tensor {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.dims.into_iter().fold(1, usize::saturating_mul)
    }
}

/// One operation. Windows are 0 where there are none.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it computes.
    pub kind: Kind,
    /// What is applied to its output.
    pub function: Function,
    /// Its weights, an index into [`Graph::layers`].
    pub layer: Option<usize>,
    /// First input.
    pub x: Tensor,
    /// Second input.
    pub x2: Option<Tensor>,
    /// Output; several PLACE operations may write the same.
    pub y: Tensor,
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step between two windows.
    pub stride: [usize; 2],
    /// Step between two taps; of PLACE, channels before the input and 0.
    pub dilation: [usize; 2],
    /// Padding above and on the left; of PLACE, rows and columns before the input.
    pub pad: [usize; 2],
}

impl Operation {
    /// An operation without a window.
    pub fn new(kind: Kind, x: Tensor, y: Tensor) -> Self {
        let [kernel, stride, dilation, pad] = [[0; 2]; 4];
        let function = Function::None;
        Operation { kind, function, layer: None, x, x2: None, y, kernel, stride, dilation, pad }
    }

    /// What it reads.
    pub fn inputs(&self) -> impl Iterator<Item = Tensor> + use<> {
        [Some(self.x), self.x2].into_iter().flatten()
    }
}

/// The weights of one operation.
#[derive(Clone, Debug)]
pub struct Weights {
    /// What errors call them.
    pub name: String,
    /// Their units.
    pub grid: Grid,
    /// Which are trained.
    pub sets: Sets,
    /// Units of the forward set; of N:M, weights of each group; 0 where there are no sets.
    pub forward: usize,
    /// Units of the backward set.
    pub backward: usize,
    /// Real value of one step of each row's stored weights.
    pub scales: Vec<f32>,
    /// The bias of each row.
    pub bias: Option<Vec<f32>>,
    /// Where an image holds them.
    pub stored: Stored,
}

impl Graph {
    /// A network of nothing but its input.
    pub(super) fn new(dims: [usize; 3]) -> Self {
        let input = Tensor { buffer: 0, dims };
        Graph {
            operations: vec![],
            layers: vec![],
            buffers: vec![input.elements()],
            input,
            output: input,
            last: Function::None,
            first: 0,
            boundary: NONE,
            table: Some(TABLE),
        }
    }

    /// Whether each buffer's gradient is needed: whether it depends on weights.
    pub fn is_trained(&self) -> Vec<bool> {
        let mut trained = vec![false; self.buffers.len()];
        for operation in &self.operations {
            let depends = operation.inputs().any(|input| trained[input.buffer]);
            trained[operation.y.buffer] |= depends || operation.layer.is_some();
        }
        trained
    }

    /// Whether there is something to train, and every operation serves it.
    ///
    /// # Errors
    ///
    /// [`Error::NoLayers`], or the first operation whose tensors cannot be, or the last whose output is
    /// not read.
    pub fn check(&self) -> Result<(), Error> {
        if self.layers.is_empty() {
            return Err(Error::NoLayers);
        }
        for (number, operation) in self.operations.iter().enumerate() {
            let sizes = operation.inputs().chain([operation.y]).map(|tensor| tensor.elements());
            if let Some(found) = sizes.into_iter().find(|size| !(1..=MOST).contains(size)) {
                return Err(Error::Elements { operation: number, found, most: MOST });
            }
        }
        let mut read = vec![false; self.buffers.len()];
        read[self.output.buffer] = true;
        for (number, operation) in self.operations.iter().enumerate().rev() {
            if !read[operation.y.buffer] {
                return Err(Error::Unread { operation: number });
            }
            operation.inputs().for_each(|input| read[input.buffer] = true);
        }
        Ok(())
    }
}
