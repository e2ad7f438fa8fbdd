//! A graph's weights as a `.safetensors` file, and back.
//!
//! Of each layer NAME the tensors `NAME.weight`, `NAME.bias` where it has one, and `NAME.mask`, which is 1 where a
//! weight is not 0. Shapes are the graph's: outputs, height, width, inputs; of depthwise filters 1, height, width,
//! outputs.

use super::History;
use crate::graph::{Graph, Tensor, TensorId, shape_string};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use thiserror::Error;

/// The key of the history in the file's metadata.
const KEY: &str = "kastanet.run";

/// Why weights cannot be taken.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum WeightsError {
    /// It is something else, or damaged.
    #[error("no safetensors file, or a damaged one: {0}")]
    Structure(String),
    /// A layer has no tensor.
    #[error("there is no tensor {tensor:?}")]
    Missing { tensor: String },
    /// A tensor does not fit.
    #[error("tensor {tensor:?} is {found}, expected {expected}")]
    Tensor { tensor: String, expected: String, found: String },
}

/// The tensors of weights and biases by their names in the file.
fn tensors(graph: &Graph) -> impl Iterator<Item = (String, TensorId)> + '_ {
    graph.ops.iter().filter(|op| op.kind.has_weights()).flat_map(|op| {
        let named =
            |what: &str, id: Option<TensorId>| id.map(|id| (format!("{}.{what}", op.name), id));
        [named("weight", op.weights()), named("bias", op.bias())].into_iter().flatten()
    })
}

/// The file's bytes; a history lies in its metadata as JSON, under `kastanet.run`.
///
/// # Errors
///
/// Two layers of one name.
pub fn write(graph: &Graph, history: Option<&History>) -> Result<Vec<u8>, WeightsError> {
    let mut all: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = vec![];
    for (name, id) in tensors(graph) {
        let tensor = &graph.tensors[id];
        let bytes = tensor.data.clone().unwrap_or_default();
        if let Some(layer) = name.strip_suffix(".weight") {
            let values = tensor.to_f32().unwrap_or_default();
            let mask = values.iter().map(|&value| u8::from(value != 0.0)).collect();
            all.push((format!("{layer}.mask"), Dtype::U8, tensor.shape.clone(), mask));
        }
        all.push((name, Dtype::F32, tensor.shape.clone(), bytes));
    }
    let structure =
        |error: safetensors::SafeTensorError| WeightsError::Structure(error.to_string());
    let views = all.iter().map(|(name, dtype, shape, bytes)| {
        Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).map_err(structure)?))
    });
    let views = views.collect::<Result<Vec<_>, WeightsError>>()?;
    let said = history.and_then(|history| serde_json::to_string(history).ok());
    let metadata = said.map(|said| HashMap::from([(KEY.to_string(), said)]));
    safetensors::serialize(views, metadata).map_err(structure)
}

/// Gives a float graph the weights of a file.
///
/// # Errors
///
/// What is no such file, and the first tensor that is missing or does not fit.
pub fn read(graph: &mut Graph, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| WeightsError::Structure(error.to_string()))?;
    let found: HashMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let named: Vec<(String, TensorId)> = tensors(graph).collect();
    for (name, id) in named {
        let view =
            found.get(&name).ok_or_else(|| WeightsError::Missing { tensor: name.clone() })?;
        let tensor: &mut Tensor = &mut graph.tensors[id];
        if view.dtype() != Dtype::F32 || view.shape() != tensor.shape {
            let expected = format!("{} float32", tensor.shape_string());
            let found = format!("{} {:?}", shape_string(view.shape()), view.dtype());
            return Err(WeightsError::Tensor { tensor: name, expected, found });
        }
        tensor.data = Some(view.data().to_vec());
    }
    Ok(())
}
