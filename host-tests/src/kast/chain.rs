//! Layers in a row, forward and back, in the order of additions that `kastanet::train` promises: weights
//! unit after unit.

use super::Layer;
use kastanet::train::{Function, Kind, Value};
use kastanet_cli::training::{Graph, Operation, Sets};

/// The input, and what each operation makes of what the one before has made.
pub fn forward<V: Value>(graph: &Graph, layers: &[Layer<V>], input: &[f32]) -> Vec<Vec<f32>> {
    let mut values = vec![input.to_vec()];
    for (operation, layer) in graph.operations.iter().zip(layers) {
        let x = values.last().expect("an input");
        let mut y: Vec<f32> =
            layer.biases.iter().copied().cycle().take(operation.y.elements()).collect();
        for (row, col, unit, member) in layer.places() {
            let unit = &layer.units[unit];
            if unit.is_forward {
                let weight = unit.weights[member].get();
                pairs(operation, row, col).for_each(|(from, to)| y[to] += weight * x[from]);
            }
        }
        y.iter_mut().for_each(|y| *y = function(operation.function, *y));
        values.push(y);
    }
    values
}

/// Adds to each layer's sums, from the gradient of the output.
pub fn backward<V: Value>(
    graph: &Graph,
    layers: &mut [Layer<V>],
    values: &[Vec<f32>],
    mut dy: Vec<f32>,
) {
    for (number, operation) in graph.operations.iter().enumerate().rev() {
        let (layer, x, y) = (&mut layers[number], &values[number], &values[number + 1]);
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy *= slope(operation.function, y));
        let mut bias = vec![0.0; layer.biases.len()];
        for (at, dy) in dy.iter().enumerate() {
            bias[at % layer.grid.rows] += dy;
        }
        if layer.has_bias {
            layer.bias_sums.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
        }
        let mut dx = vec![0.0; x.len()];
        for (row, col, unit, member) in layer.places() {
            let unit = &mut layer.units[unit];
            if !unit.is_live && !unit.is_forward {
                continue;
            }
            let mut gradient = 0.0;
            for (from, to) in pairs(operation, row, col) {
                gradient += dy[to] * x[from];
                if unit.is_forward {
                    dx[from] += unit.weights[member].get() * dy[to];
                }
            }
            if layer.sets != Sets::Frozen {
                unit.sums[member] += gradient;
            }
        }
        dy = dx;
    }
}

/// Input and output that meet the weight of a row and a column.
pub fn pairs(
    operation: &Operation,
    row: usize,
    col: usize,
) -> impl Iterator<Item = (usize, usize)> + use<> {
    let ([height, width, channels], [rows, columns, outputs]) =
        (operation.x.dims, operation.y.dims);
    let Operation { kernel, stride, dilation, pad, .. } = *operation;
    let ([ky, kx, channel], [rows, columns]) = match operation.kind {
        Kind::FullyConnected => ([0, 0, col], [1, 1]),
        Kind::Conv => {
            let tap = col / channels;
            ([tap / kernel[1], tap % kernel[1], col % channels], [rows, columns])
        }
        _ => ([col / kernel[1], col % kernel[1], row / (outputs / channels)], [rows, columns]),
    };
    let positions = (0..rows).flat_map(move |oy| (0..columns).map(move |ox| (oy, ox)));
    positions.filter_map(move |(oy, ox)| {
        let y = (oy * stride[0] + ky * dilation[0]).checked_sub(pad[0]).filter(|&y| y < height)?;
        let x = (ox * stride[1] + kx * dilation[1]).checked_sub(pad[1]).filter(|&x| x < width)?;
        let from = (y * width + x) * channels + channel;
        Some((from, (oy * columns + ox) * outputs + row))
    })
}

fn function(function: Function, y: f32) -> f32 {
    match function {
        Function::None => y,
        Function::Relu => {
            if y < 0.0 {
                0.0
            } else {
                y
            }
        }
        Function::Relu6 => {
            if y < 0.0 {
                0.0
            } else {
                y.min(6.0)
            }
        }
        _ => panic!("{function:?} is not known here"),
    }
}

fn slope(function: Function, y: f32) -> f32 {
    match function {
        Function::Relu => f32::from(y > 0.0),
        Function::Relu6 => f32::from(y > 0.0 && y < 6.0),
        _ => 1.0,
    }
}
