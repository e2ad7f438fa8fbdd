//! Puts a network together, operation by operation.

use super::graph::{Graph, Operation, Tensor};
use super::{Error, Gradients, Layer, Window, plan, write};
use kastanet::train::{Function, Kind};

/// Puts a network together, operation by operation.
///
/// What is wrong is said by [`finish`](Self::finish), the first thing first.
#[derive(Clone, Debug)]
pub struct Builder {
    graph: Graph,
    fault: Option<Error>,
}

impl Builder {
    /// A network whose input has this height, width and number of channels.
    pub fn new(input: [usize; 3]) -> Self {
        Builder { graph: Graph::new(input), fault: None }
    }

    /// The network's input.
    pub fn input(&self) -> Tensor {
        self.graph.input
    }

    /// All of `x` to each of so many outputs.
    pub fn fully_connected(
        &mut self,
        x: Tensor,
        outputs: usize,
        function: Function,
        layer: Layer,
    ) -> Tensor {
        let y = self.tensor([1, 1, outputs]);
        let operation = Operation { function, ..Operation::new(Kind::FullyConnected, x, y) };
        self.weighted(operation, [outputs, x.elements()], layer)
    }

    /// Each window to each output channel.
    pub fn conv(&mut self, x: Tensor, window: Window, function: Function, layer: Layer) -> Tensor {
        let operation = self.windowed(Kind::Conv, x, window, window.channels);
        let [height, width] = window.kernel;
        let cols = height.saturating_mul(width).saturating_mul(x.dims[2]);
        self.weighted(Operation { function, ..operation }, [window.channels, cols], layer)
    }

    /// Each window of a channel to the output channels that are its own, as many of each.
    pub fn depthwise(
        &mut self,
        x: Tensor,
        window: Window,
        function: Function,
        layer: Layer,
    ) -> Tensor {
        let (from, to) = (x.dims[2], window.channels);
        if from == 0 || to % from != 0 {
            self.refuse(format!("{to} outputs are no multiple of {from} channels"));
        }
        let operation = self.windowed(Kind::Depthwise, x, window, to);
        let cols = window.kernel[0].saturating_mul(window.kernel[1]);
        self.weighted(Operation { function, ..operation }, [to, cols], layer)
    }

    /// The mean of each window, channel by channel.
    pub fn average_pool(&mut self, x: Tensor, window: Window) -> Tensor {
        self.pool(Kind::AveragePool, x, window)
    }

    /// The largest of each window, channel by channel.
    pub fn max_pool(&mut self, x: Tensor, window: Window) -> Tensor {
        self.pool(Kind::MaxPool, x, window)
    }

    /// The sum; a dimension of 1 serves the whole other one.
    pub fn add(&mut self, x: Tensor, x2: Tensor) -> Tensor {
        self.binary(Kind::Add, x, x2)
    }

    /// The product; a dimension of 1 serves the whole other one.
    pub fn mul(&mut self, x: Tensor, x2: Tensor) -> Tensor {
        self.binary(Kind::Mul, x, x2)
    }

    /// Zeros before and after, of height, width and channels.
    pub fn pad(&mut self, x: Tensor, widths: [[usize; 2]; 3]) -> Tensor {
        let wide = |axis: usize| {
            widths[axis].into_iter().fold(x.dims[axis], |size, width| size.saturating_add(width))
        };
        let y = self.tensor([0, 1, 2].map(wide));
        self.place(x, y, widths.map(|[before, _]| before))
    }

    /// The tensors side by side along dimension `axis`: 0 height, 1 width, 2 channels.
    pub fn concatenate(&mut self, parts: &[Tensor], axis: usize) -> Tensor {
        let mut dims = parts.first().map_or([0; 3], |part| part.dims);
        let differs = |part: &Tensor| (0..3).any(|at| at != axis && part.dims[at] != dims[at]);
        if axis > 2 || parts.is_empty() || parts.iter().any(differs) {
            self.refuse(format!("{} do not join along dimension {axis}", shapes(parts)));
            return self.tensor([1; 3]);
        }
        dims[axis] = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.dims[axis]));
        let (y, mut before) = (self.tensor(dims), [0; 3]);
        for part in parts {
            self.place(*part, y, before);
            before[axis] = before[axis].saturating_add(part.dims[axis]);
        }
        y
    }

    /// A function of its own. Where it can, it goes into the operation that `x` comes from.
    pub fn function(&mut self, x: Tensor, function: Function) -> Tensor {
        let y = self.tensor(x.dims);
        self.push(Operation { function, ..Operation::new(Kind::Identity, x, y) })
    }

    /// The same elements with other dimensions; costs nothing.
    pub fn reshape(&mut self, x: Tensor, dims: [usize; 3]) -> Tensor {
        let y = Tensor { dims, ..x };
        if y.elements() != x.elements() {
            self.refuse(format!("{} have not as many elements", shapes(&[x, y])));
        }
        y
    }

    /// Has the input be a tensor of an image, whose operators from `first` on these are.
    pub fn of_image(&mut self, first: u16, boundary: u16) {
        (self.graph.first, self.graph.boundary) = (first, boundary);
    }

    /// Has the device keep a table of this size: see [`Graph::table`].
    pub fn table(&mut self, share: Option<f32>) {
        self.graph.table = share;
    }

    /// The network, whose last function the loss takes over.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn graph(mut self, output: Tensor, last: Function) -> Result<Graph, Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.graph.output = output;
        self.graph.last = last;
        self.graph.check()?;
        self.graph.fuse();
        Ok(self.graph)
    }

    /// The program's bytes: what [`kastanet::train::Program`] reads.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn finish(self, output: Tensor, last: Function) -> Result<Vec<u8>, Error> {
        let graph = self.graph(output, last)?;
        write(&graph, &plan(&graph, Gradients::Kept))
    }

    fn tensor(&mut self, dims: [usize; 3]) -> Tensor {
        let tensor = Tensor { buffer: self.graph.buffers.len(), dims };
        self.graph.buffers.push(tensor.elements());
        tensor
    }

    /// Notes that the next operation is wrong.
    fn refuse(&mut self, what: String) {
        let operation = self.graph.operations.len();
        self.fault.get_or_insert(Error::Shape { operation, what });
    }

    fn push(&mut self, operation: Operation) -> Tensor {
        let y = operation.y;
        if operation.function == Function::Softmax {
            let operation = self.graph.operations.len();
            self.fault.get_or_insert(Error::Softmax { operation });
        }
        self.graph.operations.push(operation);
        y
    }

    fn weighted(&mut self, operation: Operation, [rows, cols]: [usize; 2], layer: Layer) -> Tensor {
        let number = self.graph.layers.len();
        match layer.weights(number, rows, cols) {
            Ok(weights) => self.graph.layers.push(weights),
            Err(error) => drop(self.fault.get_or_insert(error)),
        }
        self.push(Operation { layer: Some(number), ..operation })
    }

    fn pool(&mut self, kind: Kind, x: Tensor, window: Window) -> Tensor {
        if window.dilation != [1, 1] {
            self.refuse("a pool has no dilation".into());
        }
        let operation = self.windowed(kind, x, window, x.dims[2]);
        self.push(operation)
    }

    fn windowed(&mut self, kind: Kind, x: Tensor, window: Window, channels: usize) -> Operation {
        let [height, width, _] = x.dims;
        let Window { kernel, stride, dilation, .. } = window;
        let Some(placed) = window.over([height, width]) else {
            let window = format!("{} × {}", kernel[0], kernel[1]);
            self.refuse(format!("a window of {window} does not fit {}", shapes(&[x])));
            return Operation::new(kind, x, self.tensor([1, 1, channels]));
        };
        let [height, width] = placed.size;
        let y = self.tensor([height, width, channels]);
        Operation { kernel, stride, dilation, pad: placed.pad, ..Operation::new(kind, x, y) }
    }

    fn binary(&mut self, kind: Kind, x: Tensor, x2: Tensor) -> Tensor {
        // An operation's inputs lie apart.
        let x2 = if x.buffer == x2.buffer { self.function(x2, Function::None) } else { x2 };
        let dims = [0, 1, 2].map(|axis| x.dims[axis].max(x2.dims[axis]));
        let fits = |from: &[usize; 3]| from.iter().zip(dims).all(|(&a, b)| a == b || a == 1);
        if !fits(&x.dims) || !fits(&x2.dims) {
            self.refuse(format!("{} do not go together", shapes(&[x, x2])));
        }
        let y = self.tensor(dims);
        self.push(Operation { x2: Some(x2), ..Operation::new(kind, x, y) })
    }

    /// Puts `x` into `y`, behind so many rows, columns and channels.
    fn place(&mut self, x: Tensor, y: Tensor, before: [usize; 3]) -> Tensor {
        let (pad, dilation) = ([before[0], before[1]], [before[2], 0]);
        self.push(Operation { pad, dilation, ..Operation::new(Kind::Place, x, y) })
    }
}

/// `4 × 4 × 2 and 1 × 1 × 2`.
fn shapes(tensors: &[Tensor]) -> String {
    let shape = |tensor: &Tensor| tensor.dims.map(|size| size.to_string()).join(" × ");
    let shapes: Vec<String> = tensors.iter().map(shape).collect();
    if shapes.is_empty() { "no tensors".into() } else { shapes.join(" and ") }
}
