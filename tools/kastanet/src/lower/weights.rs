//! Layers with weights: multipliers per channel, the input's zero point folded into the bias.

use super::windows::{Shape, window};
use super::{Failure, Lowering, Quantised, Said, Weights, bytes, scaling};
use crate::cost::{Aim, Optimise, Walks};
use crate::encode::{self, Encoded};
use crate::graph::{self, OpKind, Tensor};
use kastanet::image::OpKind as Code;
use kastanet::kernels::Geometry;
use kastanet::kernels::tile::WINDOWS;
use kastanet::layers::fast_scratch_len;
use kastanet::sparse::Format;

impl Lowering<'_> {
    pub(super) fn convolution(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let ((input, output), weights) = (self.unary(op)?, self.operand(op, 1)?);
        let &[first, height, width, last] = weights.shape.as_slice() else {
            return Err("its weights must have four dimensions".into());
        };
        let (code, shape) = conv_shape(op.kind, [height, width]).ok_or("it is no convolution")?;
        let depthwise = code == Code::DepthwiseConv2d;
        let expected = match depthwise {
            true => [1, input.dims()[3] * shape.multiplier],
            false => [output.dims()[3], input.dims()[3]],
        };
        if [first, last] != expected || depthwise && last != output.dims()[3] {
            let (weights, from) = (weights.shape_string(), input.tensor.shape_string());
            let to = output.tensor.shape_string();
            return Err(format!(
                "weights {weights} do not fit input {from} and output {to}; \
                 grouped convolutions are not supported"
            )
            .into());
        }
        let window = window(shape, input, output)?;
        let [_, height, width, _] = output.dims();
        let weights = self.weights(op, input, output, Walks::of_positions(height * width))?;
        let geometry = Geometry::new(input.dims(), &window);
        let scratch = match self.choice.aim.optimise {
            Optimise::Size => geometry.scratch_len(),
            _ if height * width < WINDOWS => geometry.scratch_len(),
            _ => fast_scratch_len(code, &geometry, window.multiplier.get()),
        };
        self.emit_with(op, code, 1, bytes(&window), Some(weights), scratch)
    }

    pub(super) fn fully_connected(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let OpKind::FullyConnected { activation, .. } = op.kind else {
            return Err("it is not fully connected".into());
        };
        let ((input, output), weights) = (self.unary(op)?, self.operand(op, 1)?);
        let &[rows, cols] = weights.shape.as_slice() else {
            return Err("its weights must have two dimensions".into());
        };
        let (from, to) = (input.tensor.elements(), output.tensor.elements());
        if cols == 0 || from % cols != 0 || from / cols * rows != to {
            let shape = weights.shape_string();
            return Err(format!("weights {shape} do not turn {from} inputs into {to}").into());
        }
        let params = bytes(&scaling::clamp(activation, output)?);
        let weights = self.weights(op, input, output, Walks::of_vectors(from / cols))?;
        self.emit_with(op, Code::FullyConnected, 1, params, Some(weights), 0)
    }

    fn weights(
        &self,
        op: &graph::Op,
        input: Quantised<'_>,
        output: Quantised<'_>,
        walks: Walks,
    ) -> Said<Weights> {
        let tensor = self.operand(op, 1)?;
        let values = tensor.to_i8().ok_or("its weights must be an int8 constant")?;
        let layout = Layout::of(op.kind, tensor);
        let format = self.format(op);
        let matrix = encoded(&values, layout.cols, format, (self.choice.aim, walks))?;
        let bias = self.graph.input(op, 2).map(|bias| bias.to_i32().ok_or(bias)).transpose();
        let bias =
            bias.map_err(|bias| format!("bias `{}` must be an int32 constant", bias.name))?;
        let bias = bias.unwrap_or_else(|| vec![0; layout.channels]);
        if bias.len() != layout.channels {
            return Err(format!("{} biases for {} channels", bias.len(), layout.channels));
        }
        let scales = tensor.quant.as_ref().map(|quant| quant.scales.as_slice()).unwrap_or_default();
        let (multipliers, shifts) = multipliers(scales, layout.channels, input, output)?;
        let bias = fold(bias, &values, &layout, input.zero_point);
        Ok(Weights { channels: layout.channels, matrix, bias, multipliers, shifts })
    }

    /// The format asked for.
    fn format(&self, op: &graph::Op) -> Option<Format> {
        match op.kind {
            OpKind::DepthwiseConv2d { .. } => Some(Format::Dense),
            _ => self.choice.formats.of(&op.name),
        }
    }
}

fn conv_shape(kind: OpKind, kernel: [usize; 2]) -> Option<(Code, Shape)> {
    match kind {
        OpKind::Conv2d { padding, stride, dilation, activation } => {
            let shape = Shape { kernel, stride, dilation, padding, multiplier: 1, activation };
            Some((Code::Conv2d, shape))
        }
        OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation } => {
            let shape = Shape { kernel, stride, dilation, padding, multiplier, activation };
            Some((Code::DepthwiseConv2d, shape))
        }
        _ => None,
    }
}

/// How a weight tensor is a matrix.
struct Layout {
    cols: usize,
    channels: usize,
    /// Channels run along the columns (depthwise), else along the rows.
    by_column: bool,
}

impl Layout {
    fn of(kind: OpKind, weights: &Tensor) -> Self {
        let by_column = matches!(kind, OpKind::DepthwiseConv2d { .. });
        let channels = if by_column { weights.shape.last() } else { weights.shape.first() };
        let channels = channels.copied().unwrap_or(1);
        let cols = if by_column { channels } else { weights.elements() / channels.max(1) };
        Layout { cols, channels, by_column }
    }

    fn channel(&self, index: usize) -> usize {
        if self.by_column { index % self.cols } else { index / self.cols }
    }
}

fn encoded(
    values: &[i8],
    cols: usize,
    format: Option<Format>,
    (aim, walks): (Aim, Walks),
) -> Said<Encoded> {
    let encoded = match format {
        Some(format) => encode::encode(format, values, cols),
        None => aim.choose(encode::all(values, cols), walks),
    };
    encoded.ok_or_else(|| encode::why_not(format.unwrap_or(Format::Dense), cols))
}

/// Bias minus zero point times the sum of the channel's weights, in the accumulator's arithmetic.
fn fold(mut bias: Vec<i32>, values: &[i8], layout: &Layout, zero_point: i32) -> Vec<i32> {
    for (index, &value) in values.iter().enumerate() {
        let bias = &mut bias[layout.channel(index)];
        *bias = bias.wrapping_sub(zero_point.wrapping_mul(value.into()));
    }
    bias
}

/// One multiplier and shift a weight scale.
fn multipliers(
    scales: &[f32],
    channels: usize,
    input: Quantised<'_>,
    output: Quantised<'_>,
) -> Said<(Vec<i32>, Vec<i8>)> {
    if scales.len() != 1 && scales.len() != channels {
        return Err(format!("{} weight scales for {channels} channels", scales.len()));
    }
    let (from, to) = (f64::from(input.scale), f64::from(output.scale));
    let real = |scale: f32| from * f64::from(scale) / to;
    let pairs = scales.iter().map(|&scale| scaling::quantise(real(scale)));
    let pairs: Vec<(i32, i32)> = pairs.collect::<Said<_>>()?;
    Ok(pairs.into_iter().map(|(multiplier, shift)| (multiplier, shift as i8)).unzip())
}
