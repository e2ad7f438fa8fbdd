//! New weights in an existing file, so that whatever reads the file can run them.

use std::ops::Range;

use super::error::{Fault, ImportError};
use super::flatbuffer::Flatbuffer;
use super::model::Model;
use super::{import, tensors};
use crate::graph::{Graph, Tensor, TensorId};

/// What errors call the file, whose name is not known here.
const FILE: &str = "the .tflite file";

/// The same file with the bytes of some constants overwritten in place.
///
/// Ids are those of the imported graph; each replacement is as long as what it replaces. The
/// result is read back and compared, so what is returned differs in those constants only. Tensors
/// may share bytes in the file: then all of them must be replaced by the same bytes.
pub fn replace_constants(
    bytes: &[u8],
    replacements: &[(TensorId, Vec<u8>)],
) -> Result<Vec<u8>, ImportError> {
    replace(bytes, replacements).map_err(|fault| ImportError::new(FILE, fault))
}

fn replace(bytes: &[u8], replacements: &[(TensorId, Vec<u8>)]) -> Result<Vec<u8>, Fault> {
    let file = Flatbuffer::new(bytes);
    let model = Model::open(&file)?;
    let mut wanted = import::graph(FILE, &model)?;
    let mut result = bytes.to_vec();
    for (id, new) in replacements {
        let range = range(&model, &wanted, *id)?;
        let (tensor, place) = (constant(&mut wanted, *id)?, result.get_mut(range));
        overwrite(tensor, place.unwrap_or_default(), new)?;
    }
    match shared(&model, &wanted, &result, replacements)? {
        Some((tensor, other)) => Err(Fault::Shared { tensor, other }),
        None => Ok(result),
    }
}

fn range(model: &Model<'_>, graph: &Graph, id: TensorId) -> Result<Range<usize>, Fault> {
    let none = || Fault::NoConstant { id, count: graph.tensors.len() };
    let (table, tensor) = model.tensors.get(id).zip(graph.tensors.get(id)).ok_or_else(none)?;
    tensors::bytes(model, table, &tensor.name)?.ok_or_else(none)
}

fn constant(graph: &mut Graph, id: TensorId) -> Result<&mut Tensor, Fault> {
    let count = graph.tensors.len();
    let tensor = graph.tensors.get_mut(id).filter(|tensor| tensor.is_constant());
    tensor.ok_or(Fault::NoConstant { id, count })
}

fn overwrite(tensor: &mut Tensor, place: &mut [u8], new: &[u8]) -> Result<(), Fault> {
    let (expected, found) = (place.len(), new.len());
    if expected != found {
        let tensor = tensor.name.clone();
        return Err(Fault::ReplacementLength { tensor, expected, found });
    }
    place.copy_from_slice(new);
    tensor.data = Some(new.to_vec());
    Ok(())
}

/// A replaced tensor and what else it changed, if reading back gives anything but `wanted`.
fn shared(
    model: &Model<'_>,
    wanted: &Graph,
    result: &[u8],
    replacements: &[(TensorId, Vec<u8>)],
) -> Result<Option<(String, String)>, Fault> {
    let file = Flatbuffer::new(result);
    let found = Model::open(&file).and_then(|model| import::graph(FILE, &model));
    if found.as_ref().is_ok_and(|found| found == wanted) {
        return Ok(None);
    }
    let found = found.map_or_else(|_| Vec::new(), |graph| graph.tensors);
    let mut pairs = found.iter().zip(&wanted.tensors).enumerate();
    let other = pairs.find(|(_, (found, wanted))| found.data != wanted.data).map(|(id, _)| id);
    let mut culprit = replacements.iter().map(|&(id, _)| id).filter(|&id| Some(id) != other);
    let name = |id: TensorId| wanted.tensors.get(id).map(|tensor| tensor.name.clone());
    let Some(other) = other else {
        let replaced = culprit.next().and_then(name).unwrap_or_default();
        return Ok(Some((replaced, "the structure around it".into())));
    };
    let place = range(model, wanted, other)?;
    let overlapping = |id: &TensorId| range(model, wanted, *id).is_ok_and(|r| overlap(&r, &place));
    let replaced = culprit.find(overlapping).and_then(name).unwrap_or_default();
    Ok(Some((replaced, format!("tensor {:?}", name(other).unwrap_or_default()))))
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
