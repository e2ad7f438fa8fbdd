//! An operator with the values around it.

use super::Factor;
use kastanet_cli::graph::{Activation, DType, Graph, Op, Padding, Tensor};

/// An operator whose inputs are computed.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub graph: &'a Graph,
    pub op: &'a Op,
    /// The bytes of every tensor that is known so far.
    pub bytes: &'a [Option<Vec<u8>>],
}

/// A quantised tensor, or sizes: numbers, shape, and what the numbers mean.
pub struct Ints {
    pub shape: Vec<usize>,
    pub data: Vec<i64>,
    pub scales: Vec<f32>,
    pub zero_point: i64,
}

/// The smallest and the largest stored value.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub min: i64,
    pub max: i64,
}

impl<'a> Node<'a> {
    pub fn tensor(&self, index: usize) -> &'a Tensor {
        self.graph.input(self.op, index).expect("the graph is validated")
    }

    pub fn output(&self) -> &'a Tensor {
        self.graph.output(self.op).expect("the graph is validated")
    }

    /// The bytes of an input, if it is there.
    pub fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes[self.op.input(index)?].as_deref()
    }

    pub fn ints(&self, index: usize) -> Ints {
        let (tensor, bytes) = (self.tensor(index), self.bytes(index).expect("computed before"));
        let data = match tensor.dtype {
            DType::I8 => bytes.iter().map(|&b| i64::from(b as i8)).collect(),
            DType::U8 => bytes.iter().map(|&b| i64::from(b)).collect(),
            DType::I32 => words(bytes).map(|word| i64::from(i32::from_le_bytes(word))).collect(),
            DType::I64 => words(bytes).map(i64::from_le_bytes).collect(),
            other => panic!("{other} is not an integer type of the oracle"),
        };
        let (scales, zero_point) = match &tensor.quant {
            Some(quant) => (quant.scales.clone(), quant.zero_points[0].into()),
            None => (Vec::new(), 0),
        };
        Ints { shape: tensor.shape.clone(), data, scales, zero_point }
    }

    pub fn floats(&self, index: usize) -> Vec<f32> {
        words(self.bytes(index).expect("computed before")).map(f32::from_le_bytes).collect()
    }

    /// The bias of each of `channels`; zeros where there is none.
    pub fn bias(&self, channels: usize) -> Vec<i64> {
        self.bytes(2).map_or(vec![0; channels], |_| self.ints(2).data)
    }

    /// The output's scale and zero point.
    pub fn output_quant(&self) -> (f32, i64) {
        let quant = self.output().quant.as_ref().expect("the graph is validated");
        (quant.scales[0], quant.zero_points[0].into())
    }

    /// What brings the sums of each channel to the output's scale.
    pub fn factors(&self, channels: usize) -> Vec<Factor> {
        let (input, weights) = (f64::from(self.ints(0).scale()), self.ints(1).scales);
        let (output, _) = self.output_quant();
        let weight = |c: usize| f64::from(weights[if weights.len() == 1 { 0 } else { c }]);
        (0..channels).map(|c| Factor::new(input * weight(c) / f64::from(output))).collect()
    }

    /// The output's range behind a fused activation.
    pub fn range(&self, activation: Activation) -> Range {
        let (scale, zero_point) = self.output_quant();
        let full = Range { min: -128, max: 127 };
        let stored = |real: f32| zero_point + (real / scale).round() as i64;
        match activation {
            Activation::None => full,
            Activation::Relu => Range { min: full.min.max(stored(0.0)), ..full },
            Activation::Relu6 => full.cut(stored(0.0), stored(6.0)),
            Activation::ReluN1To1 => full.cut(stored(-1.0), stored(1.0)),
        }
    }
}

impl Range {
    /// The part between two values.
    pub fn cut(self, min: i64, max: i64) -> Self {
        Range { min: self.min.max(min), max: self.max.min(max) }
    }
}

impl Ints {
    pub fn scale(&self) -> f32 {
        self.scales[0]
    }

    /// The number at a place.
    pub fn at(&self, place: &[usize]) -> i64 {
        let flat = place.iter().zip(&self.shape).fold(0, |flat, (i, size)| flat * size + i);
        self.data[flat]
    }

    /// The numbers along the last dimension at a place of the others.
    pub fn along(&self, place: &[usize]) -> &[i64] {
        let (depth, outer) = self.shape.split_last().expect("not a scalar");
        let flat = place.iter().zip(outer).fold(0, |flat, (i, size)| flat * size + i);
        &self.data[flat * depth..][..*depth]
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

/// Every place of a shape, the last dimension fastest.
pub fn places(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let count = shape.iter().product();
    (0..count).map(move |mut flat: usize| {
        let mut place = vec![0; shape.len()];
        for (i, &size) in place.iter_mut().zip(shape).rev() {
            (*i, flat) = (flat % size, flat / size);
        }
        place
    })
}

/// A window over an image, one axis at a time.
#[derive(Clone, Copy)]
pub struct Window {
    pub input: usize,
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Places of padding before the first.
    pub pad: usize,
}

impl Window {
    /// Height and width of a window; `output` says how many places there are.
    pub fn pair(
        input: &[usize],
        output: &[usize],
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> [Self; 2] {
        [0, 1].map(|axis| {
            let (input, places) = (input[axis + 1], output[axis + 1]);
            let (kernel, stride, dilation) = (kernel[axis], stride[axis], dilation[axis]);
            let reach = (places - 1) * stride + (kernel - 1) * dilation + 1;
            let pad = match padding {
                Padding::Same => reach.saturating_sub(input) / 2,
                Padding::Valid => 0,
                Padding::Explicit { before, .. } => before[axis],
            };
            Window { input, kernel, stride, dilation, pad }
        })
    }

    /// Each tap that lies inside the image, and where.
    pub fn taps(self, place: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..self.kernel).filter_map(move |tap| {
            let at = (place * self.stride + tap * self.dilation).checked_sub(self.pad)?;
            (at < self.input).then_some((tap, at))
        })
    }
}
