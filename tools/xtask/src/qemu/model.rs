//! A model on a board against the same model on the host.

use super::{Bench, Board, npy};
use crate::process::{capture, run};
use anyhow::{Context, Result, anyhow, bail};
use kastanet::image::{IMAGE_ALIGN, Image, Tensor};
use kastanet_boards_common::random;
use std::fs;
use std::path::{Path, PathBuf};

/// Inferences of each model.
const SAMPLES: usize = 8;

/// Runs the model on the board, whose `load` has been built, and on the host over the same inputs; equal outputs are expected.
pub fn compare(bench: &Bench<'_>, board: &Board, path: &Path) -> Result<()> {
    let model = super::file_name(path);
    let kst = image(bench, path)?;
    let (bytes, start) = read_aligned(&kst)?;
    let image = Image::new_checked(&bytes[start..])
        .map_err(|error| anyhow!("{}: {error}", kst.display()))?;
    let case = Case::new(image).with_context(|| model.to_string())?;
    let elf = board.elf(bench.tree, "load");
    let found = case.on_board(bench, board, &elf, &kst)?;
    let expected = case.on_host(bench, &kst)?;
    if found != expected {
        let at = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        let lens = (found.len(), expected.len());
        bail!("{} load {model}: output byte {at} is not the host's {lens:?}", board.name);
    }
    let (len, arena) = (image.bytes().len(), image.arena_len());
    let what = format!("{model}: {SAMPLES} outputs as on the host; image {len}, arena {arena}");
    board.report_ok("load", &what, &elf)
}

/// The model as an image: itself, or packed by the command line tool.
pub fn image(bench: &Bench<'_>, path: &Path) -> Result<PathBuf> {
    if path.extension().is_some_and(|extension| extension == "kst") {
        return Ok(path.into());
    }
    let kst = bench.dir.join(super::file_name(path).as_ref()).with_extension("kst");
    let new = kst.with_extension("kst.new");
    let mut pack = bench.tree.tool("kastanet")?;
    run(pack.arg("pack").arg(path).arg("-o").arg(&new).stdout(std::process::Stdio::null()))?;
    // Left as it is where it would be the same, so that no firmware is linked anew for it.
    match fs::read(&kst).is_ok_and(|old| fs::read(&new).is_ok_and(|new| old == new)) {
        true => fs::remove_file(&new)?,
        false => fs::rename(&new, &kst)?,
    }
    Ok(kst)
}

/// A file's bytes, from the first multiple of the image's alignment on.
fn read_aligned(path: &Path) -> Result<(Vec<u8>, usize)> {
    let file = fs::read(path).with_context(|| path.display().to_string())?;
    let mut bytes: Vec<u8> = Vec::with_capacity(file.len() + IMAGE_ALIGN);
    let start = bytes.as_ptr().align_offset(IMAGE_ALIGN);
    bytes.resize(start, 0);
    bytes.extend(file);
    Ok((bytes, start))
}

/// Generated inputs for an image.
struct Case<'a> {
    input: Tensor<'a>,
    inputs: Vec<u8>,
}

impl<'a> Case<'a> {
    fn new(image: Image<'a>) -> Result<Self> {
        let mut ports = image.inputs();
        let (Some(input), None) = (ports.next(), ports.next()) else {
            bail!("has {} inputs; only models with one are compared", image.inputs().len());
        };
        let mut inputs = vec![0; SAMPLES * input.byte_len()];
        for (sample, bytes) in inputs.chunks_exact_mut(input.byte_len()).enumerate() {
            random::fill(input, sample as u32, 0, bytes);
        }
        Ok(Case { input, inputs })
    }

    fn on_board(
        &self,
        bench: &Bench<'_>,
        board: &Board,
        elf: &Path,
        kst: &Path,
    ) -> Result<Vec<u8>> {
        // Short names: the arguments of an emulated program are one line of at most 1 KiB.
        fs::copy(kst, bench.dir.join("model.kst")).context("model.kst")?;
        fs::write(bench.dir.join("inputs.bin"), &self.inputs)?;
        let args = ["model.kst", "inputs.bin", "outputs.bin"];
        let ended = board.run(bench, elf, &args)?;
        if ended.code != 0 {
            let output = String::from_utf8_lossy(&ended.output);
            bail!("{} load ended with exit code {}: {output}", board.name, ended.code);
        }
        Ok(fs::read(bench.dir.join("outputs.bin"))?)
    }

    fn on_host(&self, bench: &Bench<'_>, kst: &Path) -> Result<Vec<u8>> {
        let [x, y] = ["inputs.npy", "outputs.npy"].map(|name| bench.dir.join(name));
        fs::write(&x, npy::write(self.input.dtype(), &self.shape(), &self.inputs))?;
        let mut command = bench.tree.tool("kastanet")?;
        command.arg("run").arg(kst).arg("--input").arg(x).arg("--output").arg(&y);
        capture(&mut command)?;
        Ok(npy::data(&fs::read(y)?)?.to_vec())
    }

    /// The source model's shape, whose first dimension counts samples.
    fn shape(&self) -> Vec<usize> {
        let dims = self.input.dims();
        let shape = &dims[dims.len() - self.input.rank().max(1)..];
        [&[SAMPLES * shape[0]], &shape[1..]].concat()
    }
}
