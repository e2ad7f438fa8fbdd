//! Convolutions and poolings.

use super::draft::{Draft, activation, step};
use super::layers::Weights;
use crate::random::Rng;
use kastanet_cli::graph::{Activation, Graph, OpKind, Padding, TensorId};

/// What moves over an image.
#[derive(Clone, Copy)]
pub struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: Padding,
}

impl Window {
    /// A window for an image of height and width `size`.
    pub fn new(rng: &mut Rng, size: [usize; 2], dilated: bool) -> Self {
        let kernel = [(); 2].map(|()| rng.range(1, 4));
        let stride = [(); 2].map(|()| rng.range(1, 3));
        let dilation = [(); 2].map(|()| if dilated { rng.range(1, 2) } else { 1 });
        let fits = (0..2).all(|axis| (kernel[axis] - 1) * dilation[axis] < size[axis]);
        let valid = fits && rng.one_in(2);
        let padding = if valid { Padding::Valid } else { Padding::Same };
        Window { kernel, stride, dilation, padding }
    }

    /// The same with any padding that leaves each window a place inside.
    pub fn padded(rng: &mut Rng, size: [usize; 2], dilated: bool) -> Self {
        let window = Window::new(rng, size, dilated);
        let reach = |axis: usize| (window.kernel[axis] - 1) * window.dilation[axis];
        let mut pad = || [0, 1].map(|axis| rng.range(0, reach(axis)));
        let (before, mut after) = (pad(), pad());
        for axis in [0, 1] {
            let least = (reach(axis) + 1).saturating_sub(size[axis] + before[axis]);
            after[axis] = after[axis].max(least);
        }
        Window { padding: Padding::Explicit { before, after }, ..window }
    }

    /// Height and width of the output.
    pub fn output(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| match self.padding {
            Padding::Same => size[axis].div_ceil(self.stride[axis]),
            Padding::Valid => {
                let reach = (self.kernel[axis] - 1) * self.dilation[axis];
                (size[axis] - reach).div_ceil(self.stride[axis])
            }
            Padding::Explicit { before, after } => {
                let reach = (self.kernel[axis] - 1) * self.dilation[axis];
                (before[axis] + size[axis] + after[axis] - reach).div_ceil(self.stride[axis])
            }
        })
    }
}

fn image(rng: &mut Rng, channels: usize) -> [usize; 4] {
    [rng.range(1, 2), rng.range(1, 9), rng.range(1, 9), channels]
}

/// Any window.
pub fn conv(rng: &mut Rng) -> Graph {
    conv_of(rng, Window::new)
}

/// Any window with padding of its own.
pub fn padded_conv(rng: &mut Rng) -> Graph {
    conv_of(rng, Window::padded)
}

/// Makes a window for an image of a size, dilated or not.
type Make = fn(&mut Rng, [usize; 2], bool) -> Window;

fn conv_of(rng: &mut Rng, make: Make) -> Graph {
    let channels = rng.range(1, 20);
    let shape = image(rng, channels);
    let window = make(rng, [shape[1], shape[2]], true);
    let (mut draft, step) = (Draft::new(), step(rng));
    let input = draft.input(&shape, step);
    let outputs = rng.range(1, 20);
    let output = add_conv(rng, &mut draft, input, window, outputs);
    draft.finish(output)
}

/// Windows of one position, which are read where they lie; many channels.
pub fn pointwise(rng: &mut Rng) -> Graph {
    let channels = rng.range(1, 320);
    let shape = [1, rng.range(1, 4), rng.range(1, 4), channels];
    let stride = [rng.range(1, 2), rng.range(1, 3)];
    let padding = rng.pick(&[Padding::Same, Padding::Valid]);
    let window = Window { kernel: [1, 1], stride, dilation: [1, 1], padding };
    let (mut draft, step) = (Draft::new(), step(rng));
    let input = draft.input(&shape, step);
    let outputs = rng.range(1, 9);
    let output = add_conv(rng, &mut draft, input, window, outputs);
    draft.finish(output)
}

/// Appends a convolution to a draft; gives its output.
pub fn add_conv(
    rng: &mut Rng,
    draft: &mut Draft,
    input: TensorId,
    window: Window,
    outputs: usize,
) -> TensorId {
    let (shape, input_step) = (draft.shape(input), draft.step(input));
    let [height, width] = window.output([shape[1], shape[2]]);
    let ([kh, kw], channels) = (window.kernel, shape[3]);
    let weights = Weights::new(rng, outputs, kh * kw * channels);
    let id = weights.tensor(draft, &[outputs, kh, kw, channels], 0);
    let bias = weights.bias(rng, draft, input_step);
    let output_step = weights.output_step(rng, input_step);
    let output = draft.int8(&[shape[0], height, width, outputs], output_step);
    let Window { stride, dilation, padding, .. } = window;
    let kind = OpKind::Conv2d { padding, stride, dilation, activation: activation(rng) };
    let inputs: Vec<_> = [input, id].into_iter().chain(bias).collect();
    draft.op(kind, &inputs, output)
}

/// Any window over each channel, with one to three outputs each.
pub fn depthwise(rng: &mut Rng) -> Graph {
    depthwise_of(rng, Window::new)
}

/// The same with padding of its own.
pub fn padded_depthwise(rng: &mut Rng) -> Graph {
    depthwise_of(rng, Window::padded)
}

fn depthwise_of(rng: &mut Rng, make: Make) -> Graph {
    let (channels, multiplier) = (rng.range(1, 20), rng.pick(&[1, 1, 2, 3]));
    let shape = image(rng, channels);
    let window = make(rng, [shape[1], shape[2]], true);
    let (mut draft, step) = (Draft::new(), step(rng));
    let input = draft.input(&shape, step);
    let output = add_depthwise(rng, &mut draft, input, window, multiplier);
    draft.finish(output)
}

/// Appends a depthwise convolution to a draft; gives its output.
pub fn add_depthwise(
    rng: &mut Rng,
    draft: &mut Draft,
    input: TensorId,
    window: Window,
    multiplier: usize,
) -> TensorId {
    let (shape, input_step) = (draft.shape(input), draft.step(input));
    let outputs = shape[3] * multiplier;
    let [height, width] = window.output([shape[1], shape[2]]);
    let [kh, kw] = window.kernel;
    let weights = Weights::new(rng, outputs, kh * kw);
    let id = weights.tensor(draft, &[1, kh, kw, outputs], 3);
    let bias = weights.bias(rng, draft, input_step);
    let output_step = weights.output_step(rng, input_step);
    let output = draft.int8(&[shape[0], height, width, outputs], output_step);
    let (Window { stride, dilation, padding, .. }, activation) = (window, activation(rng));
    let kind = OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation };
    let inputs: Vec<_> = [input, id].into_iter().chain(bias).collect();
    draft.op(kind, &inputs, output)
}

/// Means of windows.
pub fn average_pool(rng: &mut Rng) -> Graph {
    pool(rng, Window::new, mean)
}

/// Means of windows with padding of its own.
pub fn padded_average_pool(rng: &mut Rng) -> Graph {
    pool(rng, Window::padded, mean)
}

fn mean(window: Window, activation: Activation) -> OpKind {
    let Window { kernel: filter, stride, padding, .. } = window;
    OpKind::AveragePool2d { padding, stride, filter, activation }
}

/// Maxima of windows.
pub fn max_pool(rng: &mut Rng) -> Graph {
    pool(rng, Window::new, largest)
}

/// Maxima of windows with padding of its own.
pub fn padded_max_pool(rng: &mut Rng) -> Graph {
    pool(rng, Window::padded, largest)
}

fn largest(window: Window, activation: Activation) -> OpKind {
    let Window { kernel: filter, stride, padding, .. } = window;
    OpKind::MaxPool2d { padding, stride, filter, activation }
}

fn pool(rng: &mut Rng, make: Make, kind: fn(Window, Activation) -> OpKind) -> Graph {
    let channels = rng.range(1, 20);
    let [n, height, width, depth] = image(rng, channels);
    let window = make(rng, [height, width], false);
    let (mut draft, step) = (Draft::new(), step(rng));
    let input = draft.input(&[n, height, width, depth], step);
    let [height, width] = window.output([height, width]);
    let output = draft.int8(&[n, height, width, depth], step);
    draft.op(kind(window, activation(rng)), &[input], output);
    draft.finish(output)
}
