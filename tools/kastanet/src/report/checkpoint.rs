//! What is in a checkpoint, before it is packed.

use super::shape_string;
use super::table::{Column, Table, bytes, name, number, percent, printable, title};
use crate::graph::{Graph, Op, Tensor};
use crate::lower::{Choice, lower};
use crate::plan::plan;
use crate::prune::prunable;
use crate::words::real;
use serde::Serialize;
use std::fmt::{self, Display};

/// What a checkpoint says.
#[derive(Clone, Debug, Serialize)]
pub struct CheckpointReport {
    /// `checkpoint`.
    pub kind: &'static str,
    /// `TFLite` or `ONNX`.
    pub format: &'static str,
    /// Tensor numbers of the inputs.
    pub inputs: Vec<usize>,
    /// Tensor numbers of the outputs.
    pub outputs: Vec<usize>,
    /// All tensors.
    pub tensors: Vec<TensorRow>,
    /// The operators, in the order in which they run.
    pub operators: Vec<OperatorRow>,
    /// The weights.
    pub layers: Vec<LayerRow>,
    /// RAM that inference would need; nothing where it cannot be packed.
    pub arena_bytes: Option<usize>,
    /// Why it cannot be packed; nothing where it can.
    pub refused: Option<String>,
}

/// One tensor.
#[derive(Clone, Debug, Serialize)]
pub struct TensorRow {
    pub id: usize,
    pub name: String,
    pub dtype: &'static str,
    pub shape: Vec<usize>,
    pub constant: bool,
    pub bytes: usize,
    /// One in all, or one a channel.
    pub scales: Vec<f32>,
    pub zero_points: Vec<i32>,
}

/// One operator.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorRow {
    pub number: usize,
    pub name: String,
    pub kind: &'static str,
    pub inputs: Vec<Option<usize>>,
    pub outputs: Vec<usize>,
}

/// The weights of one layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerRow {
    /// The operator's name: what `--sparsity NAME=S` means.
    pub name: String,
    /// What it does.
    pub kind: &'static str,
    /// As in the checkpoint.
    pub shape: Vec<usize>,
    /// Number of weights.
    pub weights: usize,
    /// Weights that are not zero.
    pub nonzeros: usize,
    /// Share of the weights that are zero.
    pub sparsity: f64,
    /// Whether pruning touches it: depthwise filters stay as they are.
    pub prunable: bool,
}

impl CheckpointReport {
    /// Gathers what `graph` says.
    pub fn of(graph: &Graph, format: &'static str) -> Self {
        let plan = lower(graph, &Choice::default()).map(|program| plan(&program));
        CheckpointReport {
            kind: "checkpoint",
            format,
            inputs: graph.inputs.clone(),
            outputs: graph.outputs.clone(),
            tensors: graph.tensors.iter().enumerate().map(tensor_row).collect(),
            operators: graph.ops.iter().enumerate().map(operator_row).collect(),
            layers: graph.ops.iter().filter_map(|op| layer_row(graph, op)).collect(),
            arena_bytes: plan.as_ref().ok().map(|plan| plan.arena_len),
            refused: match graph.is_float() {
                true => {
                    Some("it computes in float32 (`kastanet pack --calibrate` quantises it)".into())
                }
                false => plan.err().map(|error| error.to_string()),
            },
        }
    }
}

fn tensor_row((id, tensor): (usize, &Tensor)) -> TensorRow {
    let quant = tensor.quant.as_ref();
    TensorRow {
        id,
        name: tensor.name.clone(),
        dtype: tensor.dtype.name(),
        shape: tensor.shape.clone(),
        constant: tensor.is_constant(),
        bytes: tensor.byte_len(),
        scales: quant.map(|quant| quant.scales.clone()).unwrap_or_default(),
        zero_points: quant.map(|quant| quant.zero_points.clone()).unwrap_or_default(),
    }
}

fn operator_row((number, op): (usize, &Op)) -> OperatorRow {
    let (name, kind) = (op.name.clone(), op.kind.name());
    OperatorRow { number, name, kind, inputs: op.inputs.clone(), outputs: op.outputs.clone() }
}

fn layer_row(graph: &Graph, op: &Op) -> Option<LayerRow> {
    let tensor = graph.tensors.get(op.weights()?)?;
    let data = tensor.data.as_deref().unwrap_or_default();
    let nonzeros = data.iter().filter(|&&weight| weight != 0).count();
    let weights = data.len();
    Some(LayerRow {
        name: op.name.clone(),
        kind: op.kind.name(),
        shape: tensor.shape.clone(),
        weights,
        nonzeros,
        sparsity: 1.0 - nonzeros as f64 / weights.max(1) as f64,
        prunable: prunable(op).is_some(),
    })
}

impl Display for CheckpointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} checkpoint", self.format)?;
        write!(f, "{}{}", title("Tensors"), self.tensors())?;
        write!(f, "{}{}", title("Operators"), self.operators())?;
        write!(f, "{}{}", title("Weights"), self.layers())?;
        let line = |ids: &[usize]| ids.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        writeln!(f, "{}tensor {}", title("Inputs"), line(&self.inputs))?;
        writeln!(f, "{}tensor {}", title("Outputs"), line(&self.outputs))?;
        match (&self.refused, self.arena_bytes) {
            (Some(why), _) => writeln!(f, "\nThe checkpoint cannot be packed: {}", printable(why)),
            (None, arena) => {
                writeln!(f, "{}arena {}", title("Packed"), bytes(arena.unwrap_or_default()))
            }
        }
    }
}

impl CheckpointReport {
    fn tensors(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("id"),
            Left("name"),
            Left("type"),
            Left("shape"),
            Left("constant"),
            Right("bytes"),
            Right("scale"),
            Right("zero"),
        ]);
        for row in &self.tensors {
            let constant = if row.constant { "yes" } else { "" };
            let (id, shape, bytes) =
                (row.id.to_string(), shape_string(&row.shape), number(row.bytes));
            let (scale, zero) = (
                one_or_count(&row.scales, |&scale| real(scale)),
                one_or_count(&row.zero_points, i32::to_string),
            );
            table.row([&id, &name(&row.name), row.dtype, &shape, constant, &bytes, &scale, &zero]);
        }
        table
    }

    fn operators(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[Right("op"), Left("name"), Left("operator"), Left("tensors")]);
        for row in &self.operators {
            let inputs = row.inputs.iter().map(|id| id.map_or("–".into(), |id| id.to_string()));
            let outputs = row.outputs.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            let tensors = format!("{} → {outputs}", inputs.collect::<Vec<_>>().join(", "));
            table.row([&row.number.to_string(), &row.name, row.kind, &tensors]);
        }
        table
    }

    fn layers(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Left("layer"),
            Left("operator"),
            Left("weights"),
            Right("number"),
            Right("zeros"),
            Left("prunable"),
        ]);
        for row in &self.layers {
            let (shape, weights) = (shape_string(&row.shape), number(row.weights));
            let prunable = if row.prunable { "yes" } else { "no" };
            let zeros = percent(row.sparsity);
            table.row([row.name.as_str(), row.kind, &shape, &weights, &zeros, prunable]);
        }
        table
    }
}

/// The one value, or how many there are.
fn one_or_count<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    match values {
        [] => String::new(),
        [one] => text(one),
        several => format!("{} channels", several.len()),
    }
}
