//! Operators that move a window over an image: convolutions and pools.

use super::super::constant::Constant;
use super::super::error::Fault;
use super::super::layout::Layout;
use super::super::node::Node;
use super::super::values::{Import, Value};
use super::channels_last;
use super::padding::padding;
use crate::graph::{Activation, OpKind, Padding, TensorId};

/// The windows of a node over its input, whose channels are last. One that moves along a row has a height of 1.
struct Windows {
    /// Samples, height, width, channels of the input.
    input: [usize; 4],
    /// Axes of places that ONNX sees: one or two.
    places: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
    /// Height and width of the output.
    output: [usize; 2],
}

/// What a convolution does with its channels.
#[derive(Clone, Copy)]
enum Grouping {
    /// Each output is of all of them.
    Whole,
    /// Each output is of one, which has so many.
    Depthwise { multiplier: usize },
}

impl Grouping {
    /// Of weights as outputs, channels of a group, places.
    fn of(node: Node<'_>, channels: usize, weights: &Constant) -> Result<Self, Fault> {
        let groups = usize::try_from(node.int("group", 1)).unwrap_or_default();
        let (outputs, depth) = (weights.shape[0], weights.shape[1]);
        match groups {
            1 if depth != channels => Err(node
                .fault(format!("its weights are for {depth} channels, its input has {channels}"))),
            1 => Ok(Grouping::Whole),
            _ if groups == channels && depth == 1 && outputs % channels == 0 => {
                Ok(Grouping::Depthwise { multiplier: outputs / channels })
            }
            _ => Err(node.fault(format!(
                "it has {groups} groups of {channels} channels, expected 1 or as many"
            ))),
        }
    }

    fn kind(self, windows: &Windows) -> OpKind {
        let Windows { padding, stride, dilation, .. } = *windows;
        let activation = Activation::None;
        match self {
            Grouping::Whole => OpKind::Conv2d { padding, stride, dilation, activation },
            Grouping::Depthwise { multiplier } => {
                OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation }
            }
        }
    }

    /// The weights as the graph has them: outputs, places, channels; of a depthwise layer 1, places, outputs.
    fn weights<'m>(
        self,
        import: &mut Import<'m>,
        node: Node<'m>,
        [height, width]: [usize; 2],
        weights: &Constant,
    ) -> TensorId {
        let (outputs, depth, rank) = (weights.shape[0], weights.shape[1], weights.shape.len());
        let (order, shape, dimension): (Vec<usize>, _, _) = match self {
            Grouping::Whole => {
                let order = [0].into_iter().chain(2..rank).chain([1]).collect();
                (order, vec![outputs, height, width, depth], 0)
            }
            Grouping::Depthwise { .. } => {
                ((1..rank).chain([0]).collect(), vec![1, height, width, outputs], 3)
            }
        };
        let turned = weights.transposed(&order);
        let name = node.input(1).unwrap_or("weights").into();
        let tensor = import.reals_tensor(name, shape, turned.reals().unwrap_or_default());
        import.graph.tensors[tensor].quant = weights.quant_of(0, dimension);
        tensor
    }
}

pub fn conv<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let x = import.value(node, 0)?;
    let weights = import.reals(node, 1, "weights")?;
    let (rank, places) = (x.layout.rank(), x.layout.rank().saturating_sub(2));
    if weights.shape.len() != rank || !(1..=2).contains(&places) {
        let shapes = format!("input {:?}, weights {:?}", x.shape(), weights.shape);
        return Err(node.fault(format!("{shapes}: expected both with one or two axes of places")));
    }
    let windows = Windows::of(node, &x, &weights.shape[2..])?;
    let (channels, outputs) = (windows.input[3], weights.shape[0]);
    let grouping = Grouping::of(node, channels, &weights)?;
    let bias = import.biases(node)?;
    let weights = grouping.weights(import, node, windows.kernel, &weights);
    let bias = bias.map(|bias| {
        let name = node.input(2).unwrap_or("biases").into();
        import.reals_tensor(name, vec![bias.values.len()], bias.reals().unwrap_or_default())
    });
    let input = windows.image(import, node, &x);
    let inputs: Vec<TensorId> = [Some(input), Some(weights), bias].into_iter().flatten().collect();
    Ok(windows.emit(import, node, grouping.kind(&windows), &inputs, outputs))
}

/// What is taken of the values in a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pool {
    Largest,
    Mean,
}

impl Pool {
    fn kind(self, windows: &Windows) -> OpKind {
        let Windows { padding, stride, kernel: filter, .. } = *windows;
        let activation = Activation::None;
        match self {
            Pool::Largest => OpKind::MaxPool2d { padding, stride, filter, activation },
            Pool::Mean => OpKind::AveragePool2d { padding, stride, filter, activation },
        }
    }
}

pub fn max_pool<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    if node.proto.outputs.len() > 1 {
        return Err(node.fault("it gives indices, too"));
    }
    pool(import, node, Pool::Largest)
}

pub fn average_pool<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    pool(import, node, Pool::Mean)
}

/// The largest of each channel.
pub fn global_max_pool<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let x = import.value(node, 0)?;
    let input = Windows::input(node, &x)?;
    let (kernel, places) = ([input[1], input[2]], x.layout.rank() - 2);
    let (stride, dilation, padding, output) = ([1, 1], [1, 1], Padding::Valid, [1, 1]);
    let windows = Windows { input, places, kernel, stride, dilation, padding, output };
    let image = windows.image(import, node, &x);
    Ok(windows.emit(import, node, Pool::Largest.kind(&windows), &[image], input[3]))
}

fn pool<'m>(import: &mut Import<'m>, node: Node<'m>, pool: Pool) -> Result<Value, Fault> {
    let x = import.value(node, 0)?;
    let places = x.layout.rank().saturating_sub(2);
    let kernel = node.sizes("kernel_shape", places)?;
    let mut windows = Windows::of(node, &x, &kernel)?;
    if windows.dilation != [1, 1] {
        return Err(node.fault("its windows are dilated"));
    }
    let mut image = windows.image(import, node, &x);
    if pool == Pool::Mean && windows.counts(node)? {
        image = windows.padded(import, node, image);
        windows.padding = Padding::Valid;
    }
    let channels = windows.input[3];
    Ok(windows.emit(import, node, pool.kind(&windows), &[image], channels))
}

impl Windows {
    /// The sizes of an input whose channels are last.
    fn input(node: Node<'_>, x: &Value) -> Result<[usize; 4], Fault> {
        let shape = x.shape();
        let order: &[usize] = if shape.len() == 3 { &[0, 2, 1] } else { &[0, 2, 3, 1] };
        if !(3..=4).contains(&shape.len()) || !x.layout.lies(order) {
            return Err(node.fault(format!(
                "it expects samples, channels and places, channels being last in memory; found {shape:?}"
            )));
        }
        channels_last(&shape).try_into().map_err(|_| node.fault("it expects an image"))
    }

    fn of(node: Node<'_>, x: &Value, kernel: &[usize]) -> Result<Self, Fault> {
        let input = Windows::input(node, x)?;
        let places = x.layout.rank() - 2;
        let wide = |sizes: &[usize]| match *sizes {
            [size] => [1, size],
            [height, width, ..] => [height, width],
            [] => [1, 1],
        };
        let (kernel, stride, dilation) = (
            wide(kernel),
            wide(&node.sizes("strides", places)?),
            wide(&node.sizes("dilations", places)?),
        );
        let image = [input[1], input[2]];
        let reach = [0, 1]
            .map(|axis| (kernel[axis].max(1) - 1).saturating_mul(dilation[axis]).saturating_add(1));
        let padding = padding(node, places, image, (reach, stride))?;
        let mut output = [0; 2];
        for axis in [0, 1] {
            let along = padding.along(axis, image[axis], reach[axis], stride[axis]);
            let (count, _) = along.filter(|_| kernel[axis] > 0).ok_or_else(|| {
                node.fault(format!("a window of {kernel:?} does not fit an image of {image:?}"))
            })?;
            output[axis] = count;
        }
        Ok(Windows { input, places, kernel, stride, dilation, padding, output })
    }

    /// The input as an image.
    fn image<'m>(&self, import: &mut Import<'m>, node: Node<'m>, x: &Value) -> TensorId {
        import.shaped(node, x, &self.input)
    }

    /// The padding before and behind the image that windows reach over, as height and width.
    fn border(&self) -> [(usize, usize); 2] {
        [0, 1].map(|axis| {
            let (size, reach, stride) =
                (self.input[axis + 1], self.kernel[axis], self.stride[axis]);
            let along = self.padding.along(axis, size, reach, stride);
            let (count, before) = along.unwrap_or_default();
            let end = count.saturating_sub(1).saturating_mul(stride).saturating_add(reach);
            (before, end.saturating_sub(size.saturating_add(before)))
        })
    }

    /// Whether zeros around the image count in means.
    fn counts(&self, node: Node<'_>) -> Result<bool, Fault> {
        let pads = node.ints("pads").unwrap_or_default();
        let is_padded = pads.iter().any(|&pad| pad != 0) || !node.word("auto_pad").is_empty();
        let border = self.border();
        if node.int("count_include_pad", 0) == 0 || !is_padded || border == [(0, 0); 2] {
            return Ok(false);
        }
        let after = pads.get(self.places..).unwrap_or_default();
        let reaches = |(axis, &pad): (usize, &i64)| {
            let (_, found) = border[axis + 2 - self.places];
            found as i64 > pad
        };
        match node.int("ceil_mode", 0) != 0 && after.iter().enumerate().any(reaches) {
            true => Err(node.fault(
                "its padding counts (`count_include_pad`), but not what windows reach over behind it (`ceil_mode`)",
            )),
            false => Ok(true),
        }
    }

    /// The image with the zeros around it that windows reach over.
    fn padded<'m>(&self, import: &mut Import<'m>, node: Node<'m>, image: TensorId) -> TensorId {
        let [height, width] = self.border();
        let widths = [0, 0, height.0, height.1, width.0, width.1, 0, 0];
        let [n, h, w, channels] = self.input;
        let shape = vec![n, h + height.0 + height.1, w + width.0 + width.1, channels];
        let name = format!("{}_widths", node.name());
        let widths = import.sizes_tensor(name, vec![4, 2], &widths);
        let layout = Layout::plain(&shape);
        import.emit(node, OpKind::Pad, &[image, widths], (shape, layout)).tensor
    }

    fn emit<'m>(
        &self,
        import: &mut Import<'m>,
        node: Node<'m>,
        kind: OpKind,
        inputs: &[TensorId],
        channels: usize,
    ) -> Value {
        let [height, width] = self.output;
        let n = self.input[0];
        let seen: &[usize] = match self.places {
            1 => &[n, channels, width],
            _ => &[n, channels, height, width],
        };
        let layout = Layout::channels_last(seen);
        import.emit(node, kind, inputs, (vec![n, height, width, channels], layout))
    }
}
