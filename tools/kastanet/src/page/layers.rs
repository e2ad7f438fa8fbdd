//! Layers: bytes beside dense, and where the weights are.

use super::frame::{Section, across, key, numbers};
use super::{label, pattern};
use crate::report::{ImageReport, Layer, number, percent, shape_string};
use kastanet::image::Image;
use maud::{Markup, html};

/// Layers that are drawn.
const MOST: usize = 100;

/// The section.
pub fn section(image: Image<'_>, report: &ImageReport) -> Section {
    let layers = &report.weights.layers;
    let most = layers.iter().map(|layer| layer.bytes.max(layer.dense_bytes)).max().unwrap_or(0);
    let ops: Vec<_> = image.operators().filter(|op| op.weights().is_some()).collect();
    let body = html! {
        ul.keys { (key("blue", "bytes stored")) (key("track", "bytes that dense weights would take")) }
        ul.layers {
            @for (layer, op) in layers.iter().zip(ops).take(MOST) {
                li {
                    @if let Some(pattern) = pattern::of(op) { (pattern) } @else { span {} }
                    div { (facts(layer)) (bar(layer, most)) }
                }
            }
        }
        (table(layers))
    };
    let says = format!(
        "{} layers have weights. Bars have one scale; pictures show each matrix, outputs downwards and inputs \
         across (of depthwise filters, places of the window and channels), darker where more weights are not zero.",
        number(layers.len())
    );
    Section { id: "layers", title: "Layers", says, body }
}

fn facts(layer: &Layer) -> Markup {
    html! {
        h3 { bdi { (name(layer)) } }
        p.soft {
            (layer.kind) ", " (shape_string(&layer.shape)) ", " (percent(layer.sparsity)) " zeros"
        }
        p {
            strong { (number(layer.bytes)) } " bytes as " (layer.format) ", " (percent(layer.share)) " of dense"
        }
    }
}

fn name(layer: &Layer) -> String {
    label(layer.name.as_deref(), format!("operator {}", layer.operator))
}

fn bar(layer: &Layer, most: usize) -> Markup {
    let wide = |bytes: usize| across(bytes as f64 / most.max(1) as f64);
    let title =
        format!("{} bytes stored, {} dense", number(layer.bytes), number(layer.dense_bytes));
    html! {
        svg.map.bar role="img" aria-label=(title) height="14" {
            title { (title) }
            rect.track width=(wide(layer.dense_bytes)) height="14" rx="2" {}
            rect.blue y="3" width=(wide(layer.bytes)) height="8" rx="1" {}
        }
    }
}

fn table(layers: &[Layer]) -> Markup {
    let columns =
        ["Layer", "Operator", "Weights", "Format", "Nonzeros", "Zeros", "Bytes", "Dense", "Share"];
    let row = |layer: &Layer| {
        let shape = shape_string(&layer.shape);
        let [nonzeros, bytes, dense] = [layer.nonzeros, layer.bytes, layer.dense_bytes].map(number);
        let [zeros, share] = [layer.sparsity, layer.share].map(percent);
        let (kind, format) = (layer.kind.clone(), layer.format.clone());
        [name(layer), kind, shape, format, nonzeros, zeros, bytes, dense, share]
    };
    numbers(columns, 4, layers.iter().map(row))
}
