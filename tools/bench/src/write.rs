//! The files that the boards read: images, inputs, expected outputs, and a list of them.

use crate::cases::{Built, Case};
use crate::layers;
use crate::manifest::{Entry, LayerEntry};
use crate::mask::Mask;
use crate::selection::Selection;
use anyhow::{Context, Result, anyhow, ensure};
use kastanet::image::{Image, OpKind};
use kastanet::sparse::Format;
use kastanet_cli::cost::{Aim, Optimise};
use kastanet_cli::encode;
use kastanet_cli::graph::shape_string;
use kastanet_cli::pack::{AlignedBytes, Error, Options, pack};
use std::fs;
use std::path::Path;

/// Writes the files of one network: `CASE.list` for the boards, `CASE.json` for the report.
pub fn case(dir: &Path, case: Case, selection: &Selection) -> Result<()> {
    let (mut list, mut entries) = (String::new(), Vec::new());
    for mask in selection.masks() {
        let (built, name) = (case.build(mask), name(case, mask));
        built.graph.validate()?;
        put(dir, &format!("{}.in", case.name()), &built.input)?;
        put(dir, &format!("{name}.out"), &built.expected.concat())?;
        for format in selection.formats(case, mask) {
            let Some((image, entry)) = packed(case, mask, &built, format)? else { continue };
            let file = format!("{name}-{}.kst", entry.format);
            put(dir, &file, &image)?;
            list.push_str(&format!("{file} {}.in {name}.out\n", case.name()));
            entries.push(serde_json::to_string(&entry)? + "\n");
        }
    }
    put(dir, &format!("{}.json", case.name()), entries.concat().as_bytes())?;
    put(dir, &format!("{}.list", case.name()), list.as_bytes())
}

fn name(case: Case, mask: Mask) -> String {
    let unit = mask.unit.to_string().replace(':', "_");
    format!("{}-{unit}-{}", case.name(), (mask.share() * 1000.0).round())
}

fn put(dir: &Path, file: &str, bytes: &[u8]) -> Result<()> {
    let path = dir.join(file);
    fs::write(&path, bytes).with_context(|| path.display().to_string())
}

/// The image; `None` where a layer cannot be stored in the format.
fn packed(
    case: Case,
    mask: Mask,
    built: &Built,
    format: Option<Format>,
) -> Result<Option<(Vec<u8>, Entry)>> {
    let aim = Aim { optimise: Optimise::Speed, ..Aim::default() };
    let options = Options { format, aim, strip: true, ..Options::default() };
    let packed = match pack(built.graph.clone(), &options) {
        Ok(packed) => packed,
        // Formats that hold only some matrices refuse the others.
        Err(Error::Lower(_)) if format.is_some() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let entry = entry(case, mask, built, format, &packed.image)?;
    Ok(Some((packed.image, entry)))
}

fn entry(
    case: Case,
    mask: Mask,
    built: &Built,
    format: Option<Format>,
    bytes: &[u8],
) -> Result<Entry> {
    let aligned = AlignedBytes::new(bytes);
    let image = Image::new_checked(&aligned).map_err(|error| anyhow!("{error}"))?;
    let layers = layer_entries(built, image)?;
    Ok(Entry {
        case: case.name().into(),
        sparsity: mask.share(),
        unit: mask.unit.to_string(),
        format: format.map_or("auto", Format::name).into(),
        nnz: layers.iter().map(|layer| layer.nnz).sum(),
        weight_bytes: layers.iter().map(|layer| layer.weight_bytes).sum(),
        flash_bytes: bytes.len(),
        arena_bytes: image.arena_len(),
        layers,
    })
}

/// The image's operators with weights are the network's, in the same order.
fn layer_entries(built: &Built, image: Image<'_>) -> Result<Vec<LayerEntry>> {
    let (written, built_ops) = (image.operator_count(), built.graph.ops.len());
    ensure!(written == built_ops, "{built_ops} operators have become {written}");
    let operators = image.operators().filter(|op| op.weights().is_some());
    operators
        .zip(layers::of(&built.graph))
        .map(|(op, layer)| {
            let record = op.weights().context("has weights")?;
            let format = Format::from_code(record.format).context("a known format")?;
            let encoded = encode::encode(format, &layer.weights, layer.cols);
            let kind = op.kind().map_or("?", OpKind::name);
            let weights = &built.graph.input(layer.op, 1).context("has weights")?.shape;
            Ok(LayerEntry {
                operator: op.number().into(),
                name: format!("{kind} {}", shape_string(weights)),
                format: format.name().into(),
                macs: layer.macs,
                nonzero_macs: layer.macs * layer.nnz / layer.weights.len(),
                nnz: layer.nnz,
                weight_bytes: encoded.context("it is encoded so")?.stored_len(),
            })
        })
        .collect()
}
