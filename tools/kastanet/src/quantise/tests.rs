use super::*;
use crate::arrays::Array;
use crate::graph::{Activation, Tensor};

#[test]
fn ranges_fill_int8_and_hit_zero() {
    assert_eq!(affine([0.0, 255.0]), (1.0, -128));
    assert_eq!(affine([-255.0, 0.0]), (1.0, 127));
    let (scale, zero_point) = affine([-1.0, 3.0]);
    assert_eq!((scale, zero_point), (4.0 / 255.0, -64));
    assert!(affine([0.0, 0.0]).0 > 0.0);
}

/// A layer of two outputs over six numbers, in float.
fn layer(bias: Option<[f32; 2]>) -> Graph {
    let tensor = |name: &str, shape: &[usize], values: Option<&[f32]>| Tensor {
        name: name.into(),
        dtype: DType::F32,
        shape: shape.to_vec(),
        quant: None,
        data: values.map(|values| values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    };
    let weights: Vec<f32> = (0..12).map(|at| (at as f32 * 1.7).sin()).collect();
    let mut tensors = vec![
        tensor("x", &[1, 6], None),
        tensor("w", &[2, 6], Some(&weights)),
        tensor("y", &[1, 2], None),
    ];
    let mut inputs = vec![Some(0), Some(1)];
    if let Some(bias) = bias {
        tensors.push(tensor("b", &[2], Some(&bias)));
        inputs.push(Some(3));
    }
    let kind = OpKind::FullyConnected { activation: Activation::Relu, keep_dims: false };
    let ops = vec![Op { name: "layer".into(), kind, inputs, outputs: vec![2] }];
    Graph { source: "layer".into(), tensors, ops, inputs: vec![0], outputs: vec![2] }
}

fn array(samples: usize) -> Array {
    let values: Vec<f32> = (0..samples * 6).map(|at| 3.0 + (at as f32 * 0.37).sin()).collect();
    Array::from_f32(vec![samples, 6], &values)
}

/// The mean of each output before its function, sample by sample.
fn means(values: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    let all: Vec<[f64; 2]> = values.collect();
    [0, 1].map(|output| all.iter().map(|y| y[output]).sum::<f64>() / all.len() as f64)
}

#[test]
fn biases_make_up_for_rounding() {
    for bias in [None, Some([0.5, -0.25])] {
        let (graph, array) = (layer(bias), array(100));
        let samples = Samples::new(&graph, &array).unwrap();
        let ranges = Ranges::watch(&graph, &samples, Method::MinMax, || ()).unwrap();
        let before = quantise(&graph, &ranges).unwrap();
        let mut after = before.clone();
        Shifts::measure(&graph, &before, &samples, || ()).unwrap().take_out(&mut after);
        after.validate().unwrap();
        let (scale, zero_point) = affine(ranges.of(0));
        let weights = graph.tensors[1].to_f32().unwrap();
        let bias = bias.unwrap_or_default();
        let exact = means((0..samples.len()).map(|sample| {
            let x = samples.get(sample).unwrap();
            [0, 1].map(|output| {
                let row = weights[6 * output..].iter().zip(&x);
                row.map(|(w, x)| f64::from(w * x)).sum::<f64>() + f64::from(bias[output])
            })
        }));
        // As integers compute it.
        let of = |int8: &Graph| {
            let op = &int8.ops[0];
            let weights = &int8.tensors[op.weights().unwrap()];
            let (rows, scales) =
                (weights.to_i8().unwrap(), &weights.quant.as_ref().unwrap().scales);
            let biases = op.bias().map_or(vec![0; 2], |id| int8.tensors[id].to_i32().unwrap());
            means((0..samples.len()).map(|sample| {
                let x = samples.get(sample).unwrap();
                let x: Vec<i32> = x.iter().map(|x| (x / scale).round() as i32).collect();
                assert!(x.iter().all(|x| (-128..128).contains(&(x + zero_point))));
                [0, 1].map(|output| {
                    let row = rows[6 * output..].iter().zip(&x);
                    let sum = row.map(|(&w, x)| i32::from(w) * x).sum::<i32>() + biases[output];
                    f64::from(sum) * f64::from(scale * scales[output])
                })
            }))
        };
        let off = |found: [f64; 2]| (found[0] - exact[0]).abs() + (found[1] - exact[1]).abs();
        let [before, after] = [&before, &after].map(|int8| off(of(int8)));
        assert!(before > 1e-3 && after < 1e-4, "{before} becomes {after}");
    }
}

#[test]
fn ranges_are_the_same_however_samples_are_shared_out() {
    let (graph, array) = (layer(None), array(333));
    let samples = Samples::new(&graph, &array).unwrap();
    let watched = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let watch = || Ranges::watch(&graph, &samples, Method::Mse, || ()).unwrap();
        let ranges = pool.install(watch);
        [ranges.of(0), ranges.of(2)]
    };
    assert_eq!(watched(1), watched(3));
    let [input, output] = watched(2);
    assert!(input[0] == 0.0 && input[1] > 3.99 && input[1] <= 4.0, "{input:?}");
    assert!(output[1] > 0.0, "{output:?}");
}

#[test]
fn the_first_sample_that_is_no_number_is_named() {
    let graph = layer(None);
    let mut values = array(200).f32s().unwrap();
    (values[6 * 150], values[6 * 70 + 2]) = (f32::NAN, f32::INFINITY);
    let array = Array::from_f32(vec![200, 6], &values);
    let samples = Samples::new(&graph, &array).unwrap();
    let error = Ranges::watch(&graph, &samples, Method::Mse, || ()).unwrap_err();
    assert_eq!(error.to_string(), "sample 70 holds NaN or infinity");
}

#[test]
fn methods_are_read_and_named() {
    for text in ["minmax", "mse", "percentile:99.99", "percentile:100"] {
        assert_eq!(text.parse::<Method>().unwrap().to_string(), text);
    }
    for text in ["", "max", "percentile", "percentile:", "percentile:101", "percentile:NaN"] {
        assert!(text.parse::<Method>().is_err(), "{text}");
    }
}
