//! The image's bytes.

use super::{Error, Options};
use crate::encode::Streams;
use crate::graph::Graph;
use crate::lower::{Op, Params, Program, Weights};
use crate::plan::{Placed, Plan};
use crate::trainable::Part;
use crate::words;
use kastanet::image::record::{
    ALIGN, Header, MAGIC, MAX_OPERATORS, MAX_TENSORS, NONE, OPTIONAL, OpHead, PER_CHANNEL,
    SectionRecord, TableParams, TensorRecord, VERSION, WeightsRecord, section,
};
use kastanet::image::{DType, checksum};
use sha2::{Digest, Sha256};
use std::mem::offset_of;
use zerocopy::IntoBytes;

pub(super) fn write(
    program: &Program,
    plan: &Plan,
    graph: &Graph,
    part: Option<&Part>,
    options: &Options,
) -> Result<Vec<u8>, Error> {
    limit("the number of tensors", program.tensors.len(), MAX_TENSORS.into())?;
    limit("the number of operators", program.ops.len(), MAX_OPERATORS.into())?;
    let mut data = Streams::default();
    let weights: Vec<WeightsRecord> =
        program.weights.iter().map(|weights| weights_record(weights, &mut data)).collect();
    let mut ops = vec![];
    for (number, op) in program.ops.iter().enumerate() {
        ops.extend(op_record(op, plan.scratch[number], &mut data));
    }
    let tensors = tensor_records(program, plan, &mut data);
    let mut sections = vec![
        (section::TENSORS, tensors.as_bytes().to_vec()),
        (section::OPERATORS, ops),
        (section::WEIGHTS, weights.as_bytes().to_vec()),
        (section::DATA, data.bytes),
        (section::PORTS, ports(program)),
    ];
    sections.extend(optional(program, graph, options));
    sections.extend(part.map(trained).into_iter().flatten());
    assemble(sections, plan.arena_len, part.map_or(0, |part| part.training_len))
}

fn limit(what: &'static str, found: usize, most: usize) -> Result<(), Error> {
    if found <= most { Ok(()) } else { Err(Error::TooLarge { what, found, most }) }
}

fn weights_record(weights: &Weights, data: &mut Streams) -> WeightsRecord {
    let matrix = &weights.matrix;
    let per_channel = weights.multipliers.len() > 1;
    WeightsRecord {
        format: matrix.format as u8,
        dtype: DType::I8 as u8,
        parameter: matrix.parameter,
        flags: if per_channel { PER_CHANNEL } else { 0 },
        rows: (matrix.rows as u32).into(),
        cols: (matrix.cols as u32).into(),
        channels: (weights.channels as u32).into(),
        nonzeros: (matrix.nonzeros as u32).into(),
        counts_offset: data.put(&matrix.counts).into(),
        indices_offset: data.put(&matrix.indices).into(),
        indices_len: (matrix.indices.len() as u32).into(),
        values_offset: data.put(matrix.values.as_bytes()).into(),
        values_len: (matrix.values.len() as u32).into(),
        bias_offset: data.put(&le_bytes(&weights.bias)).into(),
        multipliers_offset: data.put(&le_bytes(&weights.multipliers)).into(),
        shifts_offset: data.put(weights.shifts.as_bytes()).into(),
        reserved: [0; 12],
    }
}

fn le_bytes(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn op_record(op: &Op, scratch_offset: usize, data: &mut Streams) -> Vec<u8> {
    let params = match &op.params {
        Params::Bytes(bytes) => bytes.clone(),
        Params::Table(table) => {
            TableParams { offset: data.put(table.as_slice()).into() }.as_bytes().to_vec()
        }
    };
    let head = OpHead {
        kind: op.kind as u8,
        inputs: op.inputs.len() as u8,
        params_len: params.len() as u8,
        reserved: 0,
        output: (op.output as u16).into(),
        weights: op.weights.map_or(NONE, |id| id as u16).into(),
        scratch_offset: (scratch_offset as u32).into(),
        scratch_len: (op.scratch as u32).into(),
    };
    let mut record = head.as_bytes().to_vec();
    record.extend(op.inputs.iter().flat_map(|&input| (input as u16).to_le_bytes()));
    record.resize(record.len().next_multiple_of(4), 0);
    record.extend(params);
    record
}

fn tensor_records(program: &Program, plan: &Plan, data: &mut Streams) -> Vec<TensorRecord> {
    let tensors = program.tensors.iter().zip(&plan.tensors);
    tensors
        .map(|(tensor, placed)| {
            let offset = match placed {
                Some(placed) => placed.offset as u32,
                None => data.put(tensor.data.as_deref().unwrap_or_default()),
            };
            let life = placed.as_ref().map_or(0..=0, |placed: &Placed| placed.life.clone());
            let alias = placed.as_ref().and_then(|placed| placed.alias);
            TensorRecord {
                dtype: tensor.dtype as u8,
                place: u8::from(placed.is_none()),
                rank: tensor.rank,
                reserved: 0,
                dims: tensor.dims.map(Into::into),
                offset: offset.into(),
                scale: tensor.scale.into(),
                zero_point: tensor.zero_point.into(),
                first: (*life.start() as u16).into(),
                last: (*life.end() as u16).into(),
                alias: alias.map_or(NONE, |id| id as u16).into(),
                reserved2: 0.into(),
            }
        })
        .collect()
}

fn ports(program: &Program) -> Vec<u8> {
    let counts = [program.inputs.len(), program.outputs.len()];
    let all = counts.iter().chain(&program.inputs).chain(&program.outputs);
    all.flat_map(|&number| (number as u16).to_le_bytes()).collect()
}

/// Sections that a reader may skip.
fn optional(program: &Program, graph: &Graph, options: &Options) -> Vec<(u16, Vec<u8>)> {
    let mut sections = vec![];
    if !options.strip {
        sections.push((section::NAMES, lines(names(program))));
    }
    if !options.labels.is_empty() {
        sections.push((section::LABELS, lines(options.labels.iter().map(String::as_str))));
    }
    if let Some(normalisation) = &options.normalisation {
        sections.push((section::NORMALISATION, normalisation.to_bytes()));
    }
    if !options.source.is_empty() {
        let facts = provenance(&graph.source, &options.source);
        sections.push((section::PROVENANCE, lines(facts.iter().map(String::as_str))));
    }
    sections
}

/// Operators, then tensors; only a port needs its name, others are known by who writes them.
fn names(program: &Program) -> impl Iterator<Item = &str> {
    let is_port = |id: &usize| program.inputs.contains(id) || program.outputs.contains(id);
    let tensors = program.tensors.iter().enumerate();
    let tensors =
        tensors.map(move |(id, tensor)| if is_port(&id) { tensor.name.as_str() } else { "" });
    program.ops.iter().map(|op| op.name.as_str()).chain(tensors)
}

fn provenance(name: &str, source: &[u8]) -> [String; 3] {
    let hash = words::hex(&Sha256::digest(source));
    [
        format!("tool kastanet {}", env!("CARGO_PKG_VERSION")),
        format!("source {name}"),
        format!("sha256 {hash}"),
    ]
}

/// One line each; a name keeps to its line.
fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    texts.flat_map(|text| [&text.replace(['\n', '\r'], " "), "\n"].concat().into_bytes()).collect()
}

/// Sections for training on the device, which a reader may skip as well.
fn trained(part: &Part) -> impl Iterator<Item = (u16, Vec<u8>)> {
    let reserve = (section::RESERVE, part.reserve.clone());
    let trainable = (section::TRAINABLE, part.trainable.clone());
    [reserve, trainable].into_iter().filter(|(_, bytes)| !bytes.is_empty())
}

fn assemble(
    sections: Vec<(u16, Vec<u8>)>,
    arena_len: usize,
    training_len: usize,
) -> Result<Vec<u8>, Error> {
    limit("the number of bytes that training needs", training_len, u32::MAX as usize)?;
    let directory = size_of::<Header>() + sections.len() * size_of::<SectionRecord>();
    let mut entries = vec![];
    let mut body: Vec<u8> = vec![];
    for (kind, bytes) in &sections {
        let start = (directory + body.len()).next_multiple_of(ALIGN);
        body.resize(start - directory, 0);
        body.extend(bytes);
        let flags = if *kind >= section::NAMES { OPTIONAL } else { 0 };
        entries.push(SectionRecord {
            kind: (*kind).into(),
            flags: flags.into(),
            offset: (start as u32).into(),
            len: (bytes.len() as u32).into(),
            reserved: 0.into(),
        });
    }
    let total = directory + body.len();
    limit("the size of the image", total, i32::MAX as usize)?;
    let header = Header {
        magic: MAGIC,
        version: VERSION.into(),
        section_count: (sections.len() as u16).into(),
        total_len: (total as u32).into(),
        crc: 0.into(),
        arena_len: (arena_len as u32).into(),
        training_len: (training_len as u32).into(),
        reserved: [0; 40],
    };
    let mut image = [header.as_bytes(), entries.as_bytes(), &body].concat();
    let crc = checksum(&image).to_le_bytes();
    image[offset_of!(Header, crc)..][..crc.len()].copy_from_slice(&crc);
    Ok(image)
}
