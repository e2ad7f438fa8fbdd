//! Records as tables in Markdown: networks beside CMSIS-NN, and where formats become faster.

use crate::cases::Case;
use crate::crossover::{KINDS, crossover, points};
use crate::layers::Kind;
use crate::record::{self, Recorded};
use anyhow::{Context, Result};
use kastanet::sparse::Format;
use std::fs;
use std::path::Path;

const HEAD: &str = "\
# Instructions on the boards

Written by `cargo xtask bench --plot` from what `cargo xtask bench --record` has measured: a line of JSON for
each network in `BOARD.jsonl`. Counts are executed instructions under QEMU's `-icount`; random weights of
MLPerf Tiny's shapes, pruned at random; first convolutions and depthwise filters are dense. CMSIS-NN is
dense, at -O3.

## Networks, in the formats that are chosen for speed

Instructions of convolutions and fully connected layers, divided by CMSIS-NN's (July 2026) for the dense
network.

![networks](networks.svg)

";

const CROSSOVERS: &str = "
## Crossovers

The lowest share of zeros from which on a format takes fewer instructions than CMSIS-NN takes for the
dense layers, on a line through the shares that were measured; `–` where it never does. Block formats
have weights pruned in their blocks, nm in its pattern, the others weight by weight. Of CMSIS-NN's kernels of
July 2026 only networks' totals are known; they are shared out over the layers as release 4.0.0 has been
counted here, on RISC-V as on the Cortex-M3. Each board has a picture: ";

/// Writes `README.md` below `dir`.
pub fn write(dir: &Path, boards: &[String]) -> Result<()> {
    let records = boards.iter().map(|board| Ok((board.as_str(), record::of(dir, board)?)));
    let mut records: Vec<_> = records.collect::<Result<_>>()?;
    records.retain(|(_, records)| !records.is_empty());
    let path = dir.join("README.md");
    fs::write(&path, text(&records)).with_context(|| path.display().to_string())
}

fn text(boards: &[(&str, Vec<Recorded>)]) -> String {
    let mut text = HEAD.to_string();
    text += &networks(boards);
    let links = boards.iter().map(|(board, _)| format!("[{board}]({board}.svg)"));
    text += CROSSOVERS;
    text += &(links.collect::<Vec<_>>().join(", ") + ".\n");
    for (kind, title, case) in KINDS.into_iter().filter(|(kind, ..)| *kind != Kind::Depthwise) {
        text += &format!("\n### {}\n\n", capital(title));
        let formats = Format::ALL.into_iter().filter(|format| *format != Format::Dense);
        let formats: Vec<_> = formats.collect();
        text += &row("board", formats.iter().map(|format| format.name().into()));
        text += &row("---", formats.iter().map(|_| "--:".into()));
        for (board, records) in boards {
            let cells = formats.iter().map(|&format| {
                crossover(&points(records, board, (kind, case), Some(format))).to_string()
            });
            text += &row(board, cells);
        }
    }
    text
}

fn networks(boards: &[(&str, Vec<Recorded>)]) -> String {
    let mut text = String::new();
    let all = boards.iter().flat_map(|(_, records)| records).filter(|record| is_chosen(record));
    let mut shares: Vec<f64> = all.map(|record| record.row.sparsity).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    text += &row("board | network", shares.iter().map(|share| format!("{:.0} %", 100.0 * share)));
    text += &row("--- | ---", shares.iter().map(|_| "--:".into()));
    for (board, records) in boards {
        for case in Case::ALL {
            let cells = shares.iter().map(|share| ratio(records, case, *share));
            text += &row(&format!("{board} | {}", case.name()), cells);
        }
    }
    text
}

fn is_chosen(record: &Recorded) -> bool {
    record.row.format == "auto" && record.row.unit == "weight"
}

fn ratio(records: &[Recorded], case: Case, share: f64) -> String {
    let mut rows = records.iter().filter(|record| is_chosen(record)).map(|record| &record.row);
    let row = rows.find(|row| row.case == case.name() && row.sparsity == share);
    let peer = row.and_then(|row| row.network.as_ref()?.peer_instructions);
    let ratio = row.zip(peer).map(|(row, peer)| row.instructions as f64 / peer as f64);
    ratio.map_or("–".into(), |ratio| format!("{ratio:.3}"))
}

fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!(" {cell} |")).collect();
    format!("| {first} |{cells}\n")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
