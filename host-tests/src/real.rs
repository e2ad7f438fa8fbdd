//! A network in real numbers: what the integers stand for, without their rounding and their range.

use kastanet_cli::graph::{Activation, Graph, Op, OpKind, Padding, Tensor, TensorId};
use std::collections::HashMap;

/// A tensor of real numbers: batch, height, width, channels.
#[derive(Clone, Debug)]
pub struct Real {
    dims: [usize; 4],
    /// The numbers.
    pub values: Vec<f64>,
}

impl Real {
    /// Numbers in the shape of `tensor`.
    pub fn new(tensor: &Tensor, values: Vec<f64>) -> Self {
        let mut dims = [1; 4];
        dims.iter_mut().rev().zip(tensor.shape.iter().rev()).for_each(|(dim, &size)| *dim = size);
        Real { dims, values }
    }

    /// The number at a place; a dimension of 1 has one for all.
    fn at(&self, place: [usize; 4]) -> f64 {
        let place = [0, 1, 2, 3].map(|dim| if self.dims[dim] == 1 { 0 } else { place[dim] });
        self.values[index(self.dims, place)]
    }

    /// Each place from a function of it.
    fn each(tensor: &Tensor, f: impl Fn([usize; 4]) -> f64) -> Self {
        let mut real = Real::new(tensor, vec![]);
        let [n, h, w, c] = real.dims;
        let places =
            (0..n * h * w * c).map(|at| [at / (h * w * c), at / (w * c) % h, at / c % w, at % c]);
        real.values = places.map(f).collect();
        real
    }
}

fn index(dims: [usize; 4], place: [usize; 4]) -> usize {
    (0..4).fold(0, |at, dim| at * dims[dim] + place[dim])
}

/// One weight made a little larger.
#[derive(Clone, Copy, Debug)]
pub struct Nudge {
    /// The tensor.
    pub weights: TensorId,
    /// Its number there.
    pub at: usize,
    /// By how much.
    pub by: f64,
}

/// All tensors from operator `first` on, where `entrance` holds these numbers. A softmax, and a logistic
/// function that is the network's last, are left out.
pub fn run(
    graph: &Graph,
    first: usize,
    entrance: TensorId,
    values: Vec<f64>,
    nudge: Option<Nudge>,
) -> HashMap<TensorId, Real> {
    let mut known = HashMap::from([(entrance, Real::new(&graph.tensors[entrance], values))]);
    for op in &graph.ops[first..] {
        let output = op.outputs[0];
        let is_last = graph.ops.iter().all(|other| {
            !other.inputs.contains(&Some(output)) || matches!(other.kind, OpKind::Dequantize)
        });
        let real = operator(&Network { graph, nudge }, op, &known, is_last);
        known.insert(output, real);
    }
    known
}

/// What weights are read from.
struct Network<'a> {
    graph: &'a Graph,
    nudge: Option<Nudge>,
}

fn operator(
    network: &Network<'_>,
    op: &Op,
    known: &HashMap<TensorId, Real>,
    is_last: bool,
) -> Real {
    let graph = network.graph;
    let x = |index: usize| &known[&op.input(index).expect("it is there")];
    let to = graph.output(op).expect("it has an output");
    let ints = |index: usize| graph.input(op, index).and_then(Tensor::to_i32).expect("integers");
    match op.kind {
        OpKind::Conv2d { padding, stride, dilation, activation } => {
            conv(network, op, x(0), (padding, stride, dilation), None, activation)
        }
        OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation } => {
            conv(network, op, x(0), (padding, stride, dilation), Some(multiplier), activation)
        }
        OpKind::FullyConnected { activation, .. } => fully_connected(network, op, x(0), activation),
        OpKind::AveragePool2d { padding, stride, filter, activation } => {
            pool(to, x(0), (padding, stride, filter), activation, |taps| {
                taps.iter().sum::<f64>() / taps.len() as f64
            })
        }
        OpKind::MaxPool2d { padding, stride, filter, activation } => {
            pool(to, x(0), (padding, stride, filter), activation, |taps| {
                taps.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            })
        }
        OpKind::Mean { .. } => mean(to, x(0), &ints(1)),
        OpKind::Add { activation } => {
            Real::each(to, |place| cut(activation, x(0).at(place) + x(1).at(place)))
        }
        OpKind::Mul { activation } => {
            Real::each(to, |place| cut(activation, x(0).at(place) * x(1).at(place)))
        }
        OpKind::Pad => pad(to, x(0), &ints(1)),
        OpKind::Concatenation { axis, .. } => {
            let parts: Vec<&Real> = (0..op.inputs.len()).map(x).collect();
            concatenated(to, &parts, (axis + 4) as usize % 4)
        }
        OpKind::Logistic if !is_last => each(x(0), to, |x| 1.0 / (1.0 + (-x).exp())),
        OpKind::Tanh => each(x(0), to, f64::tanh),
        OpKind::Relu => each(x(0), to, |x| cut(Activation::Relu, x)),
        OpKind::Relu6 => each(x(0), to, |x| cut(Activation::Relu6, x)),
        _ => each(x(0), to, |x| x),
    }
}

fn each(x: &Real, to: &Tensor, f: impl Fn(f64) -> f64) -> Real {
    Real::new(to, x.values.iter().map(|&x| f(x)).collect())
}

fn cut(activation: Activation, y: f64) -> f64 {
    match activation {
        Activation::None => y,
        Activation::Relu => y.max(0.0),
        Activation::Relu6 => y.clamp(0.0, 6.0),
        Activation::ReluN1To1 => y.clamp(-1.0, 1.0),
    }
}

impl Network<'_> {
    /// Weight number `at`, of output channel `channel`.
    fn weight(&self, op: &Op, at: usize, channel: usize) -> f64 {
        let id = op.weights().expect("weights");
        let weights = &self.graph.tensors[id];
        let quant = weights.quant.as_ref().expect("weights are quantised");
        let scale = quant.scales[if quant.scales.len() == 1 { 0 } else { channel }];
        let stored = weights.data.as_ref().expect("a constant")[at] as i8;
        let nudge = self.nudge.filter(|nudge| nudge.weights == id && nudge.at == at);
        f64::from(stored) * f64::from(scale) + nudge.map_or(0.0, |nudge| nudge.by)
    }
}

fn bias(graph: &Graph, op: &Op, channel: usize) -> f64 {
    let Some(bias) = graph.input(op, 2) else { return 0.0 };
    let scales = &bias.quant.as_ref().expect("a bias is quantised").scales;
    let scale = scales[if scales.len() == 1 { 0 } else { channel }];
    f64::from(bias.to_i32().expect("integers")[channel]) * f64::from(scale)
}

fn fully_connected(network: &Network<'_>, op: &Op, x: &Real, activation: Activation) -> Real {
    let graph = network.graph;
    let weights = graph.input(op, 1).expect("weights");
    let (rows, cols) = (weights.shape[0], weights.shape[1]);
    let vectors = x.values.chunks(cols);
    let output = |x: &[f64], row: usize| {
        let products =
            x.iter().enumerate().map(|(col, x)| x * network.weight(op, row * cols + col, row));
        cut(activation, products.sum::<f64>() + bias(graph, op, row))
    };
    let values = vectors.flat_map(|x| (0..rows).map(move |row| output(x, row))).collect();
    Real::new(graph.output(op).expect("an output"), values)
}

/// Where tap `tap` of output `at` lies along side `side` of `size`.
fn along(
    side: usize,
    (padding, stride, dilation): (Padding, usize, usize),
    [size, kernel]: [usize; 2],
    at: usize,
    tap: usize,
) -> Option<usize> {
    let reach = (kernel - 1) * dilation + 1;
    let before = match padding {
        Padding::Valid => 0,
        Padding::Explicit { before, .. } => before[side],
        Padding::Same => ((size.div_ceil(stride) - 1) * stride + reach).saturating_sub(size) / 2,
    };
    (at * stride + tap * dilation).checked_sub(before).filter(|&place| place < size)
}

type Steps = (Padding, [usize; 2], [usize; 2]);

fn conv(
    network: &Network<'_>,
    op: &Op,
    x: &Real,
    (padding, stride, dilation): Steps,
    multiplier: Option<usize>,
    activation: Activation,
) -> Real {
    let graph = network.graph;
    let weights = graph.input(op, 1).expect("weights");
    let &[_, height, width, last] = weights.shape.as_slice() else { panic!("four dimensions") };
    Real::each(graph.output(op).expect("an output"), |[n, oy, ox, channel]| {
        let mut sum = bias(graph, op, channel);
        for (ky, kx) in (0..height).flat_map(|ky| (0..width).map(move |kx| (ky, kx))) {
            let y = along(0, (padding, stride[0], dilation[0]), [x.dims[1], height], oy, ky);
            let column = along(1, (padding, stride[1], dilation[1]), [x.dims[2], width], ox, kx);
            let (Some(y), Some(column)) = (y, column) else { continue };
            let tap = ky * width + kx;
            sum += match multiplier {
                Some(many) => {
                    x.at([n, y, column, channel / many])
                        * network.weight(op, tap * last + channel, channel)
                }
                None => (0..last)
                    .map(|from| {
                        let at = (channel * height * width + tap) * last + from;
                        x.at([n, y, column, from]) * network.weight(op, at, channel)
                    })
                    .sum(),
            };
        }
        cut(activation, sum)
    })
}

fn pool(
    to: &Tensor,
    x: &Real,
    (padding, stride, filter): Steps,
    activation: Activation,
    f: impl Fn(&[f64]) -> f64,
) -> Real {
    Real::each(to, |[n, oy, ox, channel]| {
        let mut taps = vec![];
        for (ky, kx) in (0..filter[0]).flat_map(|ky| (0..filter[1]).map(move |kx| (ky, kx))) {
            let y = along(0, (padding, stride[0], 1), [x.dims[1], filter[0]], oy, ky);
            let column = along(1, (padding, stride[1], 1), [x.dims[2], filter[1]], ox, kx);
            if let (Some(y), Some(column)) = (y, column) {
                taps.push(x.at([n, y, column, channel]));
            }
        }
        cut(activation, f(&taps))
    })
}

/// Of tensors of four dimensions, all kept.
fn mean(to: &Tensor, x: &Real, axes: &[i32]) -> Real {
    let over = |dim: usize| axes.iter().any(|axis| axis.rem_euclid(4) as usize == dim);
    Real::each(to, |place| {
        let [h, w] =
            [1, 2].map(|dim| if over(dim) { 0..x.dims[dim] } else { place[dim]..place[dim] + 1 });
        let places = h.flat_map(|h| w.clone().map(move |w| [place[0], h, w, place[3]]));
        let numbers: Vec<f64> = places.map(|place| x.at(place)).collect();
        numbers.iter().sum::<f64>() / numbers.len() as f64
    })
}

/// Of tensors of four dimensions.
fn pad(to: &Tensor, x: &Real, widths: &[i32]) -> Real {
    Real::each(to, |place| {
        let inside = |dim: usize| place[dim].checked_sub(widths[2 * dim] as usize);
        let from = [0, 1, 2, 3].map(|dim| inside(dim).filter(|&at| at < x.dims[dim]));
        let &[Some(n), Some(h), Some(w), Some(c)] = &from else { return 0.0 };
        x.values[index(x.dims, [n, h, w, c])]
    })
}

fn concatenated(to: &Tensor, parts: &[&Real], axis: usize) -> Real {
    Real::each(to, |mut place| {
        for part in parts {
            if place[axis] < part.dims[axis] {
                return part.values[index(part.dims, place)];
            }
            place[axis] -= part.dims[axis];
        }
        panic!("the parts are shorter than the whole")
    })
}
