//! The network: four convolutions over time, 52,608 weights, of which a tenth is used.

use super::recordings::{CHANNELS, CLASSES, WINDOW};
use anyhow::Result;
use kastanet::train::Function;
use kastanet_cli::description::{self, Description, Weights};
use kastanet_cli::graph::Graph;
use kastanet_cli::prune::Sparsity;
use kastanet_cli::training::{Builder, Layer, Window};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Outputs, weights of an output, and how many of them are used.
pub const LAYERS: [(usize, usize, f64); 5] = [
    (32, 5 * CHANNELS, 0.5),
    (64, 5 * 32, 0.084),
    (64, 5 * 64, 0.084),
    (64, 5 * 64, 0.084),
    (CLASSES, 64, 1.0),
];

/// Weights and biases, layer by layer.
pub type Parameters = Vec<(Vec<f32>, Vec<f32>)>;

/// The program that pretrains, with a backward set `reach` times as large as the forward set; without one, densely.
pub fn program(reach: Option<f64>) -> Result<Vec<u8>> {
    let mut net = Builder::new([WINDOW, 1, CHANNELS]);
    let layer = |density: f64| match reach {
        Some(reach) if density < 1.0 => Layer::sparse(density, (reach * density).min(1.0)),
        _ => Layer::dense(),
    };
    let mut x = net.input();
    for (outputs, _, density) in &LAYERS[..4] {
        let window = Window { stride: [2, 1], ..Window::new(*outputs, [5, 1]) };
        x = net.conv(x, window, Function::Relu, layer(*density));
    }
    x = net.average_pool(x, Window::pool([7, 1]));
    let y = net.fully_connected(x, CLASSES, Function::None, layer(1.0));
    Ok(net.finish(y, Function::Softmax)?)
}

/// The same network as a checkpoint would have it.
pub fn graph(parameters: &Parameters) -> Result<Graph> {
    let bytes = |numbers: &[f32]| -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    };
    let mut arrays = vec![];
    for ((number, (weights, biases)), (outputs, cols, _)) in
        parameters.iter().enumerate().zip(LAYERS)
    {
        let shape = match number {
            4 => vec![outputs, cols],
            _ => vec![outputs, 5, 1, cols / 5],
        };
        arrays.push((format!("{}.weight", name(number)), shape, bytes(weights)));
        arrays.push((format!("{}.bias", name(number)), vec![outputs], bytes(biases)));
    }
    let views = arrays.iter().map(|(name, shape, bytes)| {
        Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    let file = safetensors::serialize(views, None)?;
    let said = Description::parse(&text())?;
    Ok(description::import("watch.toml", &said, &Weights::safetensors(&file)?)?)
}

/// What each layer is called.
fn name(number: usize) -> String {
    if number == 4 { "classifier".into() } else { format!("conv{}", number + 1) }
}

/// The network's description.
fn text() -> String {
    let mut text = format!(
        "weights = \"watch.safetensors\"\nlayout = \"tflite\"\ninput = [{WINDOW}, 1, {CHANNELS}]\n"
    );
    for number in 0..4 {
        let name = name(number);
        text += &format!(
            "[[layer]]\nconv = \"{name}\"\nstride = [2, 1]\npadding = \"same\"\nactivation = \"relu\"\n"
        );
    }
    text + "[[layer]]\naverage_pool = [7, 1]\n[[layer]]\nflatten = true\n\
            [[layer]]\nlinear = \"classifier\"\nactivation = \"softmax\"\n"
}

/// How much of each layer is pruned.
pub fn sparsity() -> Sparsity {
    let layers = LAYERS.iter().enumerate().filter(|(_, (.., density))| *density < 1.0);
    let layers = layers.map(|(number, (.., density))| (name(number), 1.0 - density));
    Sparsity { uniform: 0.0, layers: layers.collect() }
}

/// How much of the layers' weights learns on the device: of all, and of some. The first convolution keeps its mask.
pub fn backward() -> (Option<f64>, Vec<(String, f64)>) {
    (Some(0.145), vec![(name(0), LAYERS[0].2)])
}
