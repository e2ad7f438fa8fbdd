//! The bytes of a training program.

use super::graph::{Graph, MOST, Operation, Tensor, Weights};
use super::plan::{Gradients, Plan};
use super::{Error, Reserve, Sets};
use kastanet::image::record::NONE;
use kastanet::train::record::{self, Header, NOWHERE, Slot};
use kastanet::train::{Program, Unit};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32};

/// No reserve.
const NO_FORMAT: u8 = 0xff;

/// Writes `graph` as `plan` lays it out; the bytes are what [`Program::new_checked`] accepts.
///
/// # Errors
///
/// Something that the records have no room for.
pub fn write(graph: &Graph, plan: &Plan) -> Result<Vec<u8>, Error> {
    let most = usize::from(NONE) - 1;
    limit("the number of operations", graph.operations.len(), most)?;
    limit("the number of floats", plan.floats, MOST)?;
    let mut data = vec![];
    let layers: Vec<record::Layer> =
        graph.layers.iter().map(|layer| layer_record(layer, &mut data)).collect();
    let operations = graph.operations.iter().zip(&plan.clears);
    let operations: Vec<record::Operation> = operations
        .map(|(operation, clears)| operation_record(operation, *clears, plan))
        .collect::<Result<_, _>>()?;
    let header = header(graph, plan, data.len())?;
    let bytes = [header.as_bytes(), operations.as_bytes(), layers.as_bytes(), &data].concat();
    Program::new_checked(&bytes).map_err(Error::Refused)?;
    Ok(bytes)
}

fn limit(what: &'static str, found: usize, most: usize) -> Result<(), Error> {
    if found <= most { Ok(()) } else { Err(Error::TooLarge { what, found, most }) }
}

fn header(graph: &Graph, plan: &Plan, data: usize) -> Result<Header, Error> {
    limit("the size of scales and biases", data, MOST)?;
    let len = |tensor: Tensor| U32::new(tensor.elements() as u32);
    let [input, output] = [graph.input, graph.output].map(|tensor| slot(tensor, plan));
    Ok(Header {
        operations: (graph.operations.len() as u16).into(),
        layers: (graph.layers.len() as u16).into(),
        first: graph.first.into(),
        boundary: graph.boundary.into(),
        last: graph.last as u8,
        recompute: (plan.kept == Gradients::Recomputed).into(),
        table: graph.table.map_or(NONE, |share| (1e4 * share).round() as u16).into(),
        floats: (plan.floats as u32).into(),
        input: [input.value, len(graph.input)],
        output: [output.value, len(graph.output), output.gradient],
        data_len: (data as u32).into(),
    })
}

fn operation_record(
    operation: &Operation,
    clears: [bool; 3],
    plan: &Plan,
) -> Result<record::Operation, Error> {
    let Operation { kind, function, layer, x, x2, y, .. } = *operation;
    let nowhere = Slot { value: NOWHERE.into(), gradient: NOWHERE.into() };
    let flags = clears.iter().rev().fold(0, |flags, &set| flags << 1 | u8::from(set));
    Ok(record::Operation {
        kind: kind as u8,
        function: function as u8,
        flags,
        reserved: 0,
        layer: layer.map_or(NONE, |layer| layer as u16).into(),
        reserved2: 0.into(),
        x: slot(x, plan),
        x2: x2.map_or(nowhere, |x2| slot(x2, plan)),
        y: slot(y, plan),
        x_dims: small("a dimension", x.dims)?,
        x2_dims: small("a dimension", x2.map_or([0; 3], |x2| x2.dims))?,
        y_dims: small("a dimension", y.dims)?,
        kernel: small("the size of a window", operation.kernel)?,
        stride: small("a stride", operation.stride)?,
        dilation: small("a dilation", operation.dilation)?,
        pad: small("a padding", operation.pad)?,
        reserved3: [0; 2],
    })
}

fn slot(tensor: Tensor, plan: &Plan) -> Slot {
    let at = |places: &[Option<usize>]| {
        U32::new(places[tensor.buffer].map_or(NOWHERE, |place| place as u32))
    };
    Slot { value: at(&plan.values), gradient: at(&plan.gradients) }
}

fn small<const D: usize>(what: &'static str, sizes: [usize; D]) -> Result<[U16; D], Error> {
    let most = usize::from(u16::MAX);
    sizes.iter().try_for_each(|&size| limit(what, size, most))?;
    Ok(sizes.map(|size| U16::new(size as u16)))
}

fn layer_record(layer: &Weights, data: &mut Vec<u8>) -> record::Layer {
    let Weights { grid, sets, forward, backward, .. } = layer;
    let (unit, group) = match grid.unit {
        Unit::Weight => (0, 0),
        Unit::Block4x1 => (1, 0),
        Unit::Block1x4 => (2, 0),
        Unit::Group(group) => (3, group as u8),
    };
    let mut put = |floats: &[f32]| {
        let at = data.len() as u32;
        data.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
        U32::new(at)
    };
    let stored = layer.stored.reserve;
    let of = |field: fn(&Reserve) -> u32| U32::new(stored.as_ref().map_or(0, field));
    record::Layer {
        rows: (grid.rows as u32).into(),
        cols: (grid.cols as u32).into(),
        kind: match sets {
            Sets::Sparse { .. } => 0,
            Sets::Dense => 1,
            Sets::Frozen => 2,
        },
        unit,
        group,
        reserved: 0,
        forward: (*forward as u32).into(),
        backward: (*backward as u32).into(),
        weights: layer.stored.weights.unwrap_or(NONE).into(),
        format: stored.map_or(NO_FORMAT, |reserve| reserve.format as u8),
        parameter: stored.map_or(0, |reserve| reserve.parameter),
        scales: put(&layer.scales),
        bias: layer.bias.as_deref().map_or(NOWHERE.into(), put),
        counts: of(|reserve| reserve.counts),
        indices: of(|reserve| reserve.indices),
        indices_len: of(|reserve| reserve.indices_len),
        values: of(|reserve| reserve.values),
        values_len: of(|reserve| reserve.values_len),
    }
}
