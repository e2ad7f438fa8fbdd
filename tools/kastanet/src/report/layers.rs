//! The weights of an image, layer by layer, and their sums.

use super::names::Names;
use super::table::{Column, Table, number, percent};
use kastanet::image::record::{STREAM_ALIGN, WeightsRecord, Window};
use kastanet::image::{Image, Op, OpKind};
use kastanet::layers::LayerWeights;
use kastanet::sparse::Format;
use serde::Serialize;

/// A layer whose weights are stored densely counts as pruned from this share of zeros on.
pub const PRUNED_FROM: f64 = 0.25;

/// The weights of one layer.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// The operator's number.
    pub operator: u16,
    /// Its name; none in a stripped image.
    pub name: Option<String>,
    /// What it does.
    pub kind: String,
    /// Outputs × inputs, or outputs × height × width × inputs; depthwise: 1 × height × width ×
    /// channels.
    pub shape: Vec<usize>,
    /// Number of weights.
    pub weights: usize,
    /// Weights that are not zero.
    pub nonzeros: usize,
    /// Share of the weights that are zero.
    pub sparsity: f64,
    /// How they are stored.
    pub format: String,
    /// What they take: values, columns, row table, padding.
    pub bytes: usize,
    /// What they would take stored densely: one byte a weight.
    pub dense_bytes: usize,
    /// `bytes` over `dense_bytes`.
    pub share: f64,
    /// Whether the layer counts as pruned: a convolution or fully connected layer, stored in a
    /// compressed format or with at least [`PRUNED_FROM`] of its weights zero.
    pub pruned: bool,
}

/// What several layers take together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of a layer")]
pub struct Sum {
    pub layers: usize,
    pub weights: usize,
    pub nonzeros: usize,
    pub sparsity: f64,
    pub bytes: usize,
    pub dense_bytes: usize,
    pub share: f64,
}

/// The weights of an image.
#[derive(Clone, Debug, Serialize)]
pub struct Layers {
    /// Layer by layer.
    pub layers: Vec<Layer>,
    /// Over the layers that count as pruned.
    pub pruned: Sum,
    /// Over all layers.
    pub all: Sum,
}

impl Layers {
    /// Counts the weights of `image`.
    pub fn of(image: Image<'_>) -> Self {
        let names = Names::of(image);
        let layers: Vec<Layer> = image.operators().filter_map(|op| layer(op, &names)).collect();
        let pruned = Sum::over(layers.iter().filter(|layer| layer.pruned));
        Layers { pruned, all: Sum::over(layers.iter()), layers }
    }

    /// The layers and the sums below them.
    pub fn table(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("op"),
            Left("layer"),
            Left("operator"),
            Left("weights"),
            Right("zeros"),
            Left("format"),
            Right("bytes"),
            Right("of dense"),
        ]);
        for layer in &self.layers {
            table.row(layer.cells());
        }
        table.row(self.pruned.cells("pruned layers")).row(self.all.cells("all layers"));
        table
    }
}

impl Layer {
    fn cells(&self) -> [String; 8] {
        [
            self.operator.to_string(),
            self.name.clone().unwrap_or_else(|| "–".into()),
            self.kind.clone(),
            super::shape_string(&self.shape),
            percent(self.sparsity),
            self.format.clone(),
            number(self.bytes),
            percent(self.share),
        ]
    }
}

impl Sum {
    fn over<'a>(layers: impl Iterator<Item = &'a Layer>) -> Self {
        let mut sum = Sum::default();
        for layer in layers {
            sum.layers += 1;
            sum.weights = sum.weights.saturating_add(layer.weights);
            sum.nonzeros = sum.nonzeros.saturating_add(layer.nonzeros);
            sum.bytes = sum.bytes.saturating_add(layer.bytes);
            sum.dense_bytes = sum.dense_bytes.saturating_add(layer.dense_bytes);
        }
        sum.sparsity = 1.0 - share(sum.nonzeros, sum.weights, 1.0);
        sum.share = share(sum.bytes, sum.dense_bytes, 1.0);
        sum
    }

    fn cells(&self, name: &str) -> [String; 8] {
        let share = |share| if self.weights == 0 { "–".into() } else { percent(share) };
        [
            String::new(),
            format!("{name} ({})", self.layers),
            String::new(),
            number(self.weights),
            share(self.sparsity),
            String::new(),
            number(self.bytes),
            share(self.share),
        ]
    }
}

/// `part` over `whole`, or `empty` where there is nothing.
fn share(part: usize, whole: usize, empty: f64) -> f64 {
    if whole == 0 { empty } else { part as f64 / whole as f64 }
}

fn layer(op: Op<'_>, names: &Names<'_>) -> Option<Layer> {
    let record = op.weights()?;
    let format = Format::from_code(record.format);
    let weights = (record.rows.get() as usize).saturating_mul(record.cols.get() as usize);
    let nonzeros = nonzeros(op, record);
    let (bytes, sparsity) = (stored_len(record), 1.0 - share(nonzeros, weights, 1.0));
    let prunable = matches!(op.kind(), Some(OpKind::Conv2d | OpKind::FullyConnected));
    let compressed = format != Some(Format::Dense);
    Some(Layer {
        operator: op.number(),
        name: names.operator(op.number()),
        kind: super::params::kind(op),
        shape: shape(op, record),
        weights,
        nonzeros,
        sparsity,
        format: format.map_or(format!("code {}", record.format), |format| format.name().into()),
        bytes,
        dense_bytes: weights,
        share: share(bytes, weights, 1.0),
        pruned: prunable && (compressed || sparsity >= PRUNED_FROM),
    })
}

/// Counted where the streams are well-formed, else what the record says.
fn nonzeros(op: Op<'_>, record: &WeightsRecord) -> usize {
    match LayerWeights::new_checked(op.image(), record) {
        Ok(weights) => weights.matrix.entries().count(),
        Err(_) => record.nonzeros.get() as usize,
    }
}

/// Bytes of the streams in the image, each padded to its alignment.
fn stored_len(record: &WeightsRecord) -> usize {
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let table = |format: Format| format.table_len(rows, cols, record.parameter);
    let counts = Format::from_code(record.format).map_or(0, table);
    let streams = [counts, record.indices_len.get() as usize, record.values_len.get() as usize];
    let padded = streams.map(|len| len.saturating_add(STREAM_ALIGN - 1) / STREAM_ALIGN);
    padded.iter().fold(0, |sum: usize, len| sum.saturating_add(len.saturating_mul(STREAM_ALIGN)))
}

/// Rows and columns, with the window that a convolution's columns run over.
fn shape(op: Op<'_>, record: &WeightsRecord) -> Vec<usize> {
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let kernel = op.params::<Window>().map(|window| window.kernel.map(|n| usize::from(n.get())));
    match (op.kind(), kernel) {
        (Some(OpKind::Conv2d), Some([height, width])) if height * width > 0 => {
            vec![rows, height, width, cols / (height * width)]
        }
        (Some(OpKind::DepthwiseConv2d), Some([height, width])) => vec![1, height, width, cols],
        _ => vec![rows, cols],
    }
}
