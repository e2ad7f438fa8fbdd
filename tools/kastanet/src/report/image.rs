//! Everything in an image, table by table as `FORMAT.md` has them.

use super::params;
use super::table::{Column, Table, bytes, number, printable, title};
use super::{Layers, shape_string};
use crate::evaluate::arena;
use kastanet::image::record::{OPTIONAL, SectionRecord, section};
use kastanet::image::{Image, Op, Place, Tensor};
use kastanet::network::Network;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::{self, Display};

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
    /// Names of the classes of the first output.
    pub labels: Vec<String>,
    /// Where it comes from.
    pub provenance: BTreeMap<String, String>,
    /// Why this version cannot run it; nothing where it can.
    pub refused: Option<String>,
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
        let tensors = 0..image.tensor_count().min(u16::MAX.into()) as u16;
        ImageReport {
            kind: "image",
            version: image.version(),
            crc: format!("{:08x}", image.crc()),
            flash_bytes: image.bytes().len(),
            arena_bytes: image.arena_len(),
            sections: image.sections().iter().map(section_row).collect(),
            inputs: image.inputs().map(|tensor| tensor_row(image, tensor)).collect(),
            outputs: image.outputs().map(|tensor| tensor_row(image, tensor)).collect(),
            tensors: tensors.filter_map(|id| Some(tensor_row(image, image.tensor(id)?))).collect(),
            operators: image.operators().map(operator_row).collect(),
            weights: Layers::of(image),
            labels: image.labels().map(Into::into).collect(),
            provenance: image.provenance().map(|(k, v)| (k.into(), v.into())).collect(),
            refused: refused(image),
        }
    }
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
        _ => "unknown",
    };
    let (kind, offset, length) = (record.kind.get(), record.offset.get(), record.len.get());
    SectionRow { name, kind, offset, length, optional: record.flags.get() & OPTIONAL != 0 }
}

fn tensor_row(image: Image<'_>, tensor: Tensor<'_>) -> TensorRow {
    let in_arena = tensor.place() == Place::Arena;
    let dims = tensor.dims();
    TensorRow {
        id: tensor.id(),
        name: image.tensor_name(tensor.id()).map(Into::into),
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

fn operator_row(op: Op<'_>) -> OperatorRow {
    let params = params::of(op);
    OperatorRow {
        number: op.number(),
        name: op.image().operator_name(op.number()).map(Into::into),
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

impl Display for ImageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, crc) = (self.version, &self.crc);
        writeln!(f, "Kastanet image, format version {version}, checksum {crc}")?;
        write!(f, "{}{}", title("Sections"), self.sections())?;
        write!(f, "{}{}", title("Inputs and outputs"), self.ports())?;
        write!(f, "{}{}", title("Tensors"), self.tensors())?;
        write!(f, "{}{}", title("Operators"), self.operators())?;
        write!(f, "{}{}", title("Weights"), self.weights.table())?;
        if !self.labels.is_empty() {
            writeln!(f, "{}{}", title("Labels"), printable(&self.labels.join(", ")))?;
        }
        write!(f, "{}{}", title("Provenance"), self.provenance())?;
        writeln!(f, "{}flash {}", title("Memory"), bytes(self.flash_bytes))?;
        writeln!(f, "arena {}", bytes(self.arena_bytes))?;
        match &self.refused {
            Some(why) => writeln!(f, "\nThis version cannot run the image: {why}"),
            None => Ok(()),
        }
    }
}

impl ImageReport {
    fn sections(&self) -> Table {
        use Column::{Left, Right};
        let mut table =
            Table::new(&[Right("kind"), Left("name"), Right("offset"), Right("length"), Left("")]);
        for row in &self.sections {
            let optional = if row.optional { "optional" } else { "required" };
            let (offset, length) = (number(row.offset), number(row.length));
            table.row([&row.kind.to_string(), row.name, &offset, &length, optional]);
        }
        table
    }

    fn ports(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Left("port"),
            Right("tensor"),
            Left("name"),
            Left("type"),
            Left("shape"),
            Right("scale"),
            Right("zero"),
        ]);
        let inputs = self.inputs.iter().map(|row| ("input", row));
        for (port, row) in inputs.chain(self.outputs.iter().map(|row| ("output", row))) {
            let (id, name, shape) = (row.id.to_string(), text(&row.name), shape_string(&row.shape));
            let (scale, zero) = (row.scale.to_string(), row.zero_point.to_string());
            table.row([port, &id, &name, row.dtype, &shape, &scale, &zero]);
        }
        table
    }

    fn tensors(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("id"),
            Left("name"),
            Left("type"),
            Left("shape"),
            Left("place"),
            Right("offset"),
            Right("bytes"),
            Left("life"),
        ]);
        for row in &self.tensors {
            let life = row.life.map_or("always".into(), |[first, last]| format!("{first}–{last}"));
            let (id, name, shape) = (row.id.to_string(), text(&row.name), shape_string(&row.shape));
            let (offset, bytes) = (number(row.offset), number(row.bytes));
            table.row([&id, &name, row.dtype, &shape, row.place, &offset, &bytes, &life]);
        }
        table
    }

    fn operators(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("op"),
            Left("name"),
            Left("operator"),
            Left("tensors"),
            Left("in place"),
            Right("scratch"),
            Left("parameters"),
        ]);
        for row in &self.operators {
            let inputs = row.inputs.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            let tensors = format!("{inputs} → {}", row.output.unwrap_or_default());
            let place = if row.in_place { "yes" } else { "" };
            let (id, name) = (row.number.to_string(), text(&row.name));
            let scratch = number(row.scratch_bytes);
            table.row([&id, &name, &row.kind, &tensors, place, &scratch, &row.params_line]);
        }
        table
    }

    fn provenance(&self) -> String {
        let line = |(key, value): (&String, &String)| printable(&format!("{key} {value}")) + "\n";
        self.provenance.iter().map(line).collect()
    }
}

/// A name, or a dash.
fn text(name: &Option<String>) -> String {
    name.clone().unwrap_or_else(|| "–".into())
}
