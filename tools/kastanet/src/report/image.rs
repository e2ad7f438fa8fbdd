//! Everything in an image, table by table as `FORMAT.md` has them.

mod text;
mod training;

use super::names::Names;
use super::table::{name, number};
use super::{Layers, params};
use crate::evaluate::arena;
use kastanet::image::record::{Header, OPTIONAL, SectionRecord, section};
use kastanet::image::{Image, Op, Place, Tensor};
use kastanet::network::Network;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use training::TrainingReport;
use zerocopy::FromBytes;

/// What an image says.
#[derive(Clone, Debug, Serialize)]
pub struct ImageReport {
    /// `image`.
    pub kind: &'static str,
    /// Format version.
    pub version: u16,
    /// The checksum, in hexadecimal.
    pub crc: String,
    /// Length of the image.
    pub flash_bytes: usize,
    /// RAM that inference needs.
    pub arena_bytes: usize,
    /// RAM that training needs; 0 where it is not planned.
    pub training_bytes: usize,
    /// The directory.
    pub sections: Vec<SectionRow>,
    /// The network's inputs.
    pub inputs: Vec<TensorRow>,
    /// The network's outputs.
    pub outputs: Vec<TensorRow>,
    /// All tensors.
    pub tensors: Vec<TensorRow>,
    /// The operators, in the order in which they run.
    pub operators: Vec<OperatorRow>,
    /// The weights.
    #[serde(flatten)]
    pub weights: Layers,
    /// What raw values are normalised with; nothing where they are not.
    pub normalisation: Option<NormalisationReport>,
    /// What is trained on the device; nothing where nothing is.
    pub training: Option<TrainingReport>,
    /// Names of the classes of the first output.
    pub labels: Vec<String>,
    /// Where it comes from.
    pub provenance: BTreeMap<String, String>,
    /// Why this version cannot run it; nothing where it can.
    pub refused: Option<String>,
}

/// Means and standard deviations, one for each channel or one for all.
#[derive(Clone, Debug, Serialize)]
pub struct NormalisationReport {
    pub mean: Vec<f32>,
    pub std: Vec<f32>,
}

/// One entry of the directory, in the fields of its record.
#[derive(Clone, Debug, Serialize)]
pub struct SectionRow {
    pub name: &'static str,
    pub kind: u16,
    pub offset: u32,
    pub length: u32,
    pub optional: bool,
}

/// One tensor, in the fields of its record.
#[derive(Clone, Debug, Serialize)]
pub struct TensorRow {
    pub id: u16,
    pub name: Option<String>,
    pub dtype: &'static str,
    pub shape: Vec<usize>,
    pub bytes: usize,
    pub scale: f32,
    pub zero_point: i32,
    /// `arena` or `data`.
    pub place: &'static str,
    pub offset: usize,
    /// First and last time at which it lives; nothing for a constant.
    pub life: Option<[u16; 2]>,
    /// The tensor whose bytes it takes over.
    pub replaces: Option<u16>,
}

/// One operator, in the fields of its record.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorRow {
    pub number: u16,
    pub name: Option<String>,
    pub kind: String,
    pub inputs: Vec<u16>,
    pub output: Option<u16>,
    pub in_place: bool,
    pub scratch_offset: usize,
    pub scratch_bytes: usize,
    pub params: Map<String, Value>,
    #[serde(skip)]
    params_line: String,
}

impl ImageReport {
    /// Gathers what `image` says.
    pub fn of(image: Image<'_>) -> Self {
        let names = Names::of(image);
        let row = |tensor| tensor_row(tensor, &names);
        let tensors = 0..image.tensor_count().min(u16::MAX.into()) as u16;
        ImageReport {
            kind: "image",
            version: image.version(),
            crc: format!("{:08x}", image.crc()),
            flash_bytes: image.bytes().len(),
            arena_bytes: image.arena_len(),
            training_bytes: training_len(image),
            sections: image.sections().iter().map(section_row).collect(),
            inputs: image.inputs().map(row).collect(),
            outputs: image.outputs().map(row).collect(),
            tensors: tensors.filter_map(|id| image.tensor(id).map(row)).collect(),
            operators: image.operators().map(|op| operator_row(op, &names)).collect(),
            weights: Layers::of(image),
            normalisation: image.normalisation().map(|it| NormalisationReport {
                mean: it.mean().collect(),
                std: it.std().collect(),
            }),
            training: TrainingReport::of(image, &names),
            labels: image.labels().map(Into::into).collect(),
            provenance: image.provenance().map(|(k, v)| (k.into(), v.into())).collect(),
            refused: refused(image),
        }
    }
}

fn training_len(image: Image<'_>) -> usize {
    let header = Header::ref_from_prefix(image.bytes());
    header.map_or(0, |(header, _)| header.training_len.get() as usize)
}

fn refused(image: Image<'_>) -> Option<String> {
    let mut arena = match arena(image) {
        Ok(arena) => arena,
        Err(failure) => return Some(failure.to_string()),
    };
    Network::new(image, &mut arena).err().map(|error| error.to_string())
}

fn section_row(record: &SectionRecord) -> SectionRow {
    let name = match record.kind.get() {
        section::TENSORS => "tensors",
        section::OPERATORS => "operators",
        section::WEIGHTS => "weights",
        section::DATA => "data",
        section::PORTS => "ports",
        section::NAMES => "names",
        section::LABELS => "labels",
        section::PROVENANCE => "provenance",
        section::RESERVE => "reserve",
        section::TRAINABLE => "trainable",
        section::SIGNATURE => "signature",
        section::NORMALISATION => "normalisation",
        _ => "unknown",
    };
    let (kind, offset, length) = (record.kind.get(), record.offset.get(), record.len.get());
    SectionRow { name, kind, offset, length, optional: record.flags.get() & OPTIONAL != 0 }
}

fn tensor_row(tensor: Tensor<'_>, names: &Names<'_>) -> TensorRow {
    let in_arena = tensor.place() == Place::Arena;
    let dims = tensor.dims();
    TensorRow {
        id: tensor.id(),
        name: names.tensor(tensor.id()),
        dtype: tensor.dtype().name(),
        shape: dims.get(4 - tensor.rank().min(4)..).unwrap_or_default().to_vec(),
        bytes: tensor.byte_len(),
        scale: tensor.scale(),
        zero_point: tensor.zero_point(),
        place: if in_arena { "arena" } else { "data" },
        offset: tensor.offset(),
        life: in_arena.then_some([tensor.first(), tensor.last()]),
        replaces: tensor.alias(),
    }
}

fn operator_row(op: Op<'_>, names: &Names<'_>) -> OperatorRow {
    let params = params::of(op);
    OperatorRow {
        number: op.number(),
        name: names.operator(op.number()),
        kind: params::kind(op),
        inputs: op.inputs().map(|tensor| tensor.id()).collect(),
        output: op.output().map(|tensor| tensor.id()),
        in_place: op.in_place().is_some(),
        scratch_offset: op.scratch().start,
        scratch_bytes: op.scratch().len(),
        params: params::object(&params),
        params_line: params::line(&params),
    }
}
