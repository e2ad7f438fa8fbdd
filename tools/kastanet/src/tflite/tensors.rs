//! Tensors: from the file's tables to the graph's.

use std::ops::Range;

use super::error::Fault;
use super::flatbuffer::Table;
use super::model::Model;
use super::schema::{self, quantization, tensor};
use crate::graph::{DType, Quant, Tensor};

/// How many tensors an error about element types names.
const NAMED: usize = 8;

/// All tensors of the model, in its order.
pub fn read(model: &Model<'_>) -> Result<Vec<Tensor>, Fault> {
    let names = model.tensors.iter().enumerate();
    let names = names.map(|(id, table)| name(id, table)).collect::<Result<Vec<_>, _>>()?;
    let dtypes = dtypes(model, &names)?;
    let parts = model.tensors.iter().zip(names).zip(dtypes);
    parts.map(|((table, name), dtype)| read_one(model, table, name, dtype)).collect()
}

fn read_one(
    model: &Model<'_>,
    table: &Table<'_>,
    name: String,
    dtype: DType,
) -> Result<Tensor, Fault> {
    check_plain(table, &name)?;
    let shape = shape(table, &name)?;
    let quant = quant(table, &name, shape.len())?;
    let data = match bytes(model, table, &name)? {
        Some(range) => Some(model.file.slice(range, "a constant")?.to_vec()),
        None => None,
    };
    Ok(Tensor { name, dtype, shape, quant, data })
}

/// Where in the file the bytes of a tensor lie, if it is a constant.
pub fn bytes(
    model: &Model<'_>,
    table: &Table<'_>,
    name: &str,
) -> Result<Option<Range<usize>>, Fault> {
    model.bytes_of(table.u32(tensor::BUFFER)?, name)
}

fn name(id: usize, table: &Table<'_>) -> Result<String, Fault> {
    let name = table.string(tensor::NAME)?;
    Ok(if name.is_empty() { format!("tensor {id}") } else { name })
}

/// The types of all tensors, or an error that names those which cannot be imported.
fn dtypes(model: &Model<'_>, names: &[String]) -> Result<Vec<DType>, Fault> {
    let mut dtypes = Vec::with_capacity(names.len());
    let mut wrong = Vec::new();
    for (table, name) in model.tensors.iter().zip(names) {
        let number = table.u8(tensor::TYPE)?;
        match schema::dtype(number) {
            Some(dtype) => dtypes.push(dtype),
            None => wrong.push(format!("{} of tensor {name:?}", type_name(number))),
        }
    }
    if wrong.is_empty() { Ok(dtypes) } else { Err(Fault::Types { tensors: cut(wrong) }) }
}

fn cut(mut tensors: Vec<String>) -> Vec<String> {
    let more = tensors.len().saturating_sub(NAMED);
    tensors.truncate(NAMED);
    if more > 0 {
        tensors.push(format!("and {more} more"));
    }
    tensors
}

fn type_name(number: u8) -> String {
    let known = schema::TYPES.get(usize::from(number));
    known.map_or_else(|| format!("type number {number}"), |&name| name.into())
}

fn check_plain(table: &Table<'_>, name: &str) -> Result<(), Fault> {
    if table.bool(tensor::IS_VARIABLE)? {
        return Err(Fault::Variable { tensor: name.into() });
    }
    if table.has(tensor::SPARSITY)? {
        return Err(Fault::Sparse { tensor: name.into() });
    }
    Ok(())
}

/// The converter writes an open dimension as −1 in the signature and as 1 in the shape. That is
/// what we want for the first dimension, the batch; elsewhere the true size is unknown.
fn shape(table: &Table<'_>, name: &str) -> Result<Vec<usize>, Fault> {
    let sizes = table.i32s(tensor::SHAPE)?;
    let signature = table.i32s(tensor::SHAPE_SIGNATURE)?;
    let dynamic = |shape: &[i32]| Fault::Dynamic { tensor: name.into(), shape: shape.to_vec() };
    let open = sizes.iter().zip(&signature).skip(1).any(|(&size, &known)| size == 1 && known < 0);
    if open {
        return Err(dynamic(&signature));
    }
    let sizes_or_none = sizes.iter().map(|&size| usize::try_from(size).ok());
    sizes_or_none.collect::<Option<Vec<_>>>().ok_or_else(|| dynamic(&sizes))
}

fn quant(table: &Table<'_>, name: &str, rank: usize) -> Result<Option<Quant>, Fault> {
    let Some(table) = table.table(tensor::QUANTIZATION)? else { return Ok(None) };
    let found = table.u8(quantization::DETAILS_TYPE)?;
    if found != 0 {
        return Err(Fault::Quantisation { tensor: name.into(), found });
    }
    let scales = table.f32s(quantization::SCALE)?;
    if scales.is_empty() {
        return Ok(None);
    }
    let zero_points = zero_points(&table, scales.len())?;
    let dimension = table.i32(quantization::QUANTIZED_DIMENSION, 0)?;
    // The biases of depthwise layers carry the dimension of the weights, 3: a vector has only one.
    // Elsewhere a negative dimension becomes one that no tensor has.
    let dimension = if rank == 1 { 0 } else { usize::try_from(dimension).unwrap_or(usize::MAX) };
    Ok(Some(Quant { scales, zero_points, dimension }))
}

/// None means all zero; what does not fit 32 bits fits no supported element type either.
fn zero_points(table: &Table<'_>, scales: usize) -> Result<Vec<i32>, Fault> {
    let values = table.i64s(quantization::ZERO_POINT)?;
    if values.is_empty() {
        return Ok(vec![0; scales]);
    }
    let clamp = |value: i64| value.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    Ok(values.into_iter().map(clamp).collect())
}
