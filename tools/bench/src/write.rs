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
use kastanet_cli::graph::{Graph, shape_string};
use kastanet_cli::lower::Formats;
use kastanet_cli::pack::{AlignedBytes, Error, Options, pack};
use std::fs;
use std::path::Path;

/// Writes the files of one network: for each board `BOARD-CASE.list` for it and `BOARD-CASE.json` for
/// the report, and what the lists name.
pub fn case(dir: &Path, case: Case, selection: &Selection, boards: &[String]) -> Result<()> {
    let mut lists: Vec<_> = boards.iter().map(|board| (board, List::default())).collect();
    for (mask, formats) in selection.measured(case) {
        let (built, name) = (case.build(mask), name(case, mask));
        built.graph.validate()?;
        let input = format!("{}.in", case.name());
        put(dir, &input, &built.input)?;
        put(dir, &format!("{name}.out"), &built.expected.concat())?;
        let mut images = Images { dir, files: Vec::new() };
        for format in formats {
            for (board, list) in &mut lists {
                let Some(image) = packed(&built, format, board)? else { continue };
                let entry = entry(case, mask, &built, format, &image)?;
                let file = images.file(&format!("{name}-{}-{board}.kst", entry.format), image)?;
                list.add(&format!("{file} {input} {name}.out"), &entry)?;
            }
        }
    }
    lists.iter().try_for_each(|(board, list)| list.put(dir, &format!("{board}-{}", case.name())))
}

/// What a board runs, and what is known of it.
#[derive(Default)]
struct List {
    lines: String,
    entries: String,
}

impl List {
    fn add(&mut self, line: &str, entry: &Entry) -> Result<()> {
        self.lines += &format!("{line}\n");
        self.entries += &(serde_json::to_string(entry)? + "\n");
        Ok(())
    }

    fn put(&self, dir: &Path, name: &str) -> Result<()> {
        put(dir, &format!("{name}.json"), self.entries.as_bytes())?;
        put(dir, &format!("{name}.list"), self.lines.as_bytes())
    }
}

/// The images of a mask: equal ones are written once, by the name of the first.
struct Images<'a> {
    dir: &'a Path,
    files: Vec<(String, Vec<u8>)>,
}

impl Images<'_> {
    fn file(&mut self, name: &str, image: Vec<u8>) -> Result<String> {
        if let Some((known, _)) = self.files.iter().find(|(_, known)| *known == image) {
            return Ok(known.clone());
        }
        put(self.dir, name, &image)?;
        self.files.push((name.into(), image));
        Ok(name.into())
    }
}

fn name(case: Case, mask: Mask) -> String {
    let unit = mask.unit.to_string().replace(':', "_");
    format!("{}-{unit}-{}", case.name(), (mask.share() * 1000.0).round())
}

/// Writes a file.
pub fn put(dir: &Path, file: &str, bytes: &[u8]) -> Result<()> {
    let path = dir.join(file);
    // Left as it is where it would be the same, so that no firmware is linked anew for it.
    if fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(&path, bytes).with_context(|| path.display().to_string())
}

/// The image for a board's core; `None` where a layer cannot be stored in the format.
fn packed(built: &Built, format: Option<Format>, board: &str) -> Result<Option<Vec<u8>>> {
    let core = board.parse().map_err(anyhow::Error::msg)?;
    let aim = Aim { core, optimise: Optimise::Speed };
    let formats = formats(&built.graph, format);
    let options = Options { formats, aim, strip: true, ..Options::default() };
    match pack(built.graph.clone(), &options) {
        Ok(packed) => Ok(Some(packed.image)),
        // Formats that hold only some matrices refuse the others.
        Err(Error::Lower(_)) if format.is_some() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The format, but for the first convolution, which is not pruned.
fn formats(graph: &Graph, format: Option<Format>) -> Formats {
    let first = graph.ops.iter().find(|op| layers::is_first(graph, op));
    let dense = first.filter(|_| format.is_some()).map(|op| (op.name.clone(), Some(Format::Dense)));
    Formats { uniform: format, layers: dense.into_iter().collect() }
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
