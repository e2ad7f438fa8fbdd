//! What is recorded of every experiment, as one page.

use crate::plan;
use crate::record::Record;
use crate::speed::{self, Speed};
use crate::{record, table, wearers};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const HEAD: &str = "\
# Experiments

Written by `cargo xtask experiment NAME` from the runs' results, a line of JSON for each setup in `NAME.jsonl`:
what was run, and what came of each seed.

Accuracy in percent on the 10,000 test pictures after the last step, its mean and its standard deviation over
the seeds. D is the density of the forward set A, B that of the backward set. If nothing else is said: 3 epochs
of batches of 64, the last, partial one left out, which are 2,811 steps; SGD with momentum 0.9, its rate from
0.05 to 0 along half a cosine; λ = 1e-4 of L2; the classifier dense; weights drawn with deviation √(2 / inputs),
biases 0; the last step's weights are judged.

The rules of the other methods are told in `tools/experiment/src/method`, a file each.
";

const SPEED: &str = "
## Time

A step of LeNet-300-100 on a batch of 64, its mean over 100 steps: in turns with each other, the fastest turn of
each; without taking pictures together. The same trainer is given all weights, or Top-KAST's sets.

`cargo xtask experiment speed`

";

const WEARERS: &str = "
## A wearer it has never seen

The demo's smartwatch set, each of its ten wearers the new one once. A network of 52,608 weights, of which a tenth is
used, is pretrained on the right wrists of the other nine (the first 80 % of each series), packed as int8, and adapted
by what runs on the boards (`boards/common/src/adapt.rs`) to the first half of each series of the tenth's left wrist:
five times through its windows, one window a step, plain SGD from a rate of 0.02 to 0 along half a cosine. With replay,
each new window is followed by one of 64 known ones. Judged by the second half of these series, and by what was left of
the nine's, in percent: as deployed (`Tuner::deploy`), and in the floats that it was learned in. RAM is the tuner's
memory and the replay buffer, 38,608 bytes of it.

`cargo xtask experiment wearers --seeds 3`

";

/// Writes `README.md` below `dir`.
pub fn write(dir: &Path) -> Result<()> {
    let mut text = HEAD.to_string();
    for plan in plan::all() {
        let (name, records): (_, Vec<Record>) = (plan.name, record::read(dir, plan.name)?);
        let Some(seeds) = records.first().map(|record| record.accuracies.len()) else { continue };
        let command = format!("cargo xtask experiment {name} --seeds {seeds}");
        text += &format!("\n## {}\n\n{}\n\n`{command}`\n\n", plan.title, plan.prose);
        text += &format!("{}\n", table::table(&plan, &records));
        let order = table::order(&plan, &records);
        text += &if order.is_empty() { order } else { format!("{order}\n") };
        text += &format!("![{}]({name}.svg)\n", plan.title);
    }
    let speeds: Vec<Speed> = record::read(dir, speed::NAME)?;
    text += &speeds.iter().map(|speed| SPEED.to_string() + &speed.table()).collect::<String>();
    let records: Vec<wearers::Record> = record::read(dir, wearers::NAME)?;
    if !records.is_empty() {
        text += &format!("{WEARERS}{}", wearers::table(&records));
    }
    let path = dir.join("README.md");
    fs::write(&path, text).with_context(|| path.display().to_string())
}
