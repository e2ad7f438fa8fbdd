//! What is trained, in the fields of its records.

use super::Names;
use crate::report::shape_string;
use crate::report::table::{Column, Table, number};
use kastanet::image::Image;
use kastanet::image::record::{NONE, section};
use kastanet::sparse::Format;
use kastanet::train::record::{Header, Layer, NOWHERE, Operation};
use kastanet::train::{Function, Kind, Program};
use serde::Serialize;
use zerocopy::FromBytes;

/// The sections TRAINABLE and RESERVE.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingReport {
    /// The first operator that is trained.
    pub first: u16,
    /// The tensor that enters.
    pub boundary: u16,
    /// The function that the loss takes over.
    pub last: String,
    /// Real numbers that enter.
    pub inputs: u32,
    /// Floats of activations and gradients.
    pub floats: u32,
    /// The table's size as a share of the backward set; nothing where the backward set stays.
    pub table: Option<f64>,
    /// Whether gradients are computed twice.
    pub recompute: bool,
    /// Bytes of the reserve.
    pub reserve_bytes: usize,
    /// Operations, in the order in which they run.
    pub operations: Vec<OperationRow>,
    /// Layers, in the order of their operations.
    pub layers: Vec<LayerRow>,
    /// Why this version cannot train it; nothing where it can.
    pub refused: Option<String>,
}

/// One operation, in the fields of its record.
#[derive(Clone, Debug, Serialize)]
pub struct OperationRow {
    pub kind: String,
    pub function: String,
    pub layer: Option<u16>,
    pub x: TensorRow,
    pub x2: Option<TensorRow>,
    pub y: TensorRow,
}

/// One tensor of an operation.
#[derive(Clone, Debug, Serialize)]
pub struct TensorRow {
    pub shape: [u16; 3],
    pub value: u32,
    pub gradient: Option<u32>,
}

/// One layer, in the fields of its record.
#[derive(Clone, Debug, Serialize)]
pub struct LayerRow {
    pub name: Option<String>,
    pub rows: u32,
    pub cols: u32,
    pub training: &'static str,
    pub unit: String,
    pub forward: u32,
    pub backward: u32,
    pub bias: bool,
    pub weights: Option<u16>,
    pub reserve: Option<String>,
    pub reserve_bytes: u32,
}

impl TrainingReport {
    /// Gathers what `image` says; `None` where nothing is trained.
    pub fn of(image: Image<'_>, names: &Names<'_>) -> Option<Self> {
        let bytes = image.section(section::TRAINABLE)?;
        let (header, rest) = Header::ref_from_prefix(bytes).ok()?;
        let count = header.operations.get().into();
        let (operations, rest) =
            <[Operation]>::ref_from_prefix_with_elems(rest, count).unwrap_or_default();
        let count = header.layers.get().into();
        let (layers, _) = <[Layer]>::ref_from_prefix_with_elems(rest, count).unwrap_or_default();
        Some(TrainingReport {
            first: header.first.get(),
            boundary: header.boundary.get(),
            last: function(header.last),
            inputs: header.input[1].get(),
            floats: header.floats.get(),
            table: table(header.table.get()),
            recompute: header.recompute == 1,
            reserve_bytes: image.section(section::RESERVE).map_or(0, <[u8]>::len),
            operations: operations.iter().map(operation_row).collect(),
            layers: layers.iter().map(|layer| layer_row(layer, image, names)).collect(),
            refused: Program::new_checked(bytes).err().map(|error| error.to_string()),
        })
    }

    /// The fields of the header.
    pub(super) fn header(&self) -> Table {
        let mut table = Table::new(&[Column::Left("field"), Column::Right("value")]);
        table.row(["first operator", &self.first.to_string()]);
        table.row(["tensor that enters", &self.boundary.to_string()]);
        table.row(["numbers that enter", &number(self.inputs)]);
        table.row(["function of the loss", &self.last]);
        table.row(["floats of activations", &number(self.floats)]);
        table.row(["gradients", if self.recompute { "computed twice" } else { "kept" }]);
        let share = |share: f64| format!("{share} of the backward set");
        table.row(["table", &self.table.map_or("the backward set stays".into(), share)]);
        table.row(["bytes of the reserve", &number(self.reserve_bytes)]);
        table
    }

    pub(super) fn operations(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("no"),
            Left("operation"),
            Left("function"),
            Right("layer"),
            Left("shapes"),
            Left("values"),
            Left("gradients"),
        ]);
        for (number, row) in self.operations.iter().enumerate() {
            let tensors = [Some(&row.x), row.x2.as_ref(), Some(&row.y)];
            let each = |f: &dyn Fn(&TensorRow) -> String| {
                let all: Vec<String> = tensors.into_iter().flatten().map(f).collect();
                let (y, inputs) = all.split_last().map_or(("", &[][..]), |(y, x)| (y, x));
                format!("{} → {y}", inputs.join(", "))
            };
            let layer = row.layer.map_or(String::new(), |layer| layer.to_string());
            let shapes = each(&|tensor| shape_string(&tensor.shape.map(usize::from)));
            let values = each(&|tensor| super::number(tensor.value));
            let gradients = each(&|tensor| tensor.gradient.map_or("–".into(), super::number));
            let number = number.to_string();
            table.row([&number, &row.kind, &row.function, &layer, &shapes, &values, &gradients]);
        }
        table
    }

    pub(super) fn layers(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("layer"),
            Left("name"),
            Left("weights"),
            Left("training"),
            Left("unit"),
            Right("forward"),
            Right("backward"),
            Left("bias"),
            Right("record"),
            Left("reserve"),
            Right("bytes"),
        ]);
        for (at, row) in self.layers.iter().enumerate() {
            table.row([
                at.to_string(),
                row.name.as_deref().map_or("–".into(), super::name),
                shape_string(&[row.rows as usize, row.cols as usize]),
                row.training.into(),
                row.unit.clone(),
                number(row.forward),
                number(row.backward),
                if row.bias { "yes".into() } else { "no".into() },
                row.weights.map_or("–".into(), |record| record.to_string()),
                row.reserve.clone().unwrap_or("–".into()),
                number(row.reserve_bytes),
            ]);
        }
        table
    }
}

fn function(code: u8) -> String {
    let name = match Function::from_code(code) {
        Some(Function::None) => "none",
        Some(Function::Relu) => "relu",
        Some(Function::Relu6) => "relu6",
        Some(Function::Logistic) => "logistic",
        Some(Function::Tanh) => "tanh",
        Some(Function::Softmax) => "softmax",
        None => return format!("code {code}"),
    };
    name.into()
}

fn kind(code: u8) -> String {
    let name = match Kind::from_code(code) {
        Some(Kind::FullyConnected) => "FULLY_CONNECTED",
        Some(Kind::Conv) => "CONV",
        Some(Kind::Depthwise) => "DEPTHWISE",
        Some(Kind::AveragePool) => "AVERAGE_POOL",
        Some(Kind::MaxPool) => "MAX_POOL",
        Some(Kind::Add) => "ADD",
        Some(Kind::Mul) => "MUL",
        Some(Kind::Place) => "PLACE",
        Some(Kind::Identity) => "IDENTITY",
        None => return format!("code {code}"),
    };
    name.into()
}

fn operation_row(record: &Operation) -> OperationRow {
    let tensor = |slot: &kastanet::train::record::Slot, dims: [zerocopy::little_endian::U16; 3]| {
        let gradient = slot.gradient.get();
        TensorRow {
            shape: dims.map(|dim| dim.get()),
            value: slot.value.get(),
            gradient: (gradient != NOWHERE).then_some(gradient),
        }
    };
    let (layer, is_binary) = (record.layer.get(), record.x2.value.get() != NOWHERE);
    OperationRow {
        kind: kind(record.kind),
        function: function(record.function),
        layer: (layer != NONE).then_some(layer),
        x: tensor(&record.x, record.x_dims),
        x2: is_binary.then(|| tensor(&record.x2, record.x2_dims)),
        y: tensor(&record.y, record.y_dims),
    }
}

fn layer_row(record: &Layer, image: Image<'_>, names: &Names<'_>) -> LayerRow {
    let weights = Some(record.weights.get()).filter(|&weights| weights != NONE);
    let format = Format::from_code(record.format);
    let operator = image.operators().find(|op| {
        let own = weights.and_then(|record| image.weights().get(usize::from(record)));
        op.weights().zip(own).is_some_and(|(a, b)| std::ptr::eq(a, b))
    });
    let streams = [record.indices_len.get(), record.values_len.get()];
    let counts = format.map_or(0, |format| table_len(record, format));
    LayerRow {
        name: operator.and_then(|op| names.operator(op.number())),
        rows: record.rows.get(),
        cols: record.cols.get(),
        training: ["sparse", "dense", "frozen"].get(usize::from(record.kind)).unwrap_or(&"unknown"),
        unit: unit(record),
        forward: record.forward.get(),
        backward: record.backward.get(),
        bias: record.bias.get() != NOWHERE,
        weights,
        reserve: format.map(|format| format.name().into()),
        reserve_bytes: streams.iter().fold(counts, |sum, &len| sum.saturating_add(len)),
    }
}

fn unit(record: &Layer) -> String {
    match (record.unit, record.kind) {
        (_, 1 | 2) => String::new(),
        (0, _) => "weight".into(),
        (1, _) => "block4x1".into(),
        (2, _) => "block1x4".into(),
        (3, _) => format!("nm:{}", record.group),
        (code, _) => format!("code {code}"),
    }
}

/// Bytes of the row table of a layer's reserve.
fn table_len(record: &Layer, format: Format) -> u32 {
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let (rows, cols) = match record.unit {
        1 => (rows.div_ceil(4), cols.saturating_mul(4)),
        2 => (rows, cols.next_multiple_of(4)),
        _ => (rows, cols),
    };
    format.table_len(rows, cols, record.parameter).min(u32::MAX as usize) as u32
}

/// A table's size.
fn table(share: u16) -> Option<f64> {
    (share != NONE).then(|| f64::from(share) / 1e4)
}
